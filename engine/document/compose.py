"""Events of the YAML parser become nodes; what YAML silently takes for something else is reported on the way."""

import re
from collections.abc import Callable
from collections.abc import Mapping as Names
from typing import Any, NoReturn

import yaml

from engine.diagnostics import Report, Source, Span
from engine.document import silent
from engine.document.nodes import Mapping, Node, Scalar, Sequence

# A file that nests deeper, or that its aliases blow up to more nodes, is no menu.
MAX_DEPTH = 100
MAX_NODES = 200_000

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_COLON = re.compile(r"\s*:")


class TooMuch(Exception):
    """A limit of the composer was passed, which has been reported; or the report takes no more."""


def compose(source: Source, text: str, report: Report, nouns: Names[str, str], loader: Any = Loader) -> Node | None:
    """The first document of `text` as nodes; None if there is none.

    `text` is the source's text, or a copy of the same length in which mistakes are patched over.
    Raises `yaml.YAMLError` where the text cannot be read, and TooMuch.
    """
    parser = loader(text)
    try:
        composer = _Composer(source, text, report, nouns, parser.get_event)
        root = composer.document()
    finally:
        parser.dispose()
    silent.bare_pound(source, text, composer.blocks, report)
    return root


class _Composer:
    __slots__ = ("_report", "anchors", "blocks", "end", "next", "nouns", "open", "size", "source", "text")

    def __init__(
        self, source: Source, text: str, report: Report, nouns: Names[str, str], take: Callable[[], Any]
    ) -> None:
        self.source = source
        self.text = text
        self._report = report
        self.nouns = nouns
        self.next = take
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.open: set[str] = set()
        self.blocks: list[tuple[int, int]] = []
        self.end = 0
        self.size = 0

    @property
    def report(self) -> Report:
        """Where a finding goes, if it takes one more."""
        if self._report.full:
            raise TooMuch
        return self._report

    def document(self) -> Node | None:
        self.next()
        event = self.next()
        if event.__class__ is yaml.StreamEndEvent:
            return None
        root = self.node(self.next(), 0, "")
        self.next()
        event = self.next()
        if event.__class__ is not yaml.StreamEndEvent:
            start = event.start_mark.index
            silent.second_document(self.span(start, min(start + 3, len(self.text))), self.report)
        return root

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def node(self, event: Any, depth: int, name: str) -> Node:
        kind = event.__class__
        if kind is yaml.ScalarEvent:
            return self.scalar(event)
        if kind is yaml.AliasEvent:
            return self.alias(event)
        start = event.start_mark.index
        if event.tag is not None:
            silent.tag(self.span(start, start + len(self.text[start:].split(None, 1)[0])), self.report)
        if depth >= MAX_DEPTH:
            self.too_deep(start)
        anchor, before = event.anchor, self.size
        if anchor is None:
            return self.mapping(event, depth, name) if kind is yaml.MappingStartEvent else self.sequence(event, depth)
        self.open.add(anchor)
        made = self.mapping(event, depth, name) if kind is yaml.MappingStartEvent else self.sequence(event, depth)
        self.open.discard(anchor)
        self.anchors[anchor] = (made, self.size - before + 1)
        return made

    def scalar(self, event: Any) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        style, value = event.style, event.value
        self.size += 1
        if event.anchor is not None or event.tag is not None:
            scalar = silent.sign(self.source, self.text, start, end, event, self.report)
            if event.anchor is not None:
                self.anchors[event.anchor] = (scalar, 1)
        elif style:
            if event.end_mark.line != event.start_mark.line:
                self.blocks.append((start, end))
            scalar = Scalar(value, Span(self.source, start, end), True)
        else:
            # One blank and a `#` right behind: most texts end at a line end, so this costs nothing.
            if self.text[end : end + 1] in (" ", "\t"):
                found = silent.comment(self.source, self.text, start, end, value, self.report)
                if found is not None:
                    self.end = found.span.end
                    return found
            if event.end_mark.line != event.start_mark.line:
                silent.dash(self.source, self.text, start, end, self.report)
            scalar = Scalar(value, Span(self.source, start, end), False)
        self.end = end
        return scalar

    def alias(self, event: Any) -> Node:
        start, self.end = event.start_mark.index, event.end_mark.index
        span = self.span(start, self.end)
        if event.anchor in self.open:
            silent.circle(span, self.report)
            return Scalar("", span, False)
        if event.anchor not in self.anchors:
            if self.text is not self.source.text and f"&{event.anchor}" in self.source.text:
                # Its anchor stood where a mistake was patched over.
                return Scalar(span.text, span, False)
            return silent.star(self.source, self.text, start, self.end, self.report)
        made, size = self.anchors[event.anchor]
        self.size += size
        if self.size > MAX_NODES:
            silent.too_many(span, MAX_NODES, self.report)
            raise TooMuch
        return made

    def sequence(self, event: Any, depth: int) -> Sequence:
        items: list[Node] = []
        self.size += 1
        while (inner := self.next()).__class__ is not yaml.SequenceEndEvent:
            items.append(self.scalar(inner) if inner.__class__ is yaml.ScalarEvent else self.node(inner, depth + 1, ""))
        if event.flow_style or not items:
            self.end = _stop(inner)
        return Sequence(tuple(items), Span(self.source, event.start_mark.index, self.end))

    def mapping(self, event: Any, depth: int, name: str) -> Node:
        flow, start = event.flow_style, event.start_mark.index
        if flow and self.text.startswith("{{", start):
            self.end = self.skip()
            return silent.braces(self.source, self.text, start, self.end, self.report)
        self.size += 1
        entries: dict[str, tuple[Scalar, Node]] = {}
        last: str | None = None
        again: tuple[Node, ...] = ()
        cuts: list[tuple[str | None, Scalar]] = []
        zeros = False
        while (inner := self.next()).__class__ is not yaml.MappingEndEvent:
            if inner.__class__ is yaml.ScalarEvent:
                key = self.scalar(inner)
                usable = bool(key.text or key.quoted)
            elif self.text.startswith("{{", inner.start_mark.index):
                silent.template_key(self.span(inner.start_mark.index, self.skip()), self.report)
                self.node(self.next(), depth + 1, "")
                continue
            else:
                found = self.node(inner, depth + 1, "")
                usable = isinstance(found, Scalar)
                key = found if isinstance(found, Scalar) else Scalar("", found.span, False)
            text = key.text
            event = self.next()
            if event.__class__ is yaml.ScalarEvent:
                value: Node = self.scalar(event)
            else:
                value = self.node(event, depth + 1, text if depth == 0 else "")
            if not usable:
                silent.key(self.source, self.text, key, self.report)
            elif flow and not value.span.text and _COLON.match(self.text, key.span.end) is None:
                cuts.append((last, key))
            elif text == "<<" and not key.quoted:
                silent.merge(key, self.report)
            elif text in entries:
                silent.twice(key, entries[text][0], self.nouns.get(name, "key"), self.report)
                again = (*again, value)
            else:
                entries[text] = (key, value)
                last = text
                zeros = zeros or text[:1] == "0"
        if flow:
            self.end = _stop(inner)
        if cuts:
            silent.commas(self.source, self.text, cuts, entries, self.report)
        if zeros:
            silent.zeros(entries, self.report)
        return Mapping(tuple(entries.values()), Span(self.source, start, self.end), again)

    def too_deep(self, start: int) -> NoReturn:
        silent.too_deep(self.span(start, start + 1), MAX_DEPTH, self.report)
        raise TooMuch

    def skip(self) -> int:
        """Reads on to the end of the mapping just begun."""
        depth = 1
        while depth:
            event = self.next()
            kind = event.__class__
            if kind in (yaml.MappingStartEvent, yaml.SequenceStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    self.too_deep(event.start_mark.index)
            elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
                depth -= 1
        return _stop(event)


def _stop(event: Any) -> int:
    stop: int = event.end_mark.index
    return stop
