"""A picture of a flow: its cards, where they stand, and the SVG that shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.model.flow import Flow
from engine.picture import overview, svg
from engine.picture.cards import Card, Cards, Row, Strip, plain_row
from engine.picture.dealing import Dealt, deal
from engine.picture.layout import NONE, TREE, Layout, Measures, Parents, lay_out
from engine.picture.rows import leads
from engine.picture.shapes import Problem, Shape, shape_of

View = Literal["tree", "overview"]


@dataclass(frozen=True)  # without slots: what is derived is found once
class Picture:
    """A flow as it is drawn. `layout.parents` is what the next picture of the flow is given, so that it stays as it is."""

    cards: Cards
    shapes: Mapping[str, Shape]
    layout: Layout
    view: View
    measures: Measures = TREE

    @cached_property
    def svg(self) -> str:
        """The picture itself, with classes of `picture.css`."""
        if self.view == "overview":
            return overview.overview(self.cards, self.shapes, self.dealt, self.title, svg.MARGIN)
        return svg.tree(self.cards, self.shapes, self.layout, self.title)

    @cached_property
    def dealt(self) -> Dealt:
        """Where the cards are drawn: in bands side by side, if an overview is tall."""
        return deal(self.layout, self.measures) if self.view == "overview" else Dealt(self.layout)

    @property
    def title(self) -> str:
        """What it shows."""
        count = len(self.cards.cards)
        return f"{self.cards.flow}, {count} step{'' if count == 1 else 's'}"

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels, with the margin."""
        layout = self.dealt.layout
        return layout.width + 2 * svg.MARGIN, layout.height + 2 * svg.MARGIN

    def told(self) -> dict[str, Any]:
        """The picture as JSON has it."""
        width, height = self.size
        return {
            "flow": self.cards.flow,
            "view": self.view,
            "svg": self.svg,
            "width": width,
            "height": height,
            "strip": strip_of(self.cards.strip),
            "cards": [self.card(card) for card in self.cards],
        }

    def card(self, card: Card) -> dict[str, Any]:
        """A card as JSON has it."""
        place, shape, main = self.dealt.layout.places[card.step], self.shapes[card.step], card.main
        marks: list[str] = [*card.marks, *(["unreached"] if place.unreached else [])]
        return {
            "step": card.step,
            "line": card.line,
            "marks": marks,
            "hash": svg.content_hash(shape, place),
            "column": place.column,
            "parent": place.parent,
            "x": place.x,
            "y": place.y,
            "w": self.measures.width,
            "h": place.height,
            "verb": main.verb if main else "",
            "words": card.words,
            "lines": [
                {
                    "verb": line.verb,
                    "text": line.text,
                    "place": line.place,
                    "line": line.line,
                    "depth": line.depth,
                    "to": line.to,
                }
                for line in card.lines
            ],
            "rows": [self._row(row, card) for row in card.rows],
            "callers": list(self.cards.callers[card.step]),
            "problem": shape.problem.text if shape.problem else "",
        }

    def _row(self, row: Row, card: Card) -> dict[str, Any]:
        drawn = leads(row, card, self.layout)
        return {**plain_row(row), "shown": drawn.shown, "jump": drawn.jump}


def strip_of(strip: Strip) -> dict[str, Any]:
    """What holds for the whole flow, as JSON has it."""
    return {
        "on_error": plain_row(strip.on_error) if strip.on_error else None,
        "always": [
            {
                "edge": key.edge,
                "keys": [cap.text for cap in key.caps],
                "caps": [{"kind": cap.kind, "text": cap.text} for cap in key.caps],
                "to": key.to,
                "target": key.target,
                "shown": key.shown,
                "line": key.line,
            }
            for key in strip.always
        ],
        "languages": list(strip.languages),
        "channels": list(strip.channels),
    }


def draw(
    cards: Cards, problems: Mapping[str, Problem] | None = None, before: Parents = NONE, view: View = "tree"
) -> Picture:
    """The picture of a flow. `problems` are told by their cards, by step; `before` are the parents of the picture before."""
    told = problems or {}
    shapes = {card.step: shape_of(card, told.get(card.step)) for card in cards}
    if view == "overview":
        measures, high = overview.measures_of(cards)
        return Picture(cards, shapes, lay_out(cards, lambda card: high, measures, before), view, measures)
    return Picture(cards, shapes, lay_out(cards, lambda card: shapes[card.step].height, before=before), view)


def problems_of(flow: Flow, found: Iterable[Diagnostic]) -> dict[str, Problem]:
    """For each step the mistake, else the doubt, that its card tells."""
    starts = sorted((block.span.start, name) for name, block in flow.steps.items())
    told: dict[str, Problem] = {}
    for one in found:
        if one.severity is Severity.HINT or one.span.source is not flow.source:
            continue
        inside = [name for start, name in starts if start <= one.span.start] or [name for _, name in starts[:1]]
        if not inside:
            continue
        step = f"{flow.name}/{inside[-1]}"
        known = told.get(step)
        severity: Literal["error", "warning"] = "error" if one.severity is Severity.ERROR else "warning"
        if known is None or (known.severity == "warning" and severity == "error"):
            hint = f" ({one.hint})" if one.hint else ""
            told[step] = Problem(step, severity, f"{one.code} {one.title}{hint}".replace("`", ""))
    return told


def standalone(picture: Picture) -> str:
    """The picture as a file that is opened by itself: with its stylesheet, light or dark as the system is."""
    start, defs, rest = picture.svg.partition("<defs>")
    style = stylesheet().replace("&", "&amp;").replace("<", "&lt;")
    return f"{start}<style>{style}</style>{defs}{rest}\n"


def stylesheet() -> str:
    """The stylesheet of pictures, for the page and for files that are opened by themselves."""
    return files("engine.picture").joinpath("picture.css").read_text("utf-8")
