"""What the machine may change of a session while it plays a turn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.program.place import Place
from engine.runtime.session import NOWHERE, Session, StoredFrame

QUESTIONS_KEPT = 50  # answered questions that `back` can go through
MARKS = "secret answers"  # among the variables: the names of those that are secret, under one that no variable can have
DEPTH = 16  # subflows within one another


@dataclass(slots=True)
class Frame:
    """One subflow that the call is in; the call itself is number 0.

    `back` is the place of the `subflow` instruction, `caller` the frame it stands in, as addresses
    name it (see `CallStack.named`).
    """

    number: int
    flow: str
    variables: dict[str, Any]
    entered: list[str]
    questions: list[Place]
    back: Place = NOWHERE
    caller: str = ""


@dataclass(slots=True)
class CallStack:
    """The frames of a session under way: `frame` is the one whose variables are known now, `frames` all that have not returned.

    `bounded` says that what is played was not called, but handed to another leg or to a callback: running out of it returns to
    nobody. `calls` counts the subflows that were called. `looked` says that somebody asked for variables or answered questions, `marked`
    that a variable was secret when the turn began.
    """

    frames: dict[int, Frame]
    frame: Frame
    facts: Mapping[str, str]
    calls: int = 0
    bounded: bool = False
    looked: bool = False
    marked: bool = False

    @classmethod
    def of(cls, session: Session, facts: Mapping[str, str], name: str) -> "CallStack":
        """What a session remembers, standing in the frame that the address names; in the call itself if that one has returned."""
        root = Frame(0, "", dict(session.variables), list(session.entered), list(session.questions))
        stack = cls({0: root}, root, facts, session.calls, marked=MARKS in session.variables)
        for kept in session.frames:
            known = (dict(kept.variables), list(kept.entered), list(kept.questions))
            stack.frames[kept.number] = Frame(kept.number, kept.flow, *known, kept.back, kept.caller)
            stack.marked = stack.marked or MARKS in kept.variables
        if name:
            stack.stand(name)
        return stack

    @property
    def variables(self) -> dict[str, Any]:
        """The variables that are known now."""
        self.looked = True
        return self.frame.variables

    @property
    def shared(self) -> dict[str, Any]:
        """The variables of the call itself, whichever subflow it is in."""
        self.looked = True
        return self.frames[0].variables

    @property
    def entered(self) -> list[str]:
        """The flows whose first values were set here."""
        return self.frame.entered

    @property
    def questions(self) -> list[Place]:
        """The places of the gathers that were answered here, oldest first."""
        self.looked = True
        return self.frame.questions

    def note_answered(self, question: Place) -> None:
        """Notes that the gather at a place was answered."""
        self.frame.questions.append(question)

    @property
    def named(self) -> str:
        """The frame as addresses name it: its number, with a `p` if what is played was not called; "" for the call itself."""
        return f"{self.frame.number}{'p' if self.bounded else ''}" if self.frame.number else ""

    def named_for(self, *, page: bool) -> str:
        """The frame as an address names it that is handed to another leg or a callback (`page`), or to the caller's own."""
        return f"{self.frame.number}p" if page and self.frame.number else self.named

    @property
    def inside(self) -> bool:
        """Whether running out of what is played returns to a flow that called."""
        return self.frame.number != 0 and not self.bounded

    def stand(self, name: str) -> None:
        """Goes on in the frame of that name."""
        number = name.removesuffix("p")
        known = self.frames.get(int(number)) if number.isdecimal() and len(number) < 10 else None
        self.frame = known or self.frames[0]
        self.bounded = name.endswith("p") and known is not None

    def call(self, flow: str, back: Place) -> bool:
        """Goes into a subflow called at the place `back`; False if it would be too deep."""
        depth, frame = 1, self.frame
        while frame.number and depth <= DEPTH:
            depth, frame = depth + 1, self.frames.get(int(frame.caller.removesuffix("p") or 0), self.frames[0])
        if depth > DEPTH:
            return False
        self.calls += 1
        self.frame = self.frames[self.calls] = Frame(self.calls, flow, {}, [], [], back, self.named)
        self.bounded = False
        return True

    def give_back(self) -> Place:
        """Leaves a subflow for the frame it was called in; the place of the call."""
        left = self.frames.pop(self.frame.number)
        self.stand(left.caller)
        return left.back

    def leave_for_good(self) -> None:
        """Leaves a subflow, and all that it was called in, for another flow; what was handed out returns nowhere anyway."""
        while self.inside:
            self.give_back()
        self.frame, self.bounded = self.frames[0], False

    @property
    def stored(self) -> tuple[StoredFrame, ...]:
        """The frames of subflows as a session keeps them."""
        return tuple(
            StoredFrame(
                f.number, f.flow, f.variables, tuple(f.entered), tuple(f.questions[-QUESTIONS_KEPT:]), f.back, f.caller
            )
            for f in self.frames.values()
            if f.number
        )
