"""How a call stands: what each of its turns changes, and which turn begins another."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from engine.runtime.desk import Heard
from engine.runtime.request import ENDED, TOLD
from engine.runtime.trail import Entered, Failed, Took

REAL, SIMULATED = "real", "simulated"
LIVE, BY_FLOW, BY_CALLER, OVER = "", "flow", "caller", "over"  # how a call stands

# A document with one of these goes on, or waits for somebody; after any other the call is over.
_TOLD = frozenset(TOLD)
_GOES_ON = re.compile(
    rb"<(Gather|Redirect|Record|Dial|Enqueue|Pay|Connect|Refer|Conference|Leave|VirtualAgent|Prompt)\b"
)


class Waits(NamedTuple):
    """A turn that waits to be written, with when it was answered. `took` is how many seconds that took, where the clock of the call is not the server's."""

    heard: Heard
    answered: datetime
    origin: str
    took: float | None = None


GONE = 600.0  # seconds without a request after which a call counts as over that nothing was told of
LONG = 4 * 3600.0  # … where somebody was dialed, or it waits in a queue: Twilio's own limit for a call

FLOWS = 2000  # characters of the names of flows that a call came to

_LONG = re.compile(rb"<(Dial|Enqueue|Connect|Conference)\b")


class Over(NamedTuple):
    """That a call is over, as whoever plays it tells; `by` is who ended it, "" for neither."""

    key: str
    by: str


class Forget(NamedTuple):
    """That turns of a call since a time (Unix) are told anew: it went back."""

    key: str
    since: float


class Call:
    """The state of a call, as its row has it; `turns` are all, `kept` those that this process or another has written."""

    __slots__ = ("begun", "ended", "faults", "flows", "here", "kept", "last", "number", "turns", "until", "version")

    def __init__(self, number: int, kept: int) -> None:
        self.number, self.kept = number, kept
        self.turns = self.faults = 0  # since the row was written
        self.version = self.here = self.ended = self.flows = ""
        self.last = self.until = 0.0
        self.begun: tuple[str | float, ...] = ()  # the beginning of a row that is not written yet

    def row(self, now: float) -> tuple[str | float, ...]:
        """What the end of its row holds."""
        return (
            *(self.last, now, self.version, self.here, self.turns, self.faults, self.ended, self.until, self.flows),
            self.number,
        )


def begins(one: Waits, call: Call) -> bool:
    """Whether a turn begins another call under the same key: a conversation does when a text answers no open question."""
    request, outcome = one.heard.request, one.heard.outcome
    if not request.is_fresh or request.report:
        return False
    if request.channel != "messaging":
        return bool(call.ended) and request.params.get("CallStatus") == "ringing"
    if not request.message_sid:
        return False
    first = next((event for event in outcome.trail if isinstance(event, Entered | Took)), None)
    return request.is_outbound or isinstance(first, Entered)


def take(call: Call, one: Waits) -> None:
    """Notes what a turn changed of its call."""
    heard = one.heard
    request, outcome, params = heard.request, heard.outcome, heard.request.params
    key, report, at = request.session_key, request.report, request.at.timestamp()
    told, own = bool(report) or not _TOLD.isdisjoint(params), own_leg(key, params)
    call.turns += 1
    call.version = heard.version
    if at > call.last and (not told or report.startswith("CallStatus")):
        call.last = at
    if outcome.repeated:
        return
    here, silent = call.here, False
    for event in outcome.trail:
        kind = type(event)
        if kind is Entered:
            if not silent:
                here = event.id  # type: ignore[union-attr]
                _came_to(call, event.flow)  # type: ignore[union-attr]
        elif kind is Took:
            silent = silent or (event.compared == "no_input" and event.at > 0)  # type: ignore[union-attr]
        elif kind is Failed:  # what came before was not heard
            call.faults += 1
            here, silent = call.here, False
    if not own:
        return
    if not told:
        call.here = here
    if request.channel == "messaging":
        if not told:
            call.until = outcome.until and max(outcome.until - at, GONE) + one.answered.timestamp()
            call.ended = LIVE if outcome.until else BY_FLOW
    elif params.get("CallStatus") in ENDED:
        if call.ended != BY_FLOW:
            call.ended = BY_CALLER if params["CallStatus"] == "completed" else OVER
    elif not told:
        body, now = outcome.body, one.answered.timestamp()
        goes_on = _GOES_ON.search(body)
        call.until = now + (LONG if goes_on and _LONG.search(body) else GONE)
        call.ended = LIVE if goes_on else BY_FLOW


def _came_to(call: Call, flow: str) -> None:
    if f",{flow}," not in call.flows and len(call.flows) < FLOWS:
        call.flows += f"{flow},"


def own_leg(key: str, params: Mapping[str, str]) -> bool:
    """Whether a request is of the caller's own leg, and not of one that was dialed."""
    return ">" in key or params.get("CallSid", key) == key
