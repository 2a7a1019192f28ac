"""Draws the rows of a card: the keys at the left, where they lead at the right, and room for what the page fills in."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from engine.picture.cards import Cap, Card, Row
from engine.picture.layout import Layout
from engine.picture.marks import escaped
from engine.picture.shapes import COUNT, INDENT, RIGHT, Part, cut, row_left
from engine.picture.widths import width
from engine.picture.wires import number

_WIDEST_TARGET: Final = 150.0


class Drawn(NamedTuple):
    """How a row shows where it leads: `shown` and `jump` as the page's interface has them, and the left end of what is drawn."""

    shown: str
    jump: str
    left: float
    svg: str


def rules(depth: int, top: float, height: float) -> Iterator[str]:
    """The rules at the left of what stands in lists."""
    for level in range(depth):
        yield f'<path class="rule" d="M{number(20 + level * INDENT)} {number(top)}v{number(height)}"/>'


def row_of(part: Part, row: Row, card: Card, layout: Layout, more: str = "", before: str = "") -> Iterator[str]:
    """A row at its height in the card. `more` are further classes, `before` is where it led before."""
    yield from rules(row.depth, part.top, part.height)
    drawn = leads(row, card, layout)
    if row.kind == "fall":
        yield (
            f'<g class="row fall{more}" data-edge="{escaped(row.edge)}" data-line="{row.line}" transform="translate(0 {number(part.top)})">'
            '<rect class="ground" x="1" width="270" height="21"/>'
            '<use href="#a-end" class="mu" x="14" y="7" width="7" height="7"/>'
            f'<text class="quiet" x="27" y="14.2">{escaped(row.target)}</text>{waiting(row, RIGHT)}</g>'
        )
        return
    kind = f"{more} aux" if row.aux else more
    kind += f" is-{drawn.shown}{' bad' if row.shown == 'bad' else ''}"
    yield (
        f'<g class="row{kind}" data-edge="{escaped(row.edge)}" data-to="{escaped(row.to)}" data-line="{row.line}" '
        f'transform="translate(0 {number(part.top)})"><rect class="ground" x="1" width="270" height="21"/>'
    )
    left, end = row_left(row), drawn.left
    if before:
        old = cut(before, _WIDEST_TARGET / 2)
        yield f'<text class="olds" x="{number(end - 6)}" y="14.2">{escaped(old)}</text>'
        end -= width(old, 11) + 6
    cut_off, keys = caps(row, left, end - 6 - (0 if before else COUNT) - left)
    yield keys
    yield drawn.svg
    if cut_off or "…" in drawn.svg:
        yield f"<title>{escaped(', '.join(cap.text for cap in row.caps))}: {escaped(row.target)}</title>"
    yield waiting(row, end - 7)
    yield "</g>"


def waiting(row: Row, right: float) -> str:
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
            return Drawn("chip", jump, x, chip(x, wide + 24.4, text, icon))
        case "flow" | "url":
            x = RIGHT + 2 - wide - 14
            inner = f'<rect class="inner" x="{number(x + 1.75)}" y="4.2" width="{number(wide + 10.5)}" height="12.5" rx="1"/>'
            return Drawn(row.shown, "", x, chip(x, wide + 14, text, "", inner))
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


def chip(x: float, wide: float, text: str, icon: str, inner: str = "") -> str:
    """A target with its name on a ground of its own."""
    use = f'<use href="#{icon}" x="{number(x + 6)}" y="6" width="9" height="9"/>' if icon else ""
    right = number(x + wide - (6 if icon else 7))
    return (
        f'<g class="chip"><rect x="{number(x)}" y="2.5" width="{number(wide)}" height="16" rx="4"/>{inner}{use}'
        f'<text x="{right}" y="14">{escaped(text)}</text></g>'
    )


def caps(row: Row, left: float, room: float) -> tuple[bool, str]:
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
