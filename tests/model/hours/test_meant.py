"""What to write instead can be written: each suggestion is read without a word."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.diagnostics import FORMATS, Diagnostic, Report, Source, codes, render_text
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.hours.meant import meant_dates, meant_days, meant_ranges

WORDS = "9|5|17|24|0|12|09:00|17:30|9.30|0900| |-|–| to |am| PM|noon|midnight|,| & |/|h|mon|Fri|sat|sunday|Dec|2026|12-25|2026-12-24|.|..|closed|off"
PIECES = st.lists(st.sampled_from(WORDS.split("|")), max_size=9).map("".join)
ANY = st.one_of(PIECES, st.text(max_size=12))


def found(*lines: str) -> tuple[Diagnostic, ...]:
    text = "".join(f"    {line}\n" for line in ("timezone: UTC", *lines))
    report = Report()
    flow = Source("a.yaml", f"hours:\n  desk:\n{text}steps:\n  menu:\n    - hangup\n")
    build(Folder(Path(), (flow,), None), report)
    return report.diagnostics


@given(PIECES)
@example("9-12, 1-5")
@example("00:00-0:00")
def test_ranges(text: str) -> None:
    meant = meant_ranges(text)
    if meant is not None:
        told = [each for each in found(f"mon: {meant}") if each.code not in ("L405", "F110")]
        assert told == [], meant


@given(PIECES)
def test_days(text: str) -> None:
    for day in meant_days(text):
        assert [each.code for each in found(f"{day}: closed")] in ([], ["F104"]), day  # mon-mon


@given(ANY, st.integers(2024, 2028))
def test_dates(text: str, year: int) -> None:
    meant = meant_dates(text, year)
    if meant is not None:
        first, _, last = meant.partition("..")
        assert [each.code for each in found(f"{meant}: closed")] == (["F104"] if last and last < first else []), meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("9-17", "09:00-17:00"),
        ("9-5", "09:00-17:00"),
        ("9 to 5", "09:00-17:00"),
        ("9:00 AM - 5 PM", "09:00-17:00"),
        ("09:00–17:00", "09:00-17:00"),
        ("8-12, 1-5", "08:00-12:00, 13:00-17:00"),
        ("8am-12pm / 1pm-5pm", "08:00-12:00, 13:00-17:00"),
        ("1-5pm", "13:00-17:00"),
        ("11-1pm", "11:00-13:00"),
        ("10-2am", "22:00-02:00"),
        ("6pm-midnight", "18:00-24:00"),
        ("midnight-6am", "00:00-06:00"),
        ("noon-8", "12:00-20:00"),
        ("22-6", "22:00-06:00"),
        ("0900-1730", "09:00-17:30"),
        ("9h-17h30", "09:00-17:30"),
        ("12am-12pm", "00:00-12:00"),
        ("24/7", "00:00-24:00"),
        ("Closed", "closed"),
        ("9", None),
        ("9-25", None),
        ("13pm-5", None),
        ("by appointment", None),
    ],
)
def test_times_of_day_as_people_write_them(text: str, meant: str | None) -> None:
    assert meant_ranges(text) == meant


@given(key=ANY, value=ANY, closed=st.lists(ANY, max_size=3), zone=ANY)
def test_whatever_is_written_is_told_and_can_be_shown(key: str, value: str, closed: list[str], zone: str) -> None:
    def quoted(text: str) -> str:
        return "'" + re.sub(r"[^\x20-\x7e\xa0-\ud7ff]", "", text).replace("'", "''") + "'"

    dates = ", ".join(map(quoted, closed))
    diagnostics = found(f"{quoted(key)}: {quoted(value)}", f"closed: [{dates}]", f"closed_if: {quoted(value)}")
    report = Report()
    flow = Source(
        "a.yaml", f"hours: {{d: {{timezone: {quoted(zone)}, mon: {quoted(value)}}}}}\nsteps: {{a: [hangup]}}\n"
    )
    build(Folder(Path(), (flow,), None), report)
    for each in (*diagnostics, *report.diagnostics):
        assert each.code in codes()
        assert "\n" not in each.title
    for render in FORMATS.values():
        render(diagnostics)
    assert all(len(line) <= 80 for line in render_text(diagnostics).split("\n") if line.startswith("error["))
