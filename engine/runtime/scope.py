"""What templates know in a turn."""

from collections.abc import Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from engine.grammar.limits import BITS, NESTED, NUMBER_TOO_LARGE, SIZE, SMALL, TOO_DEEP, TOO_LARGE, limited, weigh
from engine.grammar.names import CALL
from engine.grammar.views import Call, Message, Params
from engine.runtime.request import NOTHING, Request

# What later requests of a call may lack and `call.` goes on knowing: where and whom, not what happened just now.
REMEMBERED = frozenset(CALL.values()) - {
    "CallStatus",
    "Timestamp",
    "RecordingUrl",
    "RecordingSid",
    "RecordingDuration",
    "CallDuration",
}


class Scope(dict[str, object]):
    """The names that templates know at one moment: the variables, what the machine knows (`known`), and what the turn brought.

    That is made when it is first looked up: most templates name one thing of a dozen. KeyError for what nobody knows.
    """

    __slots__ = ("_facts", "_turn")

    def __init__(
        self, request: Request, facts: Mapping[str, str], variables: Mapping[str, object], **known: object
    ) -> None:
        super().__init__(variables, **known)
        self._turn, self._facts = request, facts

    def __missing__(self, name: str) -> object:
        value = self[name] = BROUGHT[name](self._turn, self._facts)
        return value


BROUGHT: Mapping[str, Callable[[Request, Mapping[str, str]], object]] = {
    "answer": lambda request, _: (
        request.params.get("Digits") or request.params.get("SpeechResult") or request.params.get("Body", "")
    ),
    "digits": lambda request, _: request.params.get("Digits", ""),
    "speech": lambda request, _: request.params.get("SpeechResult", ""),
    "confidence": lambda request, _: _number(request.params.get("Confidence", "")),
    "call": lambda request, facts: Call(request.params, facts),
    "message": lambda request, _: Message(request.params),
    "params": lambda request, _: Params({**request.entry, **request.params} if request.entry else request.params),
    "now": lambda request, _: request.at,
    "hours": lambda *_: NOTHING,  # of a flow without any
}


def _number(text: str) -> float | str:
    if not text:
        return ""
    try:
        return float(text)
    except ValueError:
        return ""


def storable(value: object) -> Any:
    """A value as a session keeps it: JSON, a time as ISO text, anything else as its text.

    Raises OverflowError for one that is too large: each turn reads and writes all that its call keeps.
    """
    if isinstance(value, str):
        return str(limited(value))
    if isinstance(value, dict | list | tuple) and weigh(value, SIZE) > SIZE:
        raise OverflowError(TOO_LARGE)
    return _storable(value, 0)


def _storable(value: object, depth: int) -> Any:
    if isinstance(value, int) and value.bit_length() > BITS:
        raise OverflowError(NUMBER_TOO_LARGE)
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        if value is None or type(value) in SMALL:
            return value
        return int(value) if isinstance(value, int) else float(value)  # a number of a type of its own, as NumPy's
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)
    if depth == NESTED and isinstance(value, Mapping | list | tuple | set | frozenset):
        raise OverflowError(TOO_DEEP)
    if isinstance(value, Mapping):
        return {str(key): _storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable(item, depth + 1) for item in value]
    return str(value)
