"""The cards of a flow: each step as frozen values, in the order in which it is read, before anything is laid out.

A `Card` holds `items` in reading order: a `Line` for each instruction that does something, and a `Row` for each way out of it.
A list that is written in a branch follows the row of its key, one `depth` further in. Pictures, texts and diagrams of a flow are
all made of these. Names of steps are whole, `clinic/menu`; ids of edges are those of `Edge.id`. What has no edge in the graph has
an id of the same form: `clinic/menu:0 again 0` (a gather asks again), `clinic/menu:2 end 0` (a verb that ends the call),
`clinic/menu: ends` (the step runs out).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal

Kind = Literal["key", "said", "pattern", "condition", "outcome", "role", "again", "fall"]
Shown = Literal["step", "repeat", "back", "end", "on", "list", "flow", "url", "again", "bad"]
Mark = Literal["start", "on_error", "whisper", "wait", "callback"]


@dataclass(frozen=True, slots=True)
class Cap:
    """One key of an exit: a key that is pressed, words that are said, a pattern, a condition, or the name of an outcome."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """An instruction: its verb, and what it says of itself; `said` is what somebody hears or reads.

    `to` is the flow that a subflow calls (`verify_pin/`).
    """

    verb: str
    text: str
    said: bool
    place: str
    line: int = field(compare=False)
    depth: int = 0
    to: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A way out: the keys that take it, and where it leads.

    `to` is the step it leads to, as `clinic/menu`, or a flow as `payments/`; "" where that is none, or depends on the call.
    `target` is what the picture shows for it. `shown` tells what that is:
    - "step": a step of this flow; "flow": one of another flow; "url": an address; "bad": no such step, `bad` is what to write;
      with "bad", `to` is the step that is proposed, if there is one;
    - "repeat", "back": stays here, or goes to the question before; "end": the call ends; "on": the next instruction follows;
    - "list": the list below it, which never comes back; "again": asks again.
    `aux` tells of what another one hears, or who waits; `quiet` of a report that nobody hears.
    """

    edge: str
    kind: Kind
    caps: tuple[Cap, ...]
    to: str
    target: str
    shown: Shown
    place: str
    line: int = field(compare=False)
    depth: int = 0
    bad: str = ""
    aux: bool = False
    quiet: bool = False

    @property
    def keys(self) -> list[str]:
        """The keys that are pressed."""
        return [cap.text for cap in self.caps if cap.kind == "key"]

    @property
    def label(self) -> str:
        """What else takes it, in words."""
        return ", ".join(cap.text for cap in self.caps if cap.kind != "key")


@dataclass(frozen=True, slots=True)
class Folded:
    """What a list holds that is nested too deep to be shown."""

    count: int
    depth: int
    line: int = field(compare=False)
    edges: tuple[str, ...] = ()


Item = Line | Row | Folded


@dataclass(frozen=True)  # without slots: what is derived is found once
class Card:
    """A step: what is written in it, and by which marks it is known."""

    flow: str
    name: str
    line: int = field(compare=False)
    marks: tuple[Mark, ...]
    items: tuple[Item, ...]

    @property
    def step(self) -> str:
        """The whole name."""
        return f"{self.flow}/{self.name}"

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The ways out."""
        return tuple(item for item in self.items if isinstance(item, Row))

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The instructions that are shown."""
        return tuple(item for item in self.items if isinstance(item, Line))

    @cached_property
    def only(self) -> Row | None:
        """The redirect to another step that is the only way out; None where there is a choice."""
        rows = self.rows
        one = rows[0] if len(rows) == 1 else None
        return one if one and one.to and one.depth == 0 and one.edge.endswith("redirect 0") else None

    @cached_property
    def main(self) -> Line | None:
        """The line that stands for the card where there is room for one: the first that asks or waits, else the first that is heard."""
        rowed = {row.place for row in self.rows if row.kind != "fall"}
        asking = next((line for line in self.lines if line.place in rowed), None)
        return asking or next((line for line in self.lines if line.said), next(iter(self.lines), None))

    @cached_property
    def words(self) -> str:
        """The first words that somebody hears or reads."""
        return next((line.text for line in self.lines if line.said and line.text), "")

    @cached_property
    def hash(self) -> str:
        """Changes when what the card says changes; not with its place in the file, nor with what leads to it."""
        told = repr((self.name, self.marks, self.items_without_lines))
        return blake2b(told.encode(), digest_size=8).hexdigest()

    @cached_property
    def items_without_lines(self) -> tuple[Item, ...]:
        """The items without where they stand in the file."""
        return tuple(replace(item, line=0) for item in self.items)


@dataclass(frozen=True, slots=True)
class StripKey:
    """What every question of the flow understands beside its own keys."""

    edge: str
    caps: tuple[Cap, ...]
    to: str
    target: str
    shown: Shown
    line: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Strip:
    """What holds for the whole flow, shown once above it."""

    on_error: Row | None = None
    always: tuple[StripKey, ...] = ()
    languages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)  # without slots: what is derived is found once
class Cards:
    """All cards of a flow, in file order. `reached` are the steps that something leads to, from the start or from outside."""

    flow: str
    start: str
    cards: tuple[Card, ...]
    strip: Strip
    reached: frozenset[str]
    errors: bool = False

    def __iter__(self) -> Iterator[Card]:
        return iter(self.cards)

    @cached_property
    def by_step(self) -> Mapping[str, Card]:
        """The cards by the whole name of their steps."""
        return {card.step: card for card in self.cards}

    @cached_property
    def callers(self) -> Mapping[str, tuple[str, ...]]:
        """For each step the steps of the flow that lead to it, in file order."""
        found: dict[str, dict[str, None]] = {card.step: {} for card in self.cards}
        for card in self.cards:
            for row in card.rows:
                if row.to in found and row.shown == "step":
                    found[row.to][card.step] = None
        return {step: tuple(callers) for step, callers in found.items()}


def plain_row(row: Row) -> dict[str, Any]:
    """A row as JSON has it, without how it is drawn."""
    return {
        "edge": row.edge,
        "kind": row.kind,
        "keys": row.keys,
        "label": row.label,
        "caps": [{"kind": cap.kind, "text": cap.text} for cap in row.caps],
        "to": row.to,
        "target": row.target,
        "line": row.line,
        "depth": row.depth,
        "bad": row.bad,
    }
