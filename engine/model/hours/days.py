"""Reads the days that a key of opening hours names: `mon-fri`, `2026-12-24`, `2026-12-24..2027-01-02`."""

import re
from calendar import month_name, monthrange
from datetime import date

from engine.diagnostics.source import Span
from engine.document import nodes
from engine.grammar.hours import CLOSED, DATES, DAYS, WEEKDAYS
from engine.grammar.places import place
from engine.model.hours.meant import meant_dates, meant_days
from engine.model.reading.reader import Reader, shortened

_YEAR = re.compile(r"\b20\d\d\b")
_SOME_YEAR = 2026  # of an example, where no date of the file has one

Week = tuple[int, ...]
Dates = tuple[date, date]


def read_weekdays(reader: Reader, key: nodes.Scalar) -> Week:
    """The days of the week that a key of the form of WEEKDAYS names, 0 for Monday; () if that is wrong, which is reported."""
    found = WEEKDAYS.fullmatch(key.text)
    assert found is not None, "the key names days of the week"
    first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
    if found[1] == found[2]:
        title = f"`{key.text}` goes from a day to the same day"
        reader.report.error("F104", title, key.span, label=f"write `{found[1]}`", helps=("the whole week is  mon-sun",))
        return ()
    return tuple((first + number) % 7 for number in range((last - first) % 7 + 1))


def read_dates(reader: Reader, scalar: nodes.Scalar) -> Dates | None:
    """The first and the last of the dates; None if the text is not of the form of DATES, or names none, which is reported."""
    found = DATES.fullmatch(scalar.text.strip())
    if found is None:
        no_date(reader, scalar)
        return None
    days: list[date] = []
    for number in (1, 2):
        if found[number] is not None:
            day = _read_date(reader, scalar, found[number])
            if day is None:
                return None
            days.append(day)
    if days[-1] < days[0]:
        title = f"`{scalar.text.strip()}` runs backwards"
        helps = (f"write  {days[-1]}..{days[0]}",)
        reader.report.error("F104", title, scalar.span, label="the first comes first", helps=helps)
        return None
    return days[0], days[-1]


def _read_date(reader: Reader, scalar: nodes.Scalar, text: str) -> date | None:
    year, month, day = map(int, text.split("-"))
    if not (1 <= month <= 12 and year):
        swapped = f"{year:04}-{day:02}-{month:02}" if 1 <= day <= 12 and 12 < month <= 31 and year else ""
        help_ = f"write  {swapped}" if swapped else "a date is year, month and day:  2026-12-24"
        what = f"month {month:02}" if year else "year 0000"
        reader.report.error("F104", f"`{text}`: there is no {what}", _span(scalar, text), helps=(help_,))
        return None
    length = monthrange(year, month)[1]
    if not 1 <= day <= length:
        title = f"`{text}`: {month_name[month]} {year} has {length} days"
        last = f"{year:04}-{month:02}-{length if day else 1:02}"
        reader.report.error("F104", title, _span(scalar, text), helps=(f"write  {last}",))
        return None
    return date(year, month, day)


def _span(scalar: nodes.Scalar, text: str) -> Span:
    return place(scalar, scalar.text.index(text), len(text))


def no_date(reader: Reader, scalar: nodes.Scalar) -> None:
    """Reports a text that is no date, with the date that was meant."""
    meant = _meant_dates(scalar)
    if meant_days(scalar.text) and not meant:
        title = f"`{shortened(scalar.text)}` is a day of the week, and here stand dates"
        days = "\n".join(f"  {day}: {CLOSED}" for day in meant_days(scalar.text))
        reader.report.error("F103", title, scalar.span, helps=(f"write it beside `closed`, as\n{days}",))
        return
    helps: tuple[str, ...] = (_with_year(scalar, meant),) if meant else ()
    if not meant:
        helps = ("write  2026-12-24, or  2026-12-24..2027-01-02", "the holidays of a country are  {holidays: US}")
    reader.report.error("F103", f"`{shortened(scalar.text)}` is no date", scalar.span, helps=helps)


def _meant_dates(scalar: nodes.Scalar) -> str | None:
    years = map(int, _YEAR.findall(scalar.span.source.text))
    return meant_dates(scalar.text, max(years, default=_SOME_YEAR))


def _with_year(scalar: nodes.Scalar, meant: str, after: str = "") -> str:
    return f"write  {meant}{after}" if re.search(r"\d{4}", scalar.text) else f"write its year too:  {meant}{after}"


def no_day(reader: Reader, owner: str, key: nodes.Scalar, value: nodes.Node) -> bool:
    """Whether a key that is none was meant as a day or a date; what to write is reported."""
    text = shortened(value.text, 30) if isinstance(value, nodes.Scalar) and value.text else "…"
    days = meant_days(key.text)
    if days:
        label = f"did you mean `{days[0]}`?" if len(days) == 1 else "each has its own line"
        helps = ("write\n" + "\n".join(f"  {day}: {text}" for day in days),) if len(days) > 1 else ()
        reader.report.error("F102", f"`{owner}` has no key `{shortened(key.text)}`", key.span, label=label, helps=helps)
        return True
    meant = _meant_dates(key)
    if meant is None:
        return False
    title = f"`{shortened(key.text)}` is no date"
    reader.report.error("F103", title, key.span, helps=(_with_year(key, meant, f": {text}"),))
    return True
