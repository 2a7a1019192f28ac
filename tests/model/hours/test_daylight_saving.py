"""Where clocks are put forward and back, hours are what the clock on the wall shows.

In New York clocks are put forward on 2026-03-08 at 02:00 and back on 2026-11-01 at 02:00.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.model.hours.opening import DAY, Hours, Ranges
from engine.model.hours.zones import instants

MINUTE = timedelta(minutes=1)


def test_a_range_over_the_gap_is_an_hour_shorter(hours: Callable) -> None:
    desk = hours("sun: 01:00-05:00")
    assert desk.closes("2026-03-08 00:00") == "Sun 2026-03-08 05:00 -0400"
    length = desk.hours.closes_at(desk.at("2026-03-08 00:00")).astimezone(UTC) - desk.at("2026-03-08 01:00").astimezone(
        UTC
    )
    assert length == timedelta(hours=3)


def test_a_range_that_begins_in_the_gap_begins_when_the_gap_ends(hours: Callable) -> None:
    desk = hours("sun: 02:30-05:00")
    assert desk.opens("2026-03-08 01:59") == "Sun 2026-03-08 03:00 -0400"
    assert desk.open("2026-03-08 03:00")
    assert not desk.open("2026-03-08 01:59:59")


def test_a_range_that_ends_in_the_gap_ends_when_the_gap_begins(hours: Callable) -> None:
    desk = hours("sun: 01:00-02:30")
    assert desk.closes("2026-03-08 01:30") == "Sun 2026-03-08 03:00 -0400"  # which is 02:00
    assert not desk.open("2026-03-08 03:00")


def test_a_range_within_the_gap_is_no_time_at_all(hours: Callable) -> None:
    desk = hours("sun: 02:15-02:45")
    assert desk.opens("2026-03-08 01:00") == "Sun 2026-03-15 02:15 -0400"
    assert desk.opens("2026-03-07 01:00") == "Sun 2026-03-15 02:15 -0400"


def test_the_hour_that_happens_twice_is_open_both_times(hours: Callable) -> None:
    desk = hours("sun: 01:15-01:45")
    for fold in (0, 1):
        assert not desk.open("2026-11-01 01:14", fold)
        assert desk.open("2026-11-01 01:15", fold)
        assert not desk.open("2026-11-01 01:45", fold)
    assert desk.opens("2026-11-01 01:00") == "Sun 2026-11-01 01:15 -0400"
    assert desk.closes("2026-11-01 01:00") == "Sun 2026-11-01 01:45 -0400"
    assert desk.opens("2026-11-01 01:30") == "Sun 2026-11-01 01:15 -0500"
    assert desk.closes("2026-11-01 01:50") == "Sun 2026-11-01 01:45 -0500"
    assert desk.closes("2026-11-01 01:20", 1) == "Sun 2026-11-01 01:45 -0500"
    assert desk.opens("2026-11-01 01:20", 1) == "Sun 2026-11-08 01:15 -0500"


def test_a_range_over_the_hour_that_happens_twice_is_one_time_and_an_hour_longer(hours: Callable) -> None:
    bar = hours("sat: 20:00-03:00")
    assert bar.open("2026-11-01 01:30")
    assert bar.open("2026-11-01 01:30", 1)
    assert bar.closes("2026-10-31 21:00") == "Sun 2026-11-01 03:00 -0500"
    assert bar.closes("2026-11-01 01:30") == "Sun 2026-11-01 03:00 -0500"
    assert bar.opens("2026-10-31 21:00") == "Sat 2026-11-07 20:00 -0500"


def test_days_where_nothing_happens_twice_keep_their_times(hours: Callable) -> None:
    desk = hours("mon-sun: 09:00-17:00")
    assert desk.opens("2026-03-07 18:00") == "Sun 2026-03-08 09:00 -0400"
    assert desk.opens("2026-10-31 18:00") == "Sun 2026-11-01 09:00 -0500"


def test_clocks_that_are_put_forward_at_midnight(hours: Callable) -> None:
    """In Beirut 2026-03-29 begins at 01:00."""
    desk = hours("mon-sun: 00:00-24:00", "2026-03-30: closed", timezone="Asia/Beirut")
    assert desk.opens("2026-03-28 12:00") == "Tue 2026-03-31 00:00 +0300"
    night = hours("sat: 22:00-24:00", timezone="Asia/Beirut")
    assert night.closes("2026-03-28 23:00") == "Sun 2026-03-29 01:00 +0300"  # which is midnight
    assert not night.open("2026-03-29 01:00")
    early = hours("sun: 00:00-02:00", timezone="Asia/Beirut")
    assert early.opens("2026-03-28 23:00") == "Sun 2026-03-29 01:00 +0300"


def test_a_day_that_a_zone_leaves_out(hours: Callable) -> None:
    """Samoa went from 2011-12-29 to 2011-12-31."""
    desk = hours("mon-sun: 09:00-17:00", timezone="Pacific/Apia")
    assert desk.opens("2011-12-29 17:00") == "Sat 2011-12-31 09:00 +1400"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"])
def test_a_plain_range_is_as_long_as_it_looks(zone: str) -> None:
    start = datetime(2026, 6, 15, 9)
    ((since, until),) = instants(ZoneInfo(zone), start, start + timedelta(hours=8))
    assert until - since == timedelta(hours=8)
    assert since.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == start


# Days around which clocks jump: by an hour and by half an hour, at night and at midnight, on both halves of the globe; and the day
# in 2010 on which St. John's came back to the evening before.
JUMPS = [
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Asia/Beirut", "2026-03-29"),
    ("America/Santiago", "2026-04-05"),
    ("America/Santiago", "2026-09-06"),
    ("America/St_Johns", "2010-11-07"),
    ("America/St_Johns", "2010-03-14"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Pacific/Apia", "2011-12-30"),
    ("Asia/Kolkata", "2026-06-15"),
]


@st.composite
def ranges(draw: st.DrawFn) -> Ranges:
    """Up to three ranges of a day in order, the last of them perhaps over midnight."""
    times = sorted(draw(st.sets(st.integers(0, DAY // 5).map(lambda n: n * 5), min_size=0, max_size=6)))
    pairs = list(zip(times[::2], times[1::2], strict=False))
    if pairs and draw(st.booleans()):
        pairs[-1] = (pairs[-1][0], DAY + draw(st.integers(0, 12)) * 30)
    return tuple((start, end) for start, end in pairs if start < DAY and end - start <= DAY)


ONLY_THURSDAY_AND_SATURDAY: tuple[Ranges, ...] = ((), (), (), ((0, DAY),), (), ((0, 5),), ())


@settings(max_examples=60, deadline=None)
@example(("Pacific/Apia", "2011-12-30"), ONLY_THURSDAY_AND_SATURDAY, 0)  # there the one follows the other
@given(jump=st.sampled_from(JUMPS), week=st.tuples(*[ranges()] * 7), minutes=st.integers(-2 * DAY, DAY))
def test_the_clock_on_the_wall_decides_minute_by_minute(
    jump: tuple[str, str], week: tuple[Ranges, ...], minutes: int
) -> None:
    """What opens and closes next is found by going on minute by minute as well."""
    name, day = jump
    zone = ZoneInfo(name)
    hours = Hours(zone, week)
    at = datetime.combine(datetime.fromisoformat(day), time(), UTC) + minutes * MINUTE

    def shown(time: datetime) -> bool:
        wall = time.astimezone(zone).replace(tzinfo=None)
        for back in (0, 1):
            begun = datetime.combine(wall.date(), datetime.min.time()) - timedelta(days=back)
            for start, end in week[begun.weekday()]:
                if begun + start * MINUTE <= wall < begun + end * MINUTE:
                    return True
        return False

    states = [shown(at + number * MINUTE) for number in range(4 * DAY)]
    assert hours.planned(at) == states[0]
    opens = next((n for n in range(1, len(states)) if states[n] and not states[n - 1]), None)
    if opens is not None:
        assert hours.opens_at(at) == at + opens * MINUTE
    first = 0 if states[0] else opens
    closes = next((n for n in range(first, len(states)) if not states[n]), None) if first is not None else None
    if closes is not None:
        assert hours.closes_at(at) == at + closes * MINUTE
