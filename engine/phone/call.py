"""A call under way: everything that those on the line can do."""

import re
from collections.abc import Mapping, Sequence
from typing import Self

from engine.grammar.fields.duration import shown
from engine.phone.course import PATIENCE, Answers, CallCourse, NotNow
from engine.phone.events import (
    Asked,
    Bridged,
    Connected,
    Dialled,
    Enqueued,
    InConference,
    Paying,
    Recording,
    Referred,
)
from engine.phone.leg import LONGEST, Act, Gone, Leg, Moved, Taken
from engine.phone.line import Go
from engine.phone.tape import Tape
from engine.phone.transport import Pairs
from engine.phone.verbs.dial import FAILURES

CONFERENCE = ("answered", "completed", "failed")  # how it ends for the caller
ROUNDS = 60  # of waiting music that are played one after another while time passes
_SECONDS = re.compile(r"[0-9]{1,6}")


class PhoneCall(CallCourse):
    """A call. Acts return the call, so they can be chained; each plays on until somebody must act again.

    Acts raise NotNow where they cannot be done. `callee` is whoever was dialled, while they are asked something.
    """

    def __init__(self, leg: Leg, tape: Tape, answers: Answers) -> None:
        super().__init__(leg, tape, answers)
        self.callee = CalleeSide(self)

    # What the caller does

    def press(self, keys: str, *, during: str = "", held: bool = False) -> Self:
        """Presses keys: all of a thought, so what ends by waiting ends; with `held` more may follow.

        `during` says in the middle of which words or sound they come.
        """
        return self._by("caller", Act("press", keys, during, held))

    def say(self, words: str, *, confidence: float | None = 0.9, during: str = "", held: bool = False) -> Self:
        """Says words, to a gather or into a recording (with `held` the recording goes on)."""
        return self._by("caller", Act("say", words, during, held, confidence))

    def silence(self) -> Self:
        """Does nothing until something happens: a gather gives up, nobody answers, the queue's music begins again."""
        return self._by(self.side, Act("silence"))

    def later(self, seconds: int) -> Self:
        """Lets so many seconds pass in which nobody does anything: while two talk, in a queue, a conference, a session.

        What is played to those who wait is played meanwhile, and reports come that are due. Raises NotNow where something would
        happen by then: a gather gives up, nobody answers, Twilio ends the call.
        """
        waiting = self.waiting_for
        self._expect()
        if isinstance(waiting, Asked) and seconds >= waiting.timeout and not self.in_queue:
            raise NotNow(f"a gather waits {waiting.timeout} s for an answer: what comes then is told by `silence`")
        if isinstance(waiting, Dialled) and seconds >= waiting.timeout:
            raise NotNow(f"it rings for {waiting.timeout} s: what comes then is told by  answers: no-answer")
        if isinstance(waiting, Recording):
            raise NotNow("how long somebody speaks is told by  recorded: 30 seconds")
        until = self._tape.now + seconds
        if until > LONGEST:
            raise NotNow(f"Twilio ends a call after {shown(int(LONGEST))}")
        self._did("later", shown(seconds))
        for number in range(ROUNDS):
            before = self._tape.now
            if not self._plays_music or before >= until:
                break
            if number == ROUNDS - 1:  # a short piece, for hours: it is played to the end once more
                self._tape.now = until
            self._go_on(Act("silence"))
            if self._tape.now <= before:
                break
        if not self.over:
            self._tape.now = max(self._tape.now, until)
            self._leg.line.post_due(self._tape.now)
        return self

    @property
    def in_queue(self) -> bool:
        """Whether a document of a queue, or of a conference, asks the caller something meanwhile."""
        return self._ask is not None and self._ask.leg.role in ("queue_wait", "conference_wait")

    @property
    def _plays_music(self) -> bool:
        """Whether something is played again and again until somebody comes."""
        return isinstance(self.waiting_for, Enqueued | InConference) or self.in_queue

    def hang_up(self, *, by: str = "caller") -> Self:
        """Hangs up, whatever the call is at; `by` says who does (see HungUp)."""
        self._did("hang up")
        self._leg.end(by)
        self._throw(Gone("caller"))
        self._ask, self.ended_by = None, by
        return self

    def redirect(self, go: Go) -> Self:
        """Moves the call to another document, whatever it is at (Twilio, "Modify calls in progress")."""
        self._did("redirect", go.url or "TwiML")
        self._throw(Moved(go))
        self._settle_presets()
        return self

    # What becomes of the verbs that wait for somebody else

    def pick_up(self, target: int = 0, *, answered_by: str = "") -> Self:
        """Whoever is dialled (the first, or another one) picks up; if they have a page, `callee` answers it."""
        self._expect(Dialled)
        self._did("pick up", str(target) if target else "")
        return self._go_on(Act("pick up", str(target), answered_by=answered_by))

    def dial(
        self,
        status: str,
        *,
        keys: str | Sequence[str] = (),
        seconds: int = 0,
        target: int = 0,
        answered_by: str = "",
        extra: Mapping[str, str] | None = None,
    ) -> Self:
        """How a dial ends: busy, no-answer, failed, canceled; or completed: somebody picks up, answers their page with
        `keys` (one text for each question; after them silence), and talks for `seconds`."""
        if isinstance(self.waiting_for, InConference):
            return self.conference(status, seconds=seconds, extra=extra)
        self._expect(Dialled, Bridged)
        self._did("dial", status, extra=extra)
        if status in FAILURES:
            self._expect(Dialled)
            return self._go_on(Act("outcome", status, extra=_pairs(extra)))
        if status not in ("completed", "answered"):
            raise NotNow(f"a dial ends completed, {', '.join(FAILURES)}; not `{status}`")
        if isinstance(self.waiting_for, Dialled):
            self._go_on(Act("pick up", str(target), answered_by=answered_by, extra=_pairs(extra)), presets=False)
        for pressed in [keys] if isinstance(keys, str) and keys else keys:
            if self.side == "callee":
                self.callee.press(pressed)
        for _ in range(PATIENCE):
            if self.side == "callee":
                self.callee.silence()
        if isinstance(self.waiting_for, Bridged):
            self._go_on(Act("outcome", "completed", seconds=seconds, extra=_pairs(extra)), presets=False)
        self._settle_presets()
        return self

    def conference(self, status: str = "answered", *, seconds: int = 0, extra: Mapping[str, str] | None = None) -> Self:
        """The conference ends for the caller: `answered` (or `completed`); `failed` if it could not be joined."""
        self._expect(InConference)
        if status not in CONFERENCE:
            raise NotNow(f"a conference ends `answered` or `failed`, not `{status[:50]}`")
        self._did("conference", status, extra=extra)
        return self._go_on(Act("outcome", status, seconds=seconds, extra=_pairs(extra)))

    def record(
        self, seconds: int, *, key: str = "", hangup: bool = False, extra: Mapping[str, str] | None = None
    ) -> Self:
        """Speaks for so many seconds; then silence, a key, or a hang-up ends the recording. 0 seconds: nothing is said."""
        self._expect(Recording)
        if hangup:
            if seconds:
                self._did("record", str(seconds))
                self._go_on(Act("say", "", held=True, seconds=seconds))
            return self.hang_up()
        self._did("record", f"{seconds} {key}".strip(), extra=extra)
        return self._go_on(Act("outcome", key, seconds=seconds, extra=_pairs(extra)))

    def queue(self, result: str = "bridged", *, seconds: int = 0, extra: Mapping[str, str] | None = None) -> Self:
        """The caller leaves the queue, whatever is played there: bridged, redirected, queue-full, …"""
        if not isinstance(self.waiting_for, Enqueued) and not (self._ask and self._ask.leg.role == "queue_wait"):
            self._expect(Enqueued)
        self._did("enqueue", result, extra=extra)
        self._throw(Taken(Act("outcome", result, seconds=seconds, extra=_pairs(extra))))
        self._settle_presets()
        return self

    def connect(
        self, status: str = "", *, seconds: int = 0, handoff: str = "", extra: Mapping[str, str] | None = None
    ) -> Self:
        """The session ends, with a status where the noun has one; `handoff` is what it hands over."""
        self._expect(Connected)
        extra = {**({"HandoffData": handoff} if handoff else {}), **(extra or {})}
        self._did("connect", status, extra=extra)
        return self._go_on(Act("outcome", status, seconds=seconds, extra=_pairs(extra)))

    def pay(self, result: str = "success", *, seconds: int = 30, extra: Mapping[str, str] | None = None) -> Self:
        """How the payment went; `extra` sets parameters that the action is told."""
        self._expect(Paying)
        self._did("pay", result, extra=extra)
        return self._go_on(Act("outcome", result, seconds=seconds, extra=_pairs(extra)))

    def refer(self, status: str = "success", *, extra: Mapping[str, str] | None = None) -> Self:
        """How handing over the call went."""
        self._expect(Referred)
        self._did("refer", status, extra=extra)
        return self._go_on(Act("outcome", status, extra=_pairs(extra)))

    def settle(self, outcome: str, extra: Mapping[str, str] | None = None) -> Self:
        """The outcome of whatever waits, as text: `busy`, `completed 1` (and keys), `12` or `12 #` (a recording of so
        many seconds), `silence`, `hangup`, `bridged`, `success`, …; `extra` are parameters that the action is told."""
        first, _, rest = outcome.strip().partition(" ")
        if first == "silence":
            return self.silence()
        if first == "hangup" and not isinstance(self.waiting_for, Connected):
            return self.hang_up()
        match self.waiting_for:
            case Asked():
                return self.press(outcome.replace(" ", ""))
            case Recording():
                if not _SECONDS.fullmatch(first):
                    raise NotNow(
                        f"a recording ends in a number of seconds, `silence` or `hangup`; not `{outcome[:50]}`"
                    )
                return self.record(
                    int(first), key="" if rest == "hangup" else rest, hangup=rest == "hangup", extra=extra
                )
            case Bridged() if first == "transfer":
                self.callee.transfer(rest.strip(), extra=extra)
                return self
            case Dialled() | Bridged():
                return self.dial(first, keys=rest.split(), extra=extra)
            case InConference():
                return self.conference(first, extra=extra)
            case Enqueued():
                return self.queue(first, extra=extra)
            case Connected():
                return self.connect(first, extra=extra)
            case Paying():
                return self.pay(first, extra=extra)
            case Referred():
                return self.refer(first, extra=extra)
            case None:
                raise NotNow("the call is over")


