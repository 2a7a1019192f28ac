"""What happens at once: Redirect, Hangup, Reject, Leave, Start, Stop, Sms."""

from engine.phone.document import Node
from engine.phone.events import Started, Texted
from engine.phone.leg import End, Leg, Way
from engine.phone.line import Go
from engine.phone.verbs import beside


def redirect(leg: Leg, node: Node) -> Way:
    """Twilio, TwiML <Redirect>: an empty one asks for the current document again.

    Unverified: whether it answers a call that still rings; here it does not, so a Reject may follow.
    """
    return Go(leg.address(node.text), node.get("method", "POST").upper())


def hangup(leg: Leg, node: Node) -> Way:
    """Twilio, TwiML <Hangup>."""
    return End("flow")


def reject(leg: Leg, node: Node) -> Way:
    """Twilio, TwiML <Reject>: turns away a call that still rings; it ends as `busy` or `no-answer`.

    Unverified: what it does once the call is answered; here it hangs up.
    """
    busy = node.get("reason", "rejected").lower() == "busy"
    if not leg.answered:
        leg.party.status = "busy" if busy else "no-answer"
    return End("busy" if busy else "reject")


def leave(leg: Leg, node: Node) -> Way:
    """Twilio, TwiML <Leave>: leaves the queue. Unverified: elsewhere; here the document goes on."""
    if leg.role == "queue_wait":
        return End("leave")
    leg.warn(12200, "`Leave` does nothing outside the wait document of a queue")
    return None


def start(leg: Leg, node: Node) -> Way:
    """Twilio, TwiML <Start>: the call goes on at once."""
    leg.answer()
    for noun in node.children:
        url = noun.get("url") or noun.get("statusCallbackUrl")
        leg.tell(Started(noun.tag, noun.get("name"), url))
        beside.run(leg, noun)
    return None


def stop(leg: Leg, node: Node) -> Way:
    """Twilio, TwiML <Stop>."""
    for noun in node.children:
        leg.tell(Started(noun.tag, noun.get("name"), stopped=True))
        beside.stop(leg, noun)
    return None


def sms(leg: Leg, node: Node) -> Way:
    """Twilio, TwiML <Sms> (retired): sends a message beside the call; with an action the call goes on there."""
    person, number = leg.party.from_, leg.party.to
    if leg.party.direction.startswith("outbound"):
        person, number = number, person
    to, sender = node.get("to") or person, node.get("from") or number
    sid = leg.sids.next("SM")
    leg.tell(Texted(node.text, (), to, sender, sid))
    sent = (("SmsSid", sid), ("SmsStatus", "sent"))
    return leg.way(node, sent) if "action" in node.attributes else None
