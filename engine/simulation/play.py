"""Plays a simulated call: its acts one after another, up to where an external call waits for its answer."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.grammar.fields.duration import shown
from engine.grammar.masks import MASK, pattern_of
from engine.model.parts import Exit
from engine.phone import Conversation, NotNow, PhoneCall
from engine.phone.discreet import mask_of
from engine.phone.events import Asked, Bridged, Dialled, Enqueued, Recording, Waiting
from engine.phone.scripts.later import IN_ALL, LONGEST, seconds_in
from engine.phone.scripts.stubs import Answer, Ask, Stub
from engine.phone.verbs.dial import FAILURES
from engine.program.program import Program
from engine.runtime.effects.effect import Effect
from engine.runtime.trail import Entered, Took, heard
from engine.simulation.acts import Act, Refused, Start
from engine.simulation.house import Cut, Desktop, House, Told, with_first_values

MANY = 10  # targets of a dial that are told apart
_PICKS_UP = ("picks_up", "picks up", "pick up", "pickup", "answered")


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was done, with the version that it was done in; or an answer of the world to `asked`.

    `secret` tells that it answered what the flow keeps secret; `keyed` whether a key of a branch took it, None where no branch was asked; `step` is where the call was before,
    `question` the number of the turn that it answered. `stub` is what was given in advance and gave the answer.
    """

    act: Act
    program: Program
    asked: str = ""
    answer: Answer | None = None
    keyed: bool | None = None
    step: str = ""
    question: int = 0
    stub: Stub | None = None
    secret: bool = False

    @property
    def posted(self) -> dict[str, Any]:
        """The act as the page posted it, without what is secret."""
        if self.secret:
            return {self.act.kind: "•" * (len(self.act.text) if self.act.kind == "press" else 1)}
        return self.act.posted

    @property
    def is_answer(self) -> bool:
        """Whether it answers what the flow asked of the world."""
        return self.answer is not None


class Asks(BaseException):
    """Raised through a play at an external call without an answer. A step must not handle it as a fault of its own."""

    def __init__(self, effect: Effect) -> None:
        super().__init__(effect.spec.name)
        self.effect = effect


