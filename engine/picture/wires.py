"""The lines from a card to those beside and below it: one track for each child, the upper children's further right."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.picture.cards import Card, Row
from engine.picture.layout import Layout, Measures, Place

DISTANCE = 8.0  # between two tracks
ROOM = 22.0  # that all tracks of a card share


@dataclass(frozen=True, slots=True)
class Wire:
    """A line: the exits that take it, the two steps, its path and that of its tip."""

    edges: tuple[str, ...]
    from_: str
    to: str
    path: str
    tip: str
    aux: bool = False
    quiet: bool = False  # a report that nobody hears


def number(value: float) -> str:
    """A coordinate, as short as it can be written."""
    return f"{value:.1f}".removesuffix(".0")


def tracks(layout: Layout, card: Card, measures: Measures) -> dict[str, float]:
    """Where the track of each child of a card stands, by step; those that stand below it have none."""
    place = layout.places[card.step]
    beside = [step for step in layout.children.get(card.step, ()) if not layout.places[step].stacked]
    right = place.x + measures.width
    first = measures.gutter - 15
    distance = min(DISTANCE, (first - 11) / (len(beside) - 1)) if len(beside) > 1 else 0.0
    return {step: right + first - index * distance for index, step in enumerate(beside)}


def down(parent: Place, child: Place, row: Row) -> Wire:
    """The line to a card that stands below, in the same column."""
    x, top, bottom = number(parent.x + 22), number(parent.y + parent.height), child.y
    tip = f"M{number(parent.x + 18.5)} {number(bottom - 6)}l3.5 5 3.5-5z"
    return Wire((row.edge,), parent.step, child.step, f"M{x} {top}V{number(bottom - 1)}", tip, row.aux, row.quiet)


def across(start: tuple[float, float], end: tuple[float, float], track: float, radius: float = 7) -> tuple[str, str]:
    """The path from the right of a card to the left of another by way of a track, and its tip."""
    (x, y), (to_x, to_y) = start, end
    high = abs(to_y - y)
    tip = f"M{number(to_x - 6)} {number(to_y - 3.5)}l5 3.5-5 3.5z"
    if high < 0.1:
        return f"M{number(x)} {number(y)}H{number(to_x - 5)}", tip
    bend = min(radius, high / 2)
    turn = number(bend if to_y > y else -bend)
    bent, level = number(bend), number(to_y - (bend if to_y > y else -bend))
    return (
        f"M{number(x)} {number(y)}H{number(track - bend)}q{bent} 0 {bent} {turn}V{level}q0 {turn} {bent} {turn}H{number(to_x - 5)}",
        tip,
    )


def wires(
    layout: Layout, card: Card, rows: Iterator[tuple[Row, float]], measures: Measures, head: float
) -> Iterator[Wire]:
    """The lines of a card; `rows` come with the height at which each leaves it, `head` is where a line reaches a card."""
    place = layout.places[card.step]
    ways = tracks(layout, card, measures)
    for row, height in rows:
        if row.shown != "step" or not layout.is_line(card.step, row.to):
            continue
        child = layout.places[row.to]
        if child.stacked:
            yield down(place, child, row)
            continue
        start, end = (place.x + measures.width, place.y + height), (child.x, child.y + head)
        path, tip = across(start, end, ways[row.to])
        yield Wire((row.edge,), card.step, row.to, path, tip, row.aux, row.quiet)
