"""Draws the cards of a flow as SVG: nothing but classes and presentation attributes, every text escaped.

What the page adds is only classes and texts, and nothing moves: `svg.counted` shows counts and bars, a row or wire with `hot` was taken by the call, a
card is `on` (the call came here), `off` (it did not), `now`; `picked` is selected, `flash` has just changed. Empty texts wait for it:
`.count`, `.hung`, those in `.turn`, `.arrival` and `.nowmark`; a `.bar` gets its width, of `data-full` at most.
"""

from collections.abc import Iterable, Iterator, Mapping

from engine.picture.cards import Card, Cards, Folded, Line, Row
from engine.picture.layout import TREE, Layout, Place
from engine.picture.marks import SYMBOLS, escaped, sign
from engine.picture.rows import row_of, rules
from engine.picture.shapes import HEAD, ROW, Part, Shape, cut, line_left, row_left, words_left
from engine.picture.widths import width
from engine.picture.wires import Wire, number, wires

MARGIN = 20
_TAGS = {"start": "start", "on_error": "on_error", "whisper": "whisper", "wait": "while waiting", "callback": "report"}


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
        edges, kind = escaped("|".join(wire.edges)), " aux" if wire.aux else " report" if wire.quiet else ""
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
    yield from head(card, place, callers)
    for part in shape.parts:
        if isinstance(part.item, Line):
            yield from line_of(part, part.item)
        elif isinstance(part.item, Row):
            yield from row_of(part, part.item, card, layout)
        else:
            yield from folded_of(part, part.item)
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


def head(card: Card, place: Place, callers: tuple[str, ...], sign: str = "") -> Iterator[str]:
    """The header of a card: its name, its marks, how many other steps lead to it; a `sign` stands before the name."""
    tags = ["nothing leads here"] if place.unreached else [_TAGS[mark] for mark in card.marks]
    kind = " warn" if place.unreached else " aux" if {"whisper", "wait"} & set(card.marks) else ""
    tag = ", ".join(tags)
    left = 23 if sign else 10
    room = 200.0 - (width(tag, 10.5) + 8 if tag else 0)
    name = cut(card.name, max(room, 90), 13.5)
    if sign:
        yield f'<text class="dm" x="10" y="18">{sign}</text>'
    yield f'<text class="name" x="{left}" y="18">{escaped(name)}</text>'
    if tag:
        at = left + width(name, 13, "bold") + 8
        yield f'<text class="tag{kind}" x="{number(at)}" y="18">{escaped(tag)}</text>'
    others = [caller.partition("/")[2] for caller in callers if caller not in (place.parent, card.step)]
    if others:
        more = f"{len(others)} more step{'' if len(others) == 1 else 's'} lead{'s' if len(others) == 1 else ''} here: "
        shown = ", ".join(others[:12]) + (", …" if len(others) > 12 else "")
        yield (
            f'<g class="in"><title>{escaped(more + shown)}</title><use href="#a-in" x="220" y="9.3" width="10" height="10"/>'
            f'<text x="238" y="18">{len(others)}</text></g>'
        )
    yield f'<text class="hung" x="236" y="18"/><text class="lno" x="262" y="18">{card.line}</text>'


def line_of(part: Part, line: Line, more: str = "", runs: tuple[str, ...] = ()) -> Iterator[str]:
    """A line at its height in the card. `more` are further classes, `runs` its words where they are drawn otherwise."""
    yield from rules(line.depth, part.top, part.height)
    left = line_left(line.depth)
    y = part.top + 12.5
    leads = f' data-to="{escaped(line.to)}"' if line.to else ""
    yield f'<g class="line{more}" data-line="{line.line}"{leads}><use href="#{sign(line.verb)}" x="{number(left)}" y="{number(part.top + 2)}" width="12" height="12"/>'
    yield f'<text class="verb" x="{number(left + 17)}" y="{number(y)}">{escaped(line.verb)}</text>'
    kind = "said" if line.said else "arg"
    for index, words in enumerate(runs or map(escaped, part.words)):
        x = left + 17 if index else words_left(line)
        yield f'<text class="{kind}" x="{number(x)}" y="{number(y + 15 * index)}">{words}</text>'
    if not runs and part.words and part.words[-1].endswith("…"):
        yield f"<title>{escaped(line.text)}</title>"
    yield "</g>"


def folded_of(part: Part, folded: Folded) -> Iterator[str]:
    """What stands for a list that is nested too deep."""
    yield from rules(folded.depth, part.top, part.height)
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
