"""The compiled form of a step: tracks of operations, which the machine plays one after another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import ReferenceType, ref

from engine.diagnostics.source import Span
from engine.grammar.templates import Expression, Template
from engine.grammar.vocabulary import Element
from engine.model.parts import PerformEffect, Save, Target
from engine.program.answers import Answers
from engine.program.holes import Parts
from engine.program.place import Place
from engine.program.texts import Message, Words


class Track:
    """A block, compiled. `parent` is the track with the branch this one is a tree of, and the operation that follows there.

    `again` is the track that `repeat` in this one begins anew; None is the step. A tree holds neither of them alive: without
    circles a step is freed with its program, and the garbage collector need not look for it. Whoever plays one holds the program.
    """

    __slots__ = ("__weakref__", "_after", "_again", "_parent", "flow", "operations", "place", "step")

    def __init__(
        self,
        flow: str,
        step: str,
        place: str,
        parent: "tuple[Track, int] | None" = None,
        again: "Track | None" = None,
    ) -> None:
        self.flow, self.step, self.place = flow, step, place
        self.operations: tuple[Operation, ...] = ()
        self._parent = ref(parent[0]) if parent else None
        self._after = parent[1] if parent else 0
        self._again = ref(again) if again else None

    @property
    def parent(self) -> "tuple[Track, int] | None":
        """The track around this one, and the operation that follows there."""
        around = self._parent() if self._parent is not None else None
        return (around, self._after) if around is not None else None

    @property
    def again(self) -> "Track | None":
        """What `repeat` begins anew."""
        return self._again() if self._again is not None else None

    @property
    def path(self) -> str:
        """The step's address below the folder of flows."""
        return f"{self.flow}/{self.step}"

    def at(self, operation: "Operation") -> Place:
        """The place of one of its operations."""
        return Place(self.flow, self.step, operation.place)

    @property
    def repeated(self) -> str:
        """The place of the track that `repeat` begins anew; "" is the step."""
        return self.again.place if self.again is not None else ""


Spot = tuple[Track, int]
"""An operation, by its track and its number there."""

Goal = Target | Track | ReferenceType[Track]
"""Where an exit leads: a reference is to a tree around the exit itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One instruction, compiled; `place` is its path within the step."""

    place: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Utter(Operation):
    """TwiML to write: `personal` if it depends on the caller."""

    parts: Parts
    personal: bool
    heard: bool
    waits: bool
    ends: bool


@dataclass(frozen=True, slots=True, eq=False)
class Wait(Operation):
    """A verb whose answer comes to the engine's own address, and with which the document ends."""

    element: Element
    parts: Parts
    personal: bool
    answers: Answers
    goals: tuple[Goal, ...]
    save: Save | None
    screened: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Ask(Operation):
    """A gather. `asking(n, why)` is its TwiML when it is asked for the n-th time again, because of `no_input` or `no_match`."""

    asking: Callable[[int, str], tuple[Parts, bool]]
    answers: Answers
    goals: tuple[Goal, ...]
    save: Save | None
    attempts: int
    silent: bool  # on silence the document goes on
    secret: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Jump(Operation):
    """Goes on at a target; `parts` is the TwiML for a target that is no step."""

    target: Target
    parts: Parts


@dataclass(frozen=True, slots=True, eq=False)
class Choose(Operation):
    """A branch instruction."""

    on: Expression | None
    answers: Answers
    goals: tuple[Goal, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Put(Operation):
    """Sets variables."""

    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Note(Operation):
    """Writes a line into the log."""

    text: str | Template


@dataclass(frozen=True, slots=True, eq=False)
class Close(Operation):
    """Ends a subflow with a value, elsewhere the document."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Call(Operation):
    """Calls a flow; `given` are the variables it is given."""

    flow: str
    given: tuple[tuple[str, Any], ...]
    answers: Answers
    goals: tuple[Goal, ...]
    save: Save | None


@dataclass(frozen=True, slots=True, eq=False)
class Reach(Operation):
    """Asks something of the world: `wanted` is the instruction as the flow has it; `addresses` are those of its targets, by key."""

    wanted: PerformEffect
    answers: Answers
    goals: tuple[Goal, ...]
    save: Save | None
    addresses: Mapping[str, Parts]


@dataclass(frozen=True, slots=True, eq=False)
class Tell(Operation):
    """A `say` in messaging: words that stand in one message with those before and after."""

    words: Parts
    personal: bool


@dataclass(frozen=True, slots=True, eq=False)
class Letter(Operation):
    """A message whose words are known only when it is sent."""

    message: Message
    personal: bool


@dataclass(frozen=True, slots=True, eq=False)
class AskByText(Operation):
    """A gather in messaging. `asking(n, why)` are its words when it is asked for the n-th time again; `wait` as `waits` gives it.

    After silence it `asks_again` as long as there are attempts left, and then `goes_on` with `no_input`; without either silence is
    nothing.
    """

    asking: Callable[[int, str], Words]
    answers: Answers
    goals: tuple[Goal, ...]
    save: Save | None
    attempts: int
    wait: Any
    asks_again: bool = False
    goes_on: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Refuse(Operation):
    """A verb that the channel lacks; `why` says so."""

    why: str


@dataclass(slots=True)
class Tracks:
    """All tracks of a step: the first, and where each place is."""

    first: Track
    places: dict[str, Spot] = field(default_factory=dict)
