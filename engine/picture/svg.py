"""Draws the cards of a flow as SVG: nothing but classes and presentation attributes, every text escaped.

What the page adds is only classes and texts, and nothing moves: `svg.counted` shows counts and bars, a row or wire with `hot` was taken by the call, a
card is `on` (the call came here), `off` (it did not), `now`; `picked` is selected, `flash` has just changed. Empty texts wait for it:
`.count`, `.hung`, those in `.turn`, `.arrival` and `.nowmark`; a `.bar` gets its width, of `data-full` at most.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from engine.picture.cards import Cap, Card, Cards, Folded, Line, Row
from engine.picture.layout import TREE, Layout, Place
from engine.picture.marks import SYMBOLS, escaped, sign
from engine.picture.shapes import COUNT, HEAD, INDENT, RIGHT, ROW, Part, Shape, cut, line_left, row_left, words_left
from engine.picture.widths import width
from engine.picture.wires import Wire, number, wires

MARGIN = 20
_TAGS = {"start": "start", "on_error": "on_error", "whisper": "whisper", "wait": "while waiting", "callback": "report"}
_WIDEST_TARGET = 150.0


class Drawn(NamedTuple):
    """How a row shows where it leads: `shown` and `jump` as the page's interface has them, and the left end of what is drawn."""

    shown: str
    jump: str
    left: float
    svg: str


def tree(cards: Cards, shapes: Mapping[str, Shape], layout: Layout, title: str) -> str:
    """The picture of a flow, whole."""
    wide, high = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    parts = [opening("flow tree", title, wide, high), '<g class="wires" aria-hidden="true">']
    for card in cards:
        rows = ((part.item, part.top + ROW / 2) for part in shapes[card.step].parts if isinstance(part.item, Row))
        parts += lines(wires(layout, card, rows, TREE, HEAD / 2))
    parts.append("</g>")
    for level, card in _levels(cards, layout):
        parts += card_of(shapes[card.step], layout, level, cards.callers[card.step])
    parts.append("</svg>")
    return "".join(parts)


def opening(kind: str, title: str, wide: float, high: float) -> str:
    """The first tag of a picture, with the signs that it uses."""
    w, h = number(wide), number(high)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" role="tree" aria-label="{escaped(title)}" '
        f'width="{w}" height="{h}" viewBox="-{MARGIN} -{MARGIN} {w} {h}"><defs>{SYMBOLS}</defs>'
    )


def _levels(cards: Cards, layout: Layout) -> Iterator[tuple[int, Card]]:
    """The cards with how many choices deep they are."""
    for card in cards:
        yield layout.places[card.step].column + 1, card


def lines(found: Iterable[Wire]) -> Iterator[str]:
    """Lines with the ground around them, by which crossings are told apart."""
    drawn = list(found)
    for wire in drawn:
        yield f'<path class="halo" d="{wire.path}"/>'
    for wire in drawn:
        edges, kind = escaped("|".join(wire.edges)), " aux" if wire.aux else ""
        ends = f'data-from="{escaped(wire.from_)}" data-to="{escaped(wire.to)}"'
        yield f'<path class="wire{kind}" d="{wire.path}" data-edges="{edges}" {ends}/><path class="tip{kind}" d="{wire.tip}"/>'


def card_of(shape: Shape, layout: Layout, level: int, callers: tuple[str, ...]) -> Iterator[str]:
    """A card, at its place."""
    card, place = shape.card, layout.places[shape.card.step]
    high = number(shape.height)
    classes = [
        "card",
        *(["unreached"] if place.unreached else []),
        *([f"bad {shape.problem.severity}"] if shape.problem else []),
    ]
    yield (
        f'<g class="{" ".join(classes)}" role="treeitem" tabindex="-1" aria-level="{level}" aria-label="{escaped(label(shape, place))}" '
        f'data-step="{escaped(card.step)}" data-hash="{content_hash(shape, place)}" data-line="{card.line}" '
        f'transform="translate({number(place.x)} {number(place.y)})">'
        f'<rect class="ring" x="-4" y="-4" width="280" height="{number(shape.height + 8)}" rx="10"/>'
        f'<rect class="body" width="272" height="{high}" rx="7"/>'
        '<path class="head" d="M.5 27V7A6.5 6.5 0 0 1 7 .5H265a6.5 6.5 0 0 1 6.5 6.5V27z"/>'
    )
    yield from _head(card, place, callers)
    for part in shape.parts:
        if isinstance(part.item, Line):
            yield from _line(part, part.item)
        elif isinstance(part.item, Row):
            yield from _row(part, part.item, card, layout)
        else:
            yield from _folded(part, part.item)
    if shape.problem:
        yield from _problem(shape)
    yield (
        f'<rect class="edge" width="272" height="{high}" rx="7"/>'
        '<g class="arrival" transform="translate(4 0)"><circle r="7.5"/><text y="3.6"/></g>'
        '<g class="nowmark"><rect x="192" y="-8" width="72" height="16" rx="8"/><text x="228" y="3.8"/></g></g>'
    )


