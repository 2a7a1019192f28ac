"""The kind of value for a length of time: plain seconds, or a number with its unit."""

import re
from dataclasses import dataclass
from typing import ClassVar

from engine.grammar.fields.base import Schema, Wrong, either

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FORM = re.compile(r"([0-9]{1,9}[smhd])+|[0-9]{1,9}")
_PART = re.compile(r"([0-9]+)([smhd]?)")
_MEANT = re.compile(r"\s*([0-9]{1,9})(?:[.,]([0-9]{1,3}))?\s*([a-z]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time between two bounds, in seconds; what comes out is for `seconds_of`.

    With `unit` a number alone is none, and what comes out has a unit too.
    """

    least: int
    most: int
    unit: bool = False

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        word = text.strip()
        if not _FORM.fullmatch(word) or (self.unit and word.isdecimal()):
            return Wrong("F103", "must be a time such as 30m, 2h or 1d", self._meant(text))
        seconds = seconds_of(text)
        if not self.least <= seconds <= self.most:
            return Wrong("F104", f"must be {shown(self.least)} to {shown(self.most)}", self._within(seconds))
        return shown(seconds) if self.unit else str(seconds)

    def schema(self) -> Schema:
        form: Schema = {"type": "string", "pattern": r"^\s*([0-9]{1,9}[smhd])+\s*$"}
        if self.unit:
            return either(form)
        plain: Schema = {"type": "integer", "minimum": self.least, "maximum": self.most}
        return either(plain, form, {"type": "string", "pattern": r"^\s*[0-9]{1,9}\s*$"})

    def describe(self) -> str:
        plain = "a time such as 30m, 2h or 1d" if self.unit else "seconds, or a time such as 30m, 2h or 1d"
        return f"{plain}; {shown(self.least)} to {shown(self.most)}"

    def _within(self, seconds: int) -> str:
        return shown(min(max(seconds, self.least), self.most))

    def _meant(self, text: str) -> str:
        """The nearest that would be right: `4 hours` is 4h, `1.5h` 90m."""
        found = _MEANT.match(text)
        if found is None:
            return "4h"
        whole, fraction, word = found.groups()
        size = UNITS.get(word[:1].lower(), 1 if word == "" else 0)
        if not size:
            return "4h"
        seconds = round(float(f"{whole}.{fraction or 0}") * size)
        return self._within(seconds)


def seconds_of(text: str) -> int:
    """The seconds that a time is which `Duration` has read."""
    return sum(int(number) * UNITS[unit or "s"] for number, unit in _PART.findall(text))


def shown(seconds: int) -> str:
    """So many seconds with the largest unit that makes them whole: 7200 is `2h`."""
    return next(f"{seconds // size}{unit}" for unit, size in reversed(UNITS.items()) if seconds % size == 0)
