"""What a call remembers between its turns."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec


@dataclass(slots=True)  # as frozen by its types: one is made twice in a turn, and `frozen=True` takes twice as long
class Session:
    """The memory of one call, or of one conversation by message.

    `turn` counts the turns that were played; `variables` holds JSON values by name; `entered` names the flows whose
    first values were set; `questions` are the places of the answered gathers, oldest first (for `back`); `facts` are
    the request parameters that later requests may lack (the query of the entry under `?`); `replies` are the latest answers by fingerprint of their
    request, as `[fingerprint, turn, body]`, for the request that Twilio repeats; `expires` is the Unix time in seconds
    after which the session is swept.
    """

    turn: Final[int] = 0
    variables: Final[Mapping[str, Any]] = field(default_factory=dict)
    entered: Final[tuple[str, ...]] = ()
    questions: Final[tuple[str, ...]] = ()
    facts: Final[Mapping[str, str]] = field(default_factory=dict)
    replies: Final[tuple[tuple[str, int, str], ...]] = ()
    expires: Final[float] = 0.0

    def to_json(self) -> str:
        """The session as one JSON object that a person can read, and that UTF-8 can hold whatever a caller sent.

        Raises TypeError, ValueError or RecursionError for a variable that is no JSON value.
        """
        try:
            return _write(self).decode()
        except UnicodeEncodeError:
            # Half of a character, as a careless client sends it: UTF-8 has no form for it, JSON's own escape has.
            kept = {name: getattr(self, name) for name in self.__slots__}
            return _LONE_SURROGATE.sub(_escaped, json.dumps(kept, ensure_ascii=False, default=_plain))

    @classmethod
    def from_json(cls, text: str) -> "Session":
        """The session that `to_json` wrote; raises ValueError for anything else."""
        try:
            kept = _kept(text)
        except RecursionError as fault:
            raise ValueError("this is no session") from fault
        if text[-1] != "}":
            raise ValueError("something stands behind the session")
        return cls(kept.turn, kept.variables, kept.entered, kept.questions, kept.facts, kept.replies, kept.expires)


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    """What must stand in the JSON of a session: all of this, and nothing else."""

    turn: int
    variables: dict[str, Any]
    entered: tuple[str, ...]
    questions: tuple[str, ...]
    facts: dict[str, str]
    replies: tuple[tuple[str, int, str], ...]
    expires: float


def _kept(text: str) -> _Kept:
    try:
        return _read(text)
    except ValueError:
        return msgspec.convert(json.loads(text), _Kept)  # `json` alone knows half a character


def _plain(value: object) -> object:
    """A mapping that is no `dict` (a read-only view of one) is written like one."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a variable holds a {type(value).__name__}, which is no JSON value")


def _escaped(surrogate: re.Match[str]) -> str:
    return f"\\u{ord(surrogate[0]):04x}"


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# A session is read and written in every turn: `json` would take a quarter of the turn's time for it.
_write = msgspec.json.Encoder(enc_hook=_plain).encode
_read = msgspec.json.Decoder(_Kept).decode
