"""Which opening hours are asked for, and whether some ask for themselves."""

from collections.abc import Mapping, Sequence

from engine.diagnostics.report import Report
from engine.grammar.templates import Expression, Template
from engine.model.hours.opening import Hours
from engine.model.reading.reader import folded

_DECIDED = ("open", "closes_at")  # what depends on `closed_if`


def conditions(things: Sequence[Template | Expression], hours: Mapping[str, Hours | None]) -> list[Expression]:
    """Every other `closed_if` of the hours that templates and expressions ask for, and of those that such a one asks for."""
    asked: set[str] = set()
    found: list[Expression] = []
    waiting = [thing for thing in things if "hours" in thing.names]
    while waiting:
        for name in _named(waiting.pop(), hours) - asked:
            asked.add(name)
            one = hours.get(name)
            if one is not None and one.closed_if is not None:
                found.append(one.closed_if)
                waiting.append(one.closed_if)
    return [condition for condition in found if condition not in things]


def _named(thing: Template | Expression, hours: Mapping[str, Hours | None]) -> set[str]:
    paths = [entry.path for entry in thing.draft.entries if entry.path[0] == "hours"]
    named = [path[1] for path in paths if len(path) == 2]
    # One that is looked up under a name which only the call knows may be any.
    return set(hours if len([path for path in paths if len(path) == 1]) > len(named) else named)


def check_circles(hours: Mapping[str, Hours | None], report: Report) -> None:
    """Reports each `closed_if` that asks whether its own hours are open, or asks others that do."""
    asks = {
        name: [path[1] for path in sorted(one.closed_if.entries) if path[0] == "hours" and path[2:3] in _THIRD]
        for name, one in hours.items()
        if one is not None and one.closed_if is not None
    }
    told: set[str] = set()
    for name in asks:
        circle = _circle(name, asks)
        one = hours[name]
        if not circle or told & set(circle) or one is None or one.closed_if is None:
            continue
        told.update(circle)
        title = f"`closed_if` of `{name}` asks whether `{name}` is open"
        notes = (folded(f"by way of: {', '.join(circle[1:])}"),) if len(circle) > 1 else ()
        helps = (f"the time there is  hours.{name}.now",)
        report.error("F110", title, one.closed_if.span, notes=notes, helps=helps)


_THIRD = tuple((word,) for word in _DECIDED)


def _circle(name: str, asks: Mapping[str, list[str]]) -> list[str]:
    """The names by way of which hours ask for themselves, beginning with their own; nothing if they do not."""
    before: dict[str, str] = {}
    waiting = [name]
    for at in waiting:  # grows while it is walked
        for other in asks.get(at, ()):
            if other == name:
                way = [at]
                while way[-1] != name:
                    way.append(before[way[-1]])
                return way[::-1]
            if other not in before:
                before[other] = at
                waiting.append(other)
    return []
