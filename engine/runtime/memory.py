"""What the machine may change of a session while it plays a turn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.program.place import Place
from engine.runtime.session import Session, Visited

NOWHERE = Place("", "")

QUESTIONS_KEPT = 50  # answered questions that `back` can go through
DEPTH = 16  # subflows within one another


@dataclass(slots=True)
class Visit:
    """One subflow that the call is in; the call itself is number 0.

    `back` is the place of the `subflow` instruction, `caller` the visit it stands in, as addresses
    name it (see `Memory.named`).
    """

    number: int
    flow: str
    variables: dict[str, Any]
    entered: list[str]
    questions: list[Place]
    back: Place = NOWHERE
    caller: str = ""


@dataclass(slots=True)
class Memory:
    """A session under way: `visit` is the one whose variables are known now, `visits` all that have not returned.

    `bounded` says that what is played was not called, but handed to another leg or to a callback: running out of it returns to
    nobody. `calls` counts the subflows that were called.
    """

    visits: dict[int, Visit]
    visit: Visit
    facts: Mapping[str, str]
    calls: int = 0
    bounded: bool = False

    @classmethod
    def of(cls, session: Session, facts: Mapping[str, str], name: str) -> "Memory":
        """What a session remembers, standing in the visit that the address names; in the call itself if that one has returned."""
        root = Visit(0, "", dict(session.variables), list(session.entered), list(session.questions))
        visits = {0: root}
        for kept in session.visits:
            visits[kept.number] = Visit(
                kept.number,
                kept.flow,
                dict(kept.variables),
                list(kept.entered),
                list(kept.questions),
                kept.back,
                kept.caller,
            )
        memory = cls(visits, root, facts, session.calls)
        if name:
            memory.stand(name)
        return memory

    @property
    def variables(self) -> dict[str, Any]:
        """The variables that are known now."""
        return self.visit.variables

    @property
    def entered(self) -> list[str]:
        """The flows whose first values were set here."""
        return self.visit.entered

    @property
    def questions(self) -> list[Place]:
        """The places of the gathers that were answered here, oldest first."""
        return self.visit.questions

    @property
    def named(self) -> str:
        """The visit as addresses name it: its number, with a `p` if what is played was not called; "" for the call itself."""
        return f"{self.visit.number}{'p' if self.bounded else ''}" if self.visit.number else ""

    def named_for(self, *, page: bool) -> str:
        """The visit as an address names it that is handed to another leg or a callback (`page`), or to the caller's own."""
        return f"{self.visit.number}p" if page and self.visit.number else self.named

    @property
    def inside(self) -> bool:
        """Whether running out of what is played returns to a flow that called."""
        return self.visit.number != 0 and not self.bounded

    def stand(self, name: str) -> None:
        """Goes on in the visit of that name."""
        number = name.removesuffix("p")
        known = self.visits.get(int(number)) if number.isdecimal() and len(number) < 10 else None
        self.visit = known or self.visits[0]
        self.bounded = name.endswith("p") and known is not None

    def call(self, flow: str, back: Place) -> bool:
        """Goes into a subflow called at the place `back`; False if it would be too deep."""
        depth, visit = 1, self.visit
        while visit.number and depth <= DEPTH:
            depth, visit = depth + 1, self.visits.get(int(visit.caller.removesuffix("p") or 0), self.visits[0])
        if depth > DEPTH:
            return False
        self.calls += 1
        self.visit = self.visits[self.calls] = Visit(self.calls, flow, {}, [], [], back, self.named)
        self.bounded = False
        return True

    def give_back(self) -> Place:
        """Leaves a subflow for the visit it was called in; the place of the call."""
        left = self.visits.pop(self.visit.number)
        self.stand(left.caller)
        return left.back

    def leave_for_good(self) -> None:
        """Leaves a subflow, and all that it was called in, for another flow; what was handed out returns nowhere anyway."""
        while self.inside:
            self.give_back()
        self.visit, self.bounded = self.visits[0], False

    def kept_visits(self) -> tuple[Visited, ...]:
        """The visits as a session keeps them."""
        return tuple(
            Visited(
                v.number, v.flow, v.variables, tuple(v.entered), tuple(v.questions[-QUESTIONS_KEPT:]), v.back, v.caller
            )
            for v in self.visits.values()
            if v.number
        )
