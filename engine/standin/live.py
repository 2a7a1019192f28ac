"""One call while it lasts: rings, plays what the flow says, and lets the people at its ends do what they do."""

import re
from collections.abc import Callable

from engine.phone.course import NotNow
from engine.phone.events import (
    Asked,
    Bridged,
    Connected,
    Dialled,
    Enqueued,
    Heard,
    InConference,
    Paused,
    Paying,
    Played,
    Recording,
    Referred,
    Texted,
    Waiting,
)
from engine.phone.handset import MEANING, PICK_UP, Handset
from engine.phone.leg import Moved
from engine.phone.placing import PlacedCall
from engine.phone.tape import Moment, seconds_of
from engine.standin.keeping import CallKeeper
from engine.standin.pacing import Command, DropCallee, End, Inbox, Redirect, Typed
from engine.standin.people import People, Person
from engine.standin.telling import place, told

# Seconds of the call: until it rings, until somebody answers, until they press a key, while two talk or wait.
DIALS, RINGS, THINKS, TALKS = 0.5, 4.0, 1.0, 20.0
ROUNDS = 2  # of waiting in a queue, until somebody takes the call
WAITS = 1000  # points of a call where somebody must act; beyond it the stand-in hangs up
# What is found out about who answers, and after how many seconds (Twilio, "Answering machine detection").
DETECTED = {
    "human": ("human", "human", 2.4),
    "machine": ("machine_start", "machine_end_beep", 3.6),
    "fax": ("fax", "fax", 3.0),
}
GREETING = 10.0  # seconds that the greeting of a machine takes, which DetectMessageEnd waits for

_PICKS_UP = "picks up: "  # before the number of who does, among those that are dialled
_KEYS = re.compile(r"[0-9*#]+")

Send = Callable[[Texted], None]


class Stopped(Exception):
    """The call ended before its first document was played."""


