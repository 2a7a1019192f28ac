"""What a turn keeps out of sight: the answers that a flow marks as `secret`, and what was made of them.

The call itself needs them: a variable keeps its value in the session, with a mark beside it. Whatever people read — logs, trails,
records of calls, pages, listings — gets it masked: by structure where it is known what stands where (parameters, variables, what was
compared), and by its text everywhere else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.grammar.masks import MASK, SHORTEST, pattern_of
from engine.grammar.names import CALL, MESSAGE
from engine.grammar.templates import Expression, Template
from engine.model.parts import ByLanguage, Joined, Nested
from engine.program.writing import CLOSING, OPENING
from engine.runtime.call_stack import MARKS, CallStack

ANSWER_NAMES = frozenset(("answer", "digits", "speech", "confidence"))

# What Twilio says of a call or a message, without what the person pressed, said, wrote or recorded, and without tokens.
FACTS = frozenset(CALL.values()) - {"CallToken", "StirPassportToken", "RecordingUrl"} | {
    "MessageSid",
    "SmsSid",
    "MessageStatus",
    "SmsStatus",
    "MessagingServiceSid",
    "NumMedia",
    "DialCallSid",
    "DialCallStatus",
    "DialCallDuration",
    "QueueResult",
    "RecordingStatus",
    "TranscriptionStatus",
    "TranscriptionEvent",
    "StreamEvent",
    "ConferenceSid",
    "StatusCallbackEvent",
    "CallbackSource",
    "SequenceNumber",
    "ErrorCode",
}
"""The parameters that may be told of any turn."""
OPEN = FACTS - {"RecordingSid", "RecordingDuration"} | {"Result", "ApiVersion", "SmsMessageSid", "NumSegments"}
"""Those that may be told of a turn whose answer is secret."""

_PATHS: Mapping[str, Mapping[str, str]] = {"call": CALL, "message": MESSAGE}


def shown_params(params: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a secret answer as people may see them: what Twilio says of the call stays, the rest is masked."""
    return {name: value if name in OPEN or not value else MASK for name, value in params.items()}


def shown_variables(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a call, or of a subflow in it, as people may see them."""
    shown = {name: value for name, value in variables.items() if name != MARKS}
    for mark in variables.get(MARKS, ()):
        name, *entries = mark.split(".")
        if name in shown:
            shown[name] = _without(shown[name], entries)
    return shown


def _without(value: Any, entries: Sequence[str]) -> Any:
    """A value with what stands at a path in it masked."""
    if not entries:
        return MASK
    if not isinstance(value, Mapping) or entries[0] not in value:
        return value
    return {**value, entries[0]: _without(value[entries[0]], entries[1:])}


def entry_at(variables: Mapping[str, Any], mark: str) -> Any:
    """The value that a mark names: of a variable, or of an entry of one (`account.pin`); None for nothing."""
    value: Any = variables
    for name in mark.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


class Masked(str):
    """A line for the log in which nothing secret is left, however short."""

    __slots__ = ()


class Hidden:
    """What is secret in one turn. `answers`: what came in is, and is known to templates by `names`; `stack` is where variables are marked."""

    __slots__ = ("_pattern", "_stack", "_texts", "answers", "names", "shown", "told")

    def __init__(self, stack: CallStack | None) -> None:
        self._stack = stack
        self._texts: set[str] = set()
        self._pattern: tuple[re.Pattern[str] | None, re.Pattern[str] | None] | None = None
        self.answers, self.names = False, frozenset[str]()
        self.shown: dict[int, str] = {}
        """What people may see in place of a piece of the document, by its number."""
        self.told: list[str] = []
        if stack is not None:
            for frame in stack.frames.values():
                for name in frame.variables.get(MARKS, ()):
                    self.add(entry_at(frame.variables, name))

    def add(self, value: Any) -> None:
        """Takes note of a secret value, and of all texts in it."""
        if isinstance(value, Mapping):
            for one in value.values():
                self.add(one)
        elif isinstance(value, list | tuple):
            for one in value:
                self.add(one)
        elif value is not None and not isinstance(value, bool) and (text := str(value).strip()):
            self._texts.add(text)
            self._pattern = None

    @property
    def marks(self) -> Sequence[str]:
        """The names of the variables that are secret where the call is now."""
        return self._stack.frame.variables.get(MARKS, ()) if self._stack is not None else ()

    def reads(self, value: Any) -> bool:
        """Whether a value looks up something secret, in any template in it."""
        match value:
            case Template() | Expression():
                return any(self._is_secret(path) for path in value.entries)
            case ByLanguage(entries=entries):
                return any(map(self.reads, entries.values()))
            case Joined(items=items):
                return any(map(self.reads, items))
            case Nested(value=inner):
                return self.reads(inner)
            case dict():
                return any(map(self.reads, value.values()))
            case list() | tuple():
                return any(map(self.reads, value))
        return False

    def _is_secret(self, path: tuple[str, ...]) -> bool:
        root = path[0]
        for mark in self.marks:
            marked = tuple(mark.split("."))
            if marked[: len(path)] == path[: len(marked)]:
                return True
        if not self.answers:
            return False
        if root in self.names:
            return True
        if root == "params":
            return len(path) == 1 or path[1] not in OPEN
        return root in _PATHS and (len(path) == 1 or _PATHS[root].get(path[1], "") not in OPEN)

    def mask(self, text: str) -> str:
        """The text without what is secret and has SHORTEST characters or more."""
        long, _ = self._patterns()
        return long.sub(MASK, text) if long is not None else text

    def mask_words(self, text: str) -> str:
        """The text without what is secret, however short: where that stands as a word of its own."""
        text, (_, short) = self.mask(text), self._patterns()
        return short.sub(MASK, text) if short is not None else text

    def _patterns(self) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
        if self._pattern is None:
            long = pattern_of(self._texts)
            short = {re.escape(text) for text in self._texts if len(text) < SHORTEST}
            self._pattern = (
                long,
                re.compile(rf"(?<!\w)(?:{'|'.join(sorted(short))})(?!\w)") if short else None,
            )
        return self._pattern


class Cover(NamedTuple):
    """How a turn that was played is shown or kept: what is secret in it is masked.

    `body` is the TwiML as people may see it, None where that is the answer itself; `answers` says that what came in is secret; `mask`
    hides texts.
    """

    body: bytes | None = None
    answers: bool = False
    mask: Callable[[str], str] = str

    def params(self, params: Mapping[str, str]) -> Mapping[str, str]:
        """The parameters of the request."""
        return shown_params(params) if self.answers else self.masked(params)

    def masked(self, texts: Mapping[str, str]) -> Mapping[str, str]:
        """Texts by name, without what is secret."""
        return texts if self.mask is str else {name: self.mask(value) for name, value in texts.items()}


NOTHING_HIDDEN = Cover()
UNSEEN = Cover(f"{OPENING}<!--{MASK}-->{CLOSING}".encode(), answers=True)
"""Of a secret answer that is given once more: it was told the first time."""
