"""Enqueue: waiting in a queue, with a document that is asked for again and again."""

from dataclasses import replace

from engine.phone.document import Node, Trouble
from engine.phone.events import Enqueued
from engine.phone.leg import Course, End, Gone, Leg, Moved, Taken, Waits, Way
from engine.phone.line import Go
from engine.phone.transport import Pairs, with_params
from engine.phone.verbs.waiting import Round


def enqueue(leg: Leg, node: Node) -> Course:
    """Twilio, TwiML <Enqueue>: when the caller leaves the queue the action is requested, or the next verb follows."""
    leg.answer()
    task = next((child.text for child in node.children if child.name == "task"), "")
    event = Enqueued(node.text, node.get("workflowSid"), task)
    leg.tell(event)
    tape = leg.line.tape
    sid, began = leg.sids.next("QU"), tape.now

    def result(name: str, extra: Pairs = ()) -> Go:
        told = ("QueueResult", name), ("QueueSid", sid), ("QueueTime", str(int(tape.now - began)))
        return leg.way(node, with_params(told, extra))

    try:
        way = yield from _wait(leg, node, event, sid)
    except Taken as taken:
        tape.now += taken.act.seconds
        return result(taken.act.words, taken.act.extra) if "action" in node.attributes else None
    except Gone as gone:
        if "action" in node.attributes:
            left = result("redirected" if isinstance(gone, Moved) else "hangup")
            leg.line.notice(left, leg.party.params(), leg.side)
        raise
    if way.by in ("flow", "limit"):  # the wait document hung up
        return way
    return result(way.by) if "action" in node.attributes else None


def _wait(leg: Leg, node: Node, event: Enqueued, sid: str) -> Waits[End]:
    """Plays the wait document round after round; gives the End that left the queue.

    Each round begins when somebody waits on (`silence`), so that a phone is never caught in one.
    """
    place = ("QueueSid", sid), ("QueuePosition", "1"), ("CurrentQueueSize", "1"), ("AvgQueueTime", "0")
    extra: Pairs = (*leg.party.extra, *place, ("MaxQueueSize", node.get("maxQueueSize", "1000")))
    began = leg.line.tape.now
    waiting = Leg(leg.party, leg.line, leg.sids, leg.verbs, side=leg.side, role="queue_wait")
    start: Go | None = None
    if node.get("waitUrl"):
        start = Go(leg.address(node.get("waitUrl")), node.get("waitUrlMethod", "POST").upper())
    go, tape, turn = start, leg.line.tape, Round(leg.line.tape)
    while True:
        if go is not None and not turn.over(go):
            turn.begin(go)
            before = tape.now
            waiting.party = replace(leg.party, extra=(*extra, ("QueueTime", str(int(before - began)))))
            way: Way = None
            try:
                way = yield from waiting.play(go)
            except Trouble as trouble:
                # Unverified: what a wait document that fails does; here the caller goes on waiting in silence.
                leg.warn_error(trouble)
                start = None
            if isinstance(way, End) and way.by != "end":
                return way
            if not waiting.unasked:
                turn = Round(tape)  # somebody was asked in between: no circle
            elif tape.now > before:
                turn.sounded()
                waiting.unasked = 0
            if isinstance(way, Go):
                go = way
                continue
            go = start
        act = yield from leg.ask(event)
        waiting.unasked = 0
        if act.kind == "silence":
            turn = Round(tape)
            tape.now += 0 if start else 60
        else:
            leg.lose(act, "the caller waits in a queue, and no gather waits for them")
