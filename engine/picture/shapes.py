"""How a card is drawn inside: which lines its words take, where each row stands, how high it is."""

from dataclasses import dataclass
from typing import Final, Literal

from engine.picture.cards import Card, Folded, Item, Line, Row
from engine.picture.layout import TREE
from engine.picture.widths import fit, width, wrap

HEAD: Final = 27.0
ROW: Final = 21.0
LINE: Final = 15.0
PROBLEM: Final = 19.0
INDENT: Final = 22.0
RIGHT: Final = TREE.width - 10  # where what stands at the right ends
SPARE: Final = 4.0  # the browser's font may be wider than ours
COUNT: Final = 34.0  # room that is kept for a count


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake or a doubt in a step, as its card tells it."""

    step: str
    severity: Literal["error", "warning"]
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """An item of a card with where it stands in it: its top, its height, and for a line its words as they are wrapped."""

    item: Item
    top: float
    height: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """A card as it is drawn: its parts from the top, and its height, with room for `problem` if it has one."""

    card: Card
    parts: tuple[Part, ...]
    height: float
    problem: Problem | None = None


def shape_of(card: Card, problem: Problem | None = None) -> Shape:
    """How a card is drawn; `problem` makes it higher by a line."""
    parts: list[Part] = []
    top = HEAD + 4
    for item in card.items:
        words = wrapped(item) if isinstance(item, Line) else ()
        high = LINE * max(len(words), 1) + 4 if isinstance(item, Line) else ROW
        parts.append(Part(item, top, high, words))
        top += high
    return Shape(card, tuple(parts), top + 6 + (PROBLEM if problem else 0), problem)


def line_left(depth: int) -> float:
    """Where a line begins, with its icon."""
    return 10 + depth * INDENT - (9 if depth else 0)


def row_left(item: Row | Folded) -> float:
    """Where a row begins."""
    return 12 + item.depth * INDENT


def words_left(line: Line) -> float:
    """Where the first words of a line begin, behind its verb."""
    return line_left(line.depth) + 17 + width(line.verb, 11) + 8


def wrapped(line: Line) -> tuple[str, ...]:
    """The words of a line as they are drawn."""
    if not line.text:
        return ()
    first = RIGHT - SPARE - words_left(line)
    rest = RIGHT - SPARE - line_left(line.depth) - 17
    most = 2 if line.said else 1
    return wrap(line.text, (max(first, 40.0), rest)[:most], 12)


def cut(text: str, room: float, size: float = 11) -> str:
    """A name or a target as far as there is room."""
    return fit(text, room, size)
