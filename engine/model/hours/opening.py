"""Opening hours as a flow has them: whether they are open at a time, and when they open and close next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from engine.grammar.templates import Expression
from engine.model.hours.calendars import Calendar
from engine.model.hours.zones import Instants, beginning, instants, local, merged

DAY = 24 * 60  # minutes
YEAR = timedelta(days=366)  # what opens or closes later than that, does not
DAYS_KEPT = 1_000  # days that are remembered

_AHEAD = (3, 10, 40, 160, 372)  # days looked at, one number after the other, until the answer is certain
_ONE_DAY = timedelta(days=1)

Ranges = tuple[tuple[int, int], ...]
"""From which minute of a day (inclusive) to which (exclusive), in order; over midnight the second is more than a day has."""


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """Opening hours, by what clocks on the wall show in `zone`.

    `week` has the ranges of each day from Monday on, `dates` those of single dates and `seasons` those of dates from … to
    (inclusive), which win over all else; `closed` are dates from … to, `calendars` holidays without hours. Ranges over
    midnight are of the day they begin on: nothing that is written for the next day cuts them short. `closed_if` closes at
    the time it is asked, whatever else is written.
    """

    zone: tzinfo
    week: tuple[Ranges, ...]
    dates: Mapping[date, Ranges] = field(default_factory=dict)
    seasons: tuple[tuple[date, date, Ranges], ...] = ()
    closed: tuple[tuple[date, date], ...] = ()
    calendars: tuple[Calendar, ...] = ()
    closed_if: Expression | None = None
    _known: dict[date, Ranges] = field(default_factory=dict, repr=False)
    _times: dict[date, list[Instants]] = field(default_factory=dict, repr=False)

    def planned(self, at: datetime) -> bool:
        """Whether they are open at a time (aware) but for `closed_if`."""
        there = at.astimezone(self.zone)
        today, minute = there.date(), there.hour * 60 + there.minute
        for start, end in self.ranges(today):
            if start <= minute < end:
                return True
        return any(minute + DAY < end for _, end in self.ranges(today - _ONE_DAY))

    def opens_at(self, at: datetime) -> datetime | None:
        """When they open next after a time (aware), as clocks in their zone show it; None if that is not within a year.

        Nobody knows what `closed_if` will say then.
        """
        at = at.astimezone(UTC)
        for days in _AHEAD:
            for since, _ in self._runs(at, days):
                if since > at:
                    return local(since, self.zone) if since - at <= YEAR else None
        return None

    def closes_at(self, at: datetime, *, shut: bool = False) -> datetime | None:
        """When they close: if they are open at a time (aware), the end of that, else of the next time that they are.

        Ranges that follow each other without a break are one time, also over midnight. `shut` says that `closed_if` closes
        them now. None if they do not close within a year.
        """
        at = at.astimezone(UTC)
        for days in _AHEAD:
            after = datetime.combine(self._yesterday(at) + timedelta(days=days), time())
            for since, until in self._runs(at, days):
                if since > at or (until > at and not shut):
                    if until < beginning(self.zone, after):
                        return local(until, self.zone) if until - at <= YEAR else None
                    break  # it may go on after the last of these days
        return None

    def holiday(self, at: datetime) -> str:
        """The name of the holiday on the day of a time (aware), of the calendars they are closed by; "" if it is none."""
        today = at.astimezone(self.zone).date()
        return next((name for calendar in self.calendars if (name := calendar.name(today))), "")

    def ranges(self, day: date) -> Ranges:
        """When they are open on a day: the ranges that begin on it."""
        known = self._known.get(day)
        if known is None:
            known = self._known[day] = self._find(day)
            if len(self._known) > DAYS_KEPT:
                self._known.pop(next(iter(self._known)), None)
        return known

    def _find(self, day: date) -> Ranges:
        if day in self.dates:
            return self.dates[day]
        for first, last, ranges in self.seasons:
            if first <= day <= last:
                return ranges
        if any(first <= day <= last for first, last in self.closed) or any(one.name(day) for one in self.calendars):
            return ()
        return self.week[day.weekday()]

    def _runs(self, at: datetime, days: int) -> list[Instants]:
        """The times they are open on so many days from yesterday on."""
        yesterday = self._yesterday(at)
        found: list[Instants] = []
        for number in range(days):
            found += self._times_of(yesterday + timedelta(days=number))
        return merged(found)

    def _yesterday(self, at: datetime) -> date:
        return at.astimezone(self.zone).date() - _ONE_DAY

    def _times_of(self, day: date) -> list[Instants]:
        """The ranges of a day as times of the world."""
        known = self._times.get(day)
        if known is None:
            midnight, known = datetime.combine(day, time()), []
            for start, end in self.ranges(day):
                known += instants(self.zone, midnight + timedelta(minutes=start), midnight + timedelta(minutes=end))
            self._times[day] = known
            if len(self._times) > DAYS_KEPT:
                self._times.pop(next(iter(self._times)), None)
        return known
