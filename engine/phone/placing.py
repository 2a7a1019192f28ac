"""A call in all its parts, from the first ring to the last report: as Twilio places it, or puts it through to a number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from engine.phone.call import PhoneCall
from engine.phone.events import Played
from engine.phone.leg import Leg, Running
from engine.phone.line import Go, Kept, Line
from engine.phone.party import Party
from engine.phone.tape import Sids, Tape
from engine.phone.transport import Pairs, Transport
from engine.phone.verbs import VERBS
from engine.phone.verbs.beside import recording_url

# What the sip side of Twilio answers for each end of a call (RFC 3261, 21).
SIP: Mapping[str, str] = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "503"}
BEFORE = ("initiated", "ringing", "answered")  # the events before the end of a call


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the events of a call are reported, and which ones (Twilio, Calls resource, StatusCallbackEvent)."""

    url: str = ""
    method: str = "POST"
    events: tuple[str, ...] = ("completed",)


@dataclass(frozen=True, slots=True)
class Detection:
    """How it is found out who answers (Twilio, "Answering machine detection"): `mode` Enable or DetectMessageEnd, "" for not at all.

    It is given up after `timeout` seconds. With `asynchronous` the call goes on meanwhile, and `reports` says where the result goes.
    """

    mode: str = ""
    timeout: float = 30.0
    asynchronous: bool = False
    reports: Reports = Reports()


@dataclass(frozen=True, slots=True)
class Tapped:
    """Whether the whole call is recorded (Twilio, Calls resource, Record), with how many channels, and where that is reported."""

    wanted: bool = False
    channels: int = 1
    track: str = "both"
    reports: Reports = Reports()


@dataclass(frozen=True, slots=True)
class Order:
    """All that the telephone must know of a call. `go` is its first document; `direction` inbound or outbound-api."""

    sid: str
    account: str
    from_: str
    to: str
    go: Go
    direction: str = "outbound-api"
    fallback: Go | None = None
    reports: Reports = Reports()
    send_digits: str = ""
    detection: Detection = Detection()
    recording: Tapped = Tapped()
    params: Pairs = field(default=())