def content_hash(shape: Shape, place: Place) -> str:
    """Changes when what the card says changes, its problem included."""
    more = f"-{abs(hash_of(shape.problem.text))}" if shape.problem else ""
    return f"{shape.card.hash}{'u' if place.unreached else ''}{more}"


def hash_of(text: str) -> int:
    """A number for a text, the same in every process."""
    found = 0
    for char in text:
        found = (found * 31 + ord(char)) & 0xFFFFFF
    return found


def label(shape: Shape, place: Place) -> str:
    """A card in words, for those who do not see it."""
    card = shape.card
    exits = sum(1 for row in card.rows if row.kind not in ("again", "fall"))
    told = [
        card.name,
        *(_TAGS[mark] for mark in card.marks),
        f"line {card.line}",
        f"{exits} exit{'' if exits == 1 else 's'}",
    ]
    told += ["nothing leads here"] if place.unreached else []
    told += [shape.problem.text] if shape.problem else []
    return ", ".join(told)


def _head(card: Card, place: Place, callers: tuple[str, ...]) -> Iterator[str]:
    tags = ["nothing leads here"] if place.unreached else [_TAGS[mark] for mark in card.marks]
    kind = " warn" if place.unreached else " aux" if {"whisper", "wait"} & set(card.marks) else ""
    tag = ", ".join(tags)
    room = 200.0 - (width(tag, 10.5) + 8 if tag else 0)
    name = cut(card.name, max(room, 90), 13.5)
    yield f'<text class="name" x="10" y="18">{escaped(name)}</text>'
    if tag:
        left = 10 + width(name, 13, "bold") + 8
        yield f'<text class="tag{kind}" x="{number(left)}" y="18">{escaped(tag)}</text>'
    others = [caller.partition("/")[2] for caller in callers if caller not in (place.parent, card.step)]
    if others:
        more = f"{len(others)} more step{'' if len(others) == 1 else 's'} lead{'s' if len(others) == 1 else ''} here by a chip: "
        shown = ", ".join(others[:12]) + (", …" if len(others) > 12 else "")
        yield (
            f'<g class="in"><title>{escaped(more + shown)}</title><use href="#a-in" x="220" y="9.3" width="10" height="10"/>'
            f'<text x="238" y="18">{len(others)}</text></g>'
        )
    yield f'<text class="hung" x="236" y="18"/><text class="lno" x="262" y="18">{card.line}</text>'


def _rules(depth: int, top: float, height: float) -> Iterator[str]:
    for level in range(depth):
        yield f'<path class="rule" d="M{number(20 + level * INDENT)} {number(top)}v{number(height)}"/>'


def _line(part: Part, line: Line) -> Iterator[str]:
    yield from _rules(line.depth, part.top, part.height)
    left = line_left(line.depth)
    y = part.top + 12.5
    more = f' data-to="{escaped(line.to)}"' if line.to else ""
    yield f'<g class="line" data-line="{line.line}"{more}><use href="#{sign(line.verb)}" x="{number(left)}" y="{number(part.top + 2)}" width="12" height="12"/>'
    yield f'<text class="verb" x="{number(left + 17)}" y="{number(y)}">{escaped(line.verb)}</text>'
    kind = "said" if line.said else "arg"
    for index, words in enumerate(part.words):
        x = left + 17 if index else words_left(line)
        yield f'<text class="{kind}" x="{number(x)}" y="{number(y + 15 * index)}">{escaped(words)}</text>'
    if part.words and part.words[-1].endswith("…"):
        yield f"<title>{escaped(line.text)}</title>"
    yield "</g>"


