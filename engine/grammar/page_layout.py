"""How a page of the reference is set, for a terminal of 80 columns."""

import textwrap
from collections.abc import Iterable

WIDTH = 80
INDENT = "  "
_WIDEST = 22  # a longer name has its line to itself


def head(name: str, kind: str, help_: str) -> list[str]:
    """What a page begins with: what the name is, and what it is for."""
    return [*wrapped(f"{name} — {kind}"), "", *wrapped(help_)]


def example(written: str, dash: str = "- ") -> list[str]:
    """An example to paste."""
    first, *rest = written.split("\n")
    return ["", "Example", f"{INDENT}{dash}{first}", *(f"{INDENT}{' ' * len(dash)}{line}" for line in rest)]


def section(title: str, rows: list[tuple[str, str]]) -> list[str]:
    """Two columns, the names beside what they are; nothing where there are no rows."""
    if not rows:
        return []
    column = min(max(len(name) for name, _ in rows), _WIDEST) + 2
    lines = ["", title]
    for name, text in rows:
        first, *rest = wrapped(text, width=WIDTH - len(INDENT) - column) or [""]
        fits = len(name) + 2 <= column
        lines += [f"{INDENT}{name:<{column}}{first}"] if fits else [INDENT + name, INDENT + " " * column + first]
        lines += [INDENT + " " * column + line for line in rest]
    return lines


def wrapped(text: str, indent: str = "", width: int = WIDTH) -> list[str]:
    """A paragraph as lines."""
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def listed(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last
