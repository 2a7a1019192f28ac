"""What the world can answer to a flow: the answers that its branches speak of, and values that it can work with."""

import re
from collections.abc import Iterable, Iterator, Mapping

from engine.grammar.templates import Template
from engine.model.flow import Flow
from engine.model.parts import Request, Run, Save
from engine.phone.scripts.stubs import Answer
from engine.runtime.effects.effect import Effect, FunctionCall, HttpCall
from engine.testing import samples
from engine.testing.mentions import Mentions, typed

# Statuses of each class, the commonest first.
_CLASSES: Mapping[str, tuple[int, ...]] = {
    "2": (200, 201, 202, 204),
    "3": (304, 302, 301, 303),
    "4": (404, 400, 403, 401, 409, 422, 429, 410),
    "5": (500, 503, 502, 504, 501),
}
_HOLE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_STATUS = re.compile(r"[2-5]\d\d")


class Answers:
    """The answers of the world that make a difference in flows.

    What is asked is told by its method and address, or its name: where several places of the flows ask the same, each of them
    may be meant.
    """

    def __init__(self, flows: Iterable[Flow]) -> None:
        known = tuple(flows)
        instructions = [one for flow in known for one in flow.graph.instructions]
        self._requests = [one for one in instructions if isinstance(one, Request)]
        self._runs = [one for one in instructions if isinstance(one, Run)]
        self._mentions = Mentions(known)
        self._known: dict[int, tuple[Answer, ...]] = {}

    def of(self, effect: Effect) -> tuple[Answer, ...]:
        """Different answers to what a flow asks; first one that all goes well with."""
        places: list[Request | Run] = []
        if isinstance(effect, HttpCall):
            places += [request for request in self._requests if _may_ask(request, effect)]
        elif isinstance(effect, FunctionCall):
            places += [run for run in self._runs if run.function == effect.name]
        found = [answer for place in places for answer in self._at(place)] or [Answer(), Answer(failure="error")]
        return tuple(answer for number, answer in enumerate(found) if answer not in found[:number])

    def _at(self, place: Request | Run) -> tuple[Answer, ...]:
        """What can be answered to one place of the flows."""
        if id(place) not in self._known:
            self._known[id(place)] = tuple(
                self._to_request(place) if isinstance(place, Request) else self._to_run(place)
            )
        return self._known[id(place)]

    def _to_request(self, request: Request) -> Iterator[Answer]:
        names = [name for exit_ in request.exits for name in exit_.names]
        exact = {int(name) for name in names if name.isdigit()}
        headers = self._headers(request.save)
        bodies = [value for variable in _variables(request.save, "body") for value in self._mentions.values(variable)]
        yield from (Answer(body, headers=headers) for body in bodies or [""])
        compared = {int(text) for text in self._compared(request, "status") if _STATUS.fullmatch(text)}
        for status in (*sorted(exact), *sorted(compared - exact)):
            yield Answer(bodies[0] if bodies and status < 300 else "", status, headers)
        for name in names:
            if name.endswith("xx"):
                free = [status for status in _CLASSES[name[0]] if status not in exact]
                yield from (Answer("", status, headers) for status in free[:1])
        if "timeout" in names:
            yield Answer(failure="timeout")
        yield Answer(failure="error")

    def _to_run(self, run: Run) -> Iterator[Answer]:
        values = [value for variable in _variables(run.save, "value") for value in self._mentions.values(variable)]
        keys = [typed(text) for exit_ in run.exits for key in exit_.keys if (text := samples.of_key(key))]
        keys += map(typed, self._compared(run, "value"))
        yield from map(Answer, [*(values or [None]), *keys])
        yield Answer(failure="error")

    def _compared(self, one: Request | Run, entry: str) -> list[str]:
        """What the conditions of its own branch compare the answer with, and others what is saved of it."""
        own = [text for exit_ in one.exits if exit_.when for text in samples.literals(exit_.when.text)]
        return own + [
            str(value) for variable in _variables(one.save, entry) for value in self._mentions.compared(variable)
        ]

    def _headers(self, save: Save | None) -> Mapping[str, str]:
        """The headers that flows look up, where they are saved."""
        found = [self._mentions.values(variable)[0] for variable in _variables(save, "headers")]
        return {
            str(name): str(text) for headers in found if isinstance(headers, dict) for name, text in headers.items()
        }


def _variables(save: Save | None, entry: str) -> tuple[str, ...]:
    """The variables in which an entry of an answer is kept; its body, or value, is the answer itself."""
    if save is None:
        return ()
    whole = (save.answer,) if save.answer and entry in ("body", "value") else ()
    return (*whole, *(variable for variable, kept in save.parameters if kept == entry))


def _may_ask(request: Request, call: HttpCall) -> bool:
    """Whether the request may be the one that asks for this, as far as its method and address are written."""
    if isinstance(request.method, str) and request.method != call.method:
        return False
    if isinstance(request.url, Template):
        between = ".*".join(map(re.escape, _HOLE.split(request.url.text.strip())))
        return re.fullmatch(between, call.url, re.DOTALL) is not None
    return request.url.strip() == call.url
