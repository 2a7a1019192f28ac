"""Reads the engine's own verbs: redirect, branch, set, log, twiml; knows who reads the others."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from typing import Any

from engine.document import nodes
from engine.grammar.fields import Wrong
from engine.grammar.markup import inner_markup
from engine.grammar.names import NAMES
from engine.grammar.templates import Template, read_markup
from engine.grammar.verbs import ENGINE_VERBS
from engine.grammar.verbs.request import REQUEST
from engine.grammar.verbs.run import RUN
from engine.grammar.verbs.spec import VerbSpec
from engine.grammar.verbs.subflow import SUBFLOW
from engine.grammar.vocabulary import VOICE
from engine.model.parts import Assign, Branch, Instruction, Log, Markup, Redirect, ToUrl
from engine.model.reading.branches import ReadBlock, read_branch, read_condition
from engine.model.reading.reader import Reader, first_line, folded, mended_name
from engine.model.reading.targets import read_target
from engine.model.reading.values import as_template, read_switch, read_value
from engine.model.verbs.requests import read_request
from engine.model.verbs.runs import read_run
from engine.model.verbs.subflows import read_return, read_subflow
from engine.model.verbs.written import read_effect

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)

ReadVerb = Callable[[Reader, str, nodes.Node, ReadBlock], Instruction | None]


def _read_redirect(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Redirect | None:
    if not isinstance(node, nodes.Mapping):
        target = read_target(reader, "redirect", node)
        return Redirect(place, node.span, target) if target else None
    known = ENGINE_VERBS["redirect"].keys
    unknown = [key for key, _ in node.entries if key.text not in known]
    for key in unknown:
        reader.unknown("`redirect` has no field", key, known)
    url, method = node.get("url"), node.get("method")
    if url is None:
        if not unknown:
            helps = ("write  redirect: {url: https://…, method: GET}",)
            reader.report.error("F109", "`redirect` needs `url`", first_line(node.span), helps=helps)
        return None
    target = read_target(reader, "url", url)
    scalar = reader.scalar("method", method, "GET or POST") if method is not None else None
    if scalar is not None:
        read = VOICE.children["redirect"].attributes["method"].field.read(scalar.text)
        if isinstance(read, Wrong):
            reader.wrong("method", read, scalar)
        elif isinstance(target, ToUrl):
            target = ToUrl(target.url, target.span, read)
        elif target is not None:
            reasons = ("the flow's own addresses ask for POST", f"write  redirect: {target.span.text}")
            at = next(word.span for word, _ in node.entries if word.text == "method")
            reader.report.error("F110", "`method` goes with a URL, not with a step", at, helps=reasons)
    return Redirect(place, node.span, target) if target else None


def _read_branch(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Branch | None:
    on = None
    if isinstance(node, nodes.Mapping):
        written = node.get("on")
        when = node.key("when")
        if written is not None:
            on = read_condition(reader, "on", written)
        elif when is not None:
            title = "the conditions of a branch stand in a list"
            reader.report.error("F112", title, when.span, label="found a mapping", helps=("write  - when: …",))
            reader.forgive(node)
            return None
        else:
            title = "a branch by keys needs `on`, the value that chooses"
            helps = ("write  on: call.from_country", "a branch by conditions is a list:  - when: …")
            reader.report.error("F109", title, first_line(node.span), helps=helps)
    return Branch(place, node.span, on, exits=read_branch(reader, node, place, None, read_block))


def _read_set(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Assign:
    values: list[tuple[str, Any]] = []
    helps = ("write  set: {visits: 1}",)
    if isinstance(node, nodes.Scalar) and (found := re.fullmatch(r"\s*(\w+)\s*=\s*(.*)", node.text)):
        helps = (f"write  set: {{{mended_name(found[1], 'value')}: {found[2] or '…'}}}",)
    mapping = reader.mapping("set", node, "a mapping of variables and values", *helps)
    for key, value in mapping.entries if mapping else ():
        if key.text == "language":
            if (language := read_switch(reader, value)) is not None:
                values.append((key.text, language))
        elif reader.variable(key, NAMES):
            reader.saved.setdefault(key.text, key.span)
            values.append((key.text, read_value(reader, key.text, value)))
    return Assign(place, node.span, tuple(values))


def _read_log(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Log | None:
    scalar = reader.scalar("log", node, "text", "write  log: reached billing")
    text = as_template(reader, scalar) if scalar else None
    return Log(place, node.span, text) if text is not None else None


def _read_markup(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Markup | None:
    scalar = reader.scalar("twiml", node, "text: a TwiML fragment", "write  twiml: <Say>Hello</Say>")
    text = read_markup(scalar, reader.report) if scalar else None
    if scalar is None or text is None:
        return None
    if isinstance(text, Template):
        reader.used.append(text)
        if text.single:
            return Markup(place, node.span, text)
    else:
        text = inner_markup(text)
    try:
        ElementTree.fromstring(f"<Response>{inner_markup(_TEMPLATE.sub('x', scalar.text))}</Response>")
    except ElementTree.ParseError as error:
        said = str(error).split(":")[0]
        title = "this TwiML is not well-formed" + ("" if "invalid" in said else f": {said}")
        helps = (folded("every element is closed, and `&` and `<` in a text are written `&amp;` and `&lt;`"),)
        reader.report.error("F113", title, first_line(scalar.span), helps=helps)
        return None
    return Markup(place, node.span, text)


_OWN: Mapping[str, ReadVerb] = {
    "redirect": _read_redirect,
    "branch": _read_branch,
    "set": _read_set,
    "log": _read_log,
    "twiml": _read_markup,
    "return": read_return,
    SUBFLOW.name: read_subflow,
    REQUEST.name: read_request,
    RUN.name: read_run,
}


def read_own_verb(
    reader: Reader, spec: VerbSpec, place: str, node: nodes.Node, read_block: ReadBlock
) -> Instruction | None:
    """A verb of the engine at `node`; None if it cannot be read, which is reported."""
    if spec.name in _OWN:
        return _OWN[spec.name](reader, place, node, read_block)
    return read_effect(reader, spec, place, node, read_block)
