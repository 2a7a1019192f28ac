"""Reads `hours`: opening hours by name, each with its zone, its days and when it is closed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.source import Span
from engine.document import nodes
from engine.grammar.hours import CLOSED, DATES, DAYS, FIELDS, WEEKDAYS
from engine.grammar.names import NAMES
from engine.grammar.templates import Expression, read_expression
from engine.model.hours.closing import Closing, read_closed
from engine.model.hours.days import no_day, read_dates, read_weekdays
from engine.model.hours.opening import Hours, Ranges
from engine.model.hours.ranges import EXAMPLE, read_ranges
from engine.model.hours.zone import read_zone
from engine.model.reading.reader import VARIABLE, Reader, first_line, mended_name, shortened

_WHOLE = f"write\nhours:\n  desk:\n    timezone: America/New_York\n    mon-fri: {EXAMPLE}"
_INSTEAD = {
    "tz": "timezone",
    "zone": "timezone",
    "time_zone": "timezone",
    "close": CLOSED,
    "except": CLOSED,
    "exceptions": CLOSED,
    "closed_on": CLOSED,
    "closed_when": "closed_if",
    "close_if": "closed_if",
    "when": "closed_if",
}


def read_hours(reader: Reader, node: nodes.Node) -> dict[str, Hours | None]:
    """The hours by name; None for those that could not be read, whose mistakes are reported."""
    mapping = reader.mapping("hours", node, "a mapping of names, each with its days", _WHOLE)
    if mapping is None:
        return _asked(reader)
    entries = mapping.entries
    if any(key.text in FIELDS or WEEKDAYS.fullmatch(key.text) for key, _ in entries):
        key = next(key for key, _ in entries if key.text in FIELDS or WEEKDAYS.fullmatch(key.text))
        title = f"hours have a name, and `{key.text}` stands below it"
        reader.report.error("F112", title, key.span, label="a name is missing above", helps=(_WHOLE,))
        return _asked(reader)
    found: dict[str, Hours | None] = {}
    for key, value in entries:
        one = _One(reader, key.text).read(value)
        found[key.text] = one if _may_name(reader, key) else None
    return found


def _asked(reader: Reader) -> dict[str, Hours | None]:
    """The names of hours that the flow asks for: where none could be read they are not unknown too."""
    paths = {path for thing in reader.used for path in thing.entries}
    return {path[1]: None for path in paths if path[0] == "hours" and len(path) > 1}


def _may_name(reader: Reader, key: nodes.Scalar) -> bool:
    if key.text in NAMES:
        title = f"`{key.text}` is a known name and cannot be one of hours"
        reader.report.error("F111", title, key.span, helps=(f"give them another name, such as  {key.text}_hours",))
        return False
    if VARIABLE.fullmatch(key.text):
        return True
    title = f"`{shortened(key.text)}` cannot be the name of hours"
    helps = ("names of hours are small letters, digits and `_`,\nand begin with a letter",)
    label = f"write `{mended_name(key.text, 'hours').replace('-', '_')}`"
    reader.report.error("F111", title, key.span, label=label, helps=helps)
    return False


@dataclass(slots=True)
class _One:
    """The hours of one name being read; `whole` as long as nothing in them is wrong, `lost` if a key was that nobody knows."""

    reader: Reader
    name: str
    week: dict[int, tuple[nodes.Scalar, Ranges]] = field(default_factory=dict)
    dates: dict[date, tuple[nodes.Scalar, Ranges]] = field(default_factory=dict)
    seasons: list[tuple[date, date, nodes.Scalar, Ranges]] = field(default_factory=list)
    whole: bool = True
    lost: bool = False

    def read(self, node: nodes.Node) -> Hours | None:
        mapping = self.reader.mapping(self.name, node, "a mapping of a zone and days", _WHOLE)
        if mapping is None:
            return None
        for key, value in mapping.entries:
            if key.text not in FIELDS:
                self._day(key, value)
        named, closed, condition = (mapping.get(name) for name in FIELDS)
        zone = read_zone(self.reader, named) if named is not None else None
        if named is None and not self.lost:
            self._missing(mapping, "needs `timezone`", "write  timezone: America/New_York")
        closing = read_closed(self.reader, closed) if closed is not None else Closing()
        closed_if = self._condition(condition) if condition is not None else None
        self._contradictions(closing)
        if not (self.week or self.dates or self.seasons) and self.whole:
            self._missing(mapping, "has no day on which it is open", f"write  mon-fri: {EXAMPLE}")
        if zone is None or not self.whole or not closing.whole or (condition is not None and closed_if is None):
            return None
        return Hours(
            zone,
            tuple(self.week[day][1] if day in self.week else () for day in range(len(DAYS))),
            {day: ranges for day, (_, ranges) in self.dates.items()},
            tuple((first, last, ranges) for first, last, _, ranges in self.seasons),
            tuple(closing.dates),
            tuple(closing.calendars),
            closed_if,
        )

    def _missing(self, node: nodes.Mapping, what: str, *helps: str) -> None:
        self.reader.report.error("F109", f"`{self.name}` {what}", first_line(node.span), helps=helps)
        self.whole = False

    def _condition(self, node: nodes.Node) -> Expression | None:
        scalar = self.reader.scalar("closed_if", node, "an expression", "write  closed_if: now.hour == 12")
        expression = read_expression(scalar, self.reader.report) if scalar is not None else None
        if expression is not None:
            self.reader.used.append(expression)
        return expression

    def _day(self, key: nodes.Scalar, value: nodes.Node) -> None:
        """Reads a key that should be a day, dates, or one of the fields mistyped."""
        weekly, dated = WEEKDAYS.fullmatch(key.text), DATES.fullmatch(key.text)
        if not (weekly or dated):
            self.whole, self.lost = False, True
            self._unknown(key, value)
            return
        days = read_weekdays(self.reader, key) if weekly else ()
        dates = read_dates(self.reader, key) if dated else None
        ranges = read_ranges(self.reader, key.text, value)
        self.whole = self.whole and ranges is not None and (dates is not None or bool(days))
        if dates is not None:
            self._add_dates(key, *dates, ranges or ())
        again = next((day for day in days if day in self.week), None)
        if again is not None:
            self._again(key, self.week[again][0], DAYS[again], days)
        else:
            self.week.update(dict.fromkeys(days, (key, ranges or ())))

    def _unknown(self, key: nodes.Scalar, value: nodes.Node) -> None:
        instead = _INSTEAD.get(key.text.casefold())
        if instead is None and key.text.casefold() in ("holiday", "holidays"):
            title, helps = f"`{self.name}` has no key `{key.text}`", ("write  closed: [{holidays: US}]",)
            self.reader.report.error("F102", title, key.span, helps=helps)
        elif instead is not None:
            title = f"`{self.name}` has no key `{key.text}`"
            self.reader.report.error("F102", title, key.span, label=f"did you mean `{instead}`?")
        elif not no_day(self.reader, self.name, key, value):
            self.reader.unknown(f"`{self.name}` has no key", key, (*FIELDS, *DAYS))

    def _again(self, key: nodes.Scalar, first: nodes.Scalar, day: str, days: tuple[int, ...]) -> None:
        """Reports a day of the week that stands in two keys."""
        self.whole = False
        title = f"`{day}` stands in `{key.text}` and in `{first.text}`"
        if key.text == day:
            title = f"`{day}` stands in `{first.text}` already"
        owned = [number for number, (owner, _) in self.week.items() if owner is first]
        rest = _spelled(number for number in owned if number not in days)
        helps = [f"write  {', '.join(rest)}  in place of  {first.text}"] if rest and len(owned) > len(days) else []
        also = (Label(first.span, "first here"),)
        self.reader.report.error("F101", title, key.span, label="again here", also=also, helps=helps)

    def _add_dates(self, key: nodes.Scalar, first: date, last: date, ranges: Ranges) -> None:
        if first == last:
            if first in self.dates:
                self._overlap(key, self.dates[first][0].span)
            self.dates[first] = (key, ranges)
            return
        for other_first, other_last, other, _ in self.seasons:
            if first <= other_last and other_first <= last:
                self._overlap(key, other.span)
                return
        self.seasons.append((first, last, key, ranges))

    def _overlap(self, key: nodes.Scalar, other: Span) -> None:
        self.whole = False
        title = f"`{key.text}` overlaps `{other.text}`"
        helps = ("a single date may have hours of its own within them",) if ".." in other.text else ()
        self.reader.report.error("F110", title, key.span, also=(Label(other, "the same days"),), helps=helps)

    def _contradictions(self, closing: Closing) -> None:
        """Points out single dates that are said to be closed, and have hours: those win."""
        for day, scalar in closing.single.items():
            key, ranges = self.dates.get(day) or self._season(day)
            if key is None or not ranges:
                continue
            title = f"`{scalar.text}` is open: its date has hours, which win"
            helps = ["take it out of `closed`", f"or to close it, write  {day}: {CLOSED}"]
            if day in self.dates:
                helps[1] = f"or to close it, take out `{key.text}`"
            also = (Label(key.span, "its hours"),)
            self.reader.report.hint("L406", title, scalar.span, label="not closed", also=also, helps=helps)

    def _season(self, day: date) -> tuple[nodes.Scalar | None, Ranges]:
        found = ((key, ranges) for first, last, key, ranges in self.seasons if first <= day <= last)
        return next(found, (None, ()))


def _spelled(days: Iterable[int]) -> list[str]:
    """Days of the week as keys: 0, 1, 3 are `mon-tue` and `thu`."""
    keys: list[list[int]] = []
    for day in sorted(days):
        if keys and day == keys[-1][-1] + 1:
            keys[-1].append(day)
        else:
            keys.append([day])
    return [DAYS[key[0]] if len(key) == 1 else f"{DAYS[key[0]]}-{DAYS[key[-1]]}" for key in keys]
