"""Dial: it rings, somebody picks up or not, hears a page of their own, and talks."""

from dataclasses import dataclass, field

from engine.grammar.fields import Role
from engine.phone.document import Node
from engine.phone.events import Bridged, Dialled, PickedUp
from engine.phone.leg import Act, Course, Gone, Leg, Waits
from engine.phone.line import Go, Kept
from engine.phone.transport import Pairs, with_params
from engine.phone.verbs.beside import recording_url
from engine.phone.verbs.callee import WAITED, Callee, callees
from engine.phone.verbs.conference import join

BUFFER = 5  # seconds that Twilio lets it ring beyond the timeout (Twilio, TwiML <Dial>, timeout)
TALK = 60  # seconds of a talk that nobody says the length of
FAILURES = ("busy", "no-answer", "failed", "canceled")
SIP_CODES = {"busy": "486", "no-answer": "408", "failed": "503", "canceled": "487"}


@dataclass(slots=True)
class Result:
    """What became of a dial so far."""

    status: str = "canceled"
    callee: Callee | None = None
    bridged: bool = False
    seconds: int = 0
    answered: bool = False
    transferred: str = ""  # to where whoever was dialled handed the caller on
    extra: Pairs = field(default=())


def dial(leg: Leg, node: Node) -> Course:
    """Twilio, TwiML <Dial>: without an action the next verb follows, with one it is told how the dial ended."""
    conference = next((child for child in node.children if child.name == "conference"), None)
    if conference is not None:
        return (yield from join(leg, node, conference))
    everybody = callees(leg, node)
    if not everybody:
        return None
    if not (leg.first and node.says("answerOnBridge")):
        leg.answer()
    sequential = node.says("sequential")
    result = Result()
    try:
        for group in [[one] for one in everybody] if sequential else [everybody]:
            yield from _ring(leg, node, group, result)
            if result.answered:
                break
    except Gone as gone:
        # Unverified: that the action is still told after the caller hung up, as it is for Record and Enqueue.
        result.status = "completed" if result.answered else "canceled"
        if result.answered and result.callee:
            result.callee.report("completed", result.seconds)
        params = _outcome(leg, node, result)
        if "action" in node.attributes:
            leg.part(gone, leg.way(node, params))
        raise
    params = _outcome(leg, node, result)
    if result.transferred:
        # Twilio, TwiML <Dial>, referUrl: the answer says what becomes of the caller (unverified: the action is not told)
        told = with_params((("ReferTransferTarget", result.transferred),), result.extra)
        return leg.way(node, told, "referUrl", "referMethod")
    return leg.way(node, params) if "action" in node.attributes else None


def _ring(leg: Leg, node: Node, group: list[Callee], result: Result) -> Waits[None]:
    """Rings at all of a group until one picks up, or nobody does."""
    dialled = Dialled(tuple(one.target for one in group), node.number("timeout", 30), node.get("callerId"))
    result.callee, result.status = group[0], "canceled"
    leg.tell(dialled)
    for one in group:
        one.report("initiated")
        one.report("ringing")
    while True:
        act = yield from leg.ask(dialled)
        if act.kind == "pick up":
            chosen = int(act.words or 0)
            for index, one in enumerate(group):
                if index != chosen:
                    one.report("canceled")
            yield from _picked_up(leg, node, group[chosen], act, result)
            return
        if act.kind in ("outcome", "silence"):
            result.status = act.words if act.kind == "outcome" else "no-answer"
            if result.status == "no-answer":
                leg.line.tape.now += dialled.timeout + BUFFER
            for one in group:
                one.report(result.status)
            result.extra = act.extra
            return
        leg.lose(act, "it is ringing, and nothing waits for keys or words")


