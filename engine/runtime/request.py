"""What comes in with one request from Twilio, with all that it alone tells, and what goes back."""

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from engine.grammar.vocabulary import VOICE
from engine.model.flow import Flow

NOTHING: Mapping[str, str] = MappingProxyType({})

SAME = "_r"
"""The part of a query that holds the fingerprint of a turn that was cut off: the request with it is that turn once more."""
SENT = 24  # letters of the fingerprint of what was sent

# Twilio, "TwiML for Programmable Voice", request parameters; "Call resource", StatusCallback: after these nothing is played.
ENDED = frozenset(("completed", "busy", "failed", "no-answer", "canceled"))

# Each of these comes with an asynchronous callback only, never with a request for TwiML (TwiML <Record>, <Conference>, <Gather>,
# <Stream> and <Transcription>, their callbacks).
TOLD = (
    "CallbackSource",
    "StatusCallbackEvent",
    "RecordingStatus",
    "TranscriptionStatus",
    "TranscriptionEvent",
    "StreamEvent",
    "UnstableSpeechResult",
)

# With one of these a call that has ended is the answer of a verb: the caller hung up while recording, or after a dial.
ANSWERS = frozenset(name for verb in VOICE.children.values() for name in verb.conduct.answer)

_PRINT = re.compile(f"(t[0-9a-f]{{{SENT}}}|m)?[0-9a-f]{{{SENT}}}")
_GIVEN = ("flow", "step", "at", "params", "asked", "entry", "base", "token", "folder")


class Request:
    """One request: Twilio asks for the TwiML of an address. It does not change once it is made.

    `flow` and `step` are the address (`step` is "" at the entry of a flow); `asked` holds the engine's own part of the query (names that
    begin with `_`); `entry` what else stood in the query; `params` everything that Twilio sent, query and body, decoded, in order,
    a repeated name holding the last of its values; `at` is an aware time, the only clock of the turn; `base` is what must stand before
    an address relative to the folder of flows ("" at `/flows/clinic`, "../" at `/flows/clinic/menu`); `token` is the
    `I-Twilio-Idempotency-Token`, "" without one; `folder` is the public address of the folder of flows, with a slash at its end,
    for the few attributes that Twilio wants absolute.

    What follows is known once it is made:

    - `version` of the flows that wrote the address; "" where it is not one of the engine's own;
    - `channel`, `voice` or `messaging`: of the session that the address belongs to, else of what Twilio sends; "" where only the flow tells;
    - `session_key`, what the session is kept under: the call's SID, carried in `_c` on other legs; or the pair of numbers of a
      message, the person's first; or "";
    - `is_fresh`, whether it is the first of its kind: no callback, nor the next document of an answer. Every address that the engine
      writes carries the version of the flows;
    - `is_report`, whether it tells what became of a message of ours, of which From is our number. Such an address may be one that
      Twilio knows otherwise, without what the engine's own carry;
    - `report`, what a status report tells, as `MessageStatus=delivered`, and Twilio expects nothing for it; "" for the turn of a caller,
      and for addresses of the engine's own: what comes back there belongs to its call;
    - `message_sid`, the SID of the message that somebody wrote just now; "" for calls, reports, callbacks, and the next document of an
      answer.
    """

    __slots__ = (
        *_GIVEN,
        "_fingerprint",
        "channel",
        "is_fresh",
        "is_report",
        "message_sid",
        "report",
        "session_key",
        "version",
    )

    def __init__(
        self,
        flow: str,
        step: str,
        at: datetime,
        params: Mapping[str, str] = NOTHING,
        asked: Mapping[str, str] = NOTHING,
        entry: Mapping[str, str] = NOTHING,
        base: str = "",
        token: str = "",
        folder: str = "",
    ) -> None:
        self.flow: Final = flow
        self.step: Final = step
        self.at: Final = at
        self.params: Final = params
        self.asked: Final = asked
        self.entry: Final = entry
        self.base: Final = base
        self.token: Final = token
        self.folder: Final = folder
        call, status = params.get("CallSid"), _message_status(params)
        message, carried = "" if call else params.get("MessageSid") or params.get("SmsSid", ""), asked.get("_c")
        self.version: Final = asked.get("_v", "")
        self.is_fresh: Final = "_v" not in asked and carried is None
        self.is_report: Final = bool(status) and not call
        self.message_sid: Final = message if self.is_fresh and not self.is_report else ""
        self.report: Final = _report(params, status) if self.is_fresh else ""
        channel, key = "voice" if call else "", call or ""
        if carried is not None:
            channel, key = "messaging" if ">" in carried else "voice", carried
        elif not call and ("MessageSid" in params or "SmsSid" in params):
            channel = "messaging"
            if message:
                pair = (params.get("From", ""), params.get("To", ""))
                key = ">".join(reversed(pair) if self.is_outbound or self.is_report else pair)
        self.channel: Final = channel
        self.session_key: Final = key
        self._fingerprint = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and all(getattr(self, name) == getattr(other, name) for name in _GIVEN)

    __hash__ = None  # type: ignore[assignment]  # its parameters are a dict

    def __repr__(self) -> str:
        return f"Request({', '.join(f'{name}={getattr(self, name)!r}' for name in _GIVEN)})"

    def replaced(self, **changes: Any) -> "Request":
        """The request with some of what it was made of changed."""
        return Request(**{**{name: getattr(self, name) for name in _GIVEN}, **changes})

    @property
    def is_outbound(self) -> bool:
        """Whether a conversation begins with a message of ours: as of a call that goes out, From is then our number."""
        return self.params.get("Direction", "").startswith("outbound")

    @property
    def only_tells(self) -> bool:
        """Whether Twilio tells what became of something, and plays no answer: also to an address of the engine's own."""
        return bool(_report(self.params, _message_status(self.params)))

    @property
    def fingerprint(self) -> str:
        """What tells a repeated request from a new one.

        A message is known by its SID alone, wherever it comes to and with whatever token. Anything else is known by where it was
        sent, with all that was sent, before it that with Twilio's token. The address counts beside the token: what is asked of
        another address is no repetition. What Twilio adds for a fallback address, ErrorCode and ErrorUrl, does not count, nor does
        the token with it, which is that of another request, nor what only the query of that address adds.
        """
        if not self._fingerprint:
            self._fingerprint = _fingerprint(self)
        return self._fingerprint

    def channel_in(self, flow: Flow | None) -> str:
        """`voice` or `messaging`: that of the request, else what the flow serves."""
        if self.channel or flow is None:
            return self.channel or "voice"
        return "messaging" if "Body" in self.params and "messaging" in flow.channels else flow.channel


