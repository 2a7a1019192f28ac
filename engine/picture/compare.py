"""Draws two versions of a flow in one picture: added, removed and changed steps, exits and words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any

from engine.picture import svg
from engine.picture.cards import Cards, Line, Row
from engine.picture.layout import TREE, Layout, lay_out
from engine.picture.marks import escaped
from engine.picture.merging import Entry, Merge, Merged, merge
from engine.picture.noticed import Change, changes_of
from engine.picture.rows import row_of
from engine.picture.shapes import HEAD, LINE, RIGHT, ROW, SPARE, Part, line_left, words_left, wrapped
from engine.picture.widths import width
from engine.picture.wires import number, wires

LINES = 3  # that changed words may take
AROUND = 3  # words that are shown before the first change
_CLASSES = {"": "same", "+": "add", "-": "del", "~": "chg"}
_SIGNS = {"+": "+", "-": "−", "~": "~"}
_Run = tuple[str, str]  # "" for words of both, "+" or "-"; and the words


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An entry with its place in the card, and its words where they changed."""

    entry: Entry
    part: Part
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)  # without slots: what is derived is found once
class Comparison:
    """Two versions of a flow, as one picture and in sentences."""

    merge: Merge

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What callers notice."""
        return changes_of(self.merge)

    @cached_property
    def _drawn(self) -> Mapping[str, tuple[_Drawn, ...]]:
        return {card.step: tuple(_parts(card)) for card in self.merge.merged}

    @cached_property
    def layout(self) -> Layout:
        """Where the cards of both stand."""
        heights = {
            step: (parts[-1].part.top + parts[-1].part.height if parts else HEAD + 4) + 6
            for step, parts in self._drawn.items()
        }
        return lay_out(self.merge.cards, lambda card: heights[card.step])

    @cached_property
    def svg(self) -> str:
        """The picture."""
        layout, cards = self.layout, self.merge.cards
        wide, high = layout.width + 2 * svg.MARGIN, layout.height + 2 * svg.MARGIN
        parts = [
            svg.opening("flow diff", f"{cards.flow}, two versions", wide, high),
            '<g class="wires" aria-hidden="true">',
        ]
        for card in self.merge.merged:
            rows = (
                (row, drawn.part.top + ROW / 2) for drawn in self._drawn[card.step] for row in _ways(drawn.entry, card)
            )
            found = list(wires(layout, card, rows, TREE, HEAD / 2))
            new, old = (
                {row.edge for row in _signed(card, "+")},
                {row.edge for row in _signed(card, "-")} | {row.edge for row in card.gone},
            )
            for wire in found:
                kind = (
                    " add"
                    if set(wire.edges) <= new
                    else " del"
                    if set(wire.edges) <= old and wire.to in self._gone
                    else ""
                )
                parts += (
                    text.replace('class="wire', f'class="wire{kind}').replace('class="tip', f'class="tip{kind}')
                    for text in svg.lines([wire])
                )
        parts.append("</g>")
        for card in self.merge.merged:
            parts += self._card(card)
        parts.append("</svg>")
        return "".join(parts)

    @cached_property
    def _gone(self) -> frozenset[str]:
        return frozenset(card.step for card in self.merge.merged if card.sign == "-")

    def told(self) -> dict[str, Any]:
        """The comparison as JSON has it."""
        layout = self.layout
        return {
            "flow": self.merge.after.flow,
            "svg": self.svg,
            "width": layout.width + 2 * svg.MARGIN,
            "height": layout.height + 2 * svg.MARGIN,
            "changes": [{"step": one.step, "change": one.change, "what": list(one.what)} for one in self.changes],
        }

    def _card(self, card: Merged) -> Iterator[str]:
        place = self.layout.places[card.step]
        high = number(place.height)
        word = {"+": ", added", "-": ", removed", "~": ", changed"}.get(card.sign, "")
        yield (
            f'<g class="card {_CLASSES[card.sign]}" role="treeitem" tabindex="-1" aria-level="{place.column + 1}" '
            f'aria-label="{escaped(card.name + word)}, line {card.line}" data-step="{escaped(card.step)}" data-line="{card.line}" '
            f'transform="translate({number(place.x)} {number(place.y)})"><rect class="body" width="272" height="{high}" rx="7"/>'
            '<path class="head" d="M.5 27V7A6.5 6.5 0 0 1 7 .5H265a6.5 6.5 0 0 1 6.5 6.5V27z"/>'
        )
        callers = self.merge.cards.callers[card.step]
        yield from svg.head(card, place, callers, _SIGNS.get(card.sign, ""))
        if card.was:
            left = 23 + width(card.name, 13, "bold") + 8
            yield f'<text class="olds was" x="{number(left)}" y="18">{escaped(card.was)}</text>'
        for drawn in self._drawn[card.step]:
            yield from _entry(drawn, card, self.layout)
        yield f'<rect class="edge" width="272" height="{high}" rx="7"/></g>'


def compare(before: Cards, after: Cards) -> Comparison:
    """Compares two versions of a flow."""
    return Comparison(merge(before, after))


def _signed(card: Merged, sign: str) -> Iterator[Row]:
    for entry in card.entries:
        if isinstance(entry.item, Row) and (entry.sign == sign or card.sign == sign):
            yield entry.item


def _ways(entry: Entry, card: Merged) -> Iterator[Row]:
    """The rows of an entry from which lines leave: the one that is, and the one that led to a step that is gone."""
    if isinstance(entry.item, Row) and entry.sign != "-":
        yield entry.item
    for row in (entry.item if entry.sign == "-" else None, entry.before):
        if isinstance(row, Row) and row in card.gone:
            yield row


def _parts(card: Merged) -> Iterator[_Drawn]:
    top = HEAD + 4
    for entry in card.entries:
        item = entry.item
        words: tuple[str, ...] = ()
        runs: tuple[str, ...] = ()
        high = ROW
        if isinstance(item, Line):
            if entry.sign == "~" and isinstance(entry.before, Line):
                runs = tuple(_changed(entry.before.text, item))
            words = wrapped(item)
            high = LINE * max(len(runs or words), 1) + 4
        yield _Drawn(entry, Part(item, top, high, words), runs)
        top += high


def _entry(drawn: _Drawn, card: Merged, layout: Layout) -> Iterator[str]:
    entry, part = drawn.entry, drawn.part
    kind = f" {_CLASSES[entry.sign]}" if entry.sign else ""
    if entry.sign and card.sign == "~":
        yield (
            f'<rect class="dbg{kind}" x="1" y="{number(part.top)}" width="270" height="{number(part.height)}"/>'
            f'<text class="dm{kind}" x="-12" y="{number(part.top + 13.5)}">{_SIGNS[entry.sign]}</text>'
        )
    if isinstance(entry.item, Line):
        yield from svg.line_of(part, entry.item, kind, drawn.runs)
    elif isinstance(entry.item, Row):
        before = entry.before.target if isinstance(entry.before, Row) else ""
        yield from row_of(part, entry.item, card, layout, kind, before)
    else:
        yield from svg.folded_of(part, entry.item)


def _changed(before: str, line: Line) -> Iterator[str]:
    """The words of a line with what was removed and added, as lines of SVG; from a few words before the first change on."""
    runs = _runs(before.split(), line.text.split())
    first = RIGHT - SPARE - words_left(line)
    rest = RIGHT - SPARE - line_left(line.depth) - 17
    rooms = [first, *[rest] * (LINES - 1)]
    rows: list[list[_Run]] = [[]]
    left = rooms[0]
    blank = width(" ", 12)
    for number_, (kind, word) in enumerate(runs):
        wide = width(word, 12)
        if wide > left and rows[-1]:
            if len(rows) == LINES:
                rows[-1].append(("", "…"))
                break
            rows.append([])
            left = rooms[len(rows) - 1]
        more = number_ < len(runs) - 1 and len(rows) == LINES and left - wide - blank < width("…", 12)
        if more:
            rows[-1].append(("", "…"))
            break
        rows[-1].append((kind, word))
        left -= wide + blank
    for row in rows:
        yield " ".join(_joined(row))


def _joined(row: list[_Run]) -> Iterator[str]:
    """Words of a kind in a row as one piece."""
    at = 0
    while at < len(row):
        end = at
        while end < len(row) and row[end][0] == row[at][0]:
            end += 1
        text = escaped(" ".join(word for _, word in row[at:end]))
        kind = {"+": "wadd", "-": "wdel"}.get(row[at][0], "")
        yield f'<tspan class="{kind}">{text}</tspan>' if kind else text
        at = end


def _runs(before: list[str], after: list[str]) -> list[_Run]:
    found: list[_Run] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            found += (("", word) for word in after[j1:j2])
            continue
        found += (("-", word) for word in before[i1:i2])
        found += (("+", word) for word in after[j1:j2])
    first = next((number_ for number_, (kind, _) in enumerate(found) if kind), 0)
    return [("", "…"), *found[first - AROUND :]] if first > AROUND + 3 else found
