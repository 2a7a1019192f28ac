"""Puts what a flow says and asks into words for people: texts, values, conditions, keys, targets."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from engine.grammar.templates import Expression, Template
from engine.model.parts import (
    ByLanguage,
    Exit,
    Joined,
    Key,
    Nested,
    Piece,
    Target,
    ToStep,
    ToUrl,
    ToWord,
)

# What a terminal would obey, or nobody sees.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_HOLE = re.compile(r"\{\{(.*?)\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_FILTER = re.compile(r"\|\s*(date|time|money|ordinal|phone)\b")
_HOURS = re.compile(r"(not\s+)?hours\.(\w+)\.(open|holiday)\Z")
_CHANNEL = re.compile(r"channel\s*(==|!=)\s*['\"](voice|messaging)['\"]\Z")
_LONG = 60  # characters of an expression that are shown


def plain(text: str) -> str:
    """A text on one line, without signs that a terminal would obey."""
    return " ".join(_UNSEEN.sub("", text).split())


def hole(expression: str) -> str:
    """What stands in a template, by the name of its value: `‹typed›`."""
    inside = plain(expression).strip("-+ ")
    found = _NAME.match(inside)
    if found is None:
        return f"‹{inside[:_LONG]}›"
    how = _FILTER.search(inside)
    return f"‹{found.group()}{f', {how[1]}' if how else ''}›"


def holes(text: str) -> list[str]:
    """The values that a text is filled with, by their names."""
    return [hole(found[1]) for found in _HOLE.finditer(text) if found[1] is not None]


def filled(text: str) -> str:
    """A text with each of its templates by the name of its value; what only decides about them is left out."""
    return plain(_HOLE.sub(lambda found: hole(found[1]) if found[1] is not None else "", text))


def value(written: Any, language: str = "") -> str:
    """A value as words: a text, a template, one for each language, several that are joined."""
    match written:
        case str():
            return plain(written)
        case Template():
            return filled(written.text)
        case Joined():
            return plain(written.separator.join(value(item) for item in written.items) or "")
        case ByLanguage():
            return value(written.of(language)) if language in written.entries else value(written.of(""))
        case Nested():
            return value(written.value)
        case ToStep() | ToUrl() | ToWord():
            return target(written)
        case Piece():
            return words(written, language)
        case dict():
            return ", ".join(f"{plain(str(key))}: {value(item)}" for key, item in written.items())
        case list() | tuple():
            return ", ".join(value(item, language) for item in written)
        case bool():
            return "true" if written else "false"
        case None:
            return "nothing"
    return plain(str(written))


def words(piece: Piece, language: str = "") -> str:
    """The words of an element and those in it, without its markup."""
    said: list[str] = []
    for item in piece.content:
        chosen = item.of(language) if isinstance(item, ByLanguage) else item
        said += [value(each, language) for each in (chosen if isinstance(chosen, tuple) else (chosen,))]
    return " ".join(filter(None, said))


def attribute(piece: Piece, xml: str) -> str:
    """An attribute of a piece in words; "" if it is not written."""
    return next((value(written) for name, written in piece.attributes if name == xml), "")


def target(goes: Target) -> str:
    """A target as it is written: `menu`, `billing/`, `repeat`, an address."""
    if isinstance(goes, ToStep):
        return f"{goes.flow}/{goes.step}" if goes.flow else goes.step
    if isinstance(goes, ToWord):
        return goes.word
    return value(goes.url)


def listed(items: Iterable[str], word: str = "or") -> str:
    """`1`, `1 or 2`, `1, 2, or 3`."""
    *most, last = items
    if not most:
        return last
    return f"{', '.join(most)}{',' if len(most) > 1 else ''} {word} {last}"


def condition(expression: Expression) -> str:
    """A condition as the beginning of a sentence: `If it is within the hours "desk"`."""
    text = plain(expression.text)
    if found := _CHANNEL.match(text):
        return "In a call" if (found[1] == "==") == (found[2] == "voice") else "In messages"
    parts = re.split(r"\s+(and|or)\s+", text)
    said = " ".join(part if part in ("and", "or") else _part(part) for part in parts)
    return f"If {said}"


def _part(text: str) -> str:
    found = _HOURS.match(text)
    if found is None:
        return text
    name = found[2]
    if found[3] == "open":
        return f'it is {"outside" if found[1] else "within"} the hours "{name}"'
    return f'today is {"not " if found[1] else ""}a holiday of "{name}"'


def keys_of(exit_: Exit) -> tuple[list[str], list[str], list[str]]:
    """What an exit takes: keys that are pressed, words that are said, patterns."""
    pressed: list[str] = []
    said: list[str] = []
    patterns: list[str] = []
    for key in exit_.keys:
        kept = pressed if key.kind == "digits" else patterns if key.kind == "pattern" else said
        kept.append(_key(key))
    return pressed, said, patterns


def _key(key: Key) -> str:
    text = plain(key.text)
    if key.kind == "digits":
        return text
    return f"/{text.strip('/')}/" if key.kind == "pattern" else f'"{text}"'


def pattern(text: str) -> str:
    """A pattern in words where there are some: `/\\d{6}/` is `6 digits`."""
    if found := re.fullmatch(r"/(?:\\d|\[0-9\])(?:\{(\d+)(?:,(\d*))?\}|\+)?/", text):
        least, most = found[1], found[2]
        if least is None:
            return "digits" if "+" in text else "1 digit"
        if most is None:
            return f"{least} digit{'s' * (least != '1')}"
        return f"{least} to {most} digits" if most else f"{least} or more digits"
    return f"what matches {text}"


def spoken(pieces: Iterable[Piece], language: str = "") -> Iterator[str]:
    """What is heard, piece by piece: texts in quotes, sounds by name."""
    for piece in pieces:
        name = piece.element.name
        if name in ("say", "message", "sms", "body"):
            text = words(piece, language)
            yield f'"{text}"' if text else "nothing"
        elif name == "play":
            digits = attribute(piece, "digits")
            yield f"the tones {digits}" if digits else f"the recording {words(piece, language)}"
        elif name == "pause":
            yield f"a pause of {seconds(attribute(piece, 'length') or '1')}"


def seconds(text: str) -> str:
    """`1 second`, `20 seconds`; what is no number as it is."""
    return f"{text} second{'s' * (text != '1')}" if text.isdecimal() else text
