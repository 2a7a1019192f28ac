"""Plays what asks the world: requests, functions and text messages, as effects that the edge performs."""

import re
from collections.abc import Mapping
from hashlib import blake2b

from engine.grammar.masks import MASK
from engine.program.holes import fill
from engine.program.tracks import Reach, Spot, Track
from engine.runtime.document import Document
from engine.runtime.effects.calls import EFFECTS, Circumstances
from engine.runtime.effects.effect import Effect, Result
from engine.runtime.effects.journal import Journal, Needs
from engine.runtime.fault import Fault
from engine.runtime.saving import save_entries
from engine.runtime.trail import Asked
from engine.runtime.turn import Turn

_LOGIN = re.compile(r"^(\w+ https?://)[^/?#\s]*@")  # user and password in an address


def reach(turn: Turn, operation: Reach, track: Track, index: int) -> Spot | None:
    """Asks the world, and takes its answer as soon as the journal has it."""
    document = turn.document
    if document.length:
        # What is to be heard is heard while the world answers.
        return turn.route.continue_in_next_document(track, operation.place)
    if turn.journal is None:
        turn.journal = Journal()
    place = turn.journal.next(track.at(operation))
    result, name = turn.journal.results.get(place), f"{turn.journal.key} {place}"
    if result is None:
        mask = document.hidden.mask if document.hidden is not None else str
        turn.needs = Needs(place, _effect(document, operation, name), mask)
        return None
    if document.trail is not None:
        kind, line = operation.wanted.spec.name, _shown(document, operation, name)
        document.trail.append(
            Asked(kind, place, result.answer, result.problem, operation.span, line=line, values=result.values)
        )
    return _take(turn, operation, result, track, index)


def _shown(document: Document, operation: Reach, name: str) -> str:
    """What is asked, in one line as people may see it: a secret that is too short for its text to be looked for is masked too."""
    if document.hidden is None:
        line = _effect(document, operation, name).line
    else:
        line = document.veil(lambda frame: _effect(document, operation, name, frame.scope).line, MASK)
    return _LOGIN.sub(rf"\1{MASK}@", line)


def _effect(document: Document, operation: Reach, name: str, scope: Mapping[str, object] | None = None) -> Effect:
    wanted, scope = operation.wanted, document.scope if scope is None else scope
    key = blake2b(name.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
    addresses = {name: document.absolute(fill(parts, document)) for name, parts in operation.addresses.items()}
    return EFFECTS[wanted.spec.name](wanted, scope, Circumstances(key, _own_number(document), addresses))


def _own_number(document: Document) -> str:
    """The number of ours in this call or conversation: the one that was called or texted, or that called out."""
    params, facts = document.request.params, document.memory.facts if document.memory else {}
    outbound = (params.get("Direction") or facts.get("Direction", "")).startswith("outbound")
    side = "From" if outbound else "To"
    return facts.get(side) or params.get(side, "")


def _take(turn: Turn, operation: Reach, result: Result, track: Track, index: int) -> Spot | None:
    document, answers, values, spec = turn.document, operation.answers, result.values, operation.wanted.spec
    document.know_answer(result.answer)
    document.personal = True
    save_entries(document, operation.save, values.get(spec.gives[0]) if spec.gives else None, values)
    failed = bool(result.problem) or (spec.statuses and not result.answer.startswith("2"))
    close, wide = _names(result.answer, failed)
    # Where any text may be the answer, only a failure goes by a name.
    chosen = answers.name(*close) if failed or not spec.open else None
    if chosen is None:
        answer = answers.written(values[spec.gives[0]]) if spec.open and spec.gives[0] in values else result.answer
        chosen = answers.choose("" if failed and not spec.statuses else answer, document.scope)
    if chosen is None:
        chosen = answers.name(*wide, "else")
    if chosen is None and failed:
        raise Fault(result.problem or f"the answer was {result.answer}", operation.span)
    return (track, index + 1) if chosen is None else turn.route.take(operation, chosen, track, result.answer)


def _names(answer: str, failed: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of an answer in a branch, the closest first: `404` and `4xx`, then, behind patterns and conditions, `error`."""
    if answer.isdigit():
        return (answer, f"{answer[0]}xx"), ("error" if failed else "ok",)
    return (answer,), ("error",) if failed else ()
