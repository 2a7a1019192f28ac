"""What is heard and done in a simulated call, line by line, as the page shows it."""

from collections.abc import Iterator
from typing import Any

from engine.phone.discreet import discreet
from engine.phone.events import (
    Bridged,
    Connected,
    Dialled,
    Did,
    Enqueued,
    Event,
    Heard,
    HungUp,
    InConference,
    Limit,
    Logged,
    Lost,
    OptOut,
    Paused,
    Paying,
    PickedUp,
    Played,
    Reached,
    Recording,
    Referred,
    Requested,
    Started,
    Texted,
    Warned,
)
from engine.phone.tape import Moment, Side
from engine.phone.transcript import visible
from engine.simulation.places import Spot, lasting, spots
from engine.simulation.play import Play
from engine.testing.extension import BASE

LONGEST = 4000  # characters of a caption
MOST = 1500  # captions, the latest ones
ENDS = {
    "caller": "The caller hung up.",
    "flow": "The flow hung up.",
    "end": "The flow ended, so Twilio hung up.",
    "reject": "The flow rejected the call.",
    "busy": "The flow rejected the call as busy.",
    "error": "Twilio gave up: the flow's answer was an error.",
    "limit": "The call was stopped: it would never have ended.",
    "callee": "The other side hung up.",
}
HANGS_UP = "Hangs up."
CUT = "The call was stopped: it took too long."
_DIALS = {
    "busy": "The line is busy.",
    "no-answer": "Nobody answers.",
    "failed": "The number cannot be reached.",
    "canceled": "The call out was canceled.",
    "completed": "The two talked, then the other side hung up.",
    "answered": "The two talked, then the other side hung up.",
}
_OPT_OUT = {
    "STOP": "Twilio answers STOP itself: nothing more is delivered to this number until it texts START.",
    "HELP": "Twilio answers HELP itself.",
    "START": "Twilio answers START itself: texts are delivered again.",
}
_ACTS = {"press": "pressed", "say": "said", "silence": "silence", "text": "sent", "later": "time"}

Caption = dict[str, Any]


def captions(play: Play) -> list[Caption]:
    """The lines of a call, oldest first."""
    lines = _Lines(play)
    for number, moment in enumerate(discreet(play.story.moments)):
        lines.faults_before(number)
        lines.tell(number, moment)
    lines.faults_before(None)
    if play.cut:
        lines.add("error", CUT, "caller", play.story.now)
    return lines.told[-MOST:]


class _Lines:
    def __init__(self, play: Play) -> None:
        self.told: list[Caption] = []
        self._mask = play.mask
        self._spots = spots(play)
        self._troubles = list(play.desktop.troubles)
        self._at = play.story.now
        self._before: dict[Side, Spot] = {}
        self._pressing = self._left = False

    def tell(self, number: int, moment: Moment) -> None:
        """The lines of a moment."""
        while self._spots and self._spots[0].moments <= number:
            spot = self._spots.pop(0)
            self._before[spot.side] = spot
        at, side, event = moment
        if isinstance(event, Did) and event.act == "press" and self._pressing and self.told:
            self.told[-1]["text"] += event.words
            return
        self._pressing = isinstance(event, Did) and event.act == "press"
        if self._left and isinstance(event, Warned | Heard):
            return  # what Twilio would say of the address, if nobody answered there
        self._left = self._left or left_for(event) != ""
        if self._left and isinstance(event, HungUp):
            return
        for kind, text in told(event):
            if isinstance(event, HungUp) and self.told and self.told[-1]["text"] == HANGS_UP:
                self.told.pop()  # the end says who hung up
            more = {}
            if isinstance(event, Heard):
                more = {"language": event.language, "voice": event.voice}
                text += f" (said {event.times} times)" if event.times > 1 else ""
            self.add(kind, text, side, at, **more)

    def faults_before(self, number: int | None) -> None:
        """The faults of steps that came before a moment; all that are left for None."""
        while self._troubles and (number is None or self._troubles[0][0] <= number):
            _, text = self._troubles.pop(0)
            self.add("error", text, "caller", self.told[-1]["at"] if self.told else 0.0)

    def add(self, kind: str, text: str, side: Side, at: float, language: str = "", voice: str = "") -> None:
        """One more line."""
        spot = self._before.get(side)
        text = self._mask(text)
        if kind in ("note", "warning", "error"):
            text = visible(text)  # words of a caller stand among ours, and must not turn those around
        self.told.append(
            {
                "kind": kind,
                "text": text if len(text) <= LONGEST else text[: LONGEST - 1] + "…",
                "step": spot.step if spot else "",
                "language": language,
                "voice": voice,
                "side": side,
                "at": round(at, 1),
                "turn": spot.turn if spot else 0,
            }
        )


