"""Reads what the world answers in a call script: to requests, functions and text messages that the flow asks it for."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.diagnostics import Span
from engine.document import Mapping as Entries
from engine.document import Node, Scalar, Sequence
from engine.grammar.patterns import Pattern, PatternError
from engine.phone.scripts.reader import Reader, folded, shortened
from engine.phone.scripts.words import fold

KINDS = ("request", "run", "send")
_PARTS = ("status", "body", "headers")
_FAILS = {"request": ("timeout", "error"), "run": ("error",), "send": ("error",)}
_HELPS = {
    "request": "write  request: {GET https://example.com/customers: {name: Ann}}\nor     request: {customers: 404}",
    "run": "write  run: {lookup: {name: Ann}}",
    "send": "write  send: sent  or  send: error",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the world answers once: `failure` is "timeout" or "error", else `status`, `body` and `headers` of a response.

    What a function returns is a `body`.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Stub:
    """What is answered where a flow asks a `kind` of thing whose words hold `words` (or match them, between slashes).

    `answers` come one after another, the last one for ever.
    """

    kind: str
    words: str
    answers: tuple[Answer, ...]
    span: Span = field(compare=False)

    def takes(self, kind: str, asked: str) -> bool:
        """Whether it answers what is asked: `GET https://example.com/customers?id=1`, the name of a function, a message."""
        if kind != self.kind:
            return False
        if kind == "run":
            return self.words == asked.split(" ", 1)[0]
        if len(self.words) > 2 and self.words.startswith("/") and self.words.endswith("/"):
            return Pattern(f"(?s:.*(?:{self.words[1:-1]}).*)").takes(asked)
        return fold(self.words) in fold(asked)


def read_stubs(reader: Reader, kind: str, node: Node) -> tuple[Stub, ...]:
    """What is written under `request`, `run` or `send`; every mistake is reported."""
    if kind == "send":
        return _stub(reader, kind, "", node, node.span)
    mapping = reader.mapping(kind, node, _HELPS[kind])
    found: list[Stub] = []
    for key, value in mapping.entries if mapping else ():
        if kind == "run" and not re.fullmatch(r"[A-Za-z]\w*", key.text):
            reader.shape("a function is told by its name", key, _HELPS[kind])
        elif _may_match(reader, key):
            found.extend(_stub(reader, kind, key.text.strip(), value, key.span))
    return tuple(found)


def _may_match(reader: Reader, key: Scalar) -> bool:
    text = key.text.strip()
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        try:
            Pattern(text[1:-1])
        except PatternError as error:
            title = f"this is no regular expression: {error.why}"
            reader.report.error(
                "F403", title, key.span, label=error.part, helps=(folded("a path is written with its host"),)
            )
            return False
    return True


def _stub(reader: Reader, kind: str, words: str, node: Node, span: Span) -> tuple[Stub, ...]:
    items = node.items if isinstance(node, Sequence) and node.items else (node,)
    answers = [answer for item in items if (answer := _answer(reader, kind, item)) is not None]
    return (Stub(kind, words, tuple(answers), span),) if answers else ()


def _answer(reader: Reader, kind: str, node: Node) -> Answer | None:
    if isinstance(node, Scalar) and not node.quoted:
        text = node.text.strip()
        if text in _FAILS[kind]:
            return Answer(failure=text)
        if kind == "send":
            if text == "sent":
                return Answer()
            reader.unknown("F405", "`send` never ends", node, ("sent", "error"))
            return None
        if kind == "request" and re.fullmatch(r"[1-5]\d\d", text):
            return Answer("", int(text))
    if (
        kind == "request"
        and isinstance(node, Entries)
        and node.entries
        and all(k.text in _PARTS for k, _ in node.entries)
    ):
        status = node.get("status")
        if status is None or (isinstance(status, Scalar) and status.text.isdecimal()):
            return _response(reader, node)
    if kind == "send":
        reader.shape("`send` is told by `sent` or `error`", node, _HELPS[kind])
        return None
    return Answer(plain(node))


def _response(reader: Reader, node: Entries) -> Answer | None:
    status, body, headers = node.get("status"), node.get("body"), node.get("headers")
    number = int(status.text) if isinstance(status, Scalar) else 200
    if not 100 <= number <= 599:
        assert status is not None, "a number that is wrong was written"
        reader.shape("a status is a number from 100 to 599", status, "write  status: 404")
        return None
    sent = {name.lower(): text for name, text, _ in reader.pairs("headers", headers)} if headers else {}
    return Answer(plain(body) if body is not None else "", number, sent)


def plain(node: Node) -> Any:
    """The value as a flow would read it: JSON by the form of its plain scalars."""
    if isinstance(node, Entries):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if node.quoted:
        return node.text
    if node.empty:
        return None
    try:
        value = json.loads(node.text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return node.text
    return value if value is None or isinstance(value, int | float | bool) else node.text


def _refuse(name: str) -> None:
    raise ValueError(name)


def hint(kind: str, asked: str) -> str:
    """What to write where the script gives no answer for something that was asked."""
    if kind == "run":
        return f"write  given: {{run: {{{asked.split(' ', 1)[0]}: …}}}}"
    if kind == "send":
        return "write  given: {send: sent}"
    method, _, rest = asked.partition(" ")
    return f"write  given: {{request: {{{method} {shortened(rest.partition(' ')[0].partition('?')[0])}: …}}}}"
