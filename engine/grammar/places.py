"""Where a place in a scalar's text stands in the source that it was read from."""

import re

from engine.diagnostics import Span
from engine.document.nodes import Scalar

_ESCAPE = re.compile(r"\\(?:x..|u.{4}|U.{8}|\n[ \t]*|.)", re.DOTALL)


def place(scalar: Scalar, offset: int, length: int = 1) -> Span:
    """The span in the source of `length` characters of the scalar's text from `offset` on.

    A line break that folding turned into a blank stands for that blank.
    """
    places = _alignment(scalar.span.text, scalar.text, quoted=scalar.quoted)
    first = places[min(offset, len(places) - 1)]
    last = places[min(offset + max(length, 1) - 1, len(places) - 1)]
    start = scalar.span.start
    return Span(scalar.span.source, start + first, start + max(last, first) + 1)


def _alignment(written: str, text: str, *, quoted: bool) -> list[int]:
    """For each character of the text, and for its end, its offset in what was written."""
    at, quote = 0, ""
    if quoted and written[:1] in ("'", '"'):
        at, quote = 1, written[0]
    elif quoted and written[:1] in ("|", ">"):
        at = written.find("\n") + 1
    places: list[int] = []
    for character in text:
        width = 1
        while at < len(written):
            width = _width(written, at, quote)
            escape = quote == '"' and width > 1 and written[at + 1] != "\n"
            if escape or written[at] == character:
                break
            at += width
        places.append(at)
        at += width
    places.append(at)
    return [min(found, max(len(written) - 1, 0)) for found in places]


def _width(written: str, at: int, quote: str) -> int:
    """How many characters at `at` stand for one: an escape in double quotes, two single quotes in single ones."""
    if quote == '"' and (escape := _ESCAPE.match(written, at)):
        return len(escape.group())
    return 2 if quote == "'" and written.startswith("''", at) else 1
