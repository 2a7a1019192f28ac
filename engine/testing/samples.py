"""Answers that a branch is about: a text for each key, and one that no key takes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from engine.grammar.normalize import visible
from engine.grammar.patterns import Pattern
from engine.model.parts import Exit, Key
from engine.program.answers import Answers

LONGEST = 24  # keys that are tried for a pattern
WRONG_WORDS = ("something else entirely", "qwertz yxcv", "zzz", "\u00a7", "\U0001f996", "0000000000000000")

_LITERAL = re.compile(r"'([^'\\]*)'|\"([^\"\\]*)\"|\b(\d+)\b")
_CLASS = {"d": "1", "w": "a", "s": " ", "D": "a", "W": " ", "S": "a", "b": "", "B": ""}


def of_key(key: Key) -> str | None:
    """An answer that a key takes; None if none is found for a pattern."""
    return pattern(key.text) if key.kind == "pattern" else key.text


def of_gather(own: tuple[Exit, ...], always: tuple[Exit, ...]) -> Iterator[str]:
    """An answer for each key of a gather, which takes that key's exit and no other; none for a key whose answers others take."""
    answers = Answers(own, always)
    for number, exit_ in enumerate((*own, *always)):
        for key in exit_.keys:
            tries = _takes(key.text) if key.kind == "pattern" else (key.text,)
            # What decides beside a condition is known only in the call.
            sure = (one for one in tries if answers.needs_scope or answers.hear(one, _nothing).number == number)
            if (text := next(sure, None)) is not None:
                yield text


def _nothing(_: str) -> Mapping[str, object]:
    return {}


def pattern(text: str) -> str | None:
    """A text that a regular expression takes as a whole: read off a simple one, else keys of some length; None if neither does."""
    return next(iter(_takes(text)), None)


@cache
def _takes(text: str) -> tuple[str, ...]:
    text = visible(text)
    takes = Pattern(text).takes
    worded = re.sub(r"(?<!\\)\.", "a", text)  # a letter for any character, where a digit would be a key
    tries = [
        _walked(text, 1),
        _walked(text, 0),
        _walked(worded, 1),
        *(filler(length) for length in range(1, LONGEST + 1)),
    ]
    tries += [digit * length for length in range(1, LONGEST + 1) for digit in "0123456789*#"]
    return tuple(one for one in dict.fromkeys(tries) if one and takes(one))


def filler(length: int) -> str:
    """So many keys, one after another."""
    return ("1234567890" * (length // 10 + 1))[:length]


def wrong_keys(exits: Iterable[Exit], length: int) -> str | None:
    """Keys, `length` of them, that no key of a branch takes; None if there are none."""
    chosen = Answers(tuple(one for one in exits if not one.when))
    tries = [filler(length), *(digit * length for digit in "9876543210"), "*" * length]
    return next((keys for keys in tries if chosen.hear(keys, _nothing).number is None), None)


def wrong_words(exits: Iterable[Exit]) -> str:
    """Words that no key of a branch takes; the first that are tried if there are none."""
    chosen = Answers(tuple(one for one in exits if not one.when))
    return next((words for words in WRONG_WORDS if chosen.hear(words, _nothing).number is None), WRONG_WORDS[0])


def literals(text: str) -> Iterator[str]:
    """The texts and numbers that an expression compares with."""
    for found in _LITERAL.finditer(text):
        yield next(part for part in found.groups() if part is not None)


def _walked(text: str, few: int) -> str:
    """What a regular expression of letters, classes, groups and counts takes, the first choice each time; what may be left out
    stands `few` times."""
    try:
        return _alternatives(text, 0, few)[0]
    except (IndexError, re.error):
        return ""  # something that this does not know


def _alternatives(text: str, at: int, few: int) -> tuple[str, int]:
    """The first alternative from `at` to the end of the group, and where that is."""
    first: str | None = None
    made = ""
    while at < len(text) and text[at] != ")":
        if text[at] == "|":
            first, made, at = made if first is None else first, "", at + 1
            continue
        one, at = _one(text, at, few)
        least, at = _count(text, at, few)
        made += one * least
    return (made if first is None else first), at


def _one(text: str, at: int, few: int) -> tuple[str, int]:
    """What stands for one character, or group, and where the next begins."""
    sign = text[at]
    if sign == "\\":
        return _CLASS.get(text[at + 1], text[at + 1]), at + 2
    if sign == "(":
        if text[at + 1] == "?":
            at = text.index(":", at) if ":" in text[at:] else len(text)
        made, at = _alternatives(text, at + 1, few)
        return made, at + 1
    if sign == "[":
        end = at + 2 if text[at + 1] == "]" else at + 1
        while text[end] != "]":
            end += 2 if text[end] == "\\" else 1
        inner = text[at + 1 : end]
        if inner.startswith("^"):
            return next((one for one in "1a *" if not re.fullmatch(f"[{inner[1:]}]", one)), ""), end + 1
        return _one(inner, 0, few)[0] if inner.startswith("\\") else inner[:1], end + 1
    if sign in "^$":
        return "", at + 1
    return "1" if sign == "." else sign, at + 1


def _count(text: str, at: int, few: int) -> tuple[int, int]:
    """How often it stands there, and where the next begins."""
    found = re.compile(r"\{(\d+)(?:,\d*)?\}\??|[*+?]\??").match(text, at)
    if found is None:
        return 1, at
    return int(found[1]) if found[1] else max(few, found[0][0] == "+"), found.end()
