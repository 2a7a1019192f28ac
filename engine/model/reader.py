"""What every part of the reader shares: the report, the flow being read, and the first look at a node."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.grammar.fields import Wrong
from engine.grammar.templates import Expression, Template
from engine.grammar.vocabulary import Element
from engine.model.parts import Target, Value

NAME = re.compile(r"[a-z][a-z0-9_-]*")
VARIABLE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What verbs and nested elements get unless they say otherwise: attribute values by element name and XML name, and what is written under `retry` of gather, outermost first."""

    values: Mapping[str, Mapping[str, Value | Target]] = field(default_factory=dict)
    retry: tuple[nodes.Node, ...] = ()

    def merged(self, inner: "Defaults") -> "Defaults":
        """These, with the entries of `inner` winning."""
        values = {
            name: {**self.values.get(name, {}), **inner.values.get(name, {})}
            for name in {**self.values, **inner.values}
        }
        return Defaults(values, (*self.retry, *inner.retry))


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
    used: list[Template | Expression] = field(default_factory=list)
    saved: dict[str, Span] = field(default_factory=dict)

    def unknown(self, what: str, word: nodes.Scalar, known: Iterable[str], *, helps: tuple[str, ...] = ()) -> None:
        """Reports a name that is not among `known`: F102, with the nearest right one."""
        known = list(known)
        close = nearest(word.text, known)
        if close is None and len(known) <= 12:
            helps = (f"known here: {', '.join(known)}", *helps) if known else helps
        label = f"did you mean `{close}`?" if close else ""
        if close and "_" in close and close.replace("_", "") == word.text.lower():
            helps = (f"names are written in snake_case; TwiML's {word.text} is {close} here", *helps)
        self.report.error("F102", f"{what} `{word.text}`", word.span, label=label, helps=helps)

    def wrong(self, name: str, wrong: Wrong, scalar: nodes.Scalar) -> None:
        """Reports a value of the wrong kind, out of range, or not among the choices."""
        helps = (f"write  {name}: {wrong.instead}",) if wrong.instead is not None else ()
        found = scalar.text if len(scalar.text) <= 24 else scalar.text[:23] + "…"
        self.report.error(wrong.code, f"`{name}` {wrong.what}", scalar.span, label=f"found `{found}`", helps=helps)

    def shape(self, name: str, wanted: str, node: nodes.Node, *helps: str) -> None:
        """Reports a node of the wrong shape: `wanted` says what it should be, such as "a mapping of names and targets"."""
        found = (
            "a list" if isinstance(node, nodes.Sequence) else "a mapping" if isinstance(node, nodes.Mapping) else "text"
        )
        if isinstance(node, nodes.Scalar) and node.empty:
            found = "nothing"
        self.report.error(
            "F112", f"`{name}` must be {wanted}", first_line(node.span), label=f"found {found}", helps=helps
        )

    def mapping(self, name: str, node: nodes.Node, wanted: str, *helps: str) -> nodes.Mapping | None:
        """The node if it is a mapping; else None, and the mistake is reported."""
        if isinstance(node, nodes.Mapping):
            return node
        self.shape(name, wanted, node, *helps)
        return None

    def scalar(self, name: str, node: nodes.Node, wanted: str, *helps: str) -> nodes.Scalar | None:
        """The node if it is text that is not empty; else None, and the mistake is reported."""
        if isinstance(node, nodes.Scalar) and not node.empty:
            return node
        self.shape(name, wanted, node, *helps)
        return None

    def variable(self, word: nodes.Scalar, known_names: Iterable[str]) -> bool:
        """Whether `word` may name a variable; a mistake is reported."""
        if word.text in known_names:
            title = f"`{word.text}` is a known name and cannot be a variable"
            self.report.error("F111", title, word.span, helps=(f"give it another name, such as `my_{word.text}`",))
            return False
        if VARIABLE.fullmatch(word.text):
            return True
        suggestion = re.sub(r"[^a-z0-9_]+", "_", word.text.lower()).strip("_") or "name"
        title = f"`{word.text}` cannot be the name of a variable"
        helps = ("names of variables are small letters, digits and `_`, and begin with a letter",)
        self.report.error("F111", title, word.span, label=f"write `{suggestion}`", helps=helps)
        return False


def first_line(span: Span) -> Span:
    """The span cut at the end of its first line, for carets under long nodes."""
    text = span.source.text
    end = text.find("\n", span.start, span.end)
    return span if end < 0 else Span(span.source, span.start, max(end, span.start + 1))
