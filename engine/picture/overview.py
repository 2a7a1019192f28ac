"""Draws a large flow at a glance: small cards with a key for each exit; above 150 steps only blocks with names, and lines."""

from collections.abc import Iterator, Mapping
from typing import Final

from engine.picture.cards import Card, Cards, Row
from engine.picture.dealing import Dealt
from engine.picture.layout import MAP, OVERVIEW, Layout, Measures, Place
from engine.picture.marks import escaped, sign
from engine.picture.shapes import Shape
from engine.picture.svg import content_hash, label, lines, opening
from engine.picture.widths import fit, width
from engine.picture.wires import Wire, across, number

HEIGHT: Final = 46.0
BLOCK: Final = 14.0  # the height of a card in a map
MOST: Final = 150  # steps that an overview shows as cards
KEYS: Final = 14  # keys that a card has room for
_INSIDE = OVERVIEW.width - 14
_NAME = 98.0  # room for a name


def is_map(cards: Cards) -> bool:
    """Whether there are too many steps for cards with keys."""
    return len(cards.cards) > MOST


def measures_of(cards: Cards) -> tuple[Measures, float]:
    """The sizes of an overview, and the height of its cards."""
    return (MAP, BLOCK) if is_map(cards) else (OVERVIEW, HEIGHT)


def overview(cards: Cards, shapes: Mapping[str, Shape], dealt: Dealt, title: str, margin: float) -> str:
    """The picture of a flow from further away."""
    layout = dealt.layout
    measures, high = measures_of(cards)
    blocks = is_map(cards)
    parts = [
        opening(
            f"flow overview{' map' if blocks else ''}", title, layout.width + 2 * margin, layout.height + 2 * margin
        ),
        '<g class="wires" aria-hidden="true">',
    ]
    for card in cards:
        parts += lines(_wires(card, dealt, measures, high))
    parts.append("</g>")
    for x, y in dealt.ghosts:
        parts += _ghost(cards.by_step[dealt.hub], (x, y), measures, high)
    for card in cards:
        shape, place = shapes[card.step], layout.places[card.step]
        parts += _block(shape, place) if blocks else _card(shape, place, layout)
    parts.append("</svg>")
    return "".join(parts)


def _wires(card: Card, dealt: Dealt, measures: Measures, high: float) -> Iterator[Wire]:
    """The lines to what stands beside and below a card, one for each step, from the middle of the card."""
    layout = dealt.layout
    place = layout.places[card.step]
    for step in layout.children.get(card.step, ()):
        rows = [row for row in card.rows if row.to == step and row.shown == "step"]
        if not rows:
            continue
        child = layout.places[step]
        edges, aux = tuple(row.edge for row in rows), all(row.aux for row in rows)
        if child.stacked:
            left = number(place.x + 14)
            tip = f"M{number(place.x + 11.5)} {number(child.y - 4)}l2.5 4 2.5-4z"
            yield Wire(edges, card.step, step, f"M{left} {number(place.y + high)}V{number(child.y - 1)}", tip, aux)
            continue
        x, y = dealt.homes.get(step, (place.x, place.y)) if card.step == dealt.hub else (place.x, place.y)
        start, end = (x + measures.width, y + high / 2), (child.x, child.y + high / 2)
        trunk = start[0] + measures.gutter * 0.4  # one for all: they leave from the same point
        path, tip = across(start, end, trunk, 5)
        yield Wire(edges, card.step, step, path, tip, aux)


def _ghost(card: Card, at: tuple[float, float], measures: Measures, high: float) -> Iterator[str]:
    """The hub, where it stands again at a band of its children."""
    small = measures is MAP
    w, h, round_ = number(measures.width), number(high), 2 if small else 5
    if small:
        name = f'<text class="mname" x="4" y="10.2">{escaped(fit(card.name, MAP.width - 7, 9))}</text>'
    else:
        name = f'<text class="oname" x="7" y="27">{escaped(fit(card.name, _INSIDE, 12, "bold"))}</text>'
    yield (
        f'<g class="ghost" aria-hidden="true" data-to="{escaped(card.step)}" transform="translate({number(at[0])} {number(at[1])})">'
        f'<title>{escaped(card.name)}</title><rect width="{w}" height="{h}" rx="{round_}"/>{name}</g>'
    )


