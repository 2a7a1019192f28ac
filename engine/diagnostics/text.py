"""Findings for people: the excerpt, a caret, and what to write instead."""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.diagnostics.excerpt import COLUMNS, Excerpt, display_width, excerpt, printable
from engine.diagnostics.source import Source, Span

_COLOUR = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.HINT: "1;36"}
_STRONG = "1"
_FRAME = "34"
# A terminal is no place for more findings, further places of one, lines of a help.
_SHOWN, _PLACES, _LINES = 100, 10, 30


def render_text(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """The first findings one after the other with a blank line between, without a line end at the end; how many are not shown."""
    found = list(diagnostics)
    shown = ["\n".join(_lines(each, _Paint(colour))) for each in found[:_SHOWN]]
    more = [f"… and {len(found) - _SHOWN:,} more"] if len(found) > _SHOWN else []
    return "\n\n".join([*shown, *more])


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """How many of each: "2 errors, 1 warning"; "no mistakes" if there are none."""
    counts = dict.fromkeys(Severity, 0)
    for found in diagnostics:
        counts[found.severity] += 1
    parts = [f"{count} {severity}{'s' if count > 1 else ''}" for severity, count in counts.items() if count]
    return ", ".join(parts) or "no mistakes"


@dataclass(frozen=True, slots=True)
class _Paint:
    wanted: bool

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.wanted and text else text


@dataclass(frozen=True, slots=True)
class _Mark:
    """An underlined place: `number` is its line, `start` and `end` columns in it, from 0."""

    number: int
    start: int
    end: int
    sign: str
    text: str
    style: str


def _mark(span: Span, sign: str, text: str, style: str) -> _Mark:
    number, column = span.source.position(span.start)
    # A span over several lines is underlined to the end of its first one.
    end = min(column - 1 + span.end - span.start, len(span.source.line(number)))
    return _Mark(number, column - 1, end, sign, printable(text), style)


def _lines(found: Diagnostic, paint: _Paint) -> Iterator[str]:
    style = _COLOUR[found.severity]
    groups: dict[Source, list[_Mark]] = {found.span.source: [_mark(found.span, "^", found.label, style)]}
    for place in found.also[:_PLACES]:
        groups.setdefault(place.span.source, []).append(_mark(place.span, "-", place.text, _FRAME))
    gutter = max(len(str(mark.number)) for marks in groups.values() for mark in marks)
    pad = " " * gutter
    bar = paint(f"{pad} |", _FRAME)
    head = f"{found.severity}[{found.code}]"
    yield f"{paint(head, style)}{paint(f': {printable(found.title)}', _STRONG)}"
    yield f"{paint(f'{pad}-->', _FRAME)} {printable(found.span.location)}"
    if found.span.source.text:
        yield bar
    for source, marks in groups.items():
        if not source.text:
            continue
        if source is not found.span.source:
            line, column = marks[0].number, marks[0].start + 1
            yield f"{paint(f'{pad}:::', _FRAME)} {printable(source.path)}:{line}:{column}"
            yield bar
        yield from _excerpts(source, marks, gutter, paint)
    if found.helps or found.notes:
        yield bar
    for name, texts in (("help", found.helps), ("note", found.notes)):
        for text in texts:
            first, *more = _folded(text, COLUMNS - gutter - 9)[:_LINES]
            yield f"{paint(f'{pad} =', _FRAME)} {paint(f'{name}:', _STRONG)} {printable(first)}".rstrip()
            yield from (f"{pad}         {printable(line)}".rstrip() for line in more)


def _folded(text: str, width: int) -> list[str]:
    """A fact or a help in lines; what is to be pasted, behind two blanks or in lines of its own, stays as it is."""
    prose, blanks, paste = text.partition("  ")
    if "\n" in text or display_width(text) <= width or (blanks and display_width(paste) + 2 > width):
        return text.split("\n")
    lines = textwrap.wrap(prose, width, break_long_words=False, break_on_hyphens=False)
    return [*lines, f"  {paste}"] if blanks else lines


def _excerpts(source: Source, marks: list[_Mark], gutter: int, paint: _Paint) -> Iterator[str]:
    bar = paint(f"{' ' * gutter} |", _FRAME)
    shown = 0
    # By line; on one line the primary place first.
    for mark in sorted(marks, key=lambda mark: mark.number):
        piece = _piece(source, mark, gutter)
        if mark.number != shown or not piece.whole:
            if shown and mark.number == shown + 2:
                between = _Mark(shown + 1, 0, 0, "", "", "")
                yield _row(between.number, _piece(source, between, gutter).text, gutter, paint)
            elif shown and mark.number > shown + 2:
                yield paint("...", _FRAME)
            yield _row(mark.number, piece.text, gutter, paint)
        shown = mark.number
        under = f"{mark.sign * piece.width} {mark.text}".rstrip()
        yield f"{bar} {' ' * piece.start}{paint(under, mark.style)}"


def _piece(source: Source, mark: _Mark, gutter: int) -> Excerpt:
    return excerpt(source.line(mark.number), mark.start, mark.end, COLUMNS - gutter - 3, display_width(mark.text))


def _row(number: int, text: str, gutter: int, paint: _Paint) -> str:
    return f"{paint(f'{number:>{gutter}} |', _FRAME)} {text}".rstrip()