def told(event: Event) -> Iterator[tuple[str, str]]:
    """What to say of an event: the kind of line, and its text; nothing of most requests."""
    match event:
        case Heard(text=text):
            yield "heard", text
        case Played(words=words) if words:
            yield "heard", words  # a recorded prompt
        case Played(url=url, digits=digits):
            yield "played", digits or url.rpartition("/flows/")[2] or url
        case Paused(seconds=seconds):
            yield "pause", f"{seconds} s of silence"
        case Texted(body=body, media=media):
            yield "received", " ".join([body, *media]).strip()
        case Did(act="pick up"):
            pass  # who it is follows
        case Did():
            yield _did(event)
        case Requested() if url := left_for(event):
            yield "note", f"The call goes on at {url}, which is not played here."
        case Warned(code=code, text=text, error=error):
            yield ("error" if error else "warning"), f"Twilio {'error' if error else 'warning'} {code}: {text}"
        case Lost(words=words, why=why):
            yield "warning", f"“{words}” was ignored: {why}."
        case Limit(reason=reason):
            yield "error", f"The call was stopped: {reason}."
        case OptOut(kind=kind):
            yield "note", _OPT_OUT[kind]
        case Reached(kind=kind, asked=asked, answer=answer, problem=problem):
            why = f" ({problem})" if problem else ""
            yield "note", f"{kind}: {asked} → {answer or 'nothing'}{why}"
        case Logged(text=text):
            yield "note", f"log: {text}"
        case HungUp(by=by):
            yield "note", ENDS.get(by, "The call ended.")
        case _:
            if note := _note(event):
                yield "note", note


def _note(event: Event) -> str:
    match event:
        case Recording(max_length=longest, beep=beep):
            return f"{'A tone. ' if beep else ''}What the caller says is recorded, up to {lasting(longest)}."
        case Dialled():
            return f"Dials {event.to}. No real call is made."
        case PickedUp(target=target):
            return f"{target.address} picks up."
        case Bridged(target=target):
            return f"The caller talks with {target.address}."
        case InConference(name=name):
            return f"The caller is in the conference {name}."
        case Enqueued(name=name, workflow_sid=workflow):
            return f"The caller waits in the queue {name}." if name else f"The caller waits for a task of {workflow}."
        case Connected(kind=kind, address=address):
            return f"The call is connected to {kind} {address}".rstrip() + "."
        case Paying(method=method, amount=amount, currency=currency):
            return f"Asks for a {method}" + (f", for {amount} {currency.upper()}." if amount else ".")
        case Referred(address=address):
            return f"The call is transferred to {address}."
        case Started(kind=kind, name=name, stopped=stopped):
            return f"{kind} {name}".rstrip() + (" stops." if stopped else " starts.")
    return ""


def _did(did: Did) -> tuple[str, str]:
    act, words = did.act, did.words
    params = "".join(f", {name}={value}" for name, value in did.params)
    match act:
        case "silence":
            return "silence", ""
        case "press" | "say" | "text":
            return _ACTS[act], words
        case "later":
            return "time", f"{words} later"
        case "hang up":
            return "note", HANGS_UP
        case "dial" if words in _DIALS:
            return "note", _DIALS[words] + (f" ({params[2:]})" if params else "")
        case "record":
            seconds, _, key = words.partition(" ")
            if seconds == "0":
                return "note", "Nothing is said."
            return "note", f"{seconds} s are recorded" + (f", then {key} is pressed." if key else ".")
        case "transfer":
            return "note", f"The caller is transferred to {words}."
    return "note", f"{act}: {words or 'ended'}{params}"


def left_for(event: Event) -> str:
    """The address at which a call goes on that is none of the flows'; "" for anything else that happens."""
    if isinstance(event, Requested) and event.kind in ("document", "redirect") and not event.url.startswith(f"{BASE}/"):
        return event.url
    return ""