def _opened(shape: Shape, place: Place) -> str:
    card = shape.card
    classes = [
        "card",
        *(["unreached"] if place.unreached else []),
        *([f"bad {shape.problem.severity}"] if shape.problem else []),
    ]
    return (
        f'<g class="{" ".join(classes)}" role="treeitem" tabindex="-1" aria-level="{place.column + 1}" aria-label="{escaped(label(shape, place))}" '
        f'data-step="{escaped(card.step)}" data-hash="{content_hash(shape, place)}" data-line="{card.line}" '
        f'transform="translate({number(place.x)} {number(place.y)})">'
    )


def _block(shape: Shape, place: Place) -> Iterator[str]:
    """A card of a map."""
    wide, high = number(MAP.width), number(BLOCK)
    yield (
        f"{_opened(shape, place)}<title>{escaped(shape.card.name)}</title>"
        f'<rect class="body" width="{wide}" height="{high}" rx="2"/>'
        f'<text class="mname" x="4" y="10.2">{escaped(fit(shape.card.name, MAP.width - 7, 9))}</text>'
        f'<rect class="edge" width="{wide}" height="{high}" rx="2"/></g>'
    )


def _card(shape: Shape, place: Place, layout: Layout) -> Iterator[str]:
    """A card of an overview."""
    card = shape.card
    main = card.main
    yield f'{_opened(shape, place)}<rect class="body" width="152" height="46" rx="5"/>'
    if main:
        yield f'<use href="#{sign(main.verb)}" class="mu" x="134" y="5" width="11" height="11"/>'
    small = " small" if width(card.name, 12, "bold") > _NAME else ""
    name = fit(card.name, _NAME, 10.5 if small else 12, "bold")
    yield f'<text class="through" x="130" y="15"/><text class="oname{small}" x="7" y="15.5">{escaped(name)}</text>'
    yield from _keys(card, layout)
    yield '<rect class="edge" width="152" height="46" rx="5"/>'
    if shape.problem:
        yield f'<g class="problem {shape.problem.severity}"><title>{escaped(shape.problem.text)}</title><path d="M139 5l6-11 6 11z"/></g>'
    yield "</g>"


def _keys(card: Card, layout: Layout) -> Iterator[str]:
    """The exits of a card, each as a key with its bar."""
    rows = card.rows
    shown = rows if len(rows) <= KEYS else rows[: KEYS - 1]
    count = len(shown) + (1 if len(shown) < len(rows) else 0)
    pitch = min(19.0, (_INSIDE + 1.5) / max(count, 1))
    wide = min(15.0, pitch - 1.5)
    for index, row in enumerate(shown):
        x = 7 + index * pitch
        near = " near" if row.shown == "step" and layout.is_line(card.step, row.to) else ""
        keys = ", ".join(cap.text for cap in row.caps)
        told = f"{keys}: {row.target}" if keys else row.target
        yield (
            f'<g class="row okey{near}" data-edge="{escaped(row.edge)}" data-to="{escaped(row.to)}" data-line="{row.line}" '
            f'transform="translate({number(x)} 23)"><title>{escaped(told)}</title><rect class="oc" width="{number(wide)}" height="15" rx="3"/>'
            f"{_face(row, wide)}"
            f'<rect class="bar" y="17.5" width="0" height="2.5" data-full="{number(wide)}"/></g>'
        )
    if count > len(shown):
        x = 7 + len(shown) * pitch + wide / 2
        yield f'<text class="ocap" x="{number(x)}" y="34.2">+{len(rows) - len(shown)}</text>'


_ICONS = {"repeat": "again", "again": "again", "back": "back"}


def _face(row: Row, wide: float) -> str:
    """What stands on a key: its sign, or the first letters of its word."""
    icon = "again" if row.kind == "again" else "end" if row.kind == "fall" else ""
    text = row.caps[0].text if row.caps else ""
    if text == "then":
        icon = {"end": "end", **_ICONS}.get(row.shown, "")
        text = "→"
    if icon:
        return f'<use href="#a-{icon}" class="mu" x="{number(wide / 2 - 4.5)}" y="3" width="9" height="9"/>'
    kind = row.caps[0].kind if row.caps else "outcome"
    pressed = kind == "key"
    letters = "/" if kind == "pattern" else "?" if kind == "condition" else text[: 3 if pressed else 2]
    while len(letters) > 1 and width(letters, 9, "bold" if pressed else "plain") > wide - 1:
        letters = letters[:-1]
    return f'<text class="ocap{" k" if pressed else ""}" x="{number(wide / 2)}" y="11.2">{escaped(letters)}</text>'
