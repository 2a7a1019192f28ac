"""A line of a file laid out for a terminal, with something underlined."""

import re
from dataclasses import dataclass
from unicodedata import category, east_asian_width

# The excerpt's width; a terminal of this many columns does not wrap it.
COLUMNS = 80
_NEAR = 2  # times the room: so much of a line on either side of the underline is looked at
_LONGEST = 1_000  # characters of a title, a label, or a line of a help
_TAB = "    "
_CUT = "…"
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A printable line, or the piece of it around the caret; the underline goes to `start`, both in terminal columns."""

    text: str
    start: int
    width: int
    whole: bool


def printable(text: str) -> str:
    """The text with a mark for what a terminal would obey or not show: nothing an author writes moves the cursor, or fills screens."""
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + _CUT
    return _UNSEEN.sub("\ufffd", text)


def excerpt(line: str, start: int, end: int, room: int, beside: int) -> Excerpt:
    """Lays out a line whose characters from `start` to `end` are underlined.

    `room` is the width that the line may take, `beside` the width of the label to the right of the underline. A line
    that does not fit is cut around the underline, with `…` where something is missing.
    """
    start = min(start, len(line))
    end = min(max(end, start), len(line))
    # What is far from the underline is not shown: a line of any length costs the same.
    low, high = max(0, start - _NEAR * room), start + _NEAR * room
    line, start, end = line[low:high], start - low, min(end, high) - low
    cells = [_cell(character) for character in line]
    widths = [_width(cell) for cell in cells]
    total, before, under = sum(widths), sum(widths[:start]), max(1, sum(widths[start:end]))
    beside = beside + 1 if beside else 0
    if total <= room and before + under + beside <= room:
        return Excerpt("".join(cells).rstrip(), before, under, True)
    # What is underlined comes first, then as much as fits to its left, up to half of the room, then what follows.
    under = min(under, max(1, room - beside - 2))
    space = room - under - beside - 2
    left = start
    reach = max(space - max(0, total - before - under), min(space, room // 2))
    taken = 0
    while left > 0 and taken + widths[left - 1] <= reach:
        left -= 1
        taken += widths[left]
    lead = _CUT if left else ""
    right, used = left, len(lead)
    while right < len(cells) and used + widths[right] <= room - 1:
        used += widths[right]
        right += 1
    tail = _CUT if right < len(cells) else ""
    text = lead + "".join(cells[left:right]).rstrip() + tail
    return Excerpt(text, len(lead) + taken, under, False)


def _cell(character: str) -> str:
    return _TAB if character == "\t" else printable(character)


def _width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    if category(cell) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(cell) in ("W", "F") else 1


def display_width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(map(_width, text))