def _picked_up(leg: Leg, node: Node, callee: Callee, act: Act, result: Result) -> Waits[None]:
    """Somebody is there: their page first, then the two talk."""
    tape = leg.line.tape
    result.callee, result.status, result.answered, result.extra = callee, "completed", True, act.extra
    callee.party.status = "in-progress"
    tape.tell(PickedUp(callee.target), "callee")
    callee.report("answered")
    callee.report_machine(act.answered_by)
    if callee.target.url:
        role: Role = "queue_whisper" if callee.queue else "whisper"
        screen = Leg(callee.party, leg.line, leg.sids, leg.verbs, side="callee", role=role)
        try:
            # Twilio, TwiML <Number>, url: when this document runs out the two are joined
            by = yield from screen.course(Go(callee.target.url, callee.method))
        except Gone as gone:
            if gone.side != "callee":
                raise
            by = "callee"
        if by != "end":
            if by != "callee":
                screen.end(by)
            callee.report("completed")
            return
    leg.answer()
    result.bridged = True
    bridged = Bridged(callee.target, node.says("hangupOnStar"), node.number("timeLimit", 14400))
    leg.tell(bridged)
    began = tape.now
    try:
        act = yield from _talk(leg, node, bridged)
        result.extra = act.extra or result.extra
    except Gone:
        result.seconds = int(tape.now - began)
        raise
    result.transferred = act.words if act.kind == "transfer" else ""
    result.seconds = 0 if act.kind == "press" else min(act.seconds or TALK, bridged.time_limit)
    tape.now += result.seconds
    callee.report("completed", result.seconds)


def _talk(leg: Leg, node: Node, bridged: Bridged) -> Waits[Act]:
    """What ends the talk: it is over, the caller presses star, or the other side hands them on."""
    while True:
        act = yield from leg.ask(bridged)
        if act.kind == "press" and "*" in act.words and bridged.hangup_on_star:
            return act
        if act.kind in ("outcome", "silence"):
            return act
        if act.kind == "transfer":
            if node.get("referUrl"):
                return act
            leg.warn(13802, "whoever was dialled sends a REFER, and the dial has no referUrl")
            continue
        leg.lose(act, "the two talk with each other, and no gather waits")


def _outcome(leg: Leg, node: Node, result: Result) -> Pairs:
    """Twilio, TwiML <Dial>, action: what it is told. Unverified: `DialCallDuration` of a call nobody took; here absent."""
    callee = result.callee
    assert callee is not None, "it rang before it ended"
    params = [("DialCallStatus", result.status), ("DialCallSid", callee.party.sid)]
    if result.bridged:
        params.append(("DialCallDuration", str(result.seconds)))
    params.append(("DialBridged", str(result.bridged).lower()))
    if callee.target.kind == "Sip":
        params.append(("DialSipCallId", f"{callee.party.sid}@sip.twilio.com"))
        params.append(("DialSipResponseCode", SIP_CODES.get(result.status, "200")))
    if callee.queue:
        # Twilio, TwiML <Queue>; unverified: the list of parameters of the action
        params += [("QueueSid", callee.queue), ("QueueTime", WAITED)]
        params.append(("QueueResult", "bridged" if result.bridged else "error"))
    if result.bridged and node.get("record", "do-not-record").lower() not in ("do-not-record", "false"):
        params += _recording(leg, node, result)
    return with_params(tuple(params), result.extra)


def _recording(leg: Leg, node: Node, result: Result) -> Pairs:
    sid = leg.sids.next("RE")
    url = recording_url(leg, sid)
    leg.line.keep(Kept(sid, leg.party.sid, result.seconds, "DialVerb"))
    about: Pairs = (("RecordingUrl", url), ("RecordingSid", sid), ("RecordingDuration", str(result.seconds)))
    events = node.get("recordingStatusCallbackEvent", "completed").split()
    if node.get("recordingStatusCallback") and "completed" in events:
        facts = (
            ("AccountSid", leg.party.account),
            ("CallSid", leg.party.sid),
            *about,
            ("RecordingStatus", "completed"),
            ("RecordingChannels", "2" if "dual" in node.get("record") else "1"),
            ("RecordingStartTime", leg.line.tape.date()),
            ("RecordingSource", "DialVerb"),
        )
        address, method = (
            leg.address(node.get("recordingStatusCallback")),
            node.get("recordingStatusCallbackMethod", "POST"),
        )
        leg.line.later(lambda: leg.line.callback(address, method, facts, leg.side))  # the action comes first
    return about