class Reply(NamedTuple):
    """The answer to a request: `body` is UTF-8 of `media_type`, `status` the HTTP status (200 for every address that exists)."""

    body: bytes
    status: int = 200
    media_type: str = "text/xml; charset=utf-8"


def _message_status(params: Mapping[str, str]) -> str:
    """What became of a message of ours (Twilio, "Track outbound message status"); "" for a message that somebody wrote.

    A message that comes in has the SmsStatus `received`, and no MessageStatus.
    """
    status = params.get("MessageStatus") or params.get("SmsStatus", "")
    return "" if status in ("", "received", "receiving") else status


def _report(params: Mapping[str, str], message_status: str) -> str:
    if message_status:
        return f"MessageStatus={message_status}"
    for name in TOLD:
        if params.get(name):
            return f"{name}={params[name]}"
    status = params.get("CallStatus", "")
    # Whoever answered is told beside the call, without a CallStatus, or with its first request.
    if not status and "MachineDetectionDuration" in params:
        return f"AnsweredBy={params.get('AnsweredBy', '')}"
    if status in ENDED and not any(params.get(name) for name in ANSWERS):
        return f"CallStatus={status}"
    return ""


def _fingerprint(request: Request) -> str:
    asked, params = request.asked, request.params
    if SAME in asked and _PRINT.fullmatch(asked[SAME]):
        return asked[SAME]
    if request.message_sid:
        return f"m{_hash(request.message_sid)}"
    where = "\0".join((request.flow, request.step, *asked, *asked.values()))
    if "ErrorUrl" in params:
        return _hash(_with_sent(where, params, {"ErrorCode", "ErrorUrl", *_added(request)}))
    digest = _hash(_with_sent(where, params))
    return f"t{_hash(where + chr(0) + request.token)}{digest}" if request.token else digest


def _with_sent(where: str, params: Mapping[str, str], left_out: Collection[str] = ()) -> str:
    """An address with names and values of what was sent to it.

    The order does not count: with what is added for a fallback address it may be another.
    """
    names = sorted([name for name in params if name not in left_out] if left_out else params)
    return "\0".join([where, *names, *[params[name] for name in names]])


def _added(request: Request) -> set[str]:
    """The names that the query of a fallback address has, and that of the address that failed has not."""
    failed = request.params["ErrorUrl"].partition("#")[0].partition("?")[2]
    return request.entry.keys() - dict(parse_qsl(failed, keep_blank_values=True)).keys()


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=SENT // 2).hexdigest()
