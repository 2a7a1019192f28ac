"""Where the cards of a flow stand: columns by parents, bands by heights, nothing optimized, so that an edit moves little.

A step's parent is the shallowest step earlier in the file that leads to it, the first on a tie; one that is reached itself comes first. A step that only goes on to another
has that one below itself in the same column: depth counts choices. A subtree owns its band of height. All of it is found in one pass over steps and exits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from engine.picture.cards import Card, Cards


@dataclass(frozen=True, slots=True)
class Measures:
    """The sizes of a kind of picture, in pixels: of a card, between columns, between cards, below one that only goes on, between roots."""

    width: float
    gutter: float
    gap: float
    below: float
    roots: float


TREE = Measures(272, 48, 16, 18, 26)
OVERVIEW = Measures(152, 34, 8, 8, 16)
MAP = Measures(60, 16, 4, 6, 8)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card stands. `stacked` tells that it stands below its parent, in the same column."""

    step: str
    parent: str
    column: int
    x: float
    y: float
    height: float
    stacked: bool
    unreached: bool


@dataclass(frozen=True)  # without slots: what is derived is found once
class Layout:
    """The places of all cards, in file order; the size of the whole."""

    places: Mapping[str, Place]
    width: float
    height: float

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """The steps that stand beside or below each, in file order."""
        found: dict[str, list[str]] = {}
        for place in self.places.values():
            if place.parent:
                found.setdefault(place.parent, []).append(place.step)
        return {step: tuple(children) for step, children in found.items()}

    @cached_property
    def order(self) -> Mapping[str, int]:
        """The number of each step in the file."""
        return {step: number for number, step in enumerate(self.places)}

    @property
    def parents(self) -> "Parents":
        """The parent of each step: what the next layout is given, so that the cards stay where they are."""
        return {place.step: place.parent for place in self.places.values()}

    def is_line(self, step: str, to: str) -> bool:
        """Whether the way from one step to another is drawn as a line: the first way there."""
        place = self.places.get(to)
        return place is not None and place.parent == step and step != to


Parents = Mapping[str, str]
NONE: Parents = MappingProxyType({})


def lay_out(cards: Cards, height: Callable[[Card], float], measures: Measures = TREE, before: Parents = NONE) -> Layout:
    """The places of the cards of a flow, each as high as `height` says.

    `before` are the parents of an earlier layout: as long as the file has mistakes, a step that lost the last of its earlier
    callers keeps its place.
    """
    parents, columns, stacked = _parents(cards, before if cards.errors else NONE)
    roots: list[Card] = []
    lost: list[Card] = []
    for card in cards:
        if not parents[card.step]:
            (roots if card.step in cards.reached else lost).append(card)
    heights = {card.step: height(card) for card in cards}
    beside, bands = _bands(cards, parents, stacked, heights, measures)
    tops: dict[str, float] = {}
    bottom = -measures.roots
    for root in (*roots, *lost):
        tops[root.step] = bottom + measures.roots
        bottom = tops[root.step] + bands[root.step]
    _stand(cards, parents, stacked, beside, bands, tops, measures)
    unreached = {card.step for card in lost}
    places = {
        card.step: Place(
            card.step,
            parents[card.step],
            columns[card.step],
            columns[card.step] * (measures.width + measures.gutter),
            tops[card.step],
            heights[card.step],
            card.step in stacked,
            card.step in unreached,
        )
        for card in cards
    }
    deepest = max(columns.values(), default=0)
    return Layout(places, deepest * (measures.width + measures.gutter) + measures.width, max(bottom, 0.0))


def _parents(cards: Cards, before: Parents) -> tuple[dict[str, str], dict[str, int], set[str]]:
    """The parent of each step ("" for a root), its column, and the steps that stand below their parents."""
    # By step whether nothing leads to the parent itself, the column it would have, the parent, and whether it stands below that.
    best: dict[str, tuple[bool, int, str, bool]] = {}
    parents: dict[str, str] = {}
    columns: dict[str, int] = {}
    stacked: set[str] = set()
    only: dict[str, bool] = {}
    known = cards.by_step
    for card in cards:
        step = card.step
        found = best.get(step)
        kept = before.get(step, "")
        if found is None and kept in columns:
            found = (False, columns[kept] + (0 if only[kept] else 1), kept, only[kept])
        _, column, parents[step], below = found or (False, 0, "", False)
        columns[step] = column
        if below:
            stacked.add(step)
        one = card.only
        only[step] = one is not None
        for row in card.rows:
            aim = row.to
            if aim in known and aim not in columns:  # it comes later in the file
                way = (step not in cards.reached, column if row is one else column + 1, step, row is one)
                if aim not in best or way[:2] < best[aim][:2]:
                    best[aim] = way
    return parents, columns, stacked


def _bands(
    cards: Cards, parents: Parents, stacked: set[str], heights: Mapping[str, float], measures: Measures
) -> tuple[dict[str, float], dict[str, float]]:
    """For each step how high it is with what stands beside it, and how high its whole band is, with what stands below it."""
    beside = dict(heights)
    within: dict[str, float] = {}  # the bands of those beside it
    under: dict[str, float] = {}  # and of those below it
    bands: dict[str, float] = {}
    for card in reversed(cards.cards):  # a parent stands earlier in the file than its children
        step = card.step
        beside[step] = max(heights[step], within.get(step, 0.0))
        bands[step] = beside[step] + under.get(step, 0.0)
        parent = parents[step]
        if not parent:
            continue
        if step in stacked:
            under[parent] = under.get(parent, 0.0) + measures.below + bands[step]
        else:
            within[parent] = bands[step] + (within[parent] + measures.gap if parent in within else 0.0)
    return beside, bands


def _stand(
    cards: Cards,
    parents: Parents,
    stacked: set[str],
    beside: Mapping[str, float],
    bands: Mapping[str, float],
    tops: dict[str, float],
    measures: Measures,
) -> None:
    """Gives every card its top, whose roots have theirs."""
    next_beside: dict[str, float] = {}
    next_below: dict[str, float] = {}
    for card in cards:
        step = card.step
        if parent := parents[step]:
            if step in stacked:
                tops[step] = next_below[parent]
                next_below[parent] += bands[step] + measures.below
            else:
                tops[step] = next_beside[parent]
                next_beside[parent] += bands[step] + measures.gap
        next_beside[step] = tops[step]
        next_below[step] = tops[step] + beside[step] + measures.below
