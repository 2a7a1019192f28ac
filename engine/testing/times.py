"""Times at which the opening hours of a flow, and its conditions on the time, differ."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice

from engine.grammar.templates import Expression
from engine.model.flow import Flow
from engine.model.hours.opening import Hours
from engine.phone.phone import STARTED

MOST = 48  # times that are tried for one flow
_DAYS = 372  # that are looked at for a holiday
_KINDS = 8  # days of one kind (single dates, seasons, closed ones) that are tried
_ONE_MINUTE, _ONE_DAY = timedelta(minutes=1), timedelta(days=1)
_NUMBER = re.compile(r"(?<![\w.'\"])\d{1,2}(?![\w.'\"])")
_CLOCK = re.compile(r"['\"](\d{1,2}):?(\d{2})['\"]")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")

# A working day is where a telephone begins; these are the evening, the night, the weekend, a holiday.
TIMES = (
    datetime(2026, 1, 5, 20, 0, tzinfo=UTC),
    datetime(2026, 1, 6, 3, 0, tzinfo=UTC),
    datetime(2026, 1, 10, 10, 0, tzinfo=UTC),
    datetime(2026, 1, 11, 16, 0, tzinfo=UTC),
    datetime(2026, 12, 25, 12, 0, tzinfo=UTC),
)


def times(flow: Flow, expressions: Iterable[Expression]) -> tuple[datetime, ...]:
    """Times (aware) that make a difference to expressions of a flow, none where they speak of no time: when the hours that
    they name are open, closed, have a holiday or a date of their own; the hours, days and dates that they compare `now` with."""
    spoken = [one for one in expressions if one.names & {"now", "hours"}]
    if not spoken:
        return ()
    found: list[datetime] = []
    for expression in spoken:
        names = {path[1] for path in expression.entries if path[0] == "hours" and len(path) > 1} & flow.hours.keys()
        zones: list[tzinfo] = [flow.hours[name].zone for name in sorted(names)]
        for name in sorted(names):
            found += _of_hours(flow.hours[name])
        if "now" in expression.names:
            zones.append(UTC)
        for zone in zones:
            found += _of_words(expression.text, zone)
    return tuple(dict.fromkeys((*found[: MOST - len(TIMES)], *TIMES)))


def _of_hours(hours: Hours) -> Iterator[datetime]:
    """Once they are open, once closed, then each kind of day that is written for them."""
    opens = STARTED if hours.planned(STARTED) else hours.opens_at(STARTED)
    closes = hours.closes_at(STARTED)
    yield from (at for at in (opens, closes) if at is not None)
    days = [day for day in sorted(hours.dates) if day >= STARTED.date()]
    days += [first for first, last, _ in hours.seasons if last >= STARTED.date()]
    for day in islice(days, _KINDS):
        noon = datetime.combine(day, time(12), hours.zone)
        starts = [
            datetime.combine(day, time(), hours.zone) + timedelta(minutes=start) for start, _ in hours.ranges(day)
        ]
        yield from (starts[:1] or [noon])
    for first, _ in islice((one for one in hours.closed if one[1] >= STARTED.date()), _KINDS):
        yield datetime.combine(max(first, STARTED.date()), time(12), hours.zone)
    if hours.calendars:
        noons = (
            STARTED.astimezone(hours.zone).replace(hour=12, minute=0) + number * _ONE_DAY for number in range(_DAYS)
        )
        holidays = (noon for noon in noons if hours.holiday(noon))
        yield from islice(holidays, 2)


def _of_words(text: str, zone: tzinfo) -> Iterator[datetime]:
    """The hours, days and months that a text compares with, and those beside them."""
    base = STARTED.astimezone(zone).replace(minute=30)
    numbers = [int(found[0]) for found in _NUMBER.finditer(text)]
    if "hour" in text or "strftime" in text:
        for hour in dict.fromkeys(
            near % 24 for number in numbers if number < 25 for near in (number, number - 1, number + 1)
        ):
            yield base.replace(hour=hour)
    for hour, minute in _CLOCK.findall(text):
        if int(hour) < 24 and int(minute) < 60:
            at = base.replace(hour=int(hour), minute=int(minute))
            yield from (at, at - _ONE_MINUTE, at + _ONE_MINUTE)
    if "weekday" in text or "strftime" in text:
        yield from (base.replace(hour=12) + number * _ONE_DAY for number in range(7))
    for year, month, day in _DATE.findall(text):
        try:
            there = datetime(int(year), int(month), int(day), 12, tzinfo=zone)
        except ValueError:
            continue
        yield from (there, there - _ONE_DAY, there + _ONE_DAY)
    days = [number for number in dict.fromkeys(numbers) if 1 <= number <= 31] if re.search(r"\bday\b", text) else []
    months = range(1, 13) if "month" in text else ()
    yield from (base.replace(month=month, day=1, hour=12) for month in months)
    for month in months or (base.month,):
        for day in days:
            if not months or month in numbers:
                yield base.replace(month=month, day=1, hour=12) + (day - 1) * _ONE_DAY
