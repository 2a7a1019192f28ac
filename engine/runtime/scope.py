"""What templates know in a turn."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from engine.grammar.names import CALL
from engine.grammar.views import Call, Message, Params
from engine.runtime.turn import Turn

# What later requests of a call may lack and `call.` goes on knowing: where and whom, not what happened just now.
REMEMBERED = frozenset(CALL.values()) - {
    "CallStatus",
    "Timestamp",
    "RecordingUrl",
    "RecordingSid",
    "RecordingDuration",
    "CallDuration",
}


def known_names(turn: Turn, facts: Mapping[str, str], env: Mapping[str, str], channel: str) -> dict[str, object]:
    """The names that every turn knows; the variables come beside them."""
    params = turn.params
    sent: Mapping[str, str] = {**facts, **params} if facts else params
    digits, speech = params.get("Digits", ""), params.get("SpeechResult", "")
    return {
        "answer": digits or speech or params.get("Body", ""),
        "digits": digits,
        "speech": speech,
        "confidence": _number(params.get("Confidence", "")),
        "call": Call(sent),
        "message": Message(params),
        "params": Params({**turn.entry, **params} if turn.entry else params),
        "now": turn.at,
        "env": env,
        "flow": turn.flow,
        "step": turn.step,
        "language": "",
        "channel": channel,
    }


def _number(text: str) -> float | str:
    if not text:
        return ""
    try:
        return float(text)
    except ValueError:
        return ""


def storable(value: object) -> Any:
    """A value as a session keeps it: JSON, a time as ISO text, anything else as its text."""
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [storable(item) for item in value]
    return str(value)
