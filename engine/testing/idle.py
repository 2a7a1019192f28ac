"""Finds what a script answers for the world, and nobody asks: it was meant for something else, or is needed no more."""

from collections.abc import Iterator

from engine.diagnostics import Diagnostic, Label, Severity
from engine.phone.scripts import Result, Script
from engine.phone.scripts.reader import first_line, folded, shortened
from engine.phone.scripts.stubs import Stub
from engine.testing.project import Project

CODE = "L501"
SHOWN = 3  # lines of what is asked instead
ORDER = (
    "answers of a call come before those of the file; of these the most exact key wins: a whole path, the end of one, one "
    "with `*`, a pattern; of two that are alike the first"
)


def idle(script: Script, results: tuple[Result, ...], project: Project) -> Iterator[Diagnostic]:
    """A hint for each answer that none of its calls asked for, once all of them went as written."""
    played = {result.call.span.start: result for result in results if result.failure is None}
    holders: dict[int, list[Result | None]] = {}
    stubs: dict[int, Stub] = {}
    for call in script.calls:
        for stub in call.given.stubs:
            stubs[stub.span.start] = stub
            holders.setdefault(stub.span.start, []).append(played.get(call.span.start))
    for place, stub in stubs.items():
        calls = [result for result in holders[place] if result is not None]
        unasked = [{one.span.start for one in project.idle(result.story)} for result in calls]
        if len(calls) == len(holders[place]) and all(place in places for places in unasked):
            yield _hint(stub, calls, project)


def _hint(stub: Stub, calls: list[Result], project: Project) -> Diagnostic:
    title = f"nobody asks what `{shortened(stub.words) or stub.kind}` answers"
    also: tuple[Label, ...] = ()
    helps = ["leave it out"]
    asked = dict.fromkeys(ask for result in calls for ask in project.asked(result.story) if ask.kind == stub.kind)
    first = next((ask for ask in asked if stub.takes(ask)), None)
    if first is not None:
        taker = next(one for result in calls for one in result.call.given.stubs if one.takes(first))
        exacter = taker.exactness < stub.exactness
        label = "answers it: it is more exact" if exacter else "answers it: it comes first"
        also = (Label(first_line(taker.span), label),)
        helps = ["leave it out, or write a more exact key", folded(ORDER)]
    elif asked:
        lines = [f"asked is  {' '.join(ask.shown.split())}"[:76] for ask in asked]
        helps = [*lines[:SHOWN], *helps]
    return Diagnostic(Severity.HINT, CODE, title, first_line(stub.span), "never asked", also, (), tuple(helps))
