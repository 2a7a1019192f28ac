"""Drives the course of a call: from one point where somebody must act to the next."""

from collections.abc import Callable, Mapping, Sequence
from typing import Self

from engine.phone.events import (
    Asked,
    Bridged,
    Connected,
    Dialled,
    Did,
    Enqueued,
    InConference,
    Limit,
    Paying,
    Recording,
    Referred,
    Waiting,
)
from engine.phone.leg import Act, Ask, Gone, Leg
from engine.phone.line import Go
from engine.phone.story import Story
from engine.phone.tape import Side, Tape

PATIENCE = 20  # silences in a row of somebody who was dialled, and outcomes in a row that were given in advance

Answers = Mapping[str, str | Sequence[str]]  # outcomes by verb; several come one after another, the last one for ever

KINDS: Mapping[type[Waiting], str] = {
    Asked: "gather",
    Recording: "record",
    Dialled: "dial",
    Bridged: "dial",
    InConference: "conference",
    Enqueued: "enqueue",
    Connected: "connect",
    Paying: "pay",
    Referred: "refer",
}


class NotNow(Exception):
    """Somebody did what cannot be done where the call stands; the message says where that is."""


def elsewhere(waiting: Waiting, verb: str) -> str:
    """That a call waits at another verb than `verb`, in words."""
    here, there = (f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in (KINDS[type(waiting)], verb))
    return f"the call is at {here}, not at {there}"


class CallCourse(Story):
    """A call that is played until somebody must act.

    `waiting_for` is the event that it waits at, None when it is over; `side` tells who is asked: the caller, or
    the callee while a page is played to somebody who was dialled.
    """

    def __init__(self, leg: Leg, tape: Tape, answers: Answers) -> None:
        super().__init__(tape, leg.line)
        self._leg, self._answers = leg, answers
        self._answered = dict.fromkeys(answers, 0)  # how often each verb's answer was taken
        self._ask: Ask | None = None
        self._preset = 0
        self.ended_by = ""

    def begin(self, go: Go) -> None:
        """Fetches the first document and plays it."""
        self._course = self._leg.course(go)
        self._resume(lambda: next(self._course))
        self._settle_presets()

    def broken_off(self, by: str) -> Gone:
        """Ends the call in the middle of what is played: for a listener of the tape to raise (see Tape.listeners)."""
        self._leg.end(by)
        self.ended_by = by
        return Gone("caller")

    def settle(self, outcome: str, extra: Mapping[str, str] | None = None) -> Self:
        """The outcome of whatever waits, as text; `extra` are parameters that come with it."""
        raise NotImplementedError

    @property
    def heard(self) -> tuple[str, ...]:
        """What the caller heard since the last act."""
        return self.heard_by("caller")

    @property
    def waiting_for(self) -> Waiting | None:
        return self._ask.event if self._ask else None

    @property
    def side(self) -> Side:
        return self._ask.leg.side if self._ask else "caller"

    @property
    def over(self) -> bool:
        return self._ask is None

    @property
    def sid(self) -> str:
        return self._leg.party.sid

    @property
    def status(self) -> str:
        """Twilio's CallStatus: ringing, in-progress, completed, busy, no-answer, canceled."""
        return self._leg.party.status

    @property
    def url(self) -> str:
        """The address of the document that is played."""
        return self._ask.leg.here if self._ask else self._leg.here

    def _by(self, side: Side, act: Act) -> Self:
        self._expect()
        self._did(act.kind, act.words, side)
        if side != self.side:
            self._leg.lose(act, "a page is played to somebody else")
            return self
        return self._go_on(act)

    def _expect(self, *kinds: type[Waiting]) -> None:
        """Raises NotNow if the call waits for nothing of this kind."""
        waiting = self.waiting_for
        if waiting is None:
            raise NotNow("the call is over")
        if kinds and not isinstance(waiting, kinds):
            raise NotNow(elsewhere(waiting, KINDS[kinds[0]]))

    def _did(self, act: str, words: str = "", side: Side = "caller", extra: Mapping[str, str] | None = None) -> None:
        if self._ask is None:
            raise NotNow("the call is over")
        self._tape.act(Did(act, words, tuple((extra or {}).items())), side)

    def _go_on(self, act: Act, *, presets: bool = True) -> Self:
        self._resume(lambda: self._course.send(act))
        if presets:
            self._settle_presets()
        return self

    def _throw(self, reason: Exception) -> None:
        self._resume(lambda: self._course.throw(reason))

    def _resume(self, step: Callable[[], Ask]) -> None:
        try:
            self._ask = step()
        except StopIteration as stop:
            self._ask, self.ended_by = None, stop.value
            self._leg.end(stop.value)
            self._leg.close()
        except Gone:
            self._ask = None
            self._leg.close()

    def _settle_presets(self) -> None:
        """Lets happen what was given in advance (`answers`), as long as the call comes to such verbs only."""
        if self._preset:
            return  # it is doing so already
        try:
            while (waiting := self.waiting_for) and self.side == "caller":
                verb = KINDS[type(waiting)]
                given = self._answers.get(verb)
                if not given:
                    return
                outcome = given if isinstance(given, str) else given[min(self._answered[verb], len(given) - 1)]
                self._answered[verb] += 1
                self._preset += 1
                if self._preset > PATIENCE:
                    self._leg.tell(Limit(f"{PATIENCE} outcomes in a row were given in advance: a circle"))
                    return
                self.settle(outcome)
        finally:
            self._preset = 0
