"""What every part of the reader shares: the report, the flow being read, and the first look at a node."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.diagnostics.diagnostic import Diagnostic
from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.document.catalogue import Catalogue
from engine.grammar.fields import Wrong
from engine.grammar.hosts import Allows, never
from engine.grammar.templates import Expression, Template
from engine.grammar.vocabulary import Element
from engine.model.functions.functions import Functions
from engine.model.parts import Instruction, Key, Pairs, Target, Value
from engine.model.spoken import Language, Said

NAME = re.compile(r"[a-z][a-z0-9_-]*")
VARIABLE = re.compile(r"[a-z][a-z0-9_]*")
_HELP_WIDTH = 66  # what a terminal of 80 columns has room for beside `= help:`
LONG_TITLE = 66  # so that it fits there behind `error[F103]: `
_COUNTED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NEEDS_QUOTES = re.compile(r"$|[\s?:,\[\]#&*!|>'\"%@`-]|\{\{|.*(: | #|:$)")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What verbs and nested elements get unless they say otherwise: attribute values by element name and XML name, and what is written under `retry` of gather, outermost first."""

    values: Mapping[str, Mapping[str, Value | Target]] = field(default_factory=dict)
    retry: tuple[nodes.Node, ...] = ()
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # of the engine's verbs: what they read, by key

    def own_of(self, verb: str, key: str) -> Any:
        """What an engine's verb gets at a key; None for nothing."""
        return self.own.get(verb, {}).get(key)

    def merged(self, inner: "Defaults") -> "Defaults":
        """These, with the entries of `inner` winning."""
        values = {
            name: {**self.values.get(name, {}), **inner.values.get(name, {})}
            for name in {**self.values, **inner.values}
        }
        own = {name: _merged(self.own.get(name, {}), inner.own.get(name, {})) for name in {**self.own, **inner.own}}
        return Defaults(values, (*self.retry, *inner.retry), own)


