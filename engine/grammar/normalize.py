"""Readings of what a caller pressed, said or texted, in which keys are looked for: without what nobody sees, as digits, words, emoji or signs.

All follow Unicode: characters nobody sees are those of Default_Ignorable_Code_Point (UAX #44), emoji sequences those of UTS #51.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

_CONTROLS = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
# Invisible, and a part of how a text is written: joiners, what selects the form of a letter or emoji, the tags of flags.
_SPELLING = "\u034f\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
# Invisible, and no part of it: marks of direction, soft hyphens, byte order marks, spaces without a width, fillers.
_MARKS = (
    f"{_CONTROLS}\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001"
)
_KEYCAP = "\u20e3"  # around the digit before it
_UNSEEN = re.compile(f"[{_MARKS}]")
_IGNORED = re.compile(f"[{_MARKS}{_SPELLING}{_KEYCAP}]")

_SEPARATORS = r"\s,\u060c\u3001\uff0c\u2010-\u2013\u2212\ufe63\uff0d-"
_SPOKEN_DIGITS = re.compile(rf"[0-9]+(?:[{_SEPARATORS}]+[0-9]+)*[{_SEPARATORS}]*[.\u3002\uff0e\uff61\u06d4]?")
_KEYS = re.compile(r"([0-9*#]+)\.?")

# Scripts without spaces between words (Thai, Lao, Burmese, Khmer, kana, Han): each character counts as a word, so that a
# word is found wherever it is written.
_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_APOSTROPHES = re.compile("['\u2019\u02bc\uff07]")
# French, Italian, Catalan: "l'hôtel", "d'accord". One or two letters before an apostrophe may be a word of their own.
_ELISION = re.compile(r"(?<![^\W\d_])([^\W\d_]{1,2})['\u2019\u02bc\uff07](?=\w)")

_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_JOINER, _FLAG_LETTERS, _TAGS = "\u200d", ("\U0001f1e6", "\U0001f1ff"), ("\U000e0020", "\U000e007f")
# Emoji that are no "other symbol" (So): of UTS #51, emoji-data, those that are written as punctuation or arrows.
_MORE_EMOJI = frozenset("\u203c\u2049\u2194\u25b7\u25fd\u25fe\u3030")
_WORD = "a"  # stands for a word among emoji


def tidy(text: str) -> str:
    """A text as it is kept: without spaces around it, and without marks that are no part of how it is written, such as those of direction."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _UNSEEN.sub("", text).strip()


def visible(text: str) -> str:
    """A text as patterns see it: what nobody sees is left out, decimal digits of any script are those of ASCII."""
    if text.isascii() and text.isprintable():
        return text
    seen = _IGNORED.sub("", text)
    return seen if seen.isascii() else "".join([_decimal(c) for c in seen])


def _decimal(character: str) -> str:
    return str(unicodedata.decimal(character, character)) if character > "\x7f" else character


def bare_digits(text: str) -> str:
    """The digits of an answer that has nothing but digits, with spaces, commas or hyphens between them, or these and a period
    after them: `1 2 3`, `12345.`, `555-0100`. Any other text has none: "".
    """
    seen = visible(text).strip()
    if seen.isdecimal() or not _SPOKEN_DIGITS.fullmatch(seen):
        return seen if seen.isdecimal() else ""
    return "".join([c for c in seen if c.isdecimal()])


def digits_of(text: str) -> str:
    """The keys that an answer names, punctuation and spaces aside: "1." and "1 2" are 1 and 12; letters stay, so that "1st" is not 1."""
    seen = visible(text)
    return seen if seen.isdecimal() else "".join([c for c in seen if c.isalnum() or c in "*#"])


def pressable(text: str) -> str:
    """The keys that a branch key of digits and signs of the telephone stands for: "1", "1.", "1️⃣", "1 2", "*"; "" for any other."""
    seen = "".join(visible(text).split())
    return found[1] if (found := _KEYS.fullmatch(seen)) else ""


@lru_cache(1024)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text between single spaces, with one at each end: case, accents and punctuation aside.

    An apostrophe joins ("don't" is `dont`); where it may as well separate ("l'hôtel"), the second reading follows the first.
    """
    seen = visible(text)
    joined = _bare(_APOSTROPHES.sub("", seen))
    parted = _bare(_APOSTROPHES.sub("", _ELISION.sub(r"\1 ", seen)))
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


@lru_cache(1024)
def emoji_of(text: str) -> str:
    """The emoji of a text between single spaces, with one at each end: punctuation and skin tones aside; `a` stands for each run of words.

    What joiners make one is one: 👩‍🚀 is not 👩, 🇫🇷 is not 🇷; a digit in a keycap is a digit.
    """
    found: list[str] = []
    joins = open_ = False  # whether the next character belongs to the last emoji, and whether one may follow it
    for c in text:
        if c == _JOINER and open_:
            joins = True
        elif (c in _TONES and open_) or "\ufe00" <= c <= "\ufe0f":
            continue
        elif _TAGS[0] <= c <= _TAGS[1] and open_:
            found[-1] += c
        elif joins:
            found[-1] += _JOINER + c
            joins = False
        elif _is_emoji(c):
            second = open_ and len(found[-1]) == 1 and _is_flag_letter(c) and _is_flag_letter(found[-1])
            if second:
                found[-1] += c
            else:
                found.append(c)
            open_ = True
        else:
            open_ = False
            if c.isalnum() and (not found or found[-1] != _WORD):
                found.append(_WORD)
    return f" {' '.join(found)} "


def has_emoji(text: str) -> bool:
    """Whether a text holds an emoji or another symbol."""
    return any(map(_is_emoji, text))


def _is_emoji(character: str) -> bool:
    return character > "\x7f" and (
        character in _MORE_EMOJI or character in _TONES or unicodedata.category(character) == "So"
    )


def _is_flag_letter(character: str) -> bool:
    return _FLAG_LETTERS[0] <= character <= _FLAG_LETTERS[1]


def signs_of(text: str) -> str:
    """A text sign by sign, spaces and width aside: "？" and " ? " are `?`."""
    return "".join(unicodedata.normalize("NFKC", visible(text)).casefold().split())


def same_text(text: str) -> str:
    """A text by which values are compared: case, what nobody sees, and spaces around it aside."""
    return _IGNORED.sub("", text).strip().casefold() if not text.isascii() else text.strip().casefold()


READINGS: Mapping[str, Callable[[str], tuple[str, ...]]] = MappingProxyType(
    {
        "digits": lambda text: (digits_of(text),),
        "words": words_of,
        "emoji": lambda text: (emoji_of(text),),
        "signs": lambda text: (signs_of(text),),
        "whole": lambda text: (same_text(text),),
    }
)
"""How a key of each kind, and an answer that it may take as a whole, are read; a pattern has no such readings."""
