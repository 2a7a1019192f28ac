"""When a clock on the wall shows a range of times, in a zone whose clocks may jump."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

Instants = tuple[datetime, datetime]
"""From when (inclusive) to when (exclusive), in UTC."""

_HOUR, _SECOND, _NOTHING = timedelta(hours=1), timedelta(seconds=1), timedelta(0)


def local(at: datetime, zone: tzinfo) -> datetime:
    """A time (aware) as clocks in the zone show it, with the offset that holds then.

    Not with the zone itself: Python would subtract and compare two such times as if no clock had jumped between them.
    """
    there = at.astimezone(zone)
    return there.replace(tzinfo=timezone(there.utcoffset() or _NOTHING, there.tzname() or ""))


def instants(zone: tzinfo, start: datetime, end: datetime) -> list[Instants]:
    """When clocks in the zone show at least `start` and less than `end` (naive times), in order.

    Where clocks are put forward, the times that they leave out are no time at all; where they are put back, a time that they
    show twice is there twice (PEP 495).
    """
    offsets = {_offset(zone, time, fold) for time in (start, end) for fold in (0, 1)}
    if len(offsets) == 1:
        offset = offsets.pop()
        return [((start - offset).replace(tzinfo=UTC), (end - offset).replace(tzinfo=UTC))]
    first = (start - max(offsets)).replace(tzinfo=UTC) - _HOUR
    last = (end - min(offsets)).replace(tzinfo=UTC) + _HOUR
    found: list[Instants] = []
    for begins, ends, offset in _stretches(zone, first, last):
        since = max((start - offset).replace(tzinfo=UTC), begins)
        until = min((end - offset).replace(tzinfo=UTC), ends)
        if since < until:
            found.append((since, until))
    return merged(found)


def beginning(zone: tzinfo, time: datetime) -> datetime:
    """A moment (UTC) before which clocks in the zone have not yet shown a naive time, and for the most the first they do."""
    return (time - max(_offset(zone, time, fold) for fold in (0, 1))).replace(tzinfo=UTC)


def merged(found: list[Instants]) -> list[Instants]:
    """The same time in order, what touches or overlaps made one."""
    one: list[Instants] = []
    for since, until in sorted(found):
        if one and since <= one[-1][1]:
            one[-1] = (one[-1][0], max(one[-1][1], until))
        else:
            one.append((since, until))
    return one


def _stretches(zone: tzinfo, first: datetime, last: datetime) -> list[tuple[datetime, datetime, timedelta]]:
    """The time from `first` to `last` cut where the clocks jump, with the offset of each stretch from UTC."""
    found: list[tuple[datetime, datetime, timedelta]] = []
    begins, at = first, first
    while at < last:
        following = min(at + _HOUR, last)
        if _offset_at(zone, at) != _offset_at(zone, following):
            jump = _jump(zone, at, following)
            found.append((begins, jump, _offset_at(zone, at)))
            begins = jump
        at = following
    return [*found, (begins, last, _offset_at(zone, last))]


def _jump(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """The first second of the offset that holds at `after`; another one holds at `before`."""
    offset = _offset_at(zone, before)
    while after - before > _SECOND:
        between = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if _offset_at(zone, between) == offset:
            before = between
        else:
            after = between
    return after


def _offset(zone: tzinfo, time: datetime, fold: int) -> timedelta:
    return zone.utcoffset(time.replace(fold=fold)) or _NOTHING


def _offset_at(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or _NOTHING
