"""Reads what the world answers in a call script: `request`, `run` and `send` under `given`."""

import json
import re
from typing import Any

from engine.diagnostics import Span, nearest
from engine.document import Mapping as Entries
from engine.document import Node, Scalar, Sequence
from engine.grammar.patterns import Pattern, PatternError
from engine.phone.scripts.reader import Reader, folded, shortened
from engine.phone.scripts.requested import address_in, is_pattern
from engine.phone.scripts.stubs import PARTS, Answer, Stub

_FAILS = {"request": ("timeout", "error"), "run": ("error",), "send": ("error",)}
_HELPS = {
    "request": "write  request: {GET https://example.com/customers: {name: Ann}}\nor     request: {/customers: 404}",
    "run": "write  run: {lookup: {name: Ann}}",
    "send": "write  send: sent  or  send: error",
}
_STATUS = re.compile(r"[1-5]\d\d")


def read_stubs(reader: Reader, kind: str, node: Node) -> tuple[Stub, ...]:
    """What is written under `request`, `run` or `send`; every mistake is reported."""
    if kind == "send" or (kind == "request" and _answers_all(node)):
        return _stub(reader, kind, "", node, node.span)
    if kind == "request" and not isinstance(node, Entries):
        title = "`request` must be a status, `error`, `timeout` or a body by path"
        reader.shape(
            title, node, "write  request: 404\nor     request: error\nor     request: {/customers: {name: Ann}}"
        )
        return ()
    mapping = reader.mapping(kind, node, _HELPS[kind])
    if mapping is None:
        return ()
    if not mapping.entries:
        reader.shape(f"`{kind}` answers nothing", node, _HELPS[kind])
    elif kind == "request" and all(key.text in PARTS for key, _ in mapping.entries):
        helps = ("the key is the path of a request:\nrequest: {/customers: {status: 404}}",)
        reader.shape("`request` says which request is answered", mapping.entries[0][0], *helps)
        return ()
    found: list[Stub] = []
    for key, value in mapping.entries:
        if kind == "run" and (not key.text.isidentifier() or key.text.startswith("_")):
            reader.shape("a function is told by its name", key, _HELPS[kind])
        elif kind == "run" or _may_match(reader, key):
            found.extend(_stub(reader, kind, key.text.strip(), value, key.span))
    return tuple(found)


def _answers_all(node: Node) -> bool:
    """Whether it says how every request is answered: `request: timeout`, `request: [500, 200]`."""
    items = node.items if isinstance(node, Sequence) else (node,)
    words = [item.text.strip() for item in items if isinstance(item, Scalar) and not item.quoted]
    return 0 < len(items) == len(words) and any(word in _FAILS["request"] or _STATUS.fullmatch(word) for word in words)


def _may_match(reader: Reader, key: Scalar) -> bool:
    text = key.text.strip()
    address = address_in(text)
    if "{{" in address or "{%" in address:
        star = re.sub(r"\{\{.*?(\}\}|$)|\{%.*?(%\}|$)", "*", text, flags=re.DOTALL)
        helps = [f"write what comes out of it, or  *  in its place:\n{shortened(star) if star != '*' else f'{star!r}'}"]
        reader.report.error("F403", "a call script has no templates", key.span, helps=helps)
        return False
    if is_pattern(text):
        try:
            Pattern(text[1:-1])
        except PatternError as error:
            title = f"this is no regular expression: {error.why}"
            helps = [
                folded("between slashes is a regular expression; a path that ends with a slash has none of its signs")
            ]
            reader.report.error("F403", title, key.span, label=error.part, helps=helps)
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
        if kind == "send" and text == "sent":
            return Answer()
        if kind == "send":
            reader.unknown("F405", "`send` never ends", node, ("sent", "error"))
            return None
        if node.empty:
            reader.shape("nothing is answered here", node, f"write  {_FAILS[kind][0]}, or  null  for nothing")
            return None
        if kind == "request" and _STATUS.fullmatch(text):
            return Answer("", int(text))
        if kind == "request" and _is_mistaken(reader, node, text):
            return None
    if kind == "request" and isinstance(node, Entries) and _is_response(reader, node):
        return _response(reader, node)
    if kind == "send":
        reader.shape("`send` is told by `sent` or `error`", node, _HELPS[kind])
        return None
    return Answer(plain(node))


def _is_mistaken(reader: Reader, node: Scalar, text: str) -> bool:
    """Whether a bare word is meant for how a request ends, and is no such word; which is reported."""
    close = "404" if re.fullmatch(r"[1-5]xx", text, re.IGNORECASE) else nearest(text, _FAILS["request"])
    if close is None:
        return False
    title = f"`request` never ends `{shortened(text)}`"
    helps = (f'a body of these words stands in quotes: "{shortened(text)}"',)
    reader.report.error("F405", title, node.span, label=f"did you mean `{close}`?", helps=helps)
    return True


def _is_response(reader: Reader, node: Entries) -> bool:
    """Whether a mapping has the parts of a response, and is not a body itself; a part that there is not is reported."""
    names = [key.text for key, _ in node.entries]
    status = node.get("status")
    number = isinstance(status, Scalar) and status.text.strip().isdecimal()
    if not (number or "body" in names or "headers" in names):
        return False
    if all(name in PARTS for name in names):
        return True
    slips = [key for key, _ in node.entries if key.text not in PARTS and nearest(key.text, PARTS)]
    for key in slips:
        helps = ("a body with such a key stands under `body`:  {body: {…}}",)
        reader.unknown("F402", "an answer has no part", key, PARTS, *helps)
    return bool(slips)


def _response(reader: Reader, node: Entries) -> Answer | None:
    status, body, headers = node.get("status"), node.get("body"), node.get("headers")
    text = status.text.strip() if isinstance(status, Scalar) else ""
    if status is not None and not _STATUS.fullmatch(text):
        helps = ("write  status: 404", "a body with such a key stands under `body`:  {body: {…}}")
        reader.shape("a status is a number from 100 to 599", status, *helps)
        return None
    number = int(text) if text else 200
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