def _row(part: Part, row: Row, card: Card, layout: Layout) -> Iterator[str]:
    yield from _rules(row.depth, part.top, part.height)
    drawn = leads(row, card, layout)
    if row.kind == "fall":
        yield (
            f'<g class="row fall" data-edge="{escaped(row.edge)}" data-line="{row.line}" transform="translate(0 {number(part.top)})">'
            '<rect class="ground" x="1" width="270" height="21"/>'
            '<use href="#a-end" class="mu" x="14" y="7" width="7" height="7"/>'
            f'<text class="quiet" x="27" y="14.2">{escaped(row.target)}</text>{_waiting(row, RIGHT)}</g>'
        )
        return
    kind = " aux" if row.aux else ""
    kind += f" is-{drawn.shown}{' bad' if row.shown == 'bad' else ''}"
    yield (
        f'<g class="row{kind}" data-edge="{escaped(row.edge)}" data-to="{escaped(row.to)}" data-line="{row.line}" '
        f'transform="translate(0 {number(part.top)})"><rect class="ground" x="1" width="270" height="21"/>'
    )
    left = row_left(row)
    cut_off, caps = _caps(row, left, drawn.left - 6 - COUNT - left)
    yield caps
    yield drawn.svg
    if cut_off or "…" in drawn.svg:
        yield f"<title>{escaped(', '.join(cap.text for cap in row.caps))}: {escaped(row.target)}</title>"
    yield _waiting(row, drawn.left - 7)
    yield "</g>"


def _waiting(row: Row, right: float) -> str:
    """What the page fills in: how often the exit was taken, and in which turn."""
    x = 10 + row.depth * INDENT
    full = number(RIGHT - x)
    return (
        f'<rect class="bar" x="{number(x)}" y="18.4" width="0" height="2.6" data-full="{full}"/>'
        f'<text class="count" x="{number(right)}" y="13.6"/>'
        '<g class="turn"><circle cx="280" cy="10.5" r="7.5"/><text x="280" y="14.1"/></g>'
    )


def leads(row: Row, card: Card, layout: Layout) -> Drawn:
    """What a row shows at its right for where it leads."""
    text = cut(row.target, _WIDEST_TARGET)
    wide = width(text, 11)
    match row.shown:
        case "step" if layout.is_line(card.step, row.to):
            dot = '<circle class="dot" cx="272" cy="10.5" r="2.6"/>'
            return Drawn("line", "", RIGHT - wide, f'<text class="near" x="262" y="14.2">{escaped(text)}</text>{dot}')
        case "step" | "bad":
            jump = _jump(row, card, layout)
            icon = "a-out" if row.shown == "bad" else "a-again" if row.to == card.step else f"a-{jump or 'out'}"
            x = RIGHT + 2 - wide - 24.4
            return Drawn("chip", jump, x, _chip(x, wide + 24.4, text, icon))
        case "flow" | "url":
            x = RIGHT + 2 - wide - 14
            inner = f'<rect class="inner" x="{number(x + 1.75)}" y="4.2" width="{number(wide + 10.5)}" height="12.5" rx="1"/>'
            return Drawn(row.shown, "", x, _chip(x, wide + 14, text, "", inner))
        case "list":
            return Drawn("on", "", RIGHT, "")
    icon, size = {"repeat": ("again", 10), "again": ("again", 10), "back": ("back", 10), "on": ("on", 9)}.get(
        row.shown, ("end", 9)
    )
    x = RIGHT - wide - 3.6 - size
    use = f'<use href="#a-{icon}" class="mu" x="{number(x)}" y="{number(10.5 - size / 2)}" width="{size}" height="{size}"/>'
    return Drawn(row.shown, "", x, f'{use}<text class="quiet end" x="262" y="14.2">{escaped(text)}</text>')


def _jump(row: Row, card: Card, layout: Layout) -> str:
    """Whether a jump leads down or up in the file."""
    order = layout.order
    if row.to not in order or row.to == card.step:
        return ""
    return "down" if order[row.to] > order[card.step] else "up"


