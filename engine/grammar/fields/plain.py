"""The plain kinds of value: text, numbers, choices, true and false."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from engine.diagnostics.suggest import nearest
from engine.grammar.fields.base import Schema, Wrong, bounds, either, fold, listed

DECIMAL = r"[0-9]{1,15}(\.[0-9]{1,15})?"


@dataclass(frozen=True, slots=True)
class Text:
    """Any text, within a length in characters."""

    longest: int | None = None
    shortest: int = 0

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        if len(text) < self.shortest:
            return Wrong("F104", "must not be empty")
        if self.longest is not None and len(text) > self.longest:
            return Wrong("F104", f"must be at most {self.longest} characters long, this is {len(text)}")
        return text

    def schema(self) -> Schema:
        text: Schema = {"type": ["string", "number", "boolean"]}  # YAML types a plain `5`; it is text all the same
        if self.shortest:
            text["minLength"] = self.shortest
        if self.longest is None:
            return text
        return either(text | {"maxLength": self.longest})

    def describe(self) -> str:
        return "text" if self.longest is None else f"text of at most {self.longest} characters"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, each of which may be open."""

    least: int | None = None
    most: int | None = None
    unit: str = ""

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        if not re.fullmatch(r"[+-]?[0-9]{1,15}", text.strip()):
            found = re.match(r"\s*([+-]?[0-9]{1,15})", text)
            return Wrong("F103", f"must be a {self._kind()}", str(self._within(int(found[1]) if found else 1)))
        number = int(text)
        if number != self._within(number):
            return Wrong("F104", f"must be a {self.describe()}", str(self._within(number)))
        return str(number)

    def schema(self) -> Schema:
        number: Schema = {"type": "integer"}
        if self.least is not None:
            number["minimum"] = self.least
        if self.most is not None:
            number["maximum"] = self.most
        return either(number, {"type": "string", "pattern": r"^\s*[+-]?[0-9]{1,15}\s*$"})

    def describe(self) -> str:
        return self._kind() + bounds(self.least, self.most)

    def _kind(self) -> str:
        return f"whole number of {self.unit}" if self.unit else "whole number"

    def _within(self, number: int) -> int:
        if self.least is not None and number < self.least:
            return self.least
        return self.most if self.most is not None and number > self.most else number


@dataclass(frozen=True, slots=True)
class Decimal:
    """A number, with or without decimals, between two bounds."""

    least: float = 0
    most: float | None = None

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        word = text.strip()
        if not re.fullmatch(DECIMAL, word):
            found = re.search(DECIMAL, word.replace(",", ""))
            return Wrong("F103", "must be a number, decimals after a point", self._within(found[0] if found else "0"))
        if word != self._within(word):
            return Wrong("F104", f"must be a {self.describe()}", self._within(word))
        return word

    def schema(self) -> Schema:
        number: Schema = {"type": "number", "minimum": self.least}
        if self.most is not None:
            number["maximum"] = self.most
        return either(number, {"type": "string", "pattern": rf"^\s*{DECIMAL}\s*$"})

    def describe(self) -> str:
        return "number" + bounds(self.least, self.most)

    def _within(self, word: str) -> str:
        if float(word) < self.least:
            return str(self.least)
        return str(self.most) if self.most is not None and float(word) > self.most else word


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a closed set of values; case, `-` and `_` are forgiven, and what comes out is Twilio's spelling."""

    values: tuple[str, ...]

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        return _chosen(self, text)

    def schema(self) -> Schema:
        # YAML types `true` and `2`, so an editor must let them pass as themselves
        typed = [json.loads(value) for value in self.values if re.fullmatch(r"true|false|[0-9]+", value)]
        return either({"enum": [*self.values, *typed]})

    def describe(self) -> str:
        return listed(self.values)


@lru_cache(maxsize=1024)
def _chosen(choice: Choice, text: str) -> str | Wrong:
    # Kept: `5` is no `auto` in each of a thousand gathers, and what might have been meant takes long to find.
    word = fold(text)
    for value in choice.values:
        if fold(value) == word:
            return value
    return Wrong("F105", f"must be {choice.describe()}", nearest(text.strip(), choice.values))


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        word = text.strip().casefold()
        if word in ("true", "false"):
            return word
        return Wrong(
            "F103", "must be true or false", "false" if word in ("no", "off", "n", "0", "none", "never") else "true"
        )

    def schema(self) -> Schema:
        return either({"enum": [True, False, "true", "false"]})

    def describe(self) -> str:
        return "true or false"
