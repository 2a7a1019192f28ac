"""What may be written under the name of opening hours: the days, the ranges of times, and their JSON Schema."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from engine.grammar.fields import Schema

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The names of the days, in the order of `date.weekday()`."""

_DAY, _DATE = f"({'|'.join(DAYS)})", "([0-9]{4}-[0-9]{2}-[0-9]{2})"
_WEEKDAYS, _DATES = rf"{_DAY}(?:-{_DAY})?", rf"{_DATE}(?: *\.\. *{_DATE})?"
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_RANGE = f"{_TIME} *- *(?:{_TIME}|24:00)"

WEEKDAYS = re.compile(_WEEKDAYS)
"""A day of the week, or days from one to the other, also over the week's end."""
DATES = re.compile(_DATES)
"""A date, or all from one to the other."""
CLOSED = "closed"

KEYS: Mapping[str, str] = MappingProxyType(
    {
        "timezone": "the zone that all times are of: `America/New_York`",
        "mon … sun": "a day, or days as `mon-fri`: `closed`, or ranges as `09:00-12:00, 13:00-17:00`; over midnight if "
        "the second time is the smaller, and then of the day they begin on; to `24:00`. A day that is not there is closed",
        "2026-12-24": "a date, or `2026-12-24..2027-01-02`, with ranges or `closed`: it wins over the days of the week "
        "and over the list `closed`, and a single date over dates from … to",
        "closed": "days that are closed, whatever the day of the week: a list of dates, of dates as `2026-12-24..2027-01-02`, and of holidays as `{holidays: US}` or "
        "`{holidays: US, state: NY}`",
        "closed_if": "an expression that closes at the time it is asked, and wins over all of these; `now` is in the zone of "
        "the hours, and `opens_at` does not foresee it",
    }
)
"""What stands under a name of hours, with a line of documentation each."""

EXAMPLE = """hours:
  desk:
    timezone: America/New_York
    mon-fri: 09:00-12:00, 13:00-17:00
    sat: 09:00-12:00
    2026-12-24: 09:00-12:00
    closed: [2026-12-25, {holidays: US}]"""

FIELDS = ("timezone", "closed", "closed_if")
"""The keys under a name of hours that are no days."""


def hours_schema(variable: str, expression: list[str]) -> Schema:
    """The schema of `hours`; `variable` is the form of their names, `expression` what types an expression may look like."""
    # YAML 1.1 takes the country NO and the state ON for a truth value, Austria's states are numbers: all are read as text.
    word: Schema = {"type": ["string", "boolean", "integer"]}
    holidays: Schema = {
        "properties": {
            "holidays": {**word, "description": "the country, by its code of two letters", "examples": ["US", "CA"]},
            "state": {**word, "description": "a state or region of it, by its code", "examples": ["NY"]},
        },
        "required": ["holidays"],
        "additionalProperties": False,
    }
    form = f"^{CLOSED}$|^{_RANGE}(?: *, *{_RANGE})*$"
    ranges: Schema = {
        "description": f"`{CLOSED}`, or ranges as 09:00-12:00, 13:00-17:00",
        "type": ["string", "array"],
        "pattern": form,
        "patternErrorMessage": f"must be: {CLOSED}, or ranges as 09:00-12:00, 13:00-17:00",
        "items": {"type": "string", "pattern": f"^{_RANGE}$"},
        "examples": ["09:00-17:00", "09:00-12:00, 13:00-17:00", CLOSED],
    }
    dates: Schema = {
        "type": ["string", "object"],
        "pattern": f"^{_DATES}$",
        "patternErrorMessage": "must be: 2026-12-24, 2026-12-24..2027-01-02, or {holidays: US}",
        "allOf": [holidays],
    }
    named: Schema = {
        "description": "Opening hours.",
        "type": "object",
        "properties": {
            "timezone": {
                "description": KEYS["timezone"],
                "type": "string",
                "examples": ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "UTC"],
            },
            # Offered one by one; what they hold is judged by their pattern.
            **{day: {"description": ranges["description"], "type": ranges["type"]} for day in DAYS},
            "closed": {"description": KEYS["closed"], "type": "array", "items": dates},
            "closed_if": {"description": KEYS["closed_if"], "type": expression},
        },
        "patternProperties": {f"^{_WEEKDAYS}$": ranges, f"^{_DATES}$": ranges},
        "required": ["timezone"],
        "additionalProperties": False,
    }
    return {"type": "object", "patternProperties": {variable: named}, "additionalProperties": False}
