"""Reports branch keys that can never be taken, because the keys before them take all that they could (F117)."""

import re
from collections.abc import Callable, Sequence

from engine.diagnostics.diagnostic import Label
from engine.grammar.normalize import READINGS, visible
from engine.model.parts import Exit, Key
from engine.model.reading.reader import Reader, shortened

covers: Callable[[tuple[str, ...], str], bool]
try:
    from engine.grammar import inclusion
except (ImportError, AttributeError):
    # It reads the syntax trees of Python's `re`, which are private: a later Python may shape them in another way.
    covers = lambda patterns, pattern: False  # noqa: E731
else:
    covers = inclusion.covers

_MOST = 40  # patterns in a branch that are compared with each other
_ASIDE = {
    "digits": "spaces and a period do not count in a key of digits",
    "words": "case, accents and punctuation do not count in a key of words",
    "emoji": "skin tones and punctuation do not count in a key of emoji",
    "signs": "spaces and width do not count in a key of signs",
    "whole": "case does not count in a key",
}


def check_reachable(reader: Reader, exits: Sequence[Exit], always: Sequence[Key]) -> None:
    """Reports each key of a branch that can never be taken; `always` are keys that come before its patterns.

    A key that is written twice in the same way is told elsewhere (F101). Two ways to write it in one entry, `check-in | check in`,
    lead to the same place.
    """
    keys = [key for exit_ in exits for key in exit_.keys]
    seen: dict[tuple[str, str], tuple[Exit, Key]] = {}
    for exit_ in exits:
        for key in exit_.keys:
            readings = [(key.kind, reading) for reading in READINGS[key.kind](key.text)] if key.kind in READINGS else []
            before = [seen[reading] for reading in readings if reading in seen]
            others = [first for other, first in before if other is not exit_]
            if others and len(before) == len(readings) and before[0][1].text.casefold() != key.text.casefold():
                _tell(reader, key, others[:1], _ASIDE[key.kind])
            for reading in readings:
                seen.setdefault(reading, (exit_, key))
    _check_patterns(reader, keys, always)


def _check_patterns(reader: Reader, keys: Sequence[Key], always: Sequence[Key]) -> None:
    patterns = [key for key in keys if key.kind == "pattern"]
    if not patterns or len(patterns) > _MOST:
        return
    # What a key of digits or words surely takes is its own text; these come before every pattern.
    before = [key for key in (*keys, *always) if key.kind in ("digits", "words", "whole")]
    before = before[:_MOST]
    for number, key in enumerate(patterns):
        others = [*before, *(one for one in patterns[:number] if one.text != key.text)]
        if not others or any(one.text == key.text for one in patterns[:number]):
            continue
        text, known = visible(key.text), [_expression(one) for one in others]
        by = [other for other, each in zip(others, known, strict=True) if covers((each,), text)][:1]
        if by or covers(tuple(known), text):
            _tell(reader, key, by, "keys that are the whole answer come first, then patterns from top to bottom")


def _expression(key: Key) -> str:
    return visible(key.text) if key.kind == "pattern" else re.escape(visible(key.text))


def _tell(reader: Reader, key: Key, by: Sequence[Key], why: str) -> None:
    also = tuple(Label(one.span, "takes all its answers") for one in by if one.span.source is key.span.source)
    title = f"the branch key `{_shown(key)}` can never be taken"
    label = "" if also else "keys before it take its answers"
    helps = (
        "take it out, or write it above the other"
        if key.kind == "pattern" and by and by[0].kind == "pattern"
        else "take it out",
    )
    reader.report.error("F117", title, key.span, label=label, also=also, notes=(why,), helps=helps)


def _shown(key: Key) -> str:
    return shortened(f"/{key.text}/" if key.kind == "pattern" else key.text)
