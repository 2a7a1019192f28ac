"""Reads what the world answers in a call script: by verb, under `given`."""

import json
import re
from typing import Any

from engine.diagnostics import Span, nearest
from engine.document import Mapping as Entries
from engine.document import Node, Scalar, Sequence
from engine.grammar.patterns import Pattern, PatternError
from engine.grammar.verbs import ENGINE_VERBS
from engine.grammar.verbs.spec import VerbSpec
from engine.phone.scripts.reader import Reader, folded, shortened
from engine.phone.scripts.requested import address_in, is_pattern
from engine.phone.scripts.stubs import PARTS, Answer, Stub

_STATUS = re.compile(r"[1-5]\d\d")


def read_stubs(reader: Reader, kind: str, node: Node) -> tuple[Stub, ...]:
    """What is written under a verb that asks something of the world; every mistake is reported."""
    spec = ENGINE_VERBS[kind]
    by_address = spec.stubs == "address"
    if spec.stubs == "word" or (by_address and _answers_all(spec, node)):
        return _stub(reader, spec, "", node, node.span)
    if by_address and not isinstance(node, Entries):
        title = "`request` must be a status, `error`, `timeout` or a body by path"
        reader.shape(
            title, node, "write  request: 404\nor     request: error\nor     request: {/customers: {name: Ann}}"
        )
        return ()
    mapping = reader.mapping(kind, node, spec.given)
    if mapping is None:
        return ()
    if not mapping.entries:
        reader.shape(f"`{kind}` answers nothing", node, spec.given)
    elif by_address and all(key.text in PARTS for key, _ in mapping.entries):
        helps = ("the key is the path of a request:\nrequest: {/customers: {status: 404}}",)
        reader.shape("`request` says which request is answered", mapping.entries[0][0], *helps)
        return ()
    found: list[Stub] = []
    for key, value in mapping.entries:
        if not by_address and (not key.text.isidentifier() or key.text.startswith("_")):
            reader.shape("a function is told by its name", key, spec.given)
        elif not by_address or _may_match(reader, key):
            found.extend(_stub(reader, spec, key.text.strip(), value, key.span))
    return tuple(found)


def failures(spec: VerbSpec) -> tuple[str, ...]:
    """The words for an answer that did not come."""
    return tuple(word for word in ("timeout", "error") if word in spec.answers)


def _answers_all(spec: VerbSpec, node: Node) -> bool:
    """Whether it says how every request is answered: `request: timeout`, `request: [500, 200]`."""
    items = node.items if isinstance(node, Sequence) else (node,)
    words = [item.text.strip() for item in items if isinstance(item, Scalar) and not item.quoted]
    return 0 < len(items) == len(words) and any(word in failures(spec) or _STATUS.fullmatch(word) for word in words)


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


def _stub(reader: Reader, spec: VerbSpec, words: str, node: Node, span: Span) -> tuple[Stub, ...]:
    items = node.items if isinstance(node, Sequence) and node.items else (node,)
    answers = [answer for item in items if (answer := _answer(reader, spec, item)) is not None]
    return (Stub(spec.name, words, tuple(answers), span),) if answers else ()


def _answer(reader: Reader, spec: VerbSpec, node: Node) -> Answer | None:
    if isinstance(node, Scalar) and not node.quoted:
        text = node.text.strip()
        if text in failures(spec):
            return Answer(failure=text)
        if spec.stubs == "word" and text in spec.answers:
            return Answer(None if text == spec.answers[0] else text)
        if text in spec.reports:
            return Answer(text)
        if spec.stubs == "word":
            reader.unknown("F405", f"`{spec.name}` never ends", node, (*spec.answers, *spec.reports))
            return None
        if node.empty:
            reader.shape("nothing is answered here", node, f"write  {failures(spec)[0]}, or  null  for nothing")
            return None
        if spec.stubs == "address" and _STATUS.fullmatch(text):
            return Answer("", int(text))
        if spec.stubs == "address" and _is_mistaken(reader, spec, node, text):
            return None
    if spec.stubs == "address" and isinstance(node, Entries) and _is_response(reader, node):
        return _response(reader, node)
    if spec.stubs == "word":
        words = " or ".join(f"`{word}`" for word in spec.answers)
        reader.shape(f"`{spec.name}` is told by {words}", node, spec.given)
        return None
    return Answer(plain(node))


def _is_mistaken(reader: Reader, spec: VerbSpec, node: Scalar, text: str) -> bool:
    """Whether a bare word is meant for how a request ends, and is no such word; which is reported."""
    close = "404" if re.fullmatch(r"[1-5]xx", text, re.IGNORECASE) else nearest(text, failures(spec))
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