class LiveCall:
    """Plays a call in the thread that calls `run`; other threads ask for something through `inbox`.

    `rings` is how many seconds of ringing the order allows, `limit` the longest the call may last. `send` takes the messages that
    the flow sends from the call.
    """

    def __init__(
        self,
        placed: PlacedCall,
        keeper: CallKeeper,
        people: People,
        inbox: Inbox,
        *,
        rings: float,
        limit: float,
        send: Send,
        does: tuple[str, ...] | None = None,
    ) -> None:
        self.placed, self.inbox = placed, inbox
        self._people = people
        self._rings, self._limit, self._send = rings, limit, send
        order = placed.order
        self._person = people.of(order.from_ if order.direction == "inbound" else order.to)
        self._left = list(self._person.does if does is None else does)  # what the person still does
        self._dialled: tuple[str, list[str]] = ("", [])  # who picked up, and what they still do
        self._scripted: list[
            str
        ] = []  # where what comes next is taken from, if it is something that a person was said to do
        self._rounds = 0
        self._interrupting: tuple[str, str] | None = (
            None  # keys or words, and the sound that they come in the middle of
        )
        self._keeper = keeper
        placed.tape.listeners.append(self._listen)

    @property
    def sid(self) -> str:
        return self.placed.order.sid

    def run(self) -> None:
        """Plays the call to its end."""
        try:
            self._ring()
            self._play()
        except Stopped:
            pass
        finally:
            self._keeper.over()

    # Before somebody must act

    def _ring(self) -> None:
        """Until somebody answers. Raises Stopped if nobody does."""
        placed = self.placed
        if placed.order.direction == "inbound":
            placed.begin()
            return
        self._pass(0.0)
        placed.report("initiated")
        self._pass(DIALS)
        if self._person.answers == "failed":
            self._unanswered("failed")
        self._keeper.change(status="ringing")
        placed.report("ringing")
        if self._person.answers == "busy":
            self._pass(RINGS / 2)
            self._unanswered("busy")
        if self._person.answers == "no-answer" or self._rings < RINGS:
            self._pass(self._rings)
            self._unanswered("no-answer")
        self._pass(RINGS)
        self._keeper.answered()
        placed.pick_up()
        detection = placed.order.detection
        if not detection.mode:
            placed.begin()
            return
        early, late, seconds = DETECTED[self._person.answers]
        by = early if detection.mode == "Enable" else late
        if by == "machine_end_beep":
            seconds += GREETING
        if seconds > detection.timeout:
            by, seconds = "unknown", detection.timeout
        if not detection.asynchronous:
            self._pass(seconds, advance=False)
            self._keeper.change(answered_by=by)
        placed.begin(by, seconds=seconds)
        if detection.asynchronous and not placed.call.over:
            self._keeper.change(answered_by=by)

    def _pass(self, seconds: float, *, advance: bool = True) -> None:
        """Lets time pass before the first document. Raises Stopped if the call ends meanwhile."""
        while True:
            waited, command = self.inbox.wait(seconds)
            seconds -= waited
            self.placed.tape.now += waited if advance else 0.0
            match command:
                case End(by=by) if self.placed.status == "in-progress":
                    self.placed.broken_off(by)
                    raise Stopped
                case End():
                    self._unanswered("canceled")
                case None:
                    return
                case _:
                    self._keeper.note("is not answered yet: nothing else can happen")

    def _unanswered(self, status: str) -> None:
        self.placed.unanswered(status)
        raise Stopped

    # While it is played

    def _play(self) -> None:
        call, tape = self.placed.call, self.placed.tape
        for _ in range(WAITS):
            waiting = call.waiting_for
            if waiting is None:
                return
            if self._interrupting:
                self._do(self._interrupt)
                continue
            seconds, typed, advances = self._next(waiting)
            waited, command = self._await(min(seconds, max(self._limit - self.placed.seconds, 0.0)))
            if command is not None or not advances:
                tape.now += waited
            if command is not None:
                self._obey(command, waited)
            elif self.placed.seconds + (waited if advances else 0) >= self._limit:
                tape.now += waited if advances else 0.0
                self._keeper.note("has lasted as long as it may")
                call.hang_up(by="limit")
            else:
                if self._scripted:
                    self._scripted.pop(0)
                self._take(typed)
        if not call.over:
            self._keeper.note(f"goes on and on: it is hung up after {WAITS} steps")
            call.hang_up(by="limit")

    def _await(self, seconds: float) -> tuple[float, Command | None]:
        """Lets time pass while somebody must act, as `Inbox.wait`; reports that are due meanwhile are posted."""
        line, now, passed = self.placed.line, self.placed.tape.now, 0.0
        while True:
            due = min(max(line.next_due() - now - passed, 0.0), seconds - passed)
            waited, command = self.inbox.wait(due)
            passed += waited
            line.post_due(now + passed)
            if command is not None or passed >= seconds:
                return passed, command

    def _obey(self, command: Command, waited: float) -> None:
        """Does what is asked of a call that waits; `waited` is how long it has waited there."""
        call = self.placed.call
        match command:
            case DropCallee() | Typed(words="completed") if isinstance(call.waiting_for, Bridged):
                self.placed.tape.now -= waited
                self._do(lambda: call.dial("completed", seconds=max(int(waited), 1)))
            case DropCallee() if isinstance(call.waiting_for, Dialled):
                self._do(lambda: call.dial("canceled"))
            case DropCallee():
                self._do(call.callee.hang_up)
            case End(by="stop"):
                self._keeper.quiet = True
                call.hang_up(by="stop")
            case Redirect(go=go):
                self._do(lambda: call.redirect(go))
            case End(by=by):
                self._do(lambda: call.hang_up(by=by))
            case Typed(words=words):
                self._take(words)

    def _take(self, typed: str) -> None:
        call = self.placed.call
        waiting = call.waiting_for
        match waiting:
            case Dialled() if typed.startswith(_PICKS_UP):
                self._pick_up(waiting, int(typed.removeprefix(_PICKS_UP)))
            case Dialled() if typed.removeprefix("'").lower() in PICK_UP:
                self._pick_up(waiting, 0)
            case Bridged() if typed == "talked":
                self._do(lambda: call.dial("completed", seconds=int(TALKS)))
            case _ if typed == "hangup" and call.side == "callee":
                self._do(call.callee.hang_up)
            case InConference() if typed == "talked":
                self._do(lambda: call.conference(seconds=int(TALKS)))
            case Enqueued() if typed == "talked":
                self._do(lambda: call.queue(seconds=int(TALKS)))
            case Connected() if typed == "talked":
                self._do(lambda: call.connect(seconds=int(TALKS)))
            case _:
                self._do(lambda: Handset(call).take(typed))

    def _pick_up(self, dialled: Dialled, index: int) -> None:
        """One of those who are dialled answers, and does from now on what they do."""
        address = dialled.targets[index].address
        person = self._people.of(address)
        self._dialled = (address, list(person.does))
        by = DETECTED[person.answers][0] if person.answers in DETECTED else "human"
        self._do(lambda: self.placed.call.pick_up(index, answered_by=by))

    def _do(self, act: Callable[[], object]) -> None:
        try:
            act()
        except NotNow as now:
            self._keeper.note(f"cannot do that: {now}")

    def _interrupt(self) -> None:
        """What came in the middle of a prompt reaches the gather that it belongs to."""
        call = self.placed.call
        assert self._interrupting is not None, "somebody interrupted"
        (typed, during), self._interrupting = self._interrupting, None
        side = call.callee if call.side == "callee" else call
        if _KEYS.fullmatch(typed):
            side.press(typed, during=during)
        else:
            side.say(typed.removeprefix("'"), during=during)

    def _next(self, waiting: Waiting) -> tuple[float, str, bool]:
        """What happens if nobody interferes: after how many seconds, in words, and whether the act lets that time pass by itself."""
        call = self.placed.call
        left = self._scripted = self._dialled[1] if call.side == "callee" else self._left
        if left and (isinstance(waiting, Asked | Recording) or (left[0].lower() in MEANING and call.side == "caller")):
            return (THINKS if isinstance(waiting, Asked | Recording) else RINGS), left[0], False
        self._scripted = []
        match waiting:
            case Asked(timeout=timeout) | Recording(timeout=timeout):
                return float(timeout), "silence", True
            case Dialled():
                return self._answer(waiting)
            case Bridged() | InConference() | Connected():
                return TALKS, "talked", True
            case Enqueued():
                self._rounds += 1
                return (THINKS, "silence", False) if self._rounds <= ROUNDS else (TALKS, "talked", True)
            case Paying() | Referred():
                return RINGS, "success", False

    def _answer(self, dialled: Dialled) -> tuple[float, str, bool]:
        """Who of those that are dialled picks up, or why nobody does."""
        people: list[Person] = [self._people.of(target.address) for target in dialled.targets]
        for index, person in enumerate(people):
            if person.answers in DETECTED and dialled.timeout >= RINGS:
                return RINGS, f"{_PICKS_UP}{index}", False
        if all(person.answers in ("busy", "failed") for person in people):
            return RINGS / 2, people[0].answers, False
        return float(dialled.timeout), "no-answer", True

    # What is told

    def _listen(self, moment: Moment) -> None:
        """Each thing that happens in the call, in the thread that plays it: tells it, and lets a sound last as long as it lasts."""
        event = moment.event
        if self._interrupting and isinstance(event, Heard | Played | Paused):
            return  # it is not heard any more
        if line := told(event, self._dialled[0] if moment.side == "callee" else ""):
            self._keeper.note(line)
        if isinstance(event, Texted):
            self._send(event)
        if self.placed.order.direction == "inbound" and self.placed.status == "in-progress":
            self._keeper.answered()
        if isinstance(event, Heard | Played | Paused) and not (isinstance(event, Played) and event.digits):
            self._sound(event, seconds_of(event))

    def _sound(self, sound: Heard | Played | Paused, seconds: float) -> None:
        """Lets a sound last. Raises Gone, or Moved, if the call ends or is moved in the middle of it."""
        tape = self.placed.tape
        beyond = max(tape.now - self.placed.began - self._limit, 0.0)
        seconds -= beyond
        while seconds > 0 and not self._interrupting:
            waited, command = self.inbox.wait(seconds)
            seconds -= waited
            match command:
                case Redirect(go=go):
                    tape.now -= seconds + beyond
                    self._keeper.note(f"is moved to {place(go.url) if go.url else 'TwiML'}")
                    raise Moved(go)
                case End(by=by):
                    tape.now -= seconds + beyond
                    self._keeper.quiet = by == "stop"
                    raise self.placed.call.broken_off(by)
                case Typed(words="hangup"):
                    tape.now -= seconds + beyond
                    raise self.placed.call.broken_off("caller")
                case Typed(words=words) if sound.barge_in:
                    self._interrupting = (words, _words_of(sound))
                case Typed(words=words):
                    self._keeper.note(f"`{words}` is ignored: the call does not wait for it")
        if beyond and not self._interrupting:
            tape.now -= beyond
            self._keeper.note("has lasted as long as it may")
            raise self.placed.call.broken_off("limit")


def _words_of(sound: Heard | Played | Paused) -> str:
    """What names a sound that a key comes in the middle of; "" for silence."""
    match sound:
        case Heard(text=text):
            return text
        case Played(url=url, words=words):
            return words or url
        case Paused():
            return ""
