"""Places a call that runs a flow, looks it up, moves it to another document, and hangs it up."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from xml.parsers import expat

from engine.account.errors import sid_of
from engine.runtime.request import ENDED

if TYPE_CHECKING:  # it takes a second to import
    from twilio.rest import Client

MachineDetection = Literal["", "Enable", "DetectMessageEnd"]

RING_SECONDS = (1, 600)  # Twilio, "Call resource", Timeout
CALL_SECONDS = (1, 86_400)  # the same, TimeLimit
LONGEST_TWIML = 4000  # characters
LONGEST_URL = 4000  # characters; Twilio, "Error 21609"
_DIGITS = re.compile(r"[0-9A-D#*wW]{1,32}")
_COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class CallOrder:
    """A call to be placed: `to` and `from_` as Twilio writes them, and what the call runs, either `url`, asked by `method`, or the text
    `twiml`.

    With `machine_detection` Twilio finds out who answered before it asks for the TwiML, and tells it as AnsweredBy; with
    `answered_by_url` the call goes on meanwhile, and that address is told. `ring_seconds` is how long it rings, `limit_seconds` how
    long it may last, None for what Twilio does by default (60 s, 4 h). `send_digits` are keys that are pressed once somebody
    answered. `status_url` gets the final status. `record` records all of it.
    """

    to: str
    from_: str
    url: str = ""
    method: Literal["POST", "GET"] = "POST"
    twiml: str = ""
    machine_detection: MachineDetection = ""
    answered_by_url: str = ""
    ring_seconds: int | None = None
    limit_seconds: int | None = None
    record: bool = False
    send_digits: str = ""
    status_url: str = ""

    @property
    def fault(self) -> str:
        """What Twilio would refuse, in one sentence; "" if nothing is known to be wrong."""
        if bool(self.url) == bool(self.twiml):
            return "a call runs one thing: a flow, an address, or a text of TwiML"
        if len(self.twiml) > LONGEST_TWIML:
            return (
                f"the TwiML has {len(self.twiml)} characters, and Twilio takes {LONGEST_TWIML}: serve it at an address"
            )
        if fault := url_fault(self.url):
            return fault
        if self.twiml and (why := twiml_fault(self.twiml)):
            return f"the TwiML cannot be played: {why}"
        if self.answered_by_url and not self.machine_detection:
            return "nothing detects who answered: choose a machine detection, Enable or DetectMessageEnd"
        for seconds, (lowest, highest), what in (
            (self.ring_seconds, RING_SECONDS, "rings"),
            (self.limit_seconds, CALL_SECONDS, "lasts"),
        ):
            if seconds is not None and not lowest <= seconds <= highest:
                return f"a call {what} from {lowest} to {highest} seconds, not {seconds}"
        if self.send_digits and not _DIGITS.fullmatch(self.send_digits):
            return (
                f"cannot press `{self.send_digits}`: at most 32 of 0-9, A-D, # and *, with w for a wait of half a second "
                "and W for a second"
            )
        return ""

    def parameters(self) -> dict[str, Any]:
        """The keyword arguments of `client.calls.create`; what is not asked for is left out."""
        wanted: dict[str, Any] = {"to": self.to, "from_": self.from_}
        if self.url:
            wanted |= {"url": self.url, "method": self.method}
        else:
            wanted["twiml"] = self.twiml
        if self.machine_detection:
            wanted["machine_detection"] = self.machine_detection
        if self.answered_by_url:
            wanted |= {"async_amd": "true", "async_amd_status_callback": self.answered_by_url}
        if self.ring_seconds is not None:
            wanted["timeout"] = self.ring_seconds
        if self.limit_seconds is not None:
            wanted["time_limit"] = self.limit_seconds
        if self.record:
            wanted["record"] = True
        if self.send_digits:
            wanted["send_digits"] = self.send_digits
        if self.status_url:
            wanted["status_callback"] = self.status_url
        return wanted


def twiml_fault(text: str) -> str:
    """Why Twilio cannot read a document (its errors 12100 and 12102); "" if it can. Nothing is unfolded: a DOCTYPE is refused."""
    found: list[str] = []

    def refuse(*_: object) -> None:
        raise ValueError("TwiML has no <!DOCTYPE>")

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, _: found.append(name)
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return f"it is not well-formed, {error}"
    except ValueError as error:
        return str(error)
    return "" if found[0] == "Response" else "it begins with <Response>"


@dataclass(frozen=True, slots=True)
class CallState:
    """How a call stands: `status` in Twilio's words, `answered_by` as of a machine detection, `seconds` it lasted once it is over."""

    sid: str
    status: str
    answered_by: str = ""
    seconds: int | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in ENDED

    @property
    def completed(self) -> bool:
        """Whether somebody, or something, answered it."""
        return self.status == _COMPLETED

    @classmethod
    def of(cls, call: Any) -> "CallState":
        """The state in a call resource of the `twilio` library."""
        lasted = str(call.duration or "")
        return cls(
            sid_of(call),
            str(call.status or ""),
            str(call.answered_by or ""),
            int(lasted) if lasted.isdecimal() and str(call.status) in ENDED else None,
        )


def url_fault(url: str) -> str:
    """What Twilio would refuse of the address of a flow with its variables, in one sentence; "" if nothing is known to be wrong."""
    if len(url) <= LONGEST_URL:
        return ""
    return f"the address of the flow has {len(url)} characters with its variables, and Twilio takes {LONGEST_URL}: give it less"


def place(client: "Client", order: CallOrder) -> CallState:
    """Places the call; raises what the `twilio` library or the network raises (see `engine.account.errors`)."""
    return CallState.of(client.calls.create(**order.parameters()))


def look_up(client: "Client", sid: str) -> CallState:
    """How a call stands now; raises as `place`."""
    return CallState.of(client.calls(sid).fetch())


def move(client: "Client", sid: str, url: str) -> CallState:
    """Moves a live call to the document at `url`, requested by POST, at once (Twilio, "Modify calls in progress").

    Raises as `place`; for a call that is not in progress Twilio's error 21220.
    """
    return CallState.of(client.calls(sid).update(url=url, method="POST"))


def hang_up(client: "Client", sid: str) -> CallState:
    """Ends a call, also one that still rings; raises as `place`."""
    return CallState.of(client.calls(sid).update(status=_COMPLETED))
