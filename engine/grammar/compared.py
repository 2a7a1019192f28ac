"""Comparisons as they are meant, where a text stands without its quotes, or `is` for `==`: `0123`, `09:30`, `digits is pin`."""

import re

_QUOTED = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
# What begins with digits and is no number: a leading zero, a time of day, a date, letters behind the digits.
_TEXT = re.compile(
    r"(?<![\w.])(?:\+?0[0-9][\w:/-]*(?:\.[0-9]+)?|[0-9]+(?:[:/][0-9]+)+|[0-9]+-[0-9-]*\b0[0-9][0-9-]*|[0-9]+[^\W\d_]\w*)"
)
_NUMBER = re.compile(r"[0-9](?:_?[0-9])*(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|0[xob][0-9a-f]+", re.IGNORECASE)
_ZERO = re.compile(r"0[0-9]")
_IS = re.compile(r"\bis(\s+not)?\s+(?=[0-9'\"+-])")
_PIECES = re.compile(rf"({_QUOTED})")


def unquoted_text(text: str, offset: int) -> tuple[int, str] | None:
    """The text without quotes that holds the place `offset`, and where it begins; None if there is none."""
    for found in _TEXT.finditer(text, max(text.rfind(" ", 0, offset) + 1, 0)):
        if found.start() > offset:
            return None
        if found.start() <= offset <= found.end() and _is_text(found.group()):
            return found.start(), found.group()
    return None


def zeros_at(text: str, offset: int) -> str:
    """The zeros of `0000`, which Jinja reads as the number 0; "" if something else stands at `offset`."""
    found = re.compile(r"0[0_]*0(?![\w.:])").match(text, offset)
    return found.group() if found else ""


def is_before(text: str, offset: int) -> tuple[int, str] | None:
    """The `is` or `is not` that stands before a value at `offset`, and where it begins."""
    found = re.search(r"\bis(?:\s+not)?(?=\s+$)", text[:offset])
    return (found.start(), " ".join(found.group().split())) if found else None


def as_meant(text: str) -> str:
    """An expression with its texts in quotes and `==` for an `is` that compares."""
    pieces = _PIECES.split(text)
    for number in range(0, len(pieces), 2):  # those between quoted texts
        # An `is` before a quoted text is seen by the quote that follows it.
        piece = pieces[number] + ("'" if number + 1 < len(pieces) else "")
        piece = _IS.sub(lambda found: "!= " if found[1] else "== ", piece)
        piece = piece[:-1] if number + 1 < len(pieces) else piece
        pieces[number] = _TEXT.sub(lambda found: f"'{found[0]}'" if _is_text(found[0]) else found[0], piece)
    return "".join(pieces)


def with_equals(text: str, name: str, *, quoted: bool) -> str:
    """An expression with `== name` for an `is name` where there is no such test."""
    value = f"'{name}'" if quoted else name
    return re.sub(rf"\bis(\s+not)?\s+{name}\b", lambda found: f"{'!=' if found[1] else '=='} {value}", text)


def _is_text(text: str) -> bool:
    return _ZERO.match(text) is not None or not _NUMBER.fullmatch(text)
