"""Decides which exit an answer takes."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from engine.grammar.patterns import Pattern
from engine.grammar.templates import Expression
from engine.model.parts import Exit, Key

# Characters of an answer that a key may take: Twilio takes no longer message, and hears no longer than a minute.
LONGEST = 1600

# Scripts without blanks between words (Thai, Lao, Burmese, Khmer, kana, Han): each character counts as a word, so that a
# word is found wherever it is written.
_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_APOSTROPHES = re.compile("['\u2019\u02bc\uff07]")
# French, Italian, Catalan: "l'hôtel", "d'accord". One or two letters before an apostrophe may be a word of their own.
_ELISION = re.compile(r"(?<![^\W\d_])([^\W\d_]{1,2})['\u2019\u02bc\uff07](?=\w)")


@lru_cache(1024)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text between single blanks, with one at each end: case, accents and punctuation aside.

    An apostrophe joins ("don't" is `dont`); where it may as well part ("l'hôtel"), the second reading follows the first.
    """
    joined = _bare(_APOSTROPHES.sub("", text))
    parted = _bare(_APOSTROPHES.sub("", _ELISION.sub(r"\1 ", text)))
    return (joined,) if parted == joined else (joined, parted)


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = unicodedata.normalize("NFC", "".join([c for c in letters if not _is_accent(c)]))
    pieces: list[str] = []
    apart = False
    for character in plain:
        if unicodedata.category(character)[0] == "M":  # a vowel or tone of the character before
            pieces.append(character)
        elif not character.isalnum():
            pieces.append(" ")
        else:
            before, apart = apart, _UNSPACED.match(character) is not None
            pieces.append(f" {character}" if apart or before else character)
    return f" {' '.join(''.join(pieces).split())} "


def _is_accent(character: str) -> bool:
    """Whether a mark may be left out as an accent may: not so the vowels and tones of Asian scripts (Unicode, UAX #44, combining classes)."""
    combining = unicodedata.combining(character)
    return combining == 1 or 10 <= combining <= 36 or combining >= 200


def digits_of(text: str) -> str:
    """The keys that an answer names, punctuation and blanks aside: "1." and "1 2" are 1 and 12; letters stay, so that "1st" is no 1."""
    return "".join([str(unicodedata.decimal(c, c)) for c in text if c.isalnum() or c in "*#"])


@dataclass(frozen=True, slots=True)
class _Whole:
    text: str

    def takes(self, answer: str) -> bool:
        return answer.strip().casefold() == self.text  # telephones write a blank behind a word that they complete


@dataclass(frozen=True, slots=True)
class _Digits:
    text: str

    def takes(self, answer: str) -> bool:
        return digits_of(answer) == self.text


@dataclass(frozen=True, slots=True)
class _WholeWords:
    words: tuple[str, ...]

    def takes(self, answer: str) -> bool:
        return not set(self.words).isdisjoint(words_of(answer))


@dataclass(frozen=True, slots=True)
class _Words:
    words: tuple[str, ...]

    def takes(self, answer: str) -> bool:
        readings = words_of(answer)
        return any(words in reading for words in self.words for reading in readings)


Matcher = Pattern | _Whole | _Digits | _Words | _WholeWords


def _matcher(key: Key, *, whole: bool = False) -> Matcher:
    if key.kind == "pattern":
        return Pattern(key.text)
    if key.kind == "digits":
        return _Digits(key.text)
    if key.kind == "words":
        return _WholeWords(words_of(key.text)) if whole else _Words(words_of(key.text))
    return _Whole(key.text.casefold())


class Answers:
    """The exits of one branch, ready to choose from; an exit is known by its number.

    Behind its own, of which there are `own`, a gather has those of `always`: their keys must be the whole answer.
    """

    __slots__ = ("_always", "_keys", "_quick", "named", "needs_scope", "own", "takes_all")

    def __init__(self, exits: tuple[Exit, ...], always: tuple[Exit, ...] = ()) -> None:
        keys: list[tuple[int, Matcher | Expression]] = []
        for number, exit_ in enumerate(exits):
            keys.extend((number, _matcher(key)) for key in exit_.keys)
            if exit_.when:
                keys.append((number, exit_.when))
        self._keys = tuple(keys)
        self.own = len(exits)
        numbered = list(enumerate(always, self.own))
        self._always = tuple((number, _matcher(key, whole=True)) for number, exit_ in numbered for key in exit_.keys)
        named = {name: number for number, exit_ in enumerate(exits) for name in exit_.names}
        self.named: Mapping[str, int] = {name: number for number, exit_ in numbered for name in exit_.names} | named
        self.needs_scope = any(exit_.when for exit_ in exits)
        self.takes_all = not self._keys and not set(named) - {"no_input"}
        # Digits that a digit key takes are looked up at once, unless another key might take them before.
        plain = all(isinstance(matcher, _Digits) or _is_spoken(matcher) for _, matcher in self._keys)
        either = (*self._keys, *self._always)
        self._quick = {m.text: n for n, m in reversed(either) if isinstance(m, _Digits)} if plain else {}

    def choose(self, answer: str, scope: Mapping[str, object]) -> int | None:
        """The number of the first exit whose key or condition takes the answer, of `always` if no other does; raises TemplateFault."""
        quick = self._quick.get(answer)
        if quick is not None:
            return quick
        short = len(answer) <= LONGEST
        for number, matcher in self._keys:
            if isinstance(matcher, Expression):
                if matcher.value(scope):
                    return number
            elif short and matcher.takes(answer):
                return number
        # No condition stands here, and an answer that is too long is no key either.
        return next((number for number, matcher in self._always if short and matcher.takes(answer)), None)

    def is_always(self, chosen: int | None) -> bool:
        """Whether the exit is one of `always`."""
        return chosen is not None and chosen >= self.own

    def name(self, *names: str) -> int | None:
        """The number of the exit with the first of the names that there is."""
        for name in names:
            if name in self.named:
                return self.named[name]
        return None


def _is_spoken(matcher: Matcher | Expression) -> bool:
    """Whether the key has letters in all of its readings, so that no pressed keys are taken by it."""
    return isinstance(matcher, _Words) and all(any(c.isalpha() for c in words) for words in matcher.words)