class PlacedCall:
    """A call before, while and after its documents are played. `call` plays them once `begin` was called.

    `started` is the time the call begins, by which its reports are dated; `sids` names what the call makes; `api` is where its
    recordings are kept.
    """

    def __init__(
        self, order: Order, transport: Transport, token: str, started: datetime, sids: Sids, *, api: str = ""
    ) -> None:
        self.order, self.tape = order, Tape(started)
        status = "ringing" if order.direction == "inbound" else "queued"
        self.party = Party(order.sid, order.account, order.from_, order.to, order.direction, status, extra=order.params)
        self.line = Line(transport, token, self.tape, order.sid)
        self.line.api = api or self.line.api
        self._sids, self._reported = sids, 0
        self.began = 0.0  # the second at which it was answered
        self._answered_by = ""
        self.recording: Kept | None = None
        self.leg = Leg(self.party, self.line, sids, VERBS, fallback=order.fallback)
        self.leg.closing.append(self._over)
        self.call = PhoneCall(self.leg, self.tape, {})

    @property
    def status(self) -> str:
        """Twilio's CallStatus."""
        return self.party.status

    @property
    def seconds(self) -> int:
        """How long the call has lasted since it was answered."""
        return int(self.tape.now - self.began)

    def report(self, event: str) -> None:
        """An event before the end, where it is asked for: initiated, ringing, answered."""
        if event in ("initiated", "ringing"):
            self.party.status = "ringing"
        if event in self.order.reports.events:
            self._post(event if event != "answered" else "in-progress")

    def unanswered(self, status: str) -> None:
        """Nobody answers: busy, no-answer, canceled, failed."""
        self.party.status = status
        self.call.ended_by = status
        self.leg.close()

    def pick_up(self) -> None:
        """Somebody answers; nothing is played to them yet."""
        self.party.status, self.began = "in-progress", self.tape.now
        self.report("answered")
        self._record()

    def begin(self, by: str = "", *, seconds: float = 0.0) -> None:
        """The first document is played until somebody must act, once a call that goes out was picked up.

        `by` is the result of the detection (human, machine_start, machine_end_beep, fax, unknown), `seconds` how long that takes. Of a
        call that comes in the document says what becomes of it, an answer or not.
        """
        if self.order.send_digits:
            self.tape.tell(Played(digits=self.order.send_digits))
        detection, go = self.order.detection, self.order.go
        took = ("MachineDetectionDuration", str(int(seconds * 1000)))
        if by and detection.asynchronous:
            facts = (("CallSid", self.party.sid), ("AccountSid", self.party.account), ("AnsweredBy", by), took)
            to = detection.reports
            if to.url:
                self.line.later(lambda: self.line.callback(to.url, to.method, facts), seconds)
        elif by:
            # Twilio, "Answering machine detection": the request for the document waits for the result, and carries it.
            self._answered_by = by
            self.tape.now += seconds
            go = Go(go.url, go.method, (*go.params, ("AnsweredBy", by), took), go.twiml)
        self.call.begin(go)

    def broken_off(self, by: str) -> None:
        """The call ends before its first document is played: `by` as in HungUp."""
        self.leg.end(by)
        self.call.ended_by = by
        self.leg.close()

    def _record(self) -> None:
        """Twilio, Calls resource, Record: from the answer to the end, in a recording of its own."""
        wanted = self.order.recording
        if not wanted.wanted:
            return
        sid, began, at = self._sids.next("RE"), self.tape.now, self.tape.date()

        def report(status: str, seconds: int) -> None:
            if not wanted.reports.url or status not in wanted.reports.events:
                return
            facts = (
                ("AccountSid", self.party.account),
                ("CallSid", self.party.sid),
                ("RecordingSid", sid),
                ("RecordingUrl", recording_url(self.leg, sid)),
                ("RecordingStatus", status),
                ("RecordingDuration", str(seconds)),
                ("RecordingChannels", str(wanted.channels)),
                ("RecordingStartTime", at),
                ("RecordingSource", "OutboundAPI"),
                ("RecordingTrack", wanted.track),
            )
            self.line.callback(wanted.reports.url, wanted.reports.method, facts)

        def stopped() -> None:
            seconds = int(self.tape.now - began)
            status = "completed" if seconds else "absent"
            if seconds:
                self.recording = Kept(sid, self.party.sid, seconds, "OutboundAPI", wanted.channels)
                self.line.keep(self.recording)
            self.line.later(lambda: report(status, seconds))

        report("in-progress", 0)
        self.leg.running.append(Running("recording", "", stopped))

    def _over(self) -> None:
        """The last report (Twilio, Calls resource, StatusCallback: its parameters)."""
        if "completed" not in self.order.reports.events:
            return
        seconds = self.seconds if self.party.status == "completed" else 0
        facts = [("CallDuration", str(seconds)), ("Duration", str(ceil(seconds / 60)))]
        if self._answered_by:
            facts.append(("AnsweredBy", self._answered_by))
        facts.append(("SipResponseCode", SIP.get(self.party.status, "200")))
        if self.recording:
            facts += [
                ("RecordingUrl", recording_url(self.leg, self.recording.sid)),
                ("RecordingSid", self.recording.sid),
                ("RecordingDuration", str(self.recording.seconds)),
            ]
        self._post(self.party.status, *facts)

    def _post(self, status: str, *facts: tuple[str, str]) -> None:
        to = self.order.reports
        if not to.url:
            return
        about = (
            ("Timestamp", self.tape.date()),
            ("CallbackSource", "call-progress-events"),
            ("SequenceNumber", str(self._reported)),
        )
        self._reported += 1
        self.line.callback(to.url, to.method, (*self.party.params(status), *about, *facts))
