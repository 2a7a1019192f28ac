"""Reads days and their ranges of times: `mon-fri: 09:00-12:00, 13:00-17:00`, `2026-12-24: closed`."""

import re
from calendar import month_name, monthrange
from datetime import date

from engine.diagnostics.source import Span
from engine.document import nodes
from engine.grammar.hours import CLOSED, DATES, DAYS, WEEKDAYS
from engine.grammar.places import place
from engine.model.hours.meant import meant_dates, meant_days, meant_ranges
from engine.model.hours.opening import DAY, Ranges
from engine.model.reader import Reader, folded, shortened

EXAMPLE = "09:00-12:00, 13:00-17:00"

_RANGE = re.compile(r"\s*(?P<start>(\d\d):(\d\d))\s*-\s*(?P<end>(\d\d):(\d\d))\s*")
_YEAR = re.compile(r"\b20\d\d\b")
_SOME_YEAR = 2026  # of an example, where no date of the file has one
_LONG = 20 * 60  # minutes: ranges over midnight that are longer are hardly ever meant

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
    span = place(scalar, scalar.text.index(text), len(text))
    if not (1 <= month <= 12 and year):
        swapped = f"{year:04}-{day:02}-{month:02}" if 1 <= day <= 12 and 12 < month <= 31 and year else ""
        help_ = f"write  {swapped}" if swapped else "a date is year, month and day:  2026-12-24"
        what = f"month {month:02}" if year else "year 0000"
        reader.report.error("F104", f"`{text}`: there is no {what}", span, helps=(help_,))
        return None
    length = monthrange(year, month)[1]
    if not 1 <= day <= length:
        title = f"`{text}`: {month_name[month]} {year} has {length} days"
        last = f"{year:04}-{month:02}-{length if day else 1:02}"
        reader.report.error("F104", title, span, helps=(f"write  {last}",))
        return None
    return date(year, month, day)


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


def read_ranges(reader: Reader, key: str, node: nodes.Node) -> Ranges | None:
    """The ranges of a day, in minutes; () if it is closed, None if the node is none, which is reported."""
    parts: list[tuple[nodes.Scalar, int, str]] = []
    for item in node.items if isinstance(node, nodes.Sequence) and node.items else (node,):
        wanted = f"`{CLOSED}`, or ranges of times"
        scalar = reader.scalar(key, item, wanted, f"write  {key}: {EXAMPLE}, or  {key}: {CLOSED}")
        if scalar is None:
            return None
        if scalar.text.strip() == CLOSED and item is node:
            return ()
        at = 0
        for text in scalar.text.split(","):
            parts.append((scalar, at, text))
            at += len(text) + 1
    ranges: list[tuple[int, int]] = []
    for scalar, at, text in parts:
        one = _read_range(reader, key, scalar, at, text, ranges[-1][1] if ranges and scalar is not node else 0)
        if one is None:
            return None
        if ranges and not _follows(reader, key, ranges, one, place(scalar, at + _blanks(text), len(text.strip()))):
            return None
        ranges.append(one)
    return tuple(ranges)


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip())


def _read_range(
    reader: Reader, key: str, scalar: nodes.Scalar, at: int, text: str, before: int
) -> tuple[int, int] | None:
    """The range written as `text`, which begins at `at`; the one before it ends at the minute `before`."""
    found = _RANGE.fullmatch(text)
    if found is None:
        _no_range(reader, key, scalar, before)
        return None
    span = place(scalar, at + _blanks(text), len(text.strip()))
    minutes: list[int] = []
    for name, hour, minute in (("start", 2, 3), ("end", 5, 6)):
        hours, rest = int(found[hour]), int(found[minute])
        if rest > 59 or hours * 60 + rest > (DAY if name == "end" else DAY - 1):
            time = place(scalar, at + found.start(name), 5)
            help_ = "a day goes from 00:00 to 24:00"
            if name == "start" and (hours, rest) == (24, 0):
                help_ = "the minute after a day is the next day's:  00:00"
            elif 24 <= hours < 36 and rest <= 59 and name == "end":
                range_ = f"{found['start']}-{hours - 24:02}:{rest:02}"
                help_ = f"over midnight the second is the smaller:\n{key}: {range_}"
            reader.report.error("F104", f"`{found[name]}` is no time of day", time, helps=(help_,))
            return None
        minutes.append(hours * 60 + rest)
    start, end = minutes
    if start == end:
        both = (f"the whole day is  {key}: 00:00-24:00", f"a day without hours is  {key}: {CLOSED}")
        reader.report.error("F104", f"`{text.strip()}` ends when it begins", span, helps=both)
        return None
    if end > start:
        return start, end
    end += DAY
    if end - start >= _LONG:
        better = (start, end - DAY // 2) if start < end - DAY // 2 < DAY else (end - DAY, start)
        title = f"`{text.strip()}` goes over midnight, for {_length(end - start)}"
        helps = (f"if not, write  {_written(better)}",)
        reader.report.warning("L405", title, span, label="the second is the smaller", helps=helps)
    return start, end


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} hours" + (f" and {rest} minutes" if rest else "")


def _follows(reader: Reader, key: str, before: list[tuple[int, int]], one: tuple[int, int], span: Span) -> bool:
    """Whether a range begins when the one before has ended; a mistake is reported."""
    start, end = before[-1]
    if one[0] >= end:
        return True
    written, earlier = _written(one), _written(before[-1])
    if one[1] > start:
        together = f"together they are  {_written((min(start, one[0]), max(end, one[1])))}"
        reader.report.error("F110", f"`{written}` overlaps `{earlier}`", span, helps=(together,))
        return False
    ordered = ", ".join(_written(each) for each in sorted([*before, one]))
    helps = [folded(f"write  {key}: {ordered}")]
    if start < DAY // 2 and one[0] + DAY // 2 >= end and one[1] <= DAY // 2:
        afternoon = _written((one[0] + DAY // 2, one[1] + DAY // 2))
        helps.insert(0, f"the afternoon is  {afternoon}")
    title = f"`{written}` comes after `{earlier}`, and is earlier"
    reader.report.error("F110", title, span, label="ranges stand in order", helps=helps)
    return False


def _written(range_: tuple[int, int]) -> str:
    return "-".join(f"{(minutes - DAY if minutes > DAY else minutes) // 60:02}:{minutes % 60:02}" for minutes in range_)


def _no_range(reader: Reader, key: str, scalar: nodes.Scalar, before: int) -> None:
    text = scalar.text
    if "{{" in text or "{%" in text:
        title = "opening hours hold no templates: they are read once, with the flow"
        helps = (f"what is only known in a call is a condition:\n  {CLOSED}_if: …",)
        reader.report.error("F103", title, scalar.span, helps=helps)
        return
    meant = meant_ranges(text, before)
    help_ = (
        f"write  {meant if before else f'{key}: {meant}'}"
        if meant
        else f"write  {key}: 09:00-17:00, or  {key}: {CLOSED}"
    )
    title = f"`{shortened(text, 30)}` is no range of times"
    reader.report.error("F103", title, scalar.span, label="HH:MM-HH:MM", helps=(help_,))
