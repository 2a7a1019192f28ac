"""Reads how much time passes in a turn: `later: 1d`."""

import re

from engine.document import Node, Scalar
from engine.grammar.fields.duration import UNITS, shown
from engine.phone.scripts.reader import Reader, shortened

LONGEST = 366 * 86400  # seconds of one turn
IN_ALL = 100 * LONGEST  # seconds of all turns of a call: dates end with the year 9999
EXAMPLE = "write  later: 90s, 30m, 4h, 1d, or  1h30m"
_PARTS = re.compile(r"(?:[0-9]{1,9}\s*[a-z]+[\s,]*)+|[0-9]{1,9}", re.IGNORECASE | re.ASCII)
_PART = re.compile(r"([0-9]+)\s*([a-z]*)", re.IGNORECASE | re.ASCII)
_WORDS = {
    word: unit
    for unit, words in {
        "s": ("", "s", "sec", "secs", "second", "seconds"),
        "m": ("m", "min", "mins", "minute", "minutes"),
        "h": ("h", "hour", "hours"),
        "d": ("d", "day", "days"),
    }.items()
    for word in words
}


def read_later(reader: Reader, name: str, node: Node) -> int | None:
    """So many seconds (`90s`, `4 hours`, `1d12h`; a number alone is seconds); None if it is no such time, which is reported."""
    text = node.text.strip() if isinstance(node, Scalar) else ""
    seconds = seconds_in(text)
    if seconds is None:
        reader.shape(f"`{name}` must be a time such as 30m, 4h or 1d", node, EXAMPLE)
        return None
    if not 1 <= seconds <= LONGEST:
        title = f"`{name}` must be 1s to {shown(LONGEST)}"
        reader.report.error("F403", title, node.span, label=f"found `{shortened(text)}`", helps=[EXAMPLE])
        return None
    return seconds


def seconds_in(text: str) -> int | None:
    """The seconds that a text tells (`90s`, `4 hours`, `1d12h`; a number alone is seconds); None if it tells no time."""
    units = [(number, _WORDS.get(word.lower())) for number, word in _PART.findall(text)]
    if not _PARTS.fullmatch(text) or any(unit is None for _, unit in units):
        return None
    return sum(int(number) * UNITS[unit or "s"] for number, unit in units)
