"""The world of a call under test: it answers as the script says, remembers what it was asked, and asks nobody itself."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from engine.phone.scripts.stubs import Answer, Stub
from engine.program.holes import text_of
from engine.runtime.effects.effect import Effect, FunctionCall, HttpCall, Result, TextMessage
from engine.runtime.effects.world import World

SAID = "as the script says: "  # so begins what a script itself lets fail


class Told(World):
    """Answers from `stubs`, the first that takes what is asked; `beyond` performs what no stub speaks of, if it can."""

    __slots__ = ("_beyond", "_stubs", "_times", "asked", "unanswered")

    def __init__(self, stubs: Iterable[Stub], beyond: World) -> None:
        super().__init__()
        self._stubs: Sequence[Stub] = tuple(stubs)
        self._times: dict[int, int] = {}
        self._beyond = beyond
        self.asked: list[str] = []
        self.unanswered: list[tuple[str, str]] = []

    async def perform(self, effect: Effect) -> Result:
        """The answer of the script; an error where it has none, which `unanswered` remembers with its kind."""
        kind, asked = kind_of(effect), told(effect)
        self.asked.append(asked)
        for number, stub in enumerate(self._stubs):
            if stub.takes(kind, asked):
                times = self._times[number] = self._times.get(number, 0) + 1
                return _result(kind, stub.answers[min(times, len(stub.answers)) - 1], asked)
        if self._beyond.performs(effect):
            return await self._beyond.perform(effect)
        self.unanswered.append((kind, asked))
        return Result("error", {}, f"{SAID}nothing of {asked}")


def kind_of(effect: Effect) -> str:
    """The verb that an effect is of."""
    return {HttpCall: "request", FunctionCall: "run", TextMessage: "send"}[type(effect)]


def told(effect: Effect) -> str:
    """An effect in one line: `POST https://example.com/orders {"id": 1}`, `lookup {"number": "1"}`, `+15550111: Hello`."""
    match effect:
        case HttpCall():
            query = urlencode(effect.params, errors="replace")
            url = f"{effect.url}{'&' if '?' in effect.url else '?'}{query}" if query else effect.url
            body = _json(effect.json) if effect.has_json else urlencode(effect.form or (), errors="replace")
            return f"{effect.method} {url} {body}".rstrip()
        case FunctionCall():
            return f"{effect.name} {_json(dict(effect.args))}"
        case TextMessage():
            return " ".join([f"{effect.to}: {effect.body}", *effect.media_url])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _result(kind: str, answer: Answer, asked: str) -> Result:
    if answer.failure:
        return Result(answer.failure, {}, f"{SAID}{asked}")
    if kind == "run":
        return Result(text_of(answer.body), {"value": answer.body})
    if kind == "send":
        return Result("sent", {"sid": "SM" + "0" * 32})
    values = {"body": answer.body, "status": answer.status, "headers": dict(answer.headers)}
    return Result(str(answer.status), values, "" if 200 <= answer.status < 300 else f"{SAID}{asked}")
