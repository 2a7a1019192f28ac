"""Two versions of a flow as one: every step and item of both, with what became of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from typing import Literal

from engine.picture.cards import Card, Cards, Folded, Item, Line, Row

MOST = 300  # items of a card of which it is found out which is which
Sign = Literal["", "+", "-", "~"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a card: added, removed, changed from what it was `before`, or as it was."""

    item: Item
    sign: Sign = ""
    before: Item | None = None


@dataclass(frozen=True)  # without slots: what is derived is found once
class Merged(Card):
    """A step of either version, with what became of it. `was` is its name before, if that is another."""

    sign: Sign = ""
    entries: tuple[Entry, ...] = ()
    was: str = ""
    gone: tuple[Row, ...] = ()  # the ways to steps that are no more

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The ways out of both versions, as far as they lead to different steps."""
        return (*(item for item in self.items if isinstance(item, Row)), *self.gone)


@dataclass(frozen=True, slots=True)
class Merge:
    """Both versions in one; `names` are the whole names of steps that are called otherwise now, by what they were."""

    cards: Cards
    before: Cards
    after: Cards
    names: Mapping[str, str]

    @property
    def merged(self) -> Iterator[Merged]:
        """The cards."""
        for card in self.cards:
            assert isinstance(card, Merged), "it is made of nothing else"
            yield card


def merge(before: Cards, after: Cards) -> Merge:
    """Two versions of a flow in one, in the order of the later; what is gone stands behind what it stood behind."""
    names = _renamed(before, after)
    known = {names.get(card.step, card.step): card for card in before}
    gone = frozenset(card.step for card in before if names.get(card.step, card.step) not in after.by_step)
    found: list[Merged] = []
    for card in after:
        old = known.get(card.step)
        found.append(_added(card) if old is None else _both(old, card, names, gone))
    for card in (card for card in before if card.step in gone):
        found.insert(_behind(card, before, found, names), _removed(card))
    cards = Cards(after.flow, after.start, tuple(found), after.strip, after.reached | before.reached)
    return Merge(cards, before, after, names)


def _renamed(before: Cards, after: Cards) -> dict[str, str]:
    """The steps that only have another name: all that is in them is the same."""
    fresh = [card for card in after if card.step not in before.by_step]
    lost = [card for card in before if card.step not in after.by_step]
    kept = {repr((card.marks, _own(card))): card for card in fresh}
    found = {}
    for card in lost:
        same = kept.pop(repr((card.marks, _own(card))), None)
        if same is not None:
            found[card.step] = same.step
    return found


def _own(card: Card) -> tuple[object, ...]:
    """What a card says, without the names that its exits carry in their ids."""
    return tuple(
        replace(item, edge="", line=0) if isinstance(item, Row) else replace(item, line=0) for item in card.items
    )


def _added(card: Card) -> Merged:
    return Merged(card.flow, card.name, card.line, card.marks, card.items, "+", tuple(map(Entry, card.items)))


def _removed(card: Card) -> Merged:
    return Merged(card.flow, card.name, card.line, card.marks, card.items, "-", tuple(map(Entry, card.items)))


def _behind(card: Card, before: Cards, found: Sequence[Merged], names: Mapping[str, str]) -> int:
    """Where a step that is gone stands now: behind the one that it followed."""
    places = {one.step: number for number, one in enumerate(found)}
    previous = None
    for one in before:
        if one.step == card.step:
            break
        previous = places.get(names.get(one.step, one.step), previous)
    return 0 if previous is None else previous + 1


def _both(old: Card, new: Card, names: Mapping[str, str], gone: frozenset[str]) -> Merged:
    was = old.name if old.name != new.name else ""
    if old.hash == new.hash and not was:
        return Merged(new.flow, new.name, new.line, new.marks, new.items, "", tuple(map(Entry, new.items)))
    entries = tuple(_entries(old.items, new.items, names))
    changed = bool(was) or old.marks != new.marks or any(entry.sign for entry in entries)
    befores = [entry.before if entry.sign == "~" else entry.item for entry in entries if entry.sign in ("~", "-")]
    ways = tuple(row for row in befores if isinstance(row, Row) and row.to in gone)
    items = tuple(entry.item for entry in entries if entry.sign != "-")
    return Merged(new.flow, new.name, new.line, new.marks, items, "~" if changed else "", entries, was, ways)


def _key(item: Item) -> tuple[object, ...]:
    """By what an item is known again in another version."""
    if isinstance(item, Row):
        return "row", item.kind, item.depth, item.caps
    if isinstance(item, Line):
        return "line", item.verb, item.depth
    return ("folded", item.depth)


def _entries(before: Sequence[Item], after: Sequence[Item], names: Mapping[str, str]) -> Iterator[Entry]:
    if max(len(before), len(after)) > MOST:  # too many to look for what moved
        for one, other in zip(before, after, strict=False):
            yield from (
                (_compared(one, other, names),) if _key(one) == _key(other) else (Entry(one, "-"), Entry(other, "+"))
            )
        yield from (Entry(item, "-") for item in before[len(after) :])
        yield from (Entry(item, "+") for item in after[len(before) :])
        return
    old, new = [_key(item) for item in before], [_key(item) for item in after]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    opcodes = matcher.get_opcodes()
    # A key that stands elsewhere now is the same key.
    left = [before[i] for kind, i1, i2, _, _ in opcodes if kind in ("delete", "replace") for i in range(i1, i2)]
    moved = {_key(item): item for item in left if isinstance(item, Row)}
    taken = set()
    for kind, _, _, j1, j2 in opcodes:
        taken |= {new[j] for j in range(j1, j2) if kind in ("insert", "replace") and new[j] in moved}
    for kind, i1, i2, j1, j2 in opcodes:
        if kind == "equal":
            for i, j in zip(range(i1, i2), range(j1, j2), strict=True):
                yield _compared(before[i], after[j], names)
            continue
        for item in before[i1:i2]:
            if _key(item) not in taken:
                yield Entry(item, "-")
        for item in after[j1:j2]:
            yield _compared(moved[_key(item)], item, names) if _key(item) in taken else Entry(item, "+")


def _compared(old: Item, new: Item, names: Mapping[str, str]) -> Entry:
    return Entry(new) if told(old, names) == told(new, {}) else Entry(new, "~", old)


def told(item: Item, names: Mapping[str, str]) -> tuple[object, ...]:
    """What an item says, steps that are only called otherwise by their present names."""
    if isinstance(item, Row):
        return names.get(item.to, item.to) or item.target, item.shown
    if isinstance(item, Line):
        return item.text, item.to
    assert isinstance(item, Folded)
    return (item.count,)
