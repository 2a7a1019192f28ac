"""How wide a text is drawn, from one table of Helvetica: pictures are laid out without a browser.

The font of the browser may differ by four percent; whoever places texts keeps some room to spare.
"""

import unicodedata
from functools import lru_cache
from typing import Literal

Font = Literal["plain", "bold", "mono"]

# Widths in thousandths of the size, for the characters from the space to the tilde.
_PLAIN = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 "
    "1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 "
    "333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 584 584 584 611 "
    "975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 "
    "333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584"
)
_MORE = {
    "…": 1000,
    "‹": 333,
    "›": 333,
    "–": 556,
    "—": 1000,
    "’": 222,
    "‘": 222,
    "“": 333,
    "”": 333,
    "×": 584,
    "→": 1000,
}
_WIDTHS: dict[str, dict[str, int]] = {
    font: {chr(32 + number): int(width) for number, width in enumerate(table.split())} | _MORE
    for font, table in (("plain", _PLAIN), ("bold", _BOLD))
}
_MONO = 602
_UNKNOWN = 600
_WIDE = 1000


@lru_cache(maxsize=4096)
def _of(char: str, font: Font) -> int:
    """The width of a character that the table does not have: that of its letter without accents, or of its script."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn", "Me"):
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return _WIDE
    if font == "mono":
        return _MONO
    letter = unicodedata.normalize("NFD", char)[0]
    return _WIDTHS[font].get(letter, _UNKNOWN)


def width(text: str, size: float, font: Font = "plain") -> float:
    """How wide a text is in pixels."""
    if font == "mono":
        return sum(_MONO if " " <= char <= "~" else _of(char, font) for char in text) * size / 1000
    table = _WIDTHS[font]
    total = 0
    for char in text:
        known = table.get(char)
        total += _of(char, font) if known is None else known
    return total * size / 1000


def fit(text: str, room: float, size: float, font: Font = "plain") -> str:
    """As much of a text as has room, with … where it was cut."""
    if len(text) * size <= room or width(text, size, font) <= room:
        return text
    left = room - width("…", size, font)
    for number, char in enumerate(text):
        left -= width(char, size, font)
        if left < 0:
            return text[:number].rstrip() + "…"
    return text


def wrap(text: str, rooms: tuple[float, ...], size: float) -> tuple[str, ...]:
    """A text as lines, one for each of `rooms` at most; the last is cut with … if there is more."""
    lines: list[str] = []
    rest = text
    for room in rooms[:-1]:
        if width(rest[:400], size) <= room:
            break
        end = _break(rest, room, size)
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    if rest or not lines:
        lines.append(fit(rest, rooms[-1] if len(lines) == len(rooms) - 1 else rooms[len(lines)], size))
    return tuple(lines)


def _break(text: str, room: float, size: float) -> int:
    """Where a line ends: at the last space that fits, or between two characters of a script without spaces."""
    left, at = room, 0
    for number, char in enumerate(text):
        wide = width(char, size)
        if char == " " or (wide >= size and number):
            at = number
        left -= wide
        if left < 0:
            return at or number or 1
    return len(text)
