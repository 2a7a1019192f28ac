"""What a call remembers between its turns."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Session:
    """The memory of one call, or of one conversation by message.

    `turn` counts the turns that were played; `variables` holds JSON values by name; `entered` names the flows whose
    first values were set; `questions` are the places of the answered gathers, oldest first (for `back`); `facts` are
    the request parameters that later requests may lack; `replies` are the latest answers by fingerprint of their
    request, as `[fingerprint, turn, body]`, for the request that Twilio repeats; `expires` is the Unix time in seconds
    after which the session is swept.
    """

    turn: int = 0
    variables: Mapping[str, Any] = field(default_factory=dict)
    entered: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    replies: tuple[tuple[str, int, str], ...] = ()
    expires: float = 0.0

    def to_json(self) -> str:
        """The session as one JSON object that a person can read, and that UTF-8 can hold whatever a caller sent.

        Raises TypeError, ValueError or RecursionError for a variable that is no JSON value.
        """
        text = _write(
            {
                "turn": self.turn,
                "variables": self.variables,
                "entered": self.entered,
                "questions": self.questions,
                "facts": self.facts,
                "replies": self.replies,
                "expires": self.expires,
            }
        )
        try:
            text.encode()
        except UnicodeEncodeError:
            text = _LONE_SURROGATE.sub(_escaped, text)
        return text

    @classmethod
    def from_json(cls, text: str) -> "Session":
        """The session that `to_json` wrote; raises ValueError for anything else."""
        try:
            kept, end = _read(text)
            fields = _fields(kept)
            turn, variables, entered, questions, facts, replies, expires = fields
            if end != len(text) or len(kept) != len(fields) or tuple(map(type, fields)) not in _SHAPES:
                raise ValueError("the session has another shape")
            answers = tuple([(fingerprint, number, body) for fingerprint, number, body in replies])
            return cls(turn, variables, tuple(entered), tuple(questions), facts, answers, expires)
        except (TypeError, KeyError, RecursionError) as fault:
            raise ValueError("this is no session") from fault


def _plain(value: object) -> object:
    """A mapping that is no `dict` (a read-only view of one) is written like one."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a variable holds a {type(value).__name__}, which is no JSON value")


def _escaped(surrogate: re.Match[str]) -> str:
    return f"\\u{ord(surrogate[0]):04x}"


_fields = itemgetter("turn", "variables", "entered", "questions", "facts", "replies", "expires")
_SHAPES = [(int, dict, list, list, dict, list, float), (int, dict, list, list, dict, list, int)]
# Half of a character, as a careless client sends it: UTF-8 has no form for it, JSON's own escape has.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# Made once: `json.dumps` with options makes an encoder for each call, `json.loads` looks for blanks at both ends.
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
_read = json.JSONDecoder().raw_decode
