"""Asks the world: requests, functions and text messages, as effects that the edge performs."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from engine.model.parts import Request, Run, Send
from engine.program.tracks import Reach, Spot, Track
from engine.runtime.effects.calls import function_call, http_call, text_message
from engine.runtime.effects.effect import Effect, Result
from engine.runtime.effects.journal import Journal, Needs
from engine.runtime.scope import storable
from engine.runtime.trail import Asked
from engine.runtime.way import Fault, Way


class Reaching(Way):
    """The way of a call through what it asks of the world."""

    __slots__ = ()

    def _reach(self, operation: Reach, track: Track, index: int) -> Spot | None:
        if self._length:
            return self._cut(track, operation.place)  # what is to be heard is heard while the world answers
        if self.journal is None:
            self.journal = Journal()
        place = self.journal.next(track.at(operation))
        result = self.journal.results.get(place)
        if result is None:
            self.needs = Needs(place, self._effect(operation.wanted, f"{self.journal.key} {place}"))
            return None
        if self.trail is not None:
            kind = type(operation.wanted).__name__.lower()
            self.trail.append(Asked(kind, place, result.answer, result.problem, operation.span))
        return self._reached(operation, result, track, index)

    def _effect(self, wanted: Request | Run | Send, name: str) -> Effect:
        scope, key = self.scope, blake2b(name.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
        if isinstance(wanted, Request):
            return http_call(wanted, scope, key)
        if isinstance(wanted, Run):
            return function_call(wanted, scope)
        return text_message(wanted, scope, self._own_number(), key)

    def _own_number(self) -> str:
        """The number of ours in this call or conversation: the one that was called or texted, or that called out."""
        params, facts = self.request.params, self.memory.facts if self.memory else {}
        outbound = (params.get("Direction") or facts.get("Direction", "")).startswith("outbound")
        side = "From" if outbound else "To"
        return facts.get(side) or params.get(side, "")

    def _reached(self, operation: Reach, result: Result, track: Track, index: int) -> Spot | None:
        values = result.values
        self.answer, self._scope, self.personal = result.answer, None, True
        self._keep_result(operation, values)
        asked = isinstance(operation.wanted, Request)
        failed = bool(result.problem) or (asked and not result.answer.startswith("2"))
        answers = operation.answers
        close, wide = _names(result.answer, failed)
        # A function may return any text: only its failure goes by a name.
        chosen = answers.name(*close) if failed or not isinstance(operation.wanted, Run) else None
        if chosen is None:
            answer = answers.written(values["value"]) if "value" in values else result.answer
            chosen = answers.choose("" if failed and not asked else answer, self.scope)
        if chosen is None:
            chosen = answers.name(*wide, "else")
        if chosen is None and failed:
            raise Fault(result.problem or f"the answer was {result.answer}", operation.span)
        return (track, index + 1) if chosen is None else self._take(operation, chosen, track, result.answer)

    def _keep_result(self, operation: Reach, values: Mapping[str, Any]) -> None:
        save, memory = operation.save, self.memory
        if save is None or memory is None:
            return
        if save.answer:
            main = {Request: "body", Run: "value", Send: "sid"}[type(operation.wanted)]
            memory.variables[save.answer] = storable(values.get(main))
        for variable, entry in save.parameters:
            memory.variables[variable] = storable(values.get(entry))
        self._note_saved(save)


def _names(answer: str, failed: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of an answer in a branch, the closest first: `404` and `4xx`, then, behind patterns and conditions, `error`."""
    if answer.isdigit():
        return (answer, f"{answer[0]}xx"), ("error" if failed else "ok",)
    return (answer,), ("error",) if failed else ()
