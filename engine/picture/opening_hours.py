"""Opening hours in words: `Monday to Friday 9:00 to 17:00`."""

from collections.abc import Iterator
from datetime import date

from engine.model.flow import Flow
from engine.model.hours.opening import DAY, Hours, Ranges
from engine.picture.phrases import value

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def hours_named(flow: Flow) -> Iterator[tuple[str, Hours]]:
    """The opening hours that the flow itself has, or asks, by name."""
    text = flow.source.text
    yield from ((name, hours) for name, hours in flow.hours.items() if f"hours.{name}" in text or f"{name}:" in text)


def hours_lines(hours: Hours) -> Iterator[str]:
    """A line for each part of the week, then the dates that differ from it."""
    first = 0
    for day in range(1, len(_DAYS) + 1):
        if day == len(_DAYS) or hours.week[day] != hours.week[first]:
            last = day - 1
            days = _DAYS[first] if first == last else f"{_DAYS[first]} to {_DAYS[last]}"
            yield f"{days}: {_ranges(hours.week[first])}"
            first = day
    for one, ranges in sorted(hours.dates.items()):
        yield f"{_date(one)}: {_ranges(ranges)}"
    for since, until, ranges in hours.seasons:
        yield f"{_span(since, until)}: {_ranges(ranges)}"
    for since, until in hours.closed:
        yield f"{_span(since, until)}: closed"
    for calendar in hours.calendars:
        yield f"Holidays of {calendar.country}{f' ({calendar.state})' if calendar.state else ''}: closed"
    if hours.closed_if is not None:
        yield f"Closed whenever this holds: {value(hours.closed_if.text)}"


def _ranges(ranges: Ranges) -> str:
    return ", ".join(f"{_time(start)} to {_time(end)}" for start, end in ranges) if ranges else "closed"


def _time(minute: int) -> str:
    hour, minutes = divmod(minute if minute <= DAY else minute - DAY, 60)
    return f"{hour}:{minutes:02}"


def _span(since: date, until: date) -> str:
    return _date(since) if since == until else f"{_date(since)} to {_date(until)}"


def _date(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
