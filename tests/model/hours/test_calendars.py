"""Holidays of a country and of a part of it: closed, and known by name."""

from collections.abc import Callable

import pytest

from engine.model.hours.calendars import Calendar


def name(desk, text: str) -> str:  # type: ignore[no-untyped-def]
    return desk.hours.holiday(desk.at(text))


def test_holidays_are_closed_and_have_names(hours: Callable) -> None:
    desk = hours("mon-sun: 09:00-17:00", "closed: [{holidays: US}]")
    assert name(desk, "2026-11-26 12:00") == "Thanksgiving Day"
    assert not desk.open("2026-11-26 12:00")
    assert name(desk, "2026-11-27 12:00") == ""
    assert desk.open("2026-11-27 12:00")
    assert desk.opens("2026-12-31 18:00") == "Sat 2027-01-02 09:00 -0500"


def test_a_holiday_goes_from_midnight_to_midnight_in_the_zone_of_the_hours(hours: Callable) -> None:
    desk = hours("mon-sun: 00:00-24:00", "closed: [{holidays: US}]")
    assert name(desk, "2026-12-24 23:59:59") == ""
    assert name(desk, "2026-12-25 00:00") == "Christmas Day"
    assert name(desk, "2026-12-25 23:59:59") == "Christmas Day"
    assert name(desk, "2026-12-26 00:00") == ""


def test_one_that_falls_on_a_weekend_is_observed_on_a_weekday(hours: Callable) -> None:
    desk = hours("mon-fri: 09:00-17:00", "closed: [{holidays: US}]")
    assert name(desk, "2026-07-03 12:00") == "Independence Day (observed)"
    assert not desk.open("2026-07-03 12:00")


def test_a_state_has_holidays_of_its_own(hours: Callable) -> None:
    assert Calendar("US").name(hours("mon: closed").at("2026-02-12").date()) == ""
    desk = hours("mon-fri: 09:00-17:00", "closed: [{holidays: US, state: NY}]")
    assert name(desk, "2026-02-12 12:00") == "Lincoln's Birthday"


def test_a_date_with_hours_of_its_own_is_open_and_still_a_holiday(hours: Callable) -> None:
    desk = hours("mon-fri: 09:00-17:00", "2026-11-26: 09:00-12:00", "closed: [{holidays: US}]")
    assert desk.open("2026-11-26 10:00")
    assert name(desk, "2026-11-26 10:00") == "Thanksgiving Day"


def test_several_countries_and_plain_dates_close_together(hours: Callable) -> None:
    desk = hours("mon-sun: 09:00-17:00", "closed: [{holidays: CA, state: ON}, 2026-08-05, {holidays: US}]")
    assert name(desk, "2026-11-26 12:00") == "Thanksgiving Day"
    assert name(desk, "2026-10-12 12:00").startswith("Thanksgiving")
    assert name(desk, "2026-08-05 12:00") == ""
    assert [desk.open(f"2026-{day} 12:00") for day in ("11-26", "10-12", "08-05", "08-06")] == [False] * 3 + [True]


@pytest.mark.parametrize("language", ["en_US", "de", "th"])
def test_names_do_not_follow_the_language_of_the_server(language: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """The library would take it from the environment, so each is asked in a process of its own."""
    import os
    import subprocess
    import sys

    code = (
        "from datetime import date\nfrom engine.model.hours.calendars import Calendar\n"
        "print(ascii(Calendar('DE').name(date(2026, 12, 25))), ascii(Calendar('US').name(date(2026, 12, 25))))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "LANGUAGE": language},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "'Erster Weihnachtstag' 'Christmas Day'"
