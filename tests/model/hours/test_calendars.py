"""Holidays of a country and of a part of it: closed, and known by name."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.model.hours.calendars import Calendar


def name(desk, text: str) -> str:  # type: ignore[no-untyped-def]
    return desk.hours.holiday(desk.at(text))


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a Python of its own says."""
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


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
def test_names_do_not_follow_the_language_of_the_server(language: str) -> None:
    """The library would take it from the environment, so each is asked in a process of its own."""
    code = (
        "from datetime import date\nfrom engine.model.hours.calendars import Calendar\n"
        "print(ascii(Calendar('DE').name(date(2026, 12, 25))), ascii(Calendar('US').name(date(2026, 12, 25))))"
    )
    assert python(code, LANGUAGE=language).stdout.strip() == "'Erster Weihnachtstag' 'Christmas Day'"


WITHOUT = "import sys; sys.modules['holidays'] = None; from engine.cli import main; main(['check', {!r}])"


def test_without_the_library_it_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "hours:\n  desk:\n    timezone: UTC\n    mon: 09:00-17:00\n    closed: [{holidays: US}]\n"
        "steps:\n  menu:\n    - say: '{{ hours.desk.open }}'\n"
    )
    run = python(WITHOUT.format(str(tmp_path)))
    assert run.returncode == 1
    assert "error[F116]: holidays come from the library `holidays`, which is not installed" in run.stdout
    assert "pip install 'touchtone[holidays]'" in run.stdout
    assert "a.yaml:5:25" in run.stdout
    assert "1 error" in run.stdout


def test_without_the_library_hours_without_holidays_are_served(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "hours:\n  desk:\n    timezone: UTC\n    mon: 09:00-17:00\n    closed: [2026-12-25]\n"
        "steps:\n  menu:\n    - say: '{{ hours.desk.open }}'\n"
    )
    run = python(WITHOUT.format(str(tmp_path)))
    assert (run.returncode, run.stderr) == (0, "")


def test_the_library_is_not_loaded_for_flows_without_holidays() -> None:
    code = (
        "import sys\nfrom engine.program.library import load_sources\n"
        "from datetime import datetime, UTC\n"
        "text = 'hours: {d: {timezone: UTC, mon: 09:00-17:00, closed: [2026-12-25]}}\\nsteps: {a: [{say: Hi}]}'\n"
        "program = load_sources({'a.yaml': text}).program\n"
        "assert program.flows['a'].hours['d'].opens_at(datetime.now(UTC))\n"
        "print('holidays' in sys.modules)"
    )
    assert python(code).stdout.strip() == "False"


def test_flows_without_hours_load_no_time_zones() -> None:
    code = (
        "import sys\nfrom engine.program.library import load_sources\n"
        "load_sources({'a.yaml': 'steps: {a: [{say: Hi}]}'})\n"
        "print([name for name in ('zoneinfo', 'engine.model.hours.read') if name in sys.modules])"
    )
    assert python(code).stdout.strip() == "[]"