def _chip(x: float, wide: float, text: str, icon: str, inner: str = "") -> str:
    use = f'<use href="#{icon}" x="{number(x + 6)}" y="6" width="9" height="9"/>' if icon else ""
    right = number(x + wide - (6 if icon else 7))
    return (
        f'<g class="chip"><rect x="{number(x)}" y="2.5" width="{number(wide)}" height="16" rx="4"/>{inner}{use}'
        f'<text x="{right}" y="14">{escaped(text)}</text></g>'
    )


def _caps(row: Row, left: float, room: float) -> tuple[bool, str]:
    """The keys of a row as far as there is room, and whether something was left out."""
    drawn: list[str] = []
    x, end = left, left + max(room, 30)
    whole = True
    for index, cap in enumerate(row.caps):
        rest = len(row.caps) - index - 1
        space = end - x - (24 if rest else 0)
        # Words in a row are told apart by commas, as keys are by their frames.
        text = f"{cap.text}," if rest and cap.kind == "outcome" else cap.text
        svg, wide, shown = _cap(cap, text, x, space)
        if index and (space < 22 or (shown != text and wide < 30)):
            drawn.append(f'<text class="syst" x="{number(x)}" y="14.2">+{rest + 1}</text>')
            return True, "".join(drawn)
        whole = whole and shown == text
        drawn.append(svg)
        x += wide + 4
    return not whole, "".join(drawn)


def _cap(cap: Cap, text: str, x: float, room: float) -> tuple[str, float, str]:
    """A key as it is drawn at `x`, its width, and as much of its text as has room."""
    at = number(x)
    if cap.kind == "key":
        shown = cut(text, room - 10)
        wide = max(17.0, width(shown, 11, "bold") + 10)
        w, mid = number(wide), number(x + wide / 2)
        return (
            f'<rect class="keyb" x="{at}" y="2.5" width="{w}" height="16" rx="3.5"/><rect class="key" x="{at}" y="2.5" width="{w}" height="14" rx="3.5"/>'
            f'<text class="keyt" x="{mid}" y="13.6">{escaped(shown)}</text>',
            wide,
            shown,
        )
    if cap.kind == "said":
        shown = cut(text, room - 13)
        wide = width(shown, 11) + 13
        w, mid = number(wide), number(x + wide / 2)
        return (
            f'<rect class="word" x="{at}" y="2.5" width="{w}" height="16" rx="8"/><text class="wordt" x="{mid}" y="14">{escaped(shown)}</text>',
            wide,
            shown,
        )
    if cap.kind in ("pattern", "condition"):
        shown = text if len(text) * 6.02 <= room - 8 else text[: max(int((room - 14) / 6.02), 3)] + "…"
        wide = width(shown, 10, "mono") + 8
        return (
            f'<rect class="pat" x="{at}" y="2.5" width="{number(wide)}" height="16" rx="2"/><text class="pait" x="{number(x + 4)}" y="13.8">{escaped(shown)}</text>',
            wide,
            shown,
        )
    shown = cut(text, room)
    kind = "auxt" if cap.kind == "role" else "syst"
    return f'<text class="{kind}" x="{at}" y="14.2">{escaped(shown)}</text>', width(shown, 11) + 2, shown


def _folded(part: Part, folded: Folded) -> Iterator[str]:
    yield from _rules(folded.depth, part.top, part.height)
    told = f"… {folded.count} more instruction{'' if folded.count == 1 else 's'}"
    yield f'<text class="quiet" x="{number(row_left(folded))}" y="{number(part.top + 14.2)}" data-line="{folded.line}">{told}</text>'


def _problem(shape: Shape) -> Iterator[str]:
    assert shape.problem is not None, "it is asked for a card that has one"
    problem, h = shape.problem, shape.height
    yield (
        f'<g class="problem {problem.severity}"><rect x="1" y="{number(h - 24)}" width="270" height="21"/>'
        f'<path d="M15 {number(h - 20)}l5.5 10h-11z"/><text x="26" y="{number(h - 9.6)}">{escaped(cut(problem.text, 232))}</text>'
        f"<title>{escaped(problem.text)}</title></g>"
    )
