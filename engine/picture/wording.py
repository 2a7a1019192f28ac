"""What an instruction says in a few words: the prompt that is heard, the number that is dialed, the values that are set."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from engine.grammar.templates import Expression, Template
from engine.model.parts import (
    Assign,
    Branch,
    ByLanguage,
    Instruction,
    Joined,
    Log,
    Markup,
    Nested,
    PerformEffect,
    Piece,
    Return,
    Subflow,
    ToStep,
    ToUrl,
    ToWord,
    Verb,
)

MOST = 300  # characters of a text that a picture looks at: two lines show a third of that
_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_VALUE = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_FILTER = re.compile(r"(?<!\|)\|(?!\|)")
_LONGEST_VALUE = 28


def templated(text: str) -> str:
    """The text of a template with `‹typed›` for each value, by its name."""
    return _VALUE.sub(_named, _TAG.sub("", text[: MOST * 4]))


def _named(found: "re.Match[str]") -> str:
    name = " ".join(_FILTER.split(found[1], maxsplit=1)[0].split())
    if len(name) > 2 and name[0] == name[-1] and name[0] in "'\"" and name[0] not in name[1:-1]:
        return name[1:-1]
    return f"‹{name if len(name) <= _LONGEST_VALUE else name[: _LONGEST_VALUE - 1] + '…'}›"


def plain(value: Any) -> str:
    """A value as a picture shows it, on one line."""
    return " ".join(_plain(value)[: MOST * 2].split())[:MOST]


def _plain(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case Template():
            return templated(value.text)
        case Expression():
            return value.text
        case ByLanguage():
            return _plain(next(iter(value.entries.values()), ""))
        case Joined():
            return value.separator.join(map(_plain, value.items))
        case Nested():
            return _plain(value.value)
        case dict():
            return ", ".join(f"{name}: {_plain(one)}" for name, one in value.items())
        case list() | tuple():
            return ", ".join(map(_plain, value))
        case ToStep():
            return f"{value.flow}/{value.step}" if value.flow else value.step
        case ToUrl():
            return _plain(value.url)
        case ToWord():
            return value.word
        case Piece():
            return "".join(_texts(value.content))
    return str(value)


def spoken(content: Iterable[Any]) -> str:
    """The words of what stands in a question or a prompt, sounds by the names of their files."""
    parts: list[str] = []
    for item in content:
        entry = next(iter(item.entries.values()), "") if isinstance(item, ByLanguage) else item
        for each in entry if isinstance(entry, tuple) else (entry,):
            if isinstance(each, Piece):
                name = each.element.name
                if name in ("pause", "break", "break_", "parameter", "task", "media") and not each.content:
                    continue
                inner = spoken(each.content)
                parts.append(f"♪ {inner}" if name == "play" and inner else inner)
            else:
                parts.append(_plain(each))
    return " ".join(" ".join(part for part in parts if part).split())[:MOST]


def _texts(content: Iterable[Any]) -> Iterator[str]:
    for item in content:
        yield _plain(item)


def text_of(instruction: Instruction) -> tuple[str, str, bool]:
    """The verb of an instruction, what it says of itself, and whether that is what somebody hears or reads."""
    match instruction:
        case Verb():
            piece = instruction.piece
            name = piece.element.name
            told = _VERBS.get(name)
            return (name, told(piece), False) if told else (name, _general(piece), name in _HEARD)
        case Branch():
            return "branch", f"by {plain(instruction.on)}" if instruction.on else "", False
        case Assign():
            return "set", ", ".join(f"{name} = {plain(value)}" for name, value in instruction.values)[:MOST], False
        case Log():
            return "log", plain(instruction.text), False
        case Markup():
            return "twiml", plain(instruction.text), False
        case Return():
            return "return", "" if instruction.value is None else plain(instruction.value), False
        case Subflow():
            given = ", ".join(f"{name}: {plain(value)}" for name, value, _ in instruction.given)
            return "subflow", f"{instruction.flow} ({given})"[:MOST] if given else instruction.flow, False
        case PerformEffect():
            return instruction.spec.name, _effect(instruction), instruction.spec.name == "send"
    return type(instruction).__name__.lower(), "", False


_HEARD = frozenset(("say", "gather", "message", "play", "sms"))


def _attribute(piece: Piece, xml: str) -> str:
    return next((plain(value) for name, value in piece.attributes if name == xml), "")


def _general(piece: Piece) -> str:
    """The text of a verb with the words in it; without any, what nested elements or attributes it has."""
    if piece.element.name == "play":
        return spoken((piece,)) or f"keys {_attribute(piece, 'digits')}"
    words = spoken(piece.content)
    if words or piece.element.name in _HEARD:
        return words
    nested = [_nested(item) for item in piece.content if isinstance(item, Piece)]
    return ", ".join(nested or [f"{name} {plain(value)}" for name, value in piece.attributes[:2]])[:MOST]


def _nested(piece: Piece) -> str:
    shown = spoken(piece.content) or next((plain(value) for _, value in piece.attributes), "")
    return f"{piece.element.name} {shown}".strip()


def _dial(piece: Piece) -> str:
    said: list[str] = []
    for item in piece.content:
        if isinstance(item, Piece):
            text = spoken(item.content) or _attribute(item, "identity")
            said.append(text if item.element.name in ("number", "sip") else f"{item.element.name} {text}".strip())
        elif text := plain(item):
            said.append(text)
    seconds = _attribute(piece, "timeout")
    return ", ".join([*said, *([f"rings {seconds} s"] if seconds else [])])[:MOST]


def _record(piece: Piece) -> str:
    longest, finish = _attribute(piece, "maxLength"), _attribute(piece, "finishOnKey")
    told = [f"up to {longest} s"] if longest else []
    return ", ".join([*told, *([f"{finish} ends"] if finish else [])])


def _pause(piece: Piece) -> str:
    return f"{_attribute(piece, 'length') or '1'} s"


def _enqueue(piece: Piece) -> str:
    return spoken(item for item in piece.content if not isinstance(item, Piece)) or "as a task"


def _pay(piece: Piece) -> str:
    amount = _attribute(piece, "chargeAmount")
    return f"{amount} {_attribute(piece, 'currency')}".strip() if amount else "keeps the card"


def _connect(piece: Piece) -> str:
    return ", ".join(_nested(item) for item in piece.content if isinstance(item, Piece))[:MOST]


_VERBS = {
    "dial": _dial,
    "record": _record,
    "pause": _pause,
    "enqueue": _enqueue,
    "pay": _pay,
    "connect": _connect,
    "start": _connect,
    "stop": _connect,
}


def _effect(asked: PerformEffect) -> str:
    match asked.spec.name:
        case "request":
            address = re.sub(r"^https?://", "", plain(asked["url"]))
            return f"{plain(asked['method'] or 'GET')} {address}"[:MOST]
        case "run":
            return plain(asked["function"])
        case "send":
            return plain(asked["body"]) if asked["body"] is not None else plain(asked["content_sid"] or "")
    return next((plain(value) for value in asked.values.values()), "")
