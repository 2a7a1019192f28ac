"""`python -m benchmarks.pictures`: how long the pictures of flows take that have 70, 300 and 1,200 steps, in processor time."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.table import Row, table
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.flow import Flow
from engine.picture.compare import compare
from engine.picture.layout import lay_out
from engine.picture.picture import draw
from engine.picture.reading import cards_of

FAN = 6  # keys of each menu
TIMES = 7
SIZES = (70, 300, 1200)


def flow_text(steps: int, words: str = "This is menu") -> str:
    """A tree of menus of which every last one says something, dials, or goes back; each step before its children, as one writes it."""
    lines = ["on_error: sorry", "steps:"]
    waiting = [0]
    while waiting:
        number = waiting.pop()
        children = [child for child in range(number * FAN + 1, number * FAN + FAN + 1) if child < steps]
        waiting += reversed(children)
        lines.append(f"  step_{number}:")
        if children:
            said = " ".join(f"For topic {child}, press {key}." for key, child in enumerate(children, start=1))
            lines += ["    - gather:", f"        say: {words} {number}. {said} To go back, press 9."]
            lines += ["        retry: {attempts: 3, no_input: I did not hear anything.}", "        branch:"]
            lines += [f"          {key} | topic {child}: step_{child}" for key, child in enumerate(children, start=1)]
            lines += ["          9: back", "          else: sorry"]
        elif number % 3 == 0:
            lines += [f"    - say: Thank you for calling about number {number}. Goodbye.", "    - hangup"]
        elif number % 3 == 1:
            lines.append('    - dial: {number: "+15550100", timeout: 20, branch: {completed: hangup, else: sorry}}')
        else:
            lines += [f"    - say: This is information {number}.", f"    - redirect: step_{(number - 1) // FAN}"]
    return "\n".join([*lines, "  sorry:", "    - say: Sorry.", "    - hangup", ""])


def flow_of(steps: int, words: str = "This is menu") -> Flow:
    """The flow of that text."""
    source = Source("big.yaml", flow_text(steps, words))
    return build(Folder(Path("."), (source,), None), Report()).flows["big"]


def picture_rows(steps: int) -> list[Row]:
    """What the pictures of one flow cost."""
    flow = flow_of(steps)
    other = cards_of(flow_of(steps, "That is menu"))
    cards = cards_of(flow)
    picture = draw(cards)
    heights = {step: shape.height for step, shape in picture.shapes.items()}
    size, small = len(picture.svg), len(draw(cards, view="overview").svg)
    name = f"{steps:,} steps"
    return [
        _row(f"{name}: cards", lambda: cards_of(flow)),
        _row("… layout", lambda: lay_out(cards, lambda card: heights[card.step])),
        _row(f"… tree as SVG, {size / 1000:.0f} kB", lambda: draw(cards).svg),
        _row(f"… overview as SVG, {small / 1000:.0f} kB", lambda: draw(cards, view="overview").svg),
        _row("… all that the page is answered", lambda: draw(cards_of(flow)).told()),
        _row("… two versions compared", lambda: compare(cards, other).told()),
    ]


def _row(what: str, work: Callable[[], object]) -> Row:
    """The median of a few runs."""
    seconds = []
    for _ in range(TIMES):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return Row(what, f"{median(seconds) * 1000:.1f} ms")


def main() -> None:
    """Measures, and prints."""
    print(table([row for steps in SIZES for row in picture_rows(steps)]))


if __name__ == "__main__":
    main()