class Play:
    """One play of a call: `story` is what has happened, `pending` what the world is asked, `cut` that it took too long.

    A play that was stopped by `pending` or `cut` cannot go on: the call is played again, with the answer.
    """

    def __init__(
        self, start: Start, program: Program, folder: Path, seed: int, told: Told, given: Iterable[Stub]
    ) -> None:
        assert start.at is not None, "a call begins at a time"
        self.start, self.begun_in = start, program
        self.house = House(self._first(program), folder)
        self.desktop = Desktop(self.house, start.at, seed, self._improvise, told)
        self.done: list[Done] = []
        self.pending: Effect | None = None
        self.cut = False
        self.lost: int | None = None  # which of what was done is a key that leads nowhere any more
        self._given = tuple(given)
        self._queue: deque[Done] = deque()
        self._recall: dict[str, Answer] = {}
        flow = self.house.program.flows[start.flow]
        self.channel = start.channel or flow.channel
        self.address = self.house.entry(start.flow) + (f"/{start.step}" if start.step else "")
        self.story: PhoneCall | Conversation
        if self.channel == "messaging":
            entry = self.house.entry(start.flow)
            self.story = self.desktop.write(entry, start.from_, start.to, params=start.params)
            self._go = None
        else:
            self.story, self._go = self.desktop.come_in(self.address, start.from_, start.to, start.params)

    @property
    def mask(self) -> Callable[[str], str]:
        """Hides what no page may show: secrets of the settings, and answers that the flow keeps secret."""
        house, call = self.house.mask, mask_of(self.story.moments)
        answers = pattern_of({one.act.text for one in self.done if one.secret and one.act.kind == "text"})
        return lambda text: call(house(text if answers is None else answers.sub(MASK, text)))

    @property
    def stuck(self) -> bool:
        """Whether the play was stopped in the middle."""
        return self.cut or self.pending is not None

    @property
    def over(self) -> bool:
        """Whether nothing more can be done but to go back."""
        return self.cut or (not self.stuck and isinstance(self.story, PhoneCall) and self.story.over)

    @property
    def ended_by(self) -> str:
        """Who ended the call, as in HungUp; "" while it goes on."""
        return self.story.ended_by if isinstance(self.story, PhoneCall) and self.over else ""

    def begin(self, ahead: Sequence[Done] = (), *, recall: bool = False) -> bool:
        """The call comes in, and all that was done `ahead` is done again; whether that was possible.

        With `recall` it may take another way than before: answers are found again by what is asked, and it ends where an act cannot
        be done, or behind a key that a branch took and that none takes now (`lost`).
        """
        self._queue = deque(ahead)
        self.desktop.start_watch()
        self._recall = {one.asked: one.answer for one in ahead if one.answer is not None} if recall else {}
        self._played(self._come_in)
        while self._queue and not self.stuck:
            one = self._queue.popleft()
            if one.is_answer:  # to what is not asked any more
                continue
            before = len(self.done)
            try:
                self.do(one.act, one.program)
            except (NotNow, Refused):
                self._queue.appendleft(one)
                return False
            if recall and one.keyed and self.done[before].keyed is False:
                self.lost = before
                return False
        left = [one for one in self._queue if not one.is_answer]
        self._queue.clear()
        return not left and not self.cut

    def do(self, act: Act, program: Program) -> None:
        """Does an act, in a version; raises NotNow or Refused where it cannot be done, and then nothing has happened."""
        if self.stuck:
            raise NotNow("the world is asked first")
        self.house.publish(self._first(program))
        turns, step = len(self.desktop.heards), self.step
        asked = self.story.waiting_for if isinstance(self.story, PhoneCall) else None
        self.done.append(Done(act, program, step=step, question=turns))
        index = len(self.done) - 1
        try:
            self._played(lambda: self._make(act))
        except (NotNow, Refused):
            self.done.pop()
            raise
        self.done[index] = replace(
            self.done[index], keyed=self._keyed(turns, act), secret=self._secret(turns, act, asked)
        )

    @property
    def step(self) -> str:
        """The step at which the caller, or the callee, must act, such as `clinic/menu`; at an external call, the step that makes it."""
        if self.pending is not None and self.place:
            return self.place.partition(":")[0]
        side = self.story.side if isinstance(self.story, PhoneCall) else "caller"
        return self._last(side) or self._last("")

    def _last(self, side: str) -> str:
        """The step that one side of the line came to last; of any side, callbacks included, for ""."""
        for token, elements, where, is_heard, _ in reversed(self.story.passed):
            answered = self.desktop.answered.get(token)
            if answered is None or (side and not (is_heard and where == side)):
                continue
            for before, event in reversed(answered.places):
                if before <= elements and isinstance(event, Entered):
                    return event.id
        return ""

    @property
    def flows(self) -> set[str]:
        """The flows that the call came to."""
        trails = (one.outcome.trail for one in self.desktop.heards)
        return {self.start.flow, *(event.flow for trail in trails for event in trail if isinstance(event, Entered))}

    @property
    def place(self) -> str:
        """The instruction that asks the world, as `clinic/find:0`; "" for none that is known."""
        session = self.house.session(self.story) if self.pending is not None else None
        return session.pending[-1].doing.partition("#")[0] if session and session.pending else ""

    def _first(self, program: Program) -> Program:
        """The version in which the call's variables begin as it says."""
        if not self.start.vars:
            return program
        known = self.__dict__.setdefault("_versions", {})
        if program.version not in known:
            known[program.version] = with_first_values(program, self.start.flow, self.start.vars)
        found: Program = known[program.version]
        return found

    def _come_in(self) -> None:
        if isinstance(self.story, PhoneCall):
            assert self._go is not None, "a call has a first document"
            self.story.begin(self._go)
            self.desktop.begun(self.story)
        elif self.start.step:  # in the middle of a conversation the flow has the word
            self.story.begin(self.address)

    def _played(self, work: Callable[[], None]) -> None:
        if not self._queue:  # what is done again has its time together
            self.desktop.start_watch()
        try:
            work()
        except Asks as asks:
            self.pending = asks.effect
        except Cut:
            self.cut = True

    def _improvise(self, effect: Effect) -> Answer:
        """What the world answers: what it answered before, else what is given; raises Asks where that is nothing."""
        line = effect.line
        if self._queue and self._queue[0].is_answer and (not self._recall or self._queue[0].asked == line):
            one = self._queue.popleft()
            assert one.answer is not None, "it is an answer"
            self.done.append(one)
            return one.answer
        if line in self._recall:
            answer = self._recall[line]
            self.done.append(Done(Act("answer"), self.house.program, line, answer))
            return answer
        ask = Ask(effect.spec.name, line, self.house.mask(line))
        for stub in self._given:
            if stub.takes(ask):
                times = sum(one.stub is stub for one in self.done)
                answer = stub.answers[min(times, len(stub.answers) - 1)]
                self.done.append(Done(Act("answer"), self.house.program, line, answer, stub=stub))
                return answer
        raise Asks(effect)

    def _keyed(self, turns: int, act: Act) -> bool | None:
        """Whether the first branch that was asked since took the act by one of its keys."""
        if act.kind not in ("press", "say", "text"):
            return None
        for one in self.desktop.heards[turns:]:
            for event in heard(one.outcome.trail):
                if isinstance(event, Took):
                    taken = self._exit(event)
                    return bool(taken and (taken.keys or taken.when))
        return None if len(self.desktop.heards) == turns else False

    def _secret(self, turns: int, act: Act, asked: Waiting | None) -> bool:
        """Whether an act answered what the flow keeps secret."""
        if isinstance(asked, Asked) and asked.secret and act.kind in ("press", "say"):
            return True
        return any(one.outcome.cover.answers for one in self.desktop.heards[turns : turns + 1]) and bool(act.text)

    def _exit(self, took: Took) -> Exit | None:
        flow = self.house.program.flows.get(took.flow)
        edges = flow.graph.edges if flow else ()
        return next((edge.exit for edge in edges if edge.id == took.id), None)

    def _make(self, act: Act) -> None:
        if isinstance(self.story, Conversation):
            _write(self.story, act, self.house)
        else:
            _act(self.story, act)


