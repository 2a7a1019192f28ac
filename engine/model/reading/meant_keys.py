"""Doubts about branch keys that no caller would say: `press 1`, `2 or 3`, `star` (L208)."""

import re
from collections.abc import Sequence
from functools import lru_cache

from engine.model.parts import Exit
from engine.model.reading.reader import Reader, shortened

_SIGNS = {"star": "*", "asterisk": "*", "pound": "#", "hash": "#", "hashtag": "#", "number sign": "#"}
_NAMES = {"otherwise": "else", "default": "else", "timeout": "no_input", "silence": "no_input", "no answer": "no_input"}
_ONE = rf"(?:[0-9*#]+|{'|'.join(_SIGNS)})"
_PRESSED = re.compile(
    rf"(?:(?:press|pressed|presses|push|hit|key|digit|digits|dial)\s+)?({_ONE}(?:(?:\s*[,/&]\s*|\s+(?:or|and)\s+)(?:press\s+)?{_ONE})*)"
    r"(?:\s+key|\s+pressed)?"
)
_RANGE = re.compile(r"([0-9])\s*(?:-|–|to|\.\.\.?)\s*([0-9])")
_CONDITION = re.compile(r"(?:when|if|unless)\s+(.+)")


def doubt_words(reader: Reader, exits: Sequence[Exit]) -> None:
    """Warns of words that read like an instruction for the caller's fingers, where no key of the branch takes these."""
    pressed = {key.text for exit_ in exits for key in exit_.keys if key.kind == "digits"}
    for exit_ in exits:
        for key in exit_.keys:
            meant = meant_key(key.text) if key.kind == "words" else None
            if meant is None or meant.strip('"') in pressed:
                continue
            helps = (f"write  {meant}" + (": …" if len(exit_.keys) == 1 else "  in its place"),)
            if meant.startswith("when: "):
                helps = (f"conditions stand in a list:\n- {meant}\n  to: …",)
            title = f"`{shortened(key.text)}` is waited for as words that the caller says"
            reader.report.warning("L208", title, key.span, helps=helps)


@lru_cache(4096)  # the same few words are keys everywhere
def meant_key(text: str) -> str | None:
    """What a key of words should have been: keys that are pressed, a name of an exit, or a condition; None if it may be said."""
    words = " ".join(text.casefold().split())
    if words in _NAMES:
        return _NAMES[words]
    if found := _PRESSED.fullmatch(words):
        keys = [_SIGNS.get(key, key) for key in re.findall(_ONE, found[1])]
        return _written(keys)
    if (found := _RANGE.fullmatch(words)) and int(found[1]) < int(found[2]):
        return _written([str(number) for number in range(int(found[1]), int(found[2]) + 1)])
    if found := _CONDITION.fullmatch(" ".join(text.split())):
        return f"when: {found[1]}" if _reads_as_condition(found[1]) else None
    return None


def _reads_as_condition(text: str) -> bool:
    return bool(re.search(r"[<>=]|\b(?:is|not|and|or|in)\b|\.", text)) or re.fullmatch(r"[a-z_]\w*", text) is not None


def _written(keys: list[str]) -> str:
    joined = " | ".join(keys)
    return f'"{joined}"' if set(joined) & set("*#") else joined
