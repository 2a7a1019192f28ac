"""The text of a flow file becomes nodes; every mistake that can be told apart is reported."""

import re
from collections.abc import Mapping as Names
from types import MappingProxyType
from typing import Any

import yaml

from engine.diagnostics import Report, Source, Span
from engine.document.compose import Loader, TooMuch, compose
from engine.document.lookalikes import name_of, repair
from engine.document.loud import find
from engine.document.nodes import Node
from engine.document.parser_errors import is_too_deep, offset_of

# So many mistakes are patched over to look for the next; a file with more is better read again after a first round.
MAX_PATCHES = 20

# What YAML forbids (YAML 1.1, 5.1 Character Set), and the line ends that nobody can see.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def parse(
    source: Source, report: Report, *, nouns: Names[str, str] = MappingProxyType({}), loader: Any = Loader
) -> Node | None:
    """Reads one file by structure: no scalar gets a type.

    Every mistake of the text goes to `report`. What YAML misreads silently is given back as it was meant, so that later
    stages do not stumble over it; None if the text is empty or cannot be read. `nouns` says what the keys of a top-level
    entry are called in a message about a second one (`{"steps": "step"}`); `loader` is the parser of PyYAML to use.
    """
    if source.text.startswith("\ufeff"):
        source = Source(source.path, source.text[1:])
    if _unprintable(source, report):
        return None
    text = repair(source, report, loader)
    patched: set[int] = set()
    for attempt in range(MAX_PATCHES + 1):
        found = Report()
        try:
            root = compose(source, text, found, nouns, loader)
        except TooMuch:
            _pass_on(found, patched, report)
            return None
        except yaml.YAMLError as error:
            if is_too_deep(error) and loader is not yaml.SafeLoader:
                # The composer stops at a much lower level, but this parser looks ahead. PyYAML's own comes to that level first.
                text, loader = text[: offset_of(error)], yaml.SafeLoader
                continue
            trouble = find(source, text, error, loader)
            if trouble.near(source, found.diagnostics):
                _pass_on(found, patched, report)
                return None
            # A second mistake counts only where it does not follow from the first.
            news = not trouble.follows(source, patched)
            if news:
                report.add(trouble.diagnostic)
            patched |= trouble.lines(source)
            if attempt == MAX_PATCHES or not trouble.patches or not news:
                _pass_on(found, patched, report)
                return None
            text = trouble.patched(text)
        else:
            _pass_on(found, patched, report)
            if root is None and not patched and not found.errors:
                _empty(source, report)
            return None if patched else root
    return None


def _pass_on(found: Report, patched: set[int], report: Report) -> None:
    """What was found beside the patches; what stands on a patched line may be their doing."""
    for diagnostic in found.diagnostics:
        spans = [diagnostic.span, *(label.span for label in diagnostic.also)]
        if not patched or not any(span.source.position(span.start)[0] in patched for span in spans):
            report.add(diagnostic)


def _unprintable(source: Source, report: Report) -> bool:
    found = _UNPRINTABLE.search(source.text)
    if found is None:
        return False
    what = f"U+{ord(found.group()):04X}"
    report.error(
        "F002",
        f"a character that cannot be seen stands here: {what}",
        Span(source, found.start(), found.end()),
        label=name_of(found.group()),
        helps=["delete it, or write the line anew; it often comes with text pasted from elsewhere"],
    )
    return True


def _empty(source: Source, report: Report) -> None:
    report.error(
        "F019",
        "this file holds nothing but comments" if source.text.strip() else "this file is empty",
        Span(source, 0, 0),
        helps=["write\nsteps:\n  welcome:\n    - say: Thank you for calling."],
    )
