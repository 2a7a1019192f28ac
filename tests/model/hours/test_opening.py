"""Open or not, and when next: to the minute, over midnight, over the week's end, on dates of their own."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.diagnostics import render_text
from engine.grammar.verbs import FLOW_KEYS
from engine.model.hours.view import HoursView
from engine.program.library import load_sources

# 2026-11-23 is a Monday.


def test_the_example_of_the_reference_is_read_without_a_word() -> None:
    loaded = load_sources(
        {"a.yaml": f"{FLOW_KEYS['hours'].example}\nsteps:\n  a:\n    - say: '{{{{ hours.desk.open }}}}'\n"}
    )
    assert render_text(loaded.report.diagnostics) == ""


def test_the_minute_of_opening_is_open_and_the_minute_of_closing_is_not(hours: Callable) -> None:
    desk = hours("mon-fri: 09:00-12:00, 13:00-17:00")
    assert not desk.open("2026-11-23 08:59:59.999999")
    assert desk.open("2026-11-23 09:00")
    assert desk.open("2026-11-23 11:59:59.999999")
    assert not desk.open("2026-11-23 12:00")
    assert not desk.open("2026-11-23 12:59:59")
    assert desk.open("2026-11-23 13:00")
    assert not desk.open("2026-11-23 17:00")


def test_a_day_that_is_not_there_is_closed(hours: Callable) -> None:
    desk = hours("mon: 09:00-17:00", "sat: closed")
    assert [desk.open(f"2026-11-{day} 10:00") for day in range(23, 30)] == [True, *[False] * 6]


def test_days_over_the_end_of_the_week(hours: Callable) -> None:
    desk = hours("sat-mon: 09:00-17:00")
    assert [desk.open(f"2026-11-{day} 10:00") for day in range(23, 30)] == [True, *[False] * 4, True, True]


def test_a_list_of_ranges_is_as_good_as_commas(hours: Callable) -> None:
    assert hours("mon: [09:00-12:00, 13:00-17:00]").hours.week == hours("mon: 09:00-12:00, 13:00 - 17:00").hours.week


def test_when_it_opens_and_closes_next(hours: Callable) -> None:
    desk = hours("mon-fri: 09:00-12:00, 13:00-17:00")
    assert desk.opens("2026-11-23 08:59") == "Mon 2026-11-23 09:00 -0500"
    assert desk.closes("2026-11-23 08:59") == "Mon 2026-11-23 12:00 -0500"
    # Open: it closes at noon, and opens again at one. The minute of opening is not the next one.
    assert desk.opens("2026-11-23 09:00") == "Mon 2026-11-23 13:00 -0500"
    assert desk.closes("2026-11-23 09:00") == "Mon 2026-11-23 12:00 -0500"
    assert desk.closes("2026-11-23 12:00") == "Mon 2026-11-23 17:00 -0500"
    assert desk.opens("2026-11-27 17:00") == "Mon 2026-11-30 09:00 -0500"
    assert desk.closes("2026-11-27 17:00") == "Mon 2026-11-30 12:00 -0500"


def test_one_day_a_week_opens_again_in_a_week(hours: Callable) -> None:
    desk = hours("mon: 09:00-17:00")
    assert desk.opens("2026-11-23 09:00") == "Mon 2026-11-30 09:00 -0500"
    assert desk.closes("2026-11-23 17:00") == "Mon 2026-11-30 17:00 -0500"


def test_a_range_over_midnight_is_of_the_day_it_begins_on(hours: Callable) -> None:
    bar = hours("fri: 20:00-02:00", "sun: closed")
    assert bar.open("2026-11-27 23:59")
    assert bar.open("2026-11-28 00:00")
    assert bar.open("2026-11-28 01:59")
    assert not bar.open("2026-11-28 02:00")
    assert not bar.open("2026-11-27 01:00")
    assert bar.closes("2026-11-28 00:30") == "Sat 2026-11-28 02:00 -0500"
    assert bar.opens("2026-11-28 00:30") == "Fri 2026-12-04 20:00 -0500"


@pytest.mark.parametrize("closed", ["sat: closed", "2026-11-28: closed", "closed: [2026-11-28]"])
def test_a_closed_day_does_not_cut_the_night_before_it(hours: Callable, closed: str) -> None:
    bar = hours("fri: 20:00-02:00", closed)
    assert bar.open("2026-11-28 01:00")
    assert bar.closes("2026-11-27 21:00") == "Sat 2026-11-28 02:00 -0500"


def test_a_closed_day_takes_its_own_night_with_it(hours: Callable) -> None:
    bar = hours("mon-sun: 20:00-02:00", "2026-11-27: closed")
    assert not bar.open("2026-11-27 23:00")
    assert bar.open("2026-11-27 01:00")  # Thursday's night
    assert not bar.open("2026-11-28 01:00")
    assert bar.opens("2026-11-27 01:00") == "Sat 2026-11-28 20:00 -0500"


def test_midnight_as_the_end_of_a_day_and_as_a_smaller_time_are_the_same(hours: Callable) -> None:
    for late in (hours("mon: 18:00-24:00"), hours("mon: 18:00-00:00")):
        assert late.open("2026-11-23 23:59:59")
        assert not late.open("2026-11-24 00:00")
        assert late.closes("2026-11-23 18:00") == "Tue 2026-11-24 00:00 -0500"


def test_ranges_that_touch_are_one_time_also_over_midnight(hours: Callable) -> None:
    night = hours("mon: 22:00-24:00", "tue: 00:00-06:00, 06:00-07:00")
    assert night.open("2026-11-24 00:00")
    assert night.closes("2026-11-23 21:00") == "Tue 2026-11-24 07:00 -0500"
    assert night.closes("2026-11-23 23:00") == "Tue 2026-11-24 07:00 -0500"
    assert night.opens("2026-11-23 23:00") == "Mon 2026-11-30 22:00 -0500"


def test_ranges_of_two_days_that_overlap_are_one_time(hours: Callable) -> None:
    bar = hours("fri: 20:00-04:00", "sat: 02:00-10:00")
    assert bar.open("2026-11-28 03:00")
    assert bar.closes("2026-11-27 20:00") == "Sat 2026-11-28 10:00 -0500"


def test_always_open_never_opens_nor_closes(hours: Callable) -> None:
    always = hours("mon-sun: 00:00-24:00")
    assert always.open("2026-11-23 00:00")
    assert (always.opens("2026-11-23 12:00"), always.closes("2026-11-23 12:00")) == ("", "")


def test_always_open_but_for_a_day(hours: Callable) -> None:
    nearly = hours("mon-sun: 00:00-24:00", "closed: [2026-12-25]")
    assert nearly.closes("2026-11-23 12:00") == "Fri 2026-12-25 00:00 -0500"
    assert nearly.opens("2026-11-23 12:00") == "Sat 2026-12-26 00:00 -0500"
    assert nearly.closes("2026-12-25 12:00") == ""


def test_what_is_more_than_a_year_away_is_never(hours: Callable) -> None:
    once = hours("2027-11-24: 09:00-17:00")
    assert once.opens("2026-11-24 08:00") == "Wed 2027-11-24 09:00 -0500"
    assert once.closes("2026-11-24 18:00") == "Wed 2027-11-24 17:00 -0500"
    assert once.opens("2026-11-20 09:00") == ""
    assert once.opens("2027-11-24 09:00") == ""
    assert once.closes("2027-11-24 09:00") == "Wed 2027-11-24 17:00 -0500"
    assert hours("mon-sun: closed").opens("2026-11-24 08:00") == ""


def test_a_date_wins_over_days_of_the_week_and_over_what_is_closed(hours: Callable) -> None:
    desk = hours(
        "mon-fri: 09:00-17:00",
        "2026-12-24: 09:00-12:00",
        "2026-12-28: closed",
        "2026-12-26: 10:00-11:00",
        "closed: [2026-12-20..2026-12-26]",
    )
    assert desk.open("2026-12-24 11:59")
    assert not desk.open("2026-12-24 12:00")
    assert not desk.open("2026-12-23 10:00")
    assert not desk.open("2026-12-25 10:00")
    assert desk.open("2026-12-26 10:00")  # a Saturday
    assert not desk.open("2026-12-28 10:00")
    assert desk.opens("2026-12-24 12:00") == "Sat 2026-12-26 10:00 -0500"


def test_dates_from_to_win_too_and_a_single_date_within_them_wins_over_them(hours: Callable) -> None:
    desk = hours(
        "mon-fri: 09:00-17:00",
        "2026-12-24..2027-01-02: 10:00-12:00",
        "2026-12-25: closed",
        "closed: [2026-12-28]",
    )
    assert not desk.open("2026-12-23 17:30")
    assert [desk.open(f"2026-12-{day} 11:00") for day in (24, 25, 26, 28, 31)] == [True, False, True, True, True]
    assert desk.open("2027-01-02 11:00")
    assert not desk.open("2027-01-03 11:00")
    assert not desk.open("2026-12-24 13:00")


# 2026-12-24 is a Thursday, and 2026-12-25 a holiday of the US.
@pytest.mark.parametrize(
    ("written", "opened"),
    [
        ([], False),
        (["thu: 10:00-12:00"], True),
        (["closed: [2026-12-24]"], False),
        (["thu: 10:00-12:00", "closed: [2026-12-24]"], False),
        (["thu: 10:00-12:00", "closed: [2026-12-20..2026-12-31]"], False),
        (["2026-12-24: 10:00-12:00"], True),
        (["thu: closed", "2026-12-24: 10:00-12:00"], True),
        (["thu: 10:00-12:00", "2026-12-24: closed"], False),
        (["thu: 10:00-12:00", "2026-12-24: 15:00-16:00"], False),
        (["2026-12-24: 10:00-12:00", "closed: [2026-12-24]"], True),
        (["closed: [2026-12-24]", "2026-12-24: 10:00-12:00"], True),
        (["2026-12-24: 10:00-12:00", "closed: [2026-12-20..2026-12-31]"], True),
        (["2026-12-20..2026-12-31: 10:00-12:00", "closed: [2026-12-24]"], True),
        (["2026-12-20..2026-12-31: 10:00-12:00", "2026-12-24: closed"], False),
        (["2026-12-24: 10:00-12:00", "2026-12-20..2026-12-31: closed"], True),
        (["thu: 10:00-12:00", "closed: [2026-12-24]", "2026-12-24: closed"], False),
    ],
)
@pytest.mark.parametrize("closed_if", ["", "false", "true"])
def test_later_ones_win_weekday_closed_date_closed_if(
    hours: Callable, written: list[str], opened: bool, closed_if: str
) -> None:
    condition = [f"closed_if: {closed_if}"] if closed_if else []
    desk = hours("mon: 09:00-17:00", *written, *condition)
    at = desk.at("2026-12-24 11:00")
    view = HoursView({"desk": desk.hours}, at, {})
    assert view["desk"]["open"] is (opened and closed_if != "true")
    assert HoursView({"desk": hours("mon: 09:00-17:00", *condition, *written).hours}, at, {})["desk"]["open"] is (
        opened and closed_if != "true"
    )


def test_a_date_wins_over_a_holiday_and_a_condition_over_both(hours: Callable) -> None:
    written = ("mon-fri: 09:00-17:00", "2026-12-25: 10:00-12:00", "closed: [{holidays: US}]")
    desk = hours(*written)
    assert [desk.open("2026-12-25 11:00"), desk.open("2026-12-25 14:00")] == [True, False]
    assert not desk.open("2027-01-01 11:00")
    shut = hours(*written, "closed_if: now.hour == 11")
    view = HoursView({"desk": shut.hours}, shut.at("2026-12-25 11:00"), {})
    assert view["desk"]["open"] is False
    assert HoursView({"desk": shut.hours}, shut.at("2026-12-25 10:00"), {})["desk"]["open"] is True


def test_the_29th_of_february(hours: Callable) -> None:
    leap = hours("mon-sun: 09:00-17:00", "2028-02-29: 10:00-10:30", "2028-03-01: closed")
    assert leap.open("2028-02-29 10:00")
    assert not leap.open("2028-02-29 12:00")
    assert leap.opens("2028-02-28 17:00") == "Tue 2028-02-29 10:00 -0500"
    assert leap.opens("2028-02-29 10:00") == "Thu 2028-03-02 09:00 -0500"
    over = hours("2028-02-28..2028-03-01: 22:00-02:00")
    assert [over.open(text) for text in ("2028-02-29 01:59", "2028-02-29 02:00", "2028-03-01 00:30")] == [
        True,
        False,
        True,
    ]
    assert hours("2028-02-29: 09:00-17:00").opens("2027-03-01 00:00") == "Tue 2028-02-29 09:00 -0500"


def test_closed_by_a_condition_it_closes_after_the_next_time_it_opens(hours: Callable) -> None:
    desk = hours("mon-fri: 09:00-17:00")
    assert desk.closes("2026-11-23 10:00", shut=True) == "Tue 2026-11-24 17:00 -0500"
    assert desk.closes("2026-11-23 10:00") == "Mon 2026-11-23 17:00 -0500"


@pytest.mark.parametrize(
    "written", ["2026-11-23T14:00:00+00:00", "2026-11-23T23:00:00+09:00", "2026-11-23T06:00:00-08:00"]
)
def test_a_time_may_come_from_any_zone(hours: Callable, written: str) -> None:
    desk = hours("mon: 09:00-17:00").hours
    at = datetime.fromisoformat(written)
    assert desk.planned(at)
    assert desk.closes_at(at) == datetime(2026, 11, 23, 22, tzinfo=UTC)


def test_days_that_are_remembered_stay_few(hours: Callable) -> None:
    desk = hours("2026-11-23: 09:00-17:00")
    for year in range(1990, 2030):
        desk.opens(f"{year}-01-01 12:00")
    assert len(desk.hours._known) <= 1_000
    assert desk.open("2026-11-23 09:00")
