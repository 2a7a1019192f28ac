"""Dial into a conference, with what is heard before it begins."""

from engine.phone.document import Node, Trouble
from engine.phone.events import InConference
from engine.phone.leg import Course, End, Gone, Leg, Waits
from engine.phone.line import Go, Kept
from engine.phone.transport import Pairs, with_params
from engine.phone.verbs.beside import recording_url
from engine.phone.verbs.waiting import Round

EVENTS = {
    "participant-join": "join",
    "participant-leave": "leave",
    "conference-start": "start",
    "conference-end": "end",
}


def join(leg: Leg, node: Node, room: Node) -> Course:
    """Twilio, TwiML <Conference>: the wait document is heard once, then silence; `answered` when it is over."""
    leg.answer()
    event = InConference(
        room.text, room.says("muted"), room.says("startConferenceOnEnter", True), room.says("endConferenceOnExit")
    )
    leg.tell(event)
    sid, sequence = leg.sids.next("CF"), 0

    def report(*names: str) -> None:
        nonlocal sequence
        for name in names:
            sequence += 1
            _report(leg, room, sid, name, sequence)

    params: Pairs = (("DialCallStatus", "answered"),)  # neither DialCallSid nor DialCallDuration
    began = leg.line.tape.now
    left = ("participant-leave", *(("conference-end",) if event.end_on_exit else ()))
    try:
        report("participant-join", *(("conference-start",) if event.start_on_enter else ()))
        way = yield from _wait(leg, room, event)
    except Gone as gone:
        report(*left)
        _record(leg, room, sid, began)
        if "action" in node.attributes:  # unverified, as for every dial
            leg.part(gone, leg.way(node, params))
        raise
    if isinstance(way, End):
        return way
    status, extra = way
    report(*left)
    if status != "failed":
        _record(leg, room, sid, began)
    params = with_params((("DialCallStatus", status),), extra)
    return leg.way(node, params) if "action" in node.attributes else None


def _wait(leg: Leg, room: Node, event: InConference) -> Waits[tuple[str, Pairs] | End]:
    """Plays the wait document and waits for the end of the conference; gives the status and what is told with it, or what ends
    the call."""
    waiting = Leg(leg.party, leg.line, leg.sids, leg.verbs, side=leg.side, role="conference_wait")
    go: Go | None = None
    if room.get("waitUrl"):
        go = Go(leg.address(room.get("waitUrl")), room.get("waitMethod", "POST").upper())
    tape, turn = leg.line.tape, Round(leg.line.tape)
    while True:
        if go is not None and not turn.over(go):
            turn.begin(go)
            before = tape.now
            try:
                way = yield from waiting.play(go)
            except Trouble as trouble:
                # Twilio, TwiML <Conference>, waitUrl: if it fails, there is no conference, and the next verb follows
                leg.warn_error(trouble)
                return "failed", ()
            if isinstance(way, End) and way.by == "limit":
                return way
            if tape.now > before:
                turn.sounded()
                waiting.unasked = 0
            go = way if isinstance(way, Go) else None
            continue
        act = yield from leg.ask(event)
        waiting.unasked = 0
        if act.kind == "outcome":
            tape.now += act.seconds
            return "answered" if act.words in ("answered", "completed") else act.words, act.extra
        if act.kind == "silence":
            turn = Round(tape)  # a document that leads back to itself is asked for again; one that ran out is not
            tape.now += 0 if go else 60
        else:
            leg.lose(act, "the caller is in a conference, and no gather waits")


def _record(leg: Leg, room: Node, sid: str, began: float) -> None:
    """Twilio, TwiML <Conference>, recordingStatusCallback: once the conference is over, here with the caller's part in it."""
    url = room.get("recordingStatusCallback")
    events = room.get("recordingStatusCallbackEvent", "completed").split()
    if room.get("record") != "record-from-start":
        return
    recording, seconds = leg.sids.next("RE"), int(leg.line.tape.now - began)
    leg.line.keep(Kept(recording, leg.party.sid, seconds, "Conference"))
    if not url or "completed" not in events:
        return
    facts = (
        ("AccountSid", leg.party.account),
        ("ConferenceSid", sid),
        ("RecordingSid", recording),
        ("RecordingUrl", recording_url(leg, recording)),
        ("RecordingStatus", "completed"),
        ("RecordingDuration", str(seconds)),
        ("RecordingChannels", "1"),
        ("RecordingSource", "Conference"),
    )
    address, method = leg.address(url), room.get("recordingStatusCallbackMethod", "POST")
    leg.line.later(lambda: leg.line.callback(address, method, facts, leg.side))


def _report(leg: Leg, room: Node, sid: str, name: str, sequence: int) -> None:
    """Twilio, TwiML <Conference>, statusCallback: by default of nothing; not the standard parameters."""
    url = room.get("statusCallback")
    if not url or EVENTS[name] not in room.get("statusCallbackEvent").split():
        return
    facts = (
        ("ConferenceSid", sid),
        ("FriendlyName", room.text),
        ("AccountSid", leg.party.account),
        ("SequenceNumber", str(sequence)),
        ("Timestamp", leg.line.tape.date()),
        ("StatusCallbackEvent", name),
        ("CallSid", leg.party.sid),
        ("Muted", str(room.says("muted")).lower()),
        ("Hold", "false"),
        ("Coaching", str(bool(room.get("coach"))).lower()),
        ("EndConferenceOnExit", str(room.says("endConferenceOnExit")).lower()),
        ("StartConferenceOnEnter", str(room.says("startConferenceOnEnter", True)).lower()),
    )
    label = (("ParticipantLabel", room.get("participantLabel")),) if room.get("participantLabel") else ()
    leg.line.callback(leg.address(url), room.get("statusCallbackMethod", "POST"), (*facts, *label), leg.side)
