"""What happened in a call, on a virtual clock: nothing here waits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Literal, NamedTuple

from engine.phone.events import Did, Event, Heard, Paused, Played, Sound

Side = Literal["caller", "callee"]

PACE = 15  # characters spoken in a second
SOUND = 5.0  # seconds a sound file is taken to last, as nobody listens to it


class Moment(NamedTuple):
    """An event, the second of the call it happened at, and the side of the line it happened on."""

    at: float
    side: Side
    event: Event


class Passed(NamedTuple):
    """How far a document has come: behind so many of its `elements` on one side of the line.

    `token` is the idempotency token of the request that it answered. What comes to a callback, or to whoever has hung up, is not
    `heard`, and comes behind nothing. `moments` is how many moments there were before.
    """

    token: str
    elements: int
    side: Side
    heard: bool = True
    moments: int = 0


class Sids:
    """Names for calls, recordings and the like: counted, so they are the same in each run.

    Phones that ring the same server at the same time need different seeds.
    """

    __slots__ = ("_count", "_seed")

    def __init__(self, seed: int = 0) -> None:
        self._seed, self._count = seed, 0

    def next(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._seed:08x}{self._count:024x}"


class Tape:
    """The moments of a call in order; `now` is its clock in seconds."""

    __slots__ = ("_before", "_started", "acted", "listeners", "moments", "now", "passed")

    def __init__(self, started: datetime) -> None:
        self._started = started
        self.now = 0.0
        self.moments: list[Moment] = []
        self.passed: list[Passed] = []
        self.acted = 0  # where the last act stands
        self._before = 0  # where the one before it stands
        self.listeners: list[Callable[[Moment], None]] = []  # whoever is told of each moment as it happens

    def tell(self, event: Event, side: Side = "caller") -> None:
        moment = Moment(self.now, side, event)
        self.moments.append(moment)
        if isinstance(event, Sound):
            self.now += seconds_of(event)
        for listener in tuple(self.listeners):
            listener(moment)

    def act(self, did: Did, side: Side = "caller") -> None:
        """Somebody does something: from here on it is news."""
        self._before, self.acted = self.acted, len(self.moments)
        self.tell(did, side)

    def date(self) -> str:
        """The time of the world as Twilio writes it (RFC 2822)."""
        return format_datetime(self._started + timedelta(seconds=int(self.now)))

    def iso(self) -> str:
        return (self._started + timedelta(seconds=int(self.now))).isoformat()

    def find(self, words: str) -> int:
        """Where the first sound stands that holds these words and led up to the last act; -1 if none does."""
        for index in range(self._before, len(self.moments)):
            event = self.moments[index].event
            if isinstance(event, Heard) and words in event.text:
                return index
            if isinstance(event, Played) and words in event.named:
                return index
        return -1

    def cut(self, index: int) -> None:
        """Stops the sound at `index` in the middle; the sounds after it were never heard."""
        at, side, event = self.moments[index]
        assert isinstance(event, Heard | Played), "only a sound is cut"
        unheard = self.moments[index + 1 :]
        rest = [moment for moment in unheard if not isinstance(moment.event, Sound)]
        self.acted -= len(unheard) - len(rest)
        self.moments[index:] = [Moment(at, side, replace(event, cut=True))]
        self.now = at + seconds_of(event) / 2
        self.moments += [Moment(self.now, moment.side, moment.event) for moment in rest]


def seconds_of(sound: Sound) -> float:
    match sound:
        case Heard(text=text, times=times):
            return len(text) / PACE * times
        case Played(words=words, times=times) if words:
            return len(words) / PACE * times
        case Played(digits=digits, times=times):
            # Twilio, TwiML <Play>, digits: W waits a second, w half of one
            tones = sum({"W": 1.0, "w": 0.5}.get(tone, 0.2) for tone in digits)
            return (tones or SOUND) * times
        case Paused(seconds=seconds):
            return float(seconds)
