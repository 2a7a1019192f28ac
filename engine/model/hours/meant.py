"""What was meant by times, days and dates that are written as people write them, in the form that flows have."""

import re
from calendar import monthrange

from engine.grammar.hours import CLOSED, DAYS

_DASH = re.compile("\\s*(?:[\u2010-\u2015\u2212~-]|\\.{2,}|\u2026|\\b(?:to|til|till|until|through|thru)\\b)\\s*")
_WHOLE_DAY = frozenset(
    ("open", "24h", "24 h", "24/7", "24 hours", "all day", "allday", "always", "all", "yes", "true", "24")
)
_NEVER = frozenset(("close", CLOSED, "off", "no", "none", "never", "false", "null", "~", "-", "shut", "holiday", "[]"))
_CLOCK = re.compile(
    r"(?:at )?(?:(?P<both>\d{4})|(?P<hour>\d{1,2})(?:[:.h] ?(?P<minute>\d{2}))?h?) ?(?:uhr|o'clock|(?P<half>[ap])\.? ?m?\.?)?"
)
_WORDS = {"noon": 12 * 60, "midday": 12 * 60, "midnight": 24 * 60}
_GROUPS = {
    "weekday": "mon-fri",
    "workday": "mon-fri",
    "working day": "mon-fri",
    "business day": "mon-fri",
    "weekend": "sat-sun",
    "daily": "mon-sun",
    "everyday": "mon-sun",
    "every day": "mon-sun",
    "all day": "mon-sun",
    "all": "mon-sun",
    "all week": "mon-sun",
    "always": "mon-sun",
    "week": "mon-sun",
    "default": "mon-sun",
    "24/7": "mon-sun",
}
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = "([a-z]{3,9})\\.?"
_DATE_FORMS = tuple(
    (re.compile(form), order)
    for form, order in (
        (r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})", "ymd"),
        (r"(\d{4})(\d{2})(\d{2})", "ymd"),
        (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", "dmy"),
        (r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})", "mdy"),
        (rf"{_NAMED} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", "mdy"),
        (rf"(\d{{1,2}})(?:st|nd|rd|th|\.)? {_NAMED},? (\d{{4}})", "dmy"),
        (r"(\d{1,2})\.(\d{1,2})\.?", "dm"),
        (r"(\d{1,2})[-/](\d{1,2})", "md"),
        (rf"{_NAMED} (\d{{1,2}})(?:st|nd|rd|th)?", "md"),
        (rf"(\d{{1,2}})(?:st|nd|rd|th|\.)? {_NAMED}", "dm"),
    )
)


def meant_ranges(text: str, before: int = 0) -> str | None:
    """`9 AM - 5 PM` is `09:00-17:00`, `9-12 & 1-5` is `09:00-12:00, 13:00-17:00`, `off` is `closed`; None if nobody knows.

    The range before them ends at the minute `before`.
    """
    text = " ".join(text.casefold().split())
    if text in _NEVER:
        return CLOSED
    if text in _WHOLE_DAY:
        return "00:00-24:00"
    ranges: list[str] = []
    for part in filter(None, re.split(r" ?(?:[,;&+/]|\band\b) ?", text)):
        ends = _DASH.split(part)
        found = [_clock(end) for end in ends]
        if len(found) != 2 or found[0] is None or found[1] is None:
            return None
        start, end = _resolved(found[0], found[1], before)
        if not 0 <= start < 24 * 60 or start == end:
            return None
        ranges.append(f"{_written(start)}-{_written(end)}")
        before = end
    return ", ".join(ranges) or None


def _clock(text: str) -> tuple[int, str] | None:
    """The minute of the day, and `a` or `p` where it says so, `x` where that is known otherwise."""
    if text in _WORDS:
        return _WORDS[text], "x"
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    both, half = found["both"], found["half"] or ""
    hour = int(both[:2] if both else found["hour"])
    minute = int(both[2:] if both else found["minute"] or 0)
    if minute > 59 or hour > (12 if half else 24) or (half and not hour) or (hour == 24 and minute):
        return None
    return (hour % 12 + 12 * (half == "p") if half else hour) * 60 + minute, half


def _resolved(first: tuple[int, str], second: tuple[int, str], before: int) -> tuple[int, int]:
    """Both times on a clock of 24 hours: where they do not say which half of the day is meant, it is the likely one."""
    (start, half), (end, other) = first, second
    noon = 12 * 60
    start %= 2 * noon
    if start == end == 0:
        return 0, 2 * noon
    if not half and other in ("a", "p") and start <= noon:
        forenoon, afternoon = start % noon, start % noon + noon
        start = afternoon if (afternoon < end if other == "p" else forenoon >= end) else forenoon
    elif not half and not other and start < before and start + noon > before - 1 and start < noon:
        start += noon
    if not other and end <= start and end <= noon and (end % noon) + noon > start:
        end = end % noon + noon
    return start, end


def _written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def meant_days(text: str) -> tuple[str, ...]:
    """The days of the week as keys: `Monday – Friday` is `mon-fri`, `Sat & Sun` are `sat` and `sun`; () if it is none."""
    text = " ".join(text.casefold().split())
    group = _GROUPS.get(text) or _GROUPS.get(text.removesuffix("s"))
    if group is not None:
        return (group,)
    keys: list[str] = []
    for part in re.split(r" ?(?:[,;&+/|]|\band\b) ?", text):
        days = [_day(word) for word in _DASH.split(part)]
        if not 1 <= len(days) <= 2 or None in days:
            return ()
        keys.append("-".join(dict.fromkeys(day for day in days if day)))
    return tuple(keys)


def _day(word: str) -> str | None:
    bare = word.strip(". ").removesuffix("s")
    if len(bare) < 2 or not bare.isalpha():
        return None
    return next((DAYS[number] for number, name in enumerate(_DAY_NAMES) if name.startswith(bare)), None)


def meant_dates(text: str, year: int) -> str | None:
    """A date, or dates as `2026-12-24..2027-01-02`; one without a year is of `year`. None if it is none."""
    text = " ".join(text.casefold().split())
    one = _date(text, year)
    if one is not None:
        return one
    for dash in re.finditer(
        r"\.{2,}| ?[\u2010-\u2015\u2212~\u2026] ?| - | ?/ ?|-| (?:to|til|till|until|through|thru) ", text
    ):
        first, last = _date(text[: dash.start()].strip(), year), _date(text[dash.end() :].strip(), year)
        if first and last:
            return f"{first}..{last}"
    return None


def _date(text: str, year: int) -> str | None:
    for form, order in _DATE_FORMS:
        found = form.fullmatch(text)
        if found is None:
            continue
        parts = dict(zip(order, found.groups(), strict=True))
        month = _month(parts["m"])
        day = int(parts["d"]) if parts["d"].isdecimal() else 0
        if month > 12 >= day and parts["m"].isdecimal():  # 24/12/2026
            month, day = day, month
        written = int(parts.get("y", year))
        if 1 <= month <= 12 and written and 1 <= day <= monthrange(written, month)[1]:
            return f"{written:04}-{month:02}-{day:02}"
    return None


def _month(word: str) -> int:
    if word.isdecimal():
        return int(word)
    return _MONTHS.index(word[:3]) + 1 if word[:3] in _MONTHS else 0
