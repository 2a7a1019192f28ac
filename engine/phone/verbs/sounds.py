"""What is heard: Say, Play, Pause."""

from engine.phone.document import Node
from engine.phone.events import Heard, Paused, Played
from engine.phone.leg import Leg

WAITS = ("queue_wait", "conference_wait")
ENDLESS = 1000  # Twilio, TwiML <Say>, loop: 0 plays until the caller hangs up, or 1000 times


def say(leg: Leg, node: Node) -> None:
    """Twilio, TwiML <Say>. Of a text that came out empty the document warns already; nothing is heard."""
    leg.answer()
    if node.text:
        leg.tell(Heard(node.text, node.get("voice"), node.get("language"), leg.barge_in, _times(leg, node)))


def play(leg: Leg, node: Node) -> None:
    """Twilio, TwiML <Play>. Sounds of the same server are fetched, to see that they are there."""
    leg.answer()
    if digits := node.get("digits"):
        leg.tell(Played("", digits, times=_times(leg, node)))
    if node.text:
        url = leg.address(node.text)
        leg.line.sound(url, leg.here, leg.side)
        leg.tell(Played(url, "", leg.barge_in, _times(leg, node), words=node.words))


def pause(leg: Leg, node: Node) -> None:
    """Twilio, TwiML <Pause>: as the first verb it delays the answer to the call."""
    if not leg.first:
        leg.answer()
    leg.tell(Paused(node.number("length", 1), leg.barge_in))


def prompt(leg: Leg, node: Node) -> None:
    """What is heard in a gather, or in the prompt of a payment."""
    for child in node.children:
        if child.name == "play" and child.get("digits") and not child.text:
            continue  # Twilio, TwiML <Play>: no tones inside a gather; the document warns of it
        SOUNDS[child.name](leg, child)


def _times(leg: Leg, node: Node) -> int:
    loop = node.number("loop", 1)
    if loop == 0 and leg.role in WAITS:
        return 1  # somebody waits until they are taken out of it: each round is one time
    return min(loop or ENDLESS, ENDLESS)


SOUNDS = {"say": say, "play": play, "pause": pause}
