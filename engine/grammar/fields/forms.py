"""The kinds of value made of other values or with a form of their own: lists, keys, patterns, JSON, alternatives."""

import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.grammar.fields.base import Field, Schema, Wrong, either


@dataclass(frozen=True, slots=True)
class Several:
    """Several values of one kind in one text, with spaces (events) or commas (hints) between; a list is joined so."""

    each: Field
    join: str = " "
    most: int | None = None

    def read(self, text: str) -> str | Wrong:
        entries = (
            text.split() if self.join == " " else [entry.strip() for entry in text.split(self.join) if entry.strip()]
        )
        if self.most is not None and len(entries) > self.most:
            return Wrong("F104", f"must have at most {self.most} entries, this has {len(entries)}")
        written = []
        for entry in entries:
            value = self.each.read(entry)
            if isinstance(value, Wrong):
                better = value.instead and self.join.join(value.instead if e == entry else e for e in entries)
                return Wrong(value.code, f"has the entry `{entry}`, which {value.what}", better or None)
            written.append(value)
        return self.join.join(written)

    def schema(self) -> Schema:
        entries: Schema = {"type": "array", "items": self.each.schema()}
        if self.most is not None:
            entries["maxItems"] = self.most
        return {"anyOf": [entries, {"type": ["string", "number", "boolean"]}]}

    def describe(self) -> str:
        between = "spaces" if self.join == " " else "commas"
        most = "" if self.most is None else f"up to {self.most}, "
        return f"list, or text with {between} between ({most}each {self.each.describe()})"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text of one form, given as a regular expression that takes the whole of it."""

    form: str
    phrase: str
    example: str

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        word = text.strip()
        return word if re.fullmatch(self.form, word) else Wrong("F103", f"must be {self.phrase}", self.example)

    def schema(self) -> Schema:
        return either({"type": "string", "pattern": f"^({self.form})$"}, {"type": "integer", "minimum": 0})

    def describe(self) -> str:
        return self.phrase


@dataclass(frozen=True, slots=True)
class Keys:
    """A key of the phone, or several; none at all ('') is a value too: no key finishes then."""

    several: bool = False

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        word = text.strip()
        spoken = {"pound": "#", "hash": "#", "star": "*", "asterisk": "*", "none": ""}.get(word.casefold())
        if not re.fullmatch(r"[0-9*#]*", word):
            return Wrong("F103", f"must be {self.describe()}", "#" if spoken is None else spoken)
        if len(word) > 1 and not self.several:
            return Wrong("F104", f"must be {self.describe()}", word[0])
        return word

    def schema(self) -> Schema:
        text: Schema = {"type": "string", "pattern": "^[0-9*#]*$" if self.several else "^[0-9*#]?$"}
        number: Schema = {"type": "integer", "minimum": 0}
        return either(text, number if self.several else number | {"maximum": 9})

    def describe(self) -> str:
        return "keys among 0-9, * and #" if self.several else "one of the keys 0-9, * and #, or '' for none"


@dataclass(frozen=True, slots=True)
class Json:
    """A mapping, which TwiML carries as JSON; as text it must be a JSON object."""

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        try:
            known: Any = json.loads(text)
        except ValueError:
            known = None
        return text if isinstance(known, dict) else Wrong("F103", "must be a mapping", '{"skill": "sales"}')

    def schema(self) -> Schema:
        return either({"type": "object"}, {"type": "string", "pattern": r"^\s*\{"})

    def describe(self) -> str:
        return "mapping, written as JSON"


@dataclass(frozen=True, slots=True)
class Either:
    """A value of the first kind that takes it, such as `auto` or a number of seconds."""

    kinds: tuple[Field, ...]

    join: ClassVar[str | None] = None

    def read(self, text: str) -> str | Wrong:
        wrongs = []
        for kind in self.kinds:
            value = kind.read(text)
            if not isinstance(value, Wrong):
                return value
            wrongs.append(value)
        closest = next((wrong for wrong in wrongs if wrong.code == "F104"), wrongs[-1])
        what = "must be " + ", or ".join(wrong.what.removeprefix("must be ") for wrong in wrongs)
        instead = next((wrong.instead for wrong in wrongs if wrong.code == "F105" and wrong.instead), closest.instead)
        return Wrong(closest.code, what, instead)

    def schema(self) -> Schema:
        return either(*(kind.schema() for kind in self.kinds))

    def describe(self) -> str:
        return ", or ".join(kind.describe() for kind in self.kinds)
