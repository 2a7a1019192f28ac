"""What every part of the reading of a script shares: the report, and the first look at a node."""

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from engine.diagnostics import Report, Span, nearest
from engine.document import Mapping, Node, Scalar, Sequence

LONGEST = 40  # letters of what was written that a message repeats
WIDTH = 66  # letters beside `= help:`

# Keys of a telephone by the names they have on it: YAML takes a bare # for a comment and a bare * for a sign of its own.
KEY_NAMES = {"star": "*", "asterisk": "*", "pound": "#", "hash": "#"}
PHONE_KEYS = frozenset("0123456789*#")
_NUMBER = re.compile(r"[0-9]{1,6}")
_SECONDS = re.compile(r"([0-9]{1,6})\s*(?:s|sec|seconds?)?")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the nodes of one script; mistakes go to `report`."""

    report: Report

    def unknown(self, code: str, title: str, word: Scalar, known: Iterable[str], *helps: str) -> None:
        """Reports a name that is not among `known`, with the nearest right one, else all of them."""
        names = list(known)
        close = nearest(word.text, names)
        label = f"did you mean `{close}`?" if close else ""
        if not close:
            helps = (*helps, folded("known here: " + ", ".join(names)))
        self.report.error(code, f"{title} `{shortened(word.text)}`", word.span, label=label, helps=helps)

    def shape(self, title: str, node: Node, *helps: str) -> None:
        """Reports a node that is not what must stand there."""
        found = "found a list" if isinstance(node, Sequence) else "found a mapping" if isinstance(node, Mapping) else ""
        if isinstance(node, Scalar):
            found = f"found `{shortened(node.text)}`" if node.text.strip() else "nothing is written here"
        self.report.error("F403", title, first_line(node.span), label=found, helps=helps)

    def mapping(self, name: str, node: Node, *helps: str) -> Mapping | None:
        """The node if it is a mapping; else None, and the mistake is reported."""
        if isinstance(node, Mapping):
            return node
        self.shape(f"`{name}` must be a mapping", node, *helps)
        return None

    def text(self, name: str, node: Node, *helps: str) -> str | None:
        """The text of a scalar that is not empty; else None, and the mistake is reported."""
        if isinstance(node, Scalar) and node.text.strip():
            return node.text
        self.shape(f"`{name}` must be a text", node, *helps)
        return None

    def texts(self, name: str, node: Node, *helps: str) -> tuple[str, ...]:
        """One text, or a list of them."""
        nodes = node.items if isinstance(node, Sequence) else (node,)
        found = [self.text(name, one, *helps) for one in nodes]
        return tuple(text for text in found if text is not None)

    def pairs(self, name: str, node: Node, *helps: str) -> tuple[tuple[str, str, Span], ...]:
        """The entries of a mapping of names and texts, with the places of the texts; a text may be empty."""
        mapping = self.mapping(name, node, *helps)
        found = []
        for key, value in mapping.entries if mapping else ():
            if isinstance(value, Scalar):
                found.append((key.text, value.text, value.span if value.text or value.quoted else key.span))
            else:
                self.shape(f"`{key.text}` must be a text", value, *helps)
        return tuple(found)

    def number(self, name: str, node: Node, example: str) -> int | None:
        """A whole number; else None, and the mistake is reported."""
        if isinstance(node, Scalar) and _NUMBER.fullmatch(node.text):
            return int(node.text)
        self.shape(f"`{name}` must be a whole number", node, f"write  {name}: {example}")
        return None

    def seconds(self, name: str, node: Node) -> int | None:
        """Seconds, as `30` or `30 seconds`."""
        found = _SECONDS.fullmatch(node.text) if isinstance(node, Scalar) else None
        if found:
            return int(found.group(1))
        self.shape(f"`{name}` must be a number of seconds", node, f"write  {name}: 30 seconds")
        return None

    def keys(self, name: str, node: Node) -> str | None:
        """Keys of a telephone, blanks left out; `star` and `pound` are keys too."""
        if isinstance(node, Scalar) and node.text.strip():
            pressed = "".join(KEY_NAMES.get(word.lower(), word) for word in node.text.split())
            if set(pressed) <= PHONE_KEYS:
                return pressed
        helps = ['write  press: 1  or  press: "#"']
        if isinstance(node, Scalar) and not node.empty:
            helps = [f"what a caller says is  say: {shortened(node.text)}"]
        self.shape(f"`{name}` takes keys: 0 to 9, star and pound", node, *helps)
        return None


def shortened(text: str) -> str:
    """The text on one line, and no longer than a message has room for."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def folded(text: str) -> str:
    """A long line of help, folded to the width of a terminal."""
    return "\n".join(textwrap.wrap(text, WIDTH, break_on_hyphens=False))


def first_line(span: Span) -> Span:
    """The part of a place that stands on its first line: what a caret can underline."""
    lines = span.text.split("\n", 1)
    return Span(span.source, span.start, span.start + max(len(lines[0].rstrip()), 1)) if len(lines) > 1 else span