class CalleeSide:
    """Somebody who was dialled and picked up, while their page is played to them."""

    __slots__ = ("_call",)

    def __init__(self, call: PhoneCall) -> None:
        self._call = call

    @property
    def heard(self) -> tuple[str, ...]:
        return self._call.heard_by("callee")

    def press(self, keys: str, *, during: str = "", held: bool = False) -> PhoneCall:
        return self._act(Act("press", keys, during, held))

    def say(self, words: str, *, confidence: float | None = 0.9, during: str = "") -> PhoneCall:
        return self._act(Act("say", words, during, confidence=confidence))

    def silence(self) -> PhoneCall:
        return self._act(Act("silence"))

    def transfer(self, target: str, *, extra: Mapping[str, str] | None = None) -> PhoneCall:
        """Hands the caller on to somebody else, in the middle of the talk (SIP REFER; see Dial's `referUrl`)."""
        call = self._call
        call._expect(Bridged)
        if not target:
            raise NotNow("a transfer says where to, such as `transfer sip:ann@example.com`")
        call._did("transfer", target, extra=extra)
        return call._go_on(Act("transfer", target, extra=_pairs(extra)))

    def hang_up(self) -> PhoneCall:
        call = self._call
        if isinstance(call.waiting_for, Bridged):
            return call.dial("completed")
        self._there()
        call._did("hang up", side="callee")
        call._throw(Gone("callee"))
        call._settle_presets()
        return call

    def _act(self, act: Act) -> PhoneCall:
        self._there()
        return self._call._by("callee", act)

    def _there(self) -> None:
        if self._call.side != "callee":
            raise NotNow("nobody who was dialled is being asked anything")


def _pairs(extra: Mapping[str, str] | None) -> Pairs:
    return tuple((extra or {}).items())
