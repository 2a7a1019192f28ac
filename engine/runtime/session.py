"""What a call remembers between its turns."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from engine.program.place import Place
from engine.runtime.formats import Format

NOWHERE = Place("", "")
NEVER = 0.0
FORMAT = 2
"""Goes up with every change of what a session holds. In every format `format` and `expires` stand where they stand now.

What nothing is due in is written as format 1, which earlier versions of this program read and write as well: they would forget
what is due."""


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


class Question(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The question of a conversation by message that waits for the next one: where it stands, and until when (Unix time).

    `again` is how many times it was asked again, `frame` the subflow as addresses name it, `version` the
    version of the flows that asked. At a place in no flow it is none, but a note that an answer is still being written.

    Where silence is followed, `wait` is one `timeout` in seconds: silence is followed so long before `until`, and until then the
    next message answers; 0 where it is not, or was. `followed` are the places of the questions whose silence has been followed
    since the person last wrote; `folder` is the public address of the folder of flows as the one who asked knew it.
    """

    place: Place
    again: int
    frame: str
    version: str
    until: float
    wait: float = 0.0
    followed: tuple[Place, ...] = ()
    folder: str = ""

    @property
    def due(self) -> float:
        """When silence is followed, as Unix time; 0 for never."""
        return self.until - self.wait if self.wait else NEVER

    def left_open(self, until: float) -> "Question":
        """The question whose silence is not followed, or not again: the next message answers it."""
        return Question(self.place, self.again, self.frame, self.version, until)


class Session(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="format", tag=1):
    """The memory of one call, or of one conversation by message.

    `turn` counts the turns that were played; `variables` holds JSON values by name; `entered` names the flows whose
    first values were set; `questions` are the places of the answered gathers, oldest first (for `back`); `facts` are
    the request parameters that later requests may lack (the query of the entry under `?`); `replies` are the latest answers by fingerprint of their
    request, as `(fingerprint, turn, body)`, for the request that Twilio repeats; `expires` is the Unix time in seconds
    after which the session is swept. `frames` are the subflows that the call is in, of `calls` so far; `pending` the turns that
    wait for the world; `question` the one that the next message answers. `due` is the Unix time from which the server has
    something to do by itself, as after silence; 0 for nothing.
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
    due: float = NEVER

    def to_json(self) -> bytes:
        """The session as one JSON object (see `Format.write`)."""
        if self.due:
            return _FORMAT.write(_Timed(**structs.asdict(self)))
        # Another 0.0 than that of the field would be written.
        return _FORMAT.write(self if self.due is NEVER else structs.replace(self, due=NEVER))

    @classmethod
    def from_json(cls, kept: bytes) -> "Session":
        """The session that `to_json` wrote; raises LaterFormat for one of a later format, ValueError for anything else."""
        session = _FORMAT.read(kept)
        if not session.expires:
            raise ValueError("a session expires at some time")
        return Session(**structs.asdict(session)) if type(session) is _Timed else session


class _Timed(Session, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="format", tag=2):
    """A session in which something is due, as it is written."""


_FORMAT: Format[Session] = Format(Session, FORMAT, {2: _Timed})
