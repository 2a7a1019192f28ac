"""Those who are dialled: their leg's names and numbers, and what is reported of it."""

from dataclasses import dataclass

from engine.phone.document import Node
from engine.phone.events import Target
from engine.phone.leg import Leg
from engine.phone.party import Party
from engine.phone.transport import Pairs

# Twilio, TwiML <Number>, statusCallbackEvent: the event that a status belongs to; the rest is `completed`
EVENTS = {"initiated": "initiated", "ringing": "ringing", "answered": "answered"}


WAITED = "30"  # seconds that whoever is dialled in a queue has waited there
QUEUED = "+15550003333"  # who that is: a caller of their own (unverified: nothing)


@dataclass(slots=True)
class Callee:
    """Somebody who is dialled by `leg`; `noun` is the element that names them, None for a Dial's own text.

    `queue` is the sid of the queue that they wait in, "" where a phone rings.
    """

    leg: Leg
    target: Target
    party: Party
    noun: Node | None
    reports: int = 0
    queue: str = ""

    @property
    def method(self) -> str:
        return self.noun.get("method", "POST").upper() if self.noun else "POST"

    def report(self, event: str, seconds: int | None = None) -> None:
        """Posts the statusCallback for an event if it was asked for (Twilio, TwiML <Number>, statusCallback)."""
        if event not in ("initiated", "ringing", "answered"):
            self.party.status = event
        for watcher in self.leg.line.watchers:
            watcher(self.party, event, seconds or 0)
        url = self.noun.get("statusCallback") if self.noun else ""
        if self.noun is None or not url:
            return
        if EVENTS.get(event, "completed") not in self.noun.get("statusCallbackEvent", "completed").split():
            return
        status = "in-progress" if event == "answered" else event
        facts: Pairs = (
            ("Timestamp", self.leg.line.tape.date()),
            ("CallbackSource", "call-progress-events"),
            ("SequenceNumber", str(self.reports)),
        )
        if EVENTS.get(event) is None:
            facts += (("CallDuration", str(seconds or 0)),)
        self.reports += 1
        params = (*self.party.params(status), *facts)
        self.leg.line.callback(self.leg.address(url), self.noun.get("statusCallbackMethod", "POST"), params, "callee")

    def report_machine(self, answered_by: str) -> None:
        """Posts who answered, if it is listened for (Twilio, TwiML <Number>, amdStatusCallback)."""
        if self.noun is None or not self.noun.get("machineDetection") or not self.noun.get("amdStatusCallback"):
            return
        facts = (
            ("CallSid", self.party.sid),
            ("AccountSid", self.party.account),
            ("AnsweredBy", answered_by or "human"),
            ("MachineDetectionDuration", "2000"),
        )
        url, method = self.noun.get("amdStatusCallback"), self.noun.get("amdStatusCallbackMethod", "POST")
        self.leg.line.callback(self.leg.address(url), method, facts, "callee")


def callees(leg: Leg, node: Node) -> list[Callee]:
    """Everybody that a Dial names, in its order."""
    found = [Target(*_named(leg, noun)) for noun in node.children]
    nouns: list[Node | None] = list(node.children)
    if node.text and not nouns:
        found, nouns = [Target("Number", node.text)], [None]
    number = node.get("callerId") or leg.party.from_
    return [
        _queued(leg, target, noun) if target.kind == "Queue" else _rung(leg, target, noun, number)
        for target, noun in zip(found, nouns, strict=True)
    ]


def _rung(leg: Leg, target: Target, noun: Node | None, number: str) -> Callee:
    party = Party(
        sid=leg.sids.next("CA"),
        account=leg.party.account,
        from_=number,
        to=target.address,
        direction="outbound-dial",
        parent=leg.party.sid,
    )
    return Callee(leg, target, party, noun)


def _queued(leg: Leg, target: Target, noun: Node | None) -> Callee:
    """The first one in a queue: a call of its own, which hears the queue's page (Twilio, TwiML <Queue>, url: its parameters)."""
    queue = leg.sids.next("QU")
    facts = (("QueueSid", queue), ("QueueTime", WAITED), ("DequeingCallSid", leg.party.sid))
    party = Party(leg.sids.next("CA"), leg.party.account, QUEUED, leg.party.to, extra=facts)
    return Callee(leg, target, party, noun, queue=queue)


def _named(leg: Leg, noun: Node) -> tuple[str, str, str]:
    inner = {child.name: child.text for child in noun.children}
    address = noun.text or inner.get("identity") or inner.get("application_sid") or inner.get("uri") or ""
    if noun.name == "client":
        address = address if address.startswith("client:") else f"client:{address}"
    url = noun.get("url")
    return noun.tag, address, leg.address(url) if url else ""
