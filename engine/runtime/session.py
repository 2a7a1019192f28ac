"""What a call remembers between its turns."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from engine.program.place import Place

NOWHERE = Place("", "")
FORMAT = 1
"""Goes up with every change of what a session holds: a process that meets a later one leaves it as it is.

In every format `format` and `expires` stand where they stand now.
"""


class LaterSession(Exception):
    """A session of a later version of this program, which this one must neither write nor drop; `expires` as in `Session`."""

    def __init__(self, format_: int, expires: float) -> None:
        super().__init__(f"it is of a later version of touchtone (format {format_}, here {FORMAT})")
        self.expires = expires


class StoredFrame(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A subflow that the call is in, with variables and answered questions of its own (see `engine.runtime.call_stack.Frame`)."""

    number: int
    flow: str
    variables: Mapping[str, Any] = {}
    entered: tuple[str, ...] = ()
    questions: tuple[Place, ...] = ()
    back: Place = NOWHERE
    caller: str = ""


class Pending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A turn that waits for the world: `owner` performs an effect for it until the Unix time `until`.

    `request` is the fingerprint of the turn, `doing` the effect under way, `results` what earlier ones came to (answer, values,
    problem) by the place that asked for them.
    """

    request: str
    owner: str
    until: float
    doing: str
    results: Mapping[str, tuple[str, dict[str, Any], str]]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The question of a conversation by message that waits for the next one: where it stands, and until when (Unix time).

    `again` is how many times it was asked again, `frame` the subflow as addresses name it, `version` the
    version of the flows that asked. At a place in no flow it is none, but a note that an answer is still being written.
    """

    place: Place
    again: int
    frame: str
    version: str
    until: float


class Session(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="format", tag=FORMAT
):
    """The memory of one call, or of one conversation by message.

    `turn` counts the turns that were played; `variables` holds JSON values by name; `entered` names the flows whose
    first values were set; `questions` are the places of the answered gathers, oldest first (for `back`); `facts` are
    the request parameters that later requests may lack (the query of the entry under `?`); `replies` are the latest answers by fingerprint of their
    request, as `(fingerprint, turn, body)`, for the request that Twilio repeats; `expires` is the Unix time in seconds
    after which the session is swept. `frames` are the subflows that the call is in, of `calls` so far; `pending` the turns that
    wait for the world; `question` the one that the next message answers.
    """

    turn: int = 0
    variables: Mapping[str, Any] = {}
    entered: tuple[str, ...] = ()
    questions: tuple[Place, ...] = ()
    facts: Mapping[str, str] = {}
    replies: tuple[tuple[str, int, str], ...] = ()
    expires: float = 0.0
    frames: tuple[StoredFrame, ...] = ()
    calls: int = 0
    pending: tuple[Pending, ...] = ()
    question: Question | None = None

    def to_json(self) -> bytes:
        """The session as one JSON object that a person can read, without what is as in a new one.

        It is UTF-8, but for half of a character, as a careless client sends it: that stands there as Python's "surrogatepass" has it.
        Raises TypeError, ValueError or RecursionError for a variable that is no JSON value.
        """
        try:
            return _write(self)
        except UnicodeEncodeError:
            kept = msgspec.to_builtins(self, enc_hook=_plain)
            return json.dumps(kept, ensure_ascii=False).encode("utf-8", "surrogatepass")

    @classmethod
    def from_json(cls, kept: bytes) -> "Session":
        """The session that `to_json` wrote; raises LaterSession for one of a later format, ValueError for anything else."""
        try:
            session = _read(kept)
        except RecursionError as fault:
            raise ValueError("this is no session") from fault
        except ValueError:
            session = _read_otherwise(kept)
        if not session.expires:
            raise ValueError("a session expires at some time")
        return session


def _read_otherwise(kept: bytes) -> Session:
    """A session with half of a character in it, which `json` alone reads."""
    try:
        held = json.loads(str(kept, "utf-8", "surrogatepass"))
    except RecursionError as fault:
        raise ValueError("this is no session") from fault
    if isinstance(held, dict) and isinstance(number := held.get("format"), int) and number > FORMAT:
        expires = held.get("expires")
        raise LaterSession(number, expires if isinstance(expires, int | float) else 0.0)
    return msgspec.convert(held, Session)


def _plain(value: object) -> object:
    """A mapping that is no `dict` (a read-only view of one) is written like one."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a variable holds a {type(value).__name__}, which is no JSON value")


# A session is read and written in every turn: `json` would take a quarter of the turn's time for it.
_write = msgspec.json.Encoder(enc_hook=_plain).encode
_read = msgspec.json.Decoder(Session).decode
