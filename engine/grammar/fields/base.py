"""What every kind of value is: the protocol, the refusal, and the words they share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

Schema = dict[str, object]
TEMPLATE: Schema = {"type": "string", "pattern": r"\{[{%]"}  # any value may be a template, which no kind can judge


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a text is no value of a field: `what` follows the attribute's name, `instead` is a value that is right."""

    code: str  # F103 wrong kind of value, F104 out of range, F105 not one of the choices
    what: str
    instead: str | None = None


class Field(Protocol):
    """A kind of value. `join` is what the entries of a list are joined with, None where a list is no value."""

    @property
    def join(self) -> str | None: ...

    def read(self, text: str) -> str | Wrong:
        """The author's scalar, exactly as written, to the text TwiML wants. Never raises."""

    def schema(self) -> Schema:
        """A fragment of JSON Schema, draft 07, for what `read` takes; a template always passes."""

    def describe(self) -> str:
        """A phrase for the reference and for help, such as "whole number of seconds, 1 to 600"."""


def either(*kinds: Schema) -> Schema:
    return {"anyOf": [*kinds, TEMPLATE]}


def fold(word: str) -> str:
    return word.strip().casefold().replace("-", "").replace("_", "")


def bounds(least: float | None, most: float | None) -> str:
    if least is None:
        return "" if most is None else f", at most {most}"
    return f", {least} or more" if most is None else f", {least} to {most}"


def listed(values: Iterable[str]) -> str:
    *rest, last = values
    return f"{', '.join(rest)} or {last}" if rest else last