def _merged(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an engine's verb gets: headers by their names, and of two ways to say who asks only the inner one."""
    kept = {key: value for key, value in outer.items() if not (key == "auth" and authorizes(inner.get("headers", ())))}
    headers = (
        {"headers": joined(outer["headers"], inner["headers"])} if "headers" in outer and "headers" in inner else {}
    )
    return {**kept, **inner, **headers}


def joined(outer: Pairs, inner: Pairs) -> Pairs:
    """Headers with those of `inner` in place of the outer ones of the same name; one template is all there is."""
    if isinstance(outer, Template) or isinstance(inner, Template):
        return inner
    names = {name.lower() for name, _ in inner}
    return (*(pair for pair in outer if pair[0].lower() not in names), *inner)


def authorizes(headers: Pairs) -> bool:
    """Whether the headers say who asks."""
    return isinstance(headers, tuple) and any(name.lower() == "authorization" for name, _ in headers)


@dataclass(slots=True)
class Reader:
    """Reads one flow file; mistakes go to `report`, `used` collects every template and expression for the check of names.

    `retry` is what the retry of every gather begins with.
    """

    report: Report
    channel: str
    vocabulary: Element
    defaults: Defaults = field(default_factory=Defaults)
    retry: dict[str, object] = field(default_factory=dict)
    languages: Mapping[str, Language] = field(default_factory=dict)  # the default first
    catalogues: Mapping[str, Catalogue] = field(default_factory=dict)  # by the name of a language
    spoken: str = ""  # the one language of the element being read, "" where that is the call's
    switches: bool = False  # whether the language of the call is set
    steps: frozenset[str] = frozenset()  # the names of the flow's steps
    misnamed: frozenset[str] = frozenset()  # what was written as the name of a step and cannot be one
    always: tuple[Key, ...] = ()  # the keys of `always`
    used: list[Template | Expression] = field(default_factory=list)
    saved: dict[str, Span] = field(default_factory=dict)
    texts: list[Said] = field(default_factory=list)  # what is to be said in several languages
    added: list[tuple[str, Diagnostic]] = field(
        default_factory=list
    )  # names that translations add, and doubts about them
    asked: list[Instruction] = field(default_factory=list)  # what asks more than the caller: subflows, and the world
    signs: bool = True  # whether the settings have what `auth: twilio` signs with
    allowed: Allows = never  # whether the settings let requests ask a host at a port
    functions: Functions | None = None  # the project's own; None where nobody knows them
    plain: list[nodes.Scalar] = field(
        default_factory=list
    )  # texts that look like an expression, or hold one in single braces

    def apart(self) -> "Reader":
        """One that reads as this one does, and keeps what it finds to itself, mistakes too."""
        return replace(self, report=Report(), used=[], saved={}, texts=[], added=[], asked=[], plain=[])

    def join(self, other: "Reader") -> None:
        """Takes over what another one found, but for its mistakes."""
        self.used += other.used
        self.texts += other.texts
        self.added += other.added
        self.switches = self.switches or other.switches
        self.asked += other.asked
        self.plain += other.plain
        for name, span in other.saved.items():
            self.saved.setdefault(name, span)

    def unknown(self, what: str, word: nodes.Scalar, known: Iterable[str], *, helps: tuple[str, ...] = ()) -> None:
        """Reports a name that is not among `known`: F102, with the nearest right one."""
        if self.report.full:
            return
        known = list(known)
        close = nearest(word.text, known)
        if close is None and known and len(known) <= 12:
            helps = (several("known here", known), *helps)
        label = f"did you mean `{close}`?" if close else ""
        if close and "_" in close and re.search("[a-z][A-Z]", word.text):
            if close.replace("_", "") == word.text.replace("_", "").lower():
                helps = (f"names are written in snake_case; TwiML's {word.text} is {close} here", *helps)
        self.report.error("F102", f"{what} `{shortened(word.text)}`", word.span, label=label, helps=helps)

    def wrong(self, name: str, wrong: Wrong, scalar: nodes.Scalar) -> None:
        """Reports a value of the wrong kind, out of range, or not among the choices."""
        instead = wrong.instead
        if "whole number" in wrong.what and scalar.text.strip().casefold() in _COUNTED:
            instead = str(_COUNTED.index(scalar.text.strip().casefold()))
        helps = (f"write  {name}: {pasted(instead)}",) if instead is not None else ()
        found = shortened(scalar.text)
        title, label = f"`{name}` {wrong.what}", f"found `{found}`" if found else ""
        if len(title) > LONG_TITLE:
            helps = (*helps, folded(title))
            title, label = f"`{name}` cannot be `{found}`", ""
        self.report.error(wrong.code, title, first_line(scalar.span), label=label, helps=helps)

    def missing(self, name: str, node: nodes.Node, *helps: str) -> None:
        """Reports that nothing, or null, stands where something must."""
        self.report.error("F112", f"`{name}` has no value", node.span, label="nothing is written here", helps=helps)

    def shape(self, name: str, wanted: str, node: nodes.Node, *helps: str) -> None:
        """Reports a node of the wrong shape: `wanted` says what it should be, such as "a mapping of names and targets"."""
        if isinstance(node, nodes.Scalar) and is_null(node):
            self.missing(name, node, *(helps or (folded(f"`{name}` is {wanted}"),)))
            return
        found = (
            "a list" if isinstance(node, nodes.Sequence) else "a mapping" if isinstance(node, nodes.Mapping) else "text"
        )
        title, label = f"`{name}` must be {wanted}", f"found {found}"
        if len(title) > LONG_TITLE:
            helps = (folded(title), *helps)
            title, label = f"`{name}` cannot be {found}", ""
        self.report.error("F112", title, first_line(node.span), label=label, helps=helps)

    def forgive(self, node: nodes.Node) -> None:
        """Takes note of the variables that an instruction nobody could read would have made: they are not unknown too."""
        for key, value in entries_within(node):
            if key.text == "save" and isinstance(value, nodes.Scalar):
                self.saved.setdefault(value.text, value.span)
            elif key.text in ("save", "set") and isinstance(value, nodes.Mapping):
                for name, _ in value.entries:
                    self.saved.setdefault(name.text, name.span)

    def mapping(self, name: str, node: nodes.Node, wanted: str, *helps: str) -> nodes.Mapping | None:
        """The node if it is a mapping; else None, and the mistake is reported."""
        if isinstance(node, nodes.Mapping):
            return node
        self.shape(name, wanted, node, *helps)
        return None

    def scalar(self, name: str, node: nodes.Node, wanted: str, *helps: str) -> nodes.Scalar | None:
        """The node if it is text that is not empty or null; else None, and the mistake is reported."""
        if isinstance(node, nodes.Scalar) and not is_null(node):
            return node
        self.shape(name, wanted, node, *helps)
        return None

    def variable(self, word: nodes.Scalar, known_names: Iterable[str]) -> bool:
        """Whether `word` may name a variable; a mistake is reported."""
        if word.text in known_names:
            title = f"`{word.text}` is a known name and cannot be a variable"
            self.report.error("F111", title, word.span, helps=(f"give it another name, such as  my_{word.text}",))
        elif VARIABLE.fullmatch(word.text):
            return True
        else:
            title = f"`{shortened(word.text)}` cannot be the name of a variable"
            helps = ("names of variables are small letters, digits and `_`,\nand begin with a letter",)
            self.report.error("F111", title, word.span, label=f"write `{mended_name(word.text, 'value')}`", helps=helps)
        self.saved.setdefault(word.text, word.span)
        return False


def is_null(scalar: nodes.Scalar) -> bool:
    """Whether YAML means nothing by the scalar."""
    return not scalar.quoted and scalar.text.lower() in ("", "~", "null")


def entries_within(node: nodes.Node) -> Iterator[tuple[nodes.Scalar, nodes.Node]]:
    """Every entry of every mapping at the node and below it."""
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if isinstance(at, nodes.Sequence):
            waiting.extend(at.items)
        elif isinstance(at, nodes.Mapping):
            yield from at.entries
            waiting.extend(value for _, value in at.entries)


def first_line(span: Span) -> Span:
    """The span cut at the end of its first line, for carets under long nodes."""
    text = span.source.text
    end = text.find("\n", span.start, span.end)
    return span if end < 0 else Span(span.source, span.start, max(end, span.start + 1))


def shortened(text: str, most: int = 24) -> str:
    """A text as a title can quote it: one line, and not a long one."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def pasted(text: str) -> str:
    """A text as it can be pasted behind a key: in quotes where YAML would read it otherwise."""
    if not _NEEDS_QUOTES.match(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def folded(text: str) -> str:
    """A help in lines that a terminal need not wrap."""
    return "\n".join(textwrap.wrap(text, _HELP_WIDTH, break_on_hyphens=False, break_long_words=False))


def several(what: str, words: Iterable[str]) -> str:
    """A help that lists words."""
    return folded(f"{what}: {', '.join(words)}")


def bare(name: str) -> str:
    """A name without what may change when it is mended: case, blanks and joints."""
    return re.sub(r"[\W_]", "", name).casefold()


def mended_name(text: str, noun: str) -> str:
    """The nearest that may be a name to what was written as one; `noun` is what it names."""
    name = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()).strip("_")
    return name if NAME.fullmatch(name) else f"{noun}_{name}" if name else f"my_{noun}"
