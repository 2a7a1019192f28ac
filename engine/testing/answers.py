"""What the world can answer to a flow: the answers that its branches speak of, and values that it can work with."""

import re
from collections.abc import Iterable, Iterator, Mapping

from engine.grammar.templates import Template
from engine.grammar.verbs.request import REQUEST
from engine.grammar.verbs.run import RUN
from engine.model.flow import Flow
from engine.model.parts import PerformEffect, Save
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
        self._places = [one for one in instructions if isinstance(one, PerformEffect)]
        self._mentions = Mentions(known)
        self._known: dict[int, tuple[Answer, ...]] = {}

    def of(self, effect: Effect) -> tuple[Answer, ...]:
        """Different answers to what a flow asks; first one that all goes well with."""
        places = [place for place in self._places if _may_ask(place, effect)]
        found = [answer for place in places for answer in self._at(place)] or [Answer(), Answer(failure="error")]
        return tuple(answer for number, answer in enumerate(found) if answer not in found[:number])

    def _at(self, place: PerformEffect) -> tuple[Answer, ...]:
        """What can be answered to one place of the flows."""
        if id(place) not in self._known:
            self._known[id(place)] = tuple(_WAYS.get(place.spec.name, Answers._to_word)(self, place))
        return self._known[id(place)]

    def _to_request(self, request: PerformEffect) -> Iterator[Answer]:
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

    def _to_run(self, run: PerformEffect) -> Iterator[Answer]:
        values = [value for variable in _variables(run.save, "value") for value in self._mentions.values(variable)]
        keys = [typed(text) for exit_ in run.exits for key in exit_.keys if (text := samples.of_key(key))]
        keys += map(typed, self._compared(run, "value"))
        yield from map(Answer, [*(values or [None]), *keys])
        yield Answer(failure="error")

    def _to_word(self, place: PerformEffect) -> Iterator[Answer]:
        _, *rest = (word for word in place.spec.answers if word != "error")
        told = any(key.form == "target" and place[name] is not None for name, key in place.spec.fields.items())
        reports = place.spec.reports if told else ()
        yield from (Answer(), *(Answer(word) for word in (*rest, *reports)), Answer(failure="error"))

    def _compared(self, one: PerformEffect, entry: str) -> list[str]:
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


_WAYS = {REQUEST.name: Answers._to_request, RUN.name: Answers._to_run}


def _variables(save: Save | None, entry: str) -> tuple[str, ...]:
    """The variables in which an entry of an answer is kept; its body, or value, is the answer itself."""
    if save is None:
        return ()
    whole = (save.answer,) if save.answer and entry in ("body", "value") else ()
    return (*whole, *(variable for variable, kept in save.parameters if kept == entry))


def _may_ask(place: PerformEffect, effect: Effect) -> bool:
    """Whether the place may be the one that asks for this: by its verb, a function's name, the method and address of a request."""
    if place.spec is not effect.spec:
        return False
    if isinstance(effect, FunctionCall):
        return bool(place["function"] == effect.name)
    if not isinstance(effect, HttpCall):
        return True
    method, url = place["method"], place["url"]
    if isinstance(method, str) and method != effect.method:
        return False
    if isinstance(url, Template):
        between = ".*".join(map(re.escape, _HOLE.split(url.text.strip())))
        return re.fullmatch(between, effect.url, re.DOTALL) is not None
    return bool(url.strip() == effect.url)
