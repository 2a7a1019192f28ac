"""A text with a name, and places in it."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

# YAML knows three ways to end a line.
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The text of a file, as characters, and the path that messages name."""

    path: str
    text: str = field(repr=False)
    _starts: list[int] = field(default_factory=list, init=False, repr=False)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both counted from 1; the only place that does so.

        An offset outside the text is taken as its nearest end.
        """
        starts = self._lines()
        offset = min(max(offset, 0), len(self.text))
        number = bisect_right(starts, offset)
        return number, offset - starts[number - 1] + 1

    def line(self, number: int) -> str:
        """The line of that number, without its end; "" where there is none."""
        starts = self._lines()
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def start_of(self, number: int) -> int:
        """The offset at which the line of that number begins; the end of the text if there is no such line."""
        starts = self._lines()
        return starts[number - 1] if 1 <= number <= len(starts) else len(self.text)

    @property
    def last_line(self) -> int:
        """The number of the last line (an empty one, if the text ends with a line end)."""
        return len(self._lines())

    def _lines(self) -> list[int]:
        # Found once, at the first mistake: most files have none.
        if not self._starts:
            self._starts.extend([0, *(end.end() for end in _LINE_END.finditer(self.text))])
        return self._starts


@dataclass(slots=True, unsafe_hash=True)  # as frozen by its types: `frozen=True` makes one in twice the time
class Span:
    """A piece of a source, from one character offset up to another."""

    source: Final[Source]
    start: Final[int]
    end: Final[int]

    @property
    def text(self) -> str:
        """The piece itself, as written."""
        return self.source.text[self.start : self.end]

    @property
    def location(self) -> str:
        """`path:line:column` of its first character."""
        line, column = self.source.position(self.start)
        return f"{self.source.path}:{line}:{column}"

    def __str__(self) -> str:
        return self.location
