"""What a call remembers between its turns."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from engine.program.place import Place


class Visited(msgspec.Struct, frozen=True):
    """A subflow that the call is in, with variables and answered questions of its own (see `engine.runtime.memory.Visit`)."""

    number: int
    flow: str
    variables: dict[str, Any]
    entered: tuple[str, ...]
    questions: tuple[Place, ...]
    back: Place
    caller: str


class Pending(msgspec.Struct, frozen=True):
    """A turn that waits for the world: `owner` performs an effect for it until the Unix time `until`.

    `request` is the fingerprint of the turn, `doing` the effect under way, `results` what earlier ones came to (answer, values,
    problem) by the place that asked for them.
    """

    request: str
    owner: str
    until: float
    doing: str
    results: dict[str, tuple[str, dict[str, Any], str]]


class Question(msgspec.Struct, frozen=True):
    """The question of a conversation by message that waits for the next one: where it stands, and until when (Unix time).

    `again` is how many times it was asked again, `visit` the subflow as addresses name it, `version` the
    version of the flows that asked. At a place in no flow it is none, but a note that an answer is still being written.
    """

    place: Place
    again: int
    visit: str
    version: str
    until: float


@dataclass(slots=True)  # as frozen by its types: one is made twice in a turn, and `frozen=True` takes twice as long
class Session:
    """The memory of one call, or of one conversation by message.

    `turn` counts the turns that were played; `variables` holds JSON values by name; `entered` names the flows whose
    first values were set; `questions` are the places of the answered gathers, oldest first (for `back`); `facts` are
    the request parameters that later requests may lack (the query of the entry under `?`); `replies` are the latest answers by fingerprint of their
    request, as `[fingerprint, turn, body]`, for the request that Twilio repeats; `expires` is the Unix time in seconds
    after which the session is swept. `visits` are the subflows that the call is in, of `calls` so far; `pending` the turns that
    wait for the world; `question` the one that the next message answers.
    """

    turn: Final[int] = 0
    variables: Final[Mapping[str, Any]] = field(default_factory=dict)
    entered: Final[tuple[str, ...]] = ()
    questions: Final[tuple[Place, ...]] = ()
    facts: Final[Mapping[str, str]] = field(default_factory=dict)
    replies: Final[tuple[tuple[str, int, str], ...]] = ()
    expires: Final[float] = 0.0
    visits: Final[tuple[Visited, ...]] = ()
    calls: Final[int] = 0
    pending: Final[tuple[Pending, ...]] = ()
    question: Final[Question | None] = None

    def to_json(self) -> str:
        """The session as one JSON object that a person can read, and that UTF-8 can hold whatever a caller sent.

        Raises TypeError, ValueError or RecursionError for a variable that is no JSON value.
        """
        try:
            return _write(self).decode()
        except UnicodeEncodeError:
            # Half of a character, as a careless client sends it: UTF-8 has no form for it, JSON's own escape has.
            kept = msgspec.to_builtins(self, enc_hook=_plain)
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
        return cls(
            kept.turn,
            kept.variables,
            kept.entered,
            kept.questions,
            kept.facts,
            kept.replies,
            kept.expires,
            kept.visits,
            kept.calls,
            kept.pending,
            kept.question,
        )


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    """What must stand in the JSON of a session: all of this, and nothing else."""

    turn: int
    variables: dict[str, Any]
    entered: tuple[str, ...]
    questions: tuple[Place, ...]
    facts: dict[str, str]
    replies: tuple[tuple[str, int, str], ...]
    expires: float
    visits: tuple[Visited, ...] = ()
    calls: int = 0
    pending: tuple[Pending, ...] = ()
    question: Question | None = None


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
