"""Decides which exit an answer takes."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.grammar.templates import Expression
from engine.model.parts import Exit, Key

_NOT_WORDS = re.compile(r"[^\w]+|_+")
_NOT_DIGITS = re.compile(r"[^0-9*#a-z]", re.IGNORECASE)


@lru_cache(4096)
def words_of(text: str) -> str:
    """The words of a text between single blanks, with one at each end: case, accents and punctuation aside."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    # An apostrophe joins ("don't"), all other punctuation parts.
    return f" {_NOT_WORDS.sub(' ', bare.replace(chr(39), '').replace(chr(0x2019), '')).strip()} "


def digits_of(text: str) -> str:
    """The digits of an answer, punctuation and blanks aside: "1." and "1 2" are 1 and 12."""
    return _NOT_DIGITS.sub("", text)


@dataclass(frozen=True, slots=True)
class _Pattern:
    pattern: re.Pattern[str]

    def takes(self, answer: str) -> bool:
        return self.pattern.fullmatch(answer) is not None


@dataclass(frozen=True, slots=True)
class _Whole:
    text: str

    def takes(self, answer: str) -> bool:
        return answer.casefold() == self.text


@dataclass(frozen=True, slots=True)
class _Digits:
    text: str

    def takes(self, answer: str) -> bool:
        return digits_of(answer) == self.text


@dataclass(frozen=True, slots=True)
class _Words:
    words: str

    def takes(self, answer: str) -> bool:
        return self.words in words_of(answer)


Matcher = _Pattern | _Whole | _Digits | _Words


def _matcher(key: Key) -> Matcher:
    if key.kind == "pattern":
        return _Pattern(re.compile(key.text, re.IGNORECASE))
    if key.kind == "digits":
        return _Digits(key.text)
    if key.kind == "words":
        return _Words(words_of(key.text))
    return _Whole(key.text.casefold())


class Answers:
    """The exits of one branch, ready to choose from; an exit is known by its number."""

    __slots__ = ("_keys", "_quick", "named", "needs_scope", "takes_all")

    def __init__(self, exits: tuple[Exit, ...]) -> None:
        keys: list[tuple[int, Matcher | Expression]] = []
        for number, exit_ in enumerate(exits):
            keys.extend((number, _matcher(key)) for key in exit_.keys)
            if exit_.when:
                keys.append((number, exit_.when))
        self._keys = tuple(keys)
        self.named: Mapping[str, int] = {name: number for number, exit_ in enumerate(exits) for name in exit_.names}
        self.needs_scope = any(exit_.when for exit_ in exits)
        self.takes_all = not self._keys and not set(self.named) - {"no_input"}
        # Digits that a digit key takes are looked up at once, unless a pattern or a condition might come first.
        plain = all(isinstance(matcher, _Digits | _Words) for _, matcher in self._keys)
        self._quick = {m.text: n for n, m in reversed(self._keys) if isinstance(m, _Digits)} if plain else {}

    def choose(self, answer: str, scope: Mapping[str, object]) -> int | None:
        """The number of the first exit whose key or condition takes the answer; raises TemplateFault."""
        quick = self._quick.get(answer)
        if quick is not None:
            return quick
        for number, matcher in self._keys:
            if isinstance(matcher, Expression):
                if matcher.value(scope):
                    return number
            elif matcher.takes(answer):
                return number
        return None

    def name(self, *names: str) -> int | None:
        """The number of the exit with the first of the names that there is."""
        return next((self.named[name] for name in names if name in self.named), None)
