"""Decides which exit an answer takes, in the order that the language gives to keys."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from engine.grammar.normalize import READINGS, bare_digits, emoji_of, visible, words_of
from engine.grammar.numbers import is_number, number_of
from engine.grammar.patterns import Pattern
from engine.model.parts import Exit
from engine.program.holes import text_of

# Characters of an answer that a key may take: Twilio takes no longer message, and hears no longer than a minute.
LONGEST = 1600

Numbered = tuple[int, Exit]
Scopes = Callable[[str], Mapping[str, object]]


class Choice(NamedTuple):
    """The number of the exit that takes an answer, None if none does, and the reading of the answer that it took."""

    number: int | None
    answer: str


class _Wholes:
    """Keys that take an answer as a whole; of two, the first in the file."""

    __slots__ = ("_tables",)

    def __init__(self, exits: Iterable[Numbered]) -> None:
        tables: dict[str, dict[str, int]] = {}
        for number, exit_ in exits:
            for key in exit_.keys:
                for reading in READINGS[key.kind](key.text) if key.kind in READINGS else ():
                    tables.setdefault(key.kind, {}).setdefault(reading, number)
        self._tables = tuple(tables.items())

    def find(self, answer: str) -> Choice | None:
        """The exit that takes the answer; a key of digits takes its bare digits, if it has any."""
        found: Choice | None = None
        for kind, table in self._tables:
            for reading in READINGS[kind](answer):
                number = table.get(reading)
                if number is not None and (found is None or found.number is None or number < found.number):
                    found = Choice(number, (bare_digits(answer) or answer) if kind == "digits" else answer)
        return found


class _Found(NamedTuple):
    """A word or an emoji that is looked for in an answer."""

    number: int
    readings: tuple[str, ...]
    emoji: bool

    @property
    def order(self) -> tuple[int, int]:
        """Longest first, by letters (of emoji, by emoji), spaces aside: in scripts with spaces and without, what holds another is longer."""
        return -len(self.readings[0].replace(" ", "")), self.number

    def takes(self, answer: str) -> bool:
        """Whether it is in the answer, as whole words."""
        texts = (emoji_of(answer),) if self.emoji else words_of(answer)
        return any(reading in text for reading in self.readings for text in texts)


def _find(exits: Iterable[Numbered]) -> tuple[_Found, ...]:
    found: list[_Found] = []
    for number, exit_ in exits:
        for key in exit_.keys:
            if key.kind == "words":
                found.append(_Found(number, words_of(key.text), False))
            elif key.kind == "emoji":
                found.append(_Found(number, (emoji_of(key.text),), True))
    return tuple(sorted(found, key=lambda one: one.order))


def _pressed(exits: Iterable[Exit]) -> list[str]:
    return [key.text for exit_ in exits for key in exit_.keys if key.kind == "digits"]


def _patterns(exits: Iterable[Numbered]) -> tuple[tuple[int, Pattern], ...]:
    kept = [(number, key) for number, exit_ in exits for key in exit_.keys if key.kind == "pattern"]
    return tuple((number, Pattern(visible(key.text))) for number, key in kept)


class Answers:
    """The exits of one branch, ready to choose from; an exit is known by its number.

    All of them are `exits`. Behind its own, of which there are `own`, a gather has those of `always`: their keys must be the whole answer.

    The order: a key of its own that is the whole answer, conditions, a key of `always`, patterns, words found in the answer with
    the longest first, patterns of `always`; else the order of the file.
    """

    __slots__ = (
        "_always",
        "_always_patterns",
        "_conditions",
        "_drops_pound",
        "_found",
        "_numbers",
        "_patterns",
        "_quick",
        "_wholes",
        "exits",
        "named",
        "needs_scope",
        "own",
        "takes_all",
    )

    def __init__(self, exits: tuple[Exit, ...], always: tuple[Exit, ...] = ()) -> None:
        own, numbered = list(enumerate(exits)), list(enumerate(always, len(exits)))
        whole = [key.text for exit_ in exits for key in exit_.keys if key.kind == "whole"]
        self._numbers = [(plain, text) for text in whole if (plain := number_of(text)) is not None]
        self.own = len(exits)
        self.exits = (*exits, *always)
        self._wholes, self._always = _Wholes(own), _Wholes(numbered)
        self._conditions = tuple((number, exit_.when) for number, exit_ in own if exit_.when)
        self._patterns, self._always_patterns = _patterns(own), _patterns(numbered)
        self._found = _find(own)
        self.needs_scope = bool(self._conditions)
        self.takes_all = not any(exit_.keys or exit_.when for exit_ in exits)
        named = {name: number for number, exit_ in own for name in exit_.names}
        # What takes every answer lacks nothing but silence.
        shared = {name: number for number, exit_ in numbered for name in exit_.names}
        if self.takes_all:
            shared = {name: number for name, number in shared.items() if name == "no_input"}
        self.named: Mapping[str, int] = shared | named
        self._drops_pound = any("#" in text for text in _pressed(exits))
        # Digits that a key takes as they are pressed are looked up at once.
        self._quick: dict[str, Choice] = {}
        for text in _pressed((*exits, *always)):
            choice = self._wholes.find(text) or (None if self.needs_scope else self._always.find(text))
            if choice is not None:
                self._quick[text] = choice

    def written(self, value: object) -> str:
        """A value as keys are compared with it: a number as the key that is this number, `1` for 1.0, anything else as text."""
        text = text_of(value)
        if not self._numbers or not is_number(value):
            return text
        alike = [key for number, key in self._numbers if number == value]
        return alike[0] if alike and text not in alike else text

    def choose(self, answer: str, scope: Mapping[str, object]) -> int | None:
        """The number of the exit whose key or condition takes the answer to anything but a gather; raises TemplateFault."""
        return self._judge((answer,), lambda _: scope).number

    def hear(self, answer: str, scope_of: Scopes) -> Choice:
        """The exit that takes an answer to a gather, with the reading of the answer that it took; raises TemplateFault.

        Keys, patterns and conditions see the answer, then its bare digits, if it has any; `scope_of` gives what conditions know with
        a reading. Where `#` is a key, one that ends an answer which nothing takes only finishes it. An answer that nothing
        takes comes back in its last reading.
        """
        quick = self._quick.get(answer)
        if quick is not None:
            return quick
        choice = self._judge(_readings(answer), scope_of)
        if choice.number is None and self._drops_pound and answer.endswith("#") and (rest := answer.rstrip("#")):
            return self._judge(_readings(rest), scope_of)
        return choice

    def _judge(self, readings: tuple[str, ...], scope_of: Scopes) -> Choice:
        short = len(readings[0]) <= LONGEST  # what is longer is no key
        if short and (whole := self._whole(self._wholes, readings)):
            return whole
        for number, condition in self._conditions:
            for reading in readings:
                if condition.value(scope_of(reading)):
                    return Choice(number, reading)
        if short:
            if whole := self._whole(self._always, readings):
                return whole
            if self._patterns and (choice := _matched(self._patterns, readings)):
                return choice
            for found in self._found:
                for reading in readings:
                    if found.takes(reading):
                        return Choice(found.number, reading)
            if self._always_patterns and (choice := _matched(self._always_patterns, readings)):
                return choice
        return Choice(None, readings[-1])

    def _whole(self, wholes: _Wholes, readings: tuple[str, ...]) -> Choice | None:
        for reading in readings:
            if choice := wholes.find(reading):
                return choice
        return None

    def is_always(self, chosen: int | None) -> bool:
        """Whether the exit is one of `always`."""
        return chosen is not None and chosen >= self.own

    def name(self, *names: str) -> int | None:
        """The number of the exit with the first of the names that there is."""
        for name in names:
            if name in self.named:
                return self.named[name]
        return None


def _readings(answer: str) -> tuple[str, ...]:
    if answer.isascii() and answer.isdecimal():
        return (answer,)
    digits = bare_digits(answer)
    if digits in ("", answer):
        return (answer,)
    return (digits,) if digits == visible(answer) else (answer, digits)  # other digits are one reading, not two


def _matched(patterns: tuple[tuple[int, Pattern], ...], readings: tuple[str, ...]) -> Choice | None:
    texts = [visible(reading) for reading in readings]
    for number, pattern in patterns:
        for place, text in enumerate(texts):
            if pattern.takes(text):
                return Choice(number, readings[place])
    return None
