"""What a flow asks of the world in a simulated call: shown, with an answer to begin with, and the answer that is given by hand."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from engine.diagnostics import Report, Source, Span
from engine.document import Mapping as Entries
from engine.document import Node, Scalar, Sequence, parse
from engine.grammar.verbs import ENGINE_VERBS
from engine.phone.scripts.answers import read_stubs
from engine.phone.scripts.given import read_given
from engine.phone.scripts.reader import Reader
from engine.phone.scripts.stubs import Answer, Ask, Stub, key_of, kinds
from engine.runtime.effects.effect import Effect, FunctionCall, HttpCall, TextMessage
from engine.simulation.acts import Refused
from engine.simulation.outside import Given
from engine.simulation.play import Play
from engine.testing.answers import Answers

MOST = 8  # answers that are proposed
LONGEST = 20_000  # characters of what is shown of a body
DEEPEST = 40


def asked(play: Play, given: Iterable[Given], *, may_send: bool) -> dict[str, Any]:
    """What is asked now, for the page."""
    effect = play.pending
    assert effect is not None, "something is asked"
    mask = play.mask
    text, body = _shown(effect)
    answers = proposed(play)
    return {
        "kind": effect.spec.name,
        "place": play.place or play.step,
        "text": mask(text)[:LONGEST],
        "body": mask(body)[:LONGEST],
        "suggest": written(effect, answers[0]) if answers else "",
        "may_send": may_send,
        "script": _by_script(play, given),
    }


def _by_script(play: Play, given: Iterable[Given]) -> dict[str, str] | None:
    """The answer of the first script that has one."""
    assert play.pending is not None, "something is asked"
    effect = play.pending
    ask = Ask(effect.spec.name, effect.line, play.house.mask(effect.line))
    for path, stubs in given:
        for stub in stubs:
            if stub.takes(ask):
                text = written(effect, stub.answers[0])
                return {"answer": text, "text": text, "path": path}
    return None


def proposed(play: Play) -> list[Answer]:
    """Answers that make a difference in the flows; first one that all goes well with."""
    assert play.pending is not None, "something is asked"
    return list(Answers(play.house.program.flows.values()).of(play.pending))[:MOST]


def outcomes(play: Play) -> list[dict[str, Any]]:
    """The answers as buttons."""
    assert play.pending is not None, "something is asked"
    found: list[dict[str, Any]] = []
    for answer in proposed(play):
        text = written(play.pending, answer)
        label = text if len(text) <= 40 else text[:39] + "…"
        found.append({"label": label, "do": {"answer": text}})
    return found


def written(effect: Effect, answer: Answer) -> str:
    """An answer as a script has it behind its key."""
    stubs = effect.spec.stubs
    if answer.failure:
        return answer.failure
    if stubs == "word":
        return str(answer.body or effect.spec.answers[0])
    body = answer.body
    if stubs == "named":
        return _json(body)
    if answer.headers or (answer.status != 200 and body not in ("", None)):
        parts: dict[str, Any] = {"status": answer.status, "body": body}
        return _json({**parts, "headers": dict(answer.headers)} if answer.headers else parts)
    if body in ("", None) or answer.status != 200:
        return str(answer.status)
    return _json(body)


def read_answer(play: Play, value: Any) -> Answer | tuple[Stub, ...]:
    """The answer that was given by hand; or what a script gives, for this and all that follows. Raises Refused."""
    effect = play.pending
    assert effect is not None, "something is asked"
    report = Report()
    reader = Reader(report)
    node = _read(value, report)
    ask = Ask(effect.spec.name, effect.line, effect.line)
    if isinstance(node, Entries) and node.entries and all(key.text in kinds() for key, _ in node.entries):
        given = read_given(reader, node)
        _demand(report)
        if not any(stub.takes(ask) for stub in given.stubs):
            raise Refused(f"None of these answers fits this {effect.spec.name}.")
        return given.stubs
    spec = ENGINE_VERBS[ask.kind]
    if spec.stubs != "word":
        node = Entries(((_word(key_of(ask) or "/"), node),), node.span)
    stubs = read_stubs(reader, ask.kind, node)
    _demand(report)
    if not stubs:
        raise Refused(f"This is not an answer to a {ask.kind}.")
    return stubs[0].answers[0]


def _demand(report: Report) -> None:
    if report.errors:
        found = report.diagnostics[0]
        hint = f" ({found.hint})" if found.hint else ""
        raise Refused(f"{found.title}{hint}.")


def _read(value: Any, report: Report) -> Node:
    """The answer as a node: of a text what YAML makes of it in braces, else the text itself."""
    if isinstance(value, str):
        text = value.strip()
        if text[:1] in ("{", "[", '"', "'"):
            node = parse(Source("", text), report)
            _demand(report)
            if node is not None:
                return node
        return Scalar(text if text else value, _span(text), False)
    return _node(value, 0)


def _node(value: Any, depth: int) -> Node:
    if depth > DEEPEST:
        raise Refused("This answer is nested too deeply.")
    span = _span("")
    if isinstance(value, Mapping):
        return Entries(tuple((_word(str(key)), _node(one, depth + 1)) for key, one in value.items()), span)
    if isinstance(value, list):
        return Sequence(tuple(_node(one, depth + 1) for one in value), span)
    if isinstance(value, str):
        # How something ends is a word here, as in a script: timeout, error, sent.
        bare = depth == 0 or value in ("timeout", "error", "sent")
        return Scalar(value, span, not bare)
    return Scalar(json.dumps(value), span, False)


def _word(text: str) -> Scalar:
    return Scalar(text, _span(text), False)


def _span(text: str) -> Span:
    return Span(Source("", text), 0, len(text))


def _shown(effect: Effect) -> tuple[str, str]:
    """What is asked in a line, and what goes along."""
    if isinstance(effect, HttpCall):
        bare = effect._replace(json=None, has_json=False, form=None)
        body = _json(effect.json, 2) if effect.has_json else "\n".join(f"{k}={v}" for k, v in effect.form or ())
        return bare.line, body
    if isinstance(effect, FunctionCall):
        return effect.name, _json(dict(effect.args), 2)
    if isinstance(effect, TextMessage):
        first, _, rest = effect.line.partition(": ")
        return f"a text to {first}", rest
    return effect.line, ""


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, indent=indent)
