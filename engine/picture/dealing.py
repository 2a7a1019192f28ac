"""Deals a tall overview into bands side by side: the children of its largest hub, with the hub repeated at each band.

Which hub that is, and where its children part, depends on heights alone; steps stay in the order of the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.picture.layout import Layout, Measures

WIDER = 1.5  # how wide a picture is to be, for its height
LOWEST = 900.0  # pixels: what is no higher stays as it is
MOST = 8  # bands
_SHARE = 0.5  # of the whole height that the children of a hub must take to be worth it


@dataclass(frozen=True, slots=True)
class Dealt:
    """A layout in bands. `ghosts` are where the hub stands again, `homes` from which of them the line to a child leaves."""

    layout: Layout
    hub: str = ""
    ghosts: Sequence[tuple[float, float]] = ()
    homes: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def deal(layout: Layout, measures: Measures) -> Dealt:
    """The layout as it is, or in bands if it is much taller than wide."""
    if layout.height * WIDER <= layout.width or layout.height < LOWEST:
        return Dealt(layout)
    hub = _hub(layout)
    if not hub:
        return Dealt(layout)
    places = layout.places
    at = places[hub]
    bands = [_band(layout, child) for child in _beside(layout, hub)]
    right = max(places[step].x for band in bands for step in band.steps) + measures.width
    pitch = right - at.x + measures.gutter
    whole = bands[-1].bottom - bands[0].top
    rest = layout.height - whole
    count = next(
        (n for n in range(2, MOST + 1) if (rest + whole / n) * WIDER <= at.x + n * pitch),
        MOST,
    )
    dealt = _parted(bands, whole / min(count, len(bands)))
    if len(dealt) < 2:
        return Dealt(layout)
    moved: dict[str, tuple[float, float]] = {}
    ghosts: list[tuple[float, float]] = []
    homes: dict[str, tuple[float, float]] = {}
    bottom = at.y + at.height
    by_x = 0.0
    for some in dealt:
        by_y = at.y - some[0].top
        if by_x:
            ghosts.append((at.x + by_x, at.y))
        for band in some:
            homes[band.steps[0]] = (at.x + by_x, at.y)
            for step in band.steps:
                moved[step] = (places[step].x + by_x, places[step].y + by_y)
        bottom = max(bottom, some[-1].bottom + by_y)
        # The next band begins beside the widest of this one; the first also has what stands before the hub.
        right = max(moved[step][0] for band in some for step in band.steps) + measures.width
        by_x = right + measures.gutter - at.x
    old = max(bands[-1].bottom, at.y + at.height)
    found = {}
    for step, place in places.items():
        x, y = moved.get(step, (place.x, place.y - (old - bottom) if place.y >= old else place.y))
        found[step] = replace(place, x=x, y=y)
    width = max(place.x for place in found.values()) + measures.width
    height = max(place.y + place.height for place in found.values())
    return Dealt(Layout(found, width, height), hub, ghosts, homes)


@dataclass(frozen=True, slots=True)
class _Band:
    """A child of the hub with all that stands beside and below it, from `top` to `bottom`."""

    steps: tuple[str, ...]
    top: float
    bottom: float


def _beside(layout: Layout, step: str) -> list[str]:
    return [child for child in layout.children.get(step, ()) if not layout.places[child].stacked]


def _hub(layout: Layout) -> str:
    """The step whose children take the largest part of the height: the deepest of those that take nearly all of it."""
    heights: dict[str, float] = {}
    for step, place in layout.places.items():
        children = _beside(layout, step)
        stacked = len(children) < len(layout.children.get(step, ()))
        if len(children) > 1 and not stacked:
            last = layout.places[children[-1]]
            heights[step] = last.y - place.y
    most = max(heights.values(), default=0.0)
    if most < layout.height * _SHARE:
        return ""
    return [step for step, high in heights.items() if high >= most * 0.9][-1]


def _band(layout: Layout, child: str) -> _Band:
    steps = tuple(_within(layout, child))
    bottom = max(layout.places[step].y + layout.places[step].height for step in steps)
    return _Band(steps, layout.places[child].y, bottom)


def _within(layout: Layout, step: str) -> Iterator[str]:
    waiting = [step]
    while waiting:
        yield (here := waiting.pop())
        waiting += layout.children.get(here, ())


def _parted(bands: Sequence[_Band], high: float) -> list[list[_Band]]:
    """The bands as columns of about that height."""
    dealt: list[list[_Band]] = [[]]
    for band in bands:
        if dealt[-1] and (dealt[-1][0].top + high + (band.bottom - band.top) / 2 < band.bottom):
            dealt.append([])
        dealt[-1].append(band)
    return dealt