def _write(conversation: Conversation, act: Act, house: House) -> None:
    """What somebody does who texts."""
    match act.kind:
        case "text" | "say":
            conversation.text(act.text)
        case "press":
            conversation.text(act.text)
        case "begin":
            if conversation.events:
                raise Refused("The conversation has begun already.")
            conversation.begin()
        case "later":
            seconds = _limit(conversation, house) if act.text == "limit" else _seconds(act.text)
            if seconds + conversation.now > IN_ALL:
                raise Refused(f"A conversation lasts at most {shown(IN_ALL)}.")
            conversation.later(seconds)
        case _:
            raise Refused("This flow answers texts: write one, or move time on.")


def _limit(conversation: Conversation, house: House) -> int:
    """The seconds until the open question has run out."""
    session = house.session(conversation)
    at = house.stories[conversation].time.timestamp()
    if session is None or session.question is None or session.question.until <= at:
        raise Refused("No question is open, so there is no limit to move on to.")
    due = session.due if session.due > at else session.question.until
    return max(1, int(due - at) + 1)


def _act(call: PhoneCall, act: Act) -> None:
    """What somebody does at the telephone, or what becomes of those who are dialed."""
    where = call.callee if call.side == "callee" else call
    waiting = call.waiting_for
    match act.kind:
        case "press":
            held = len(act.text) == 1 and isinstance(waiting, Asked)
            where.press(act.text, held=held)
        case "say":
            where.say(act.text)
        case "silence":
            where.silence()
        case "hang_up":
            if act.text != "callee":
                call.hang_up()
            else:
                call.callee.hang_up()
        case "record":
            call.record(act.value, key="" if act.text == "hangup" else act.text, hangup=act.text == "hangup")
        case "later":
            call.later(_seconds(act.text))
        case "settle":
            _settle(call, act)
        case "text":
            raise Refused("This is a call: press keys or say something; texts go to flows for messaging.")
        case _:
            raise Refused(f"“{act.kind}” cannot be done in a call.")


def _settle(call: PhoneCall, act: Act) -> None:
    waiting, text = call.waiting_for, act.text
    word, _, rest = text.rpartition(" ")
    picked = text.lower() if text.lower() in _PICKS_UP else word.lower()
    if isinstance(waiting, Dialled) and picked in _PICKS_UP:
        target = int(rest) if picked != text.lower() and rest.isdecimal() and len(rest) < 3 else 0
        if target >= len(waiting.targets):
            raise Refused(f"It rings at {waiting.to}.")
        call.pick_up(target)
    elif isinstance(waiting, Asked) and call.side == "caller" and text in ("bridged", "leave"):
        call.queue(text, extra=act.params)
    elif isinstance(waiting, Asked | Recording) and text not in ("silence", "hangup"):
        raise Refused("The caller is asked something: press keys, or say something.")
    elif isinstance(waiting, Bridged) and text.split()[0] in FAILURES:
        raise Refused("The two are talking: they can hang up, or the caller can.")
    elif isinstance(waiting, Enqueued):
        call.queue(text, extra=act.params)
    else:
        call.settle(text, dict(act.params))


def _seconds(text: str) -> int:
    seconds = seconds_in(text)
    if seconds is None or not 1 <= seconds <= LONGEST:
        raise Refused(f"Write a time of up to {shown(LONGEST)}: 90s, 30m, 4h or 1d.")
    return seconds
