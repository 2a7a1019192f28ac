"""The signs of pictures as SVG symbols: one for each verb, and the arrows of exits."""

import html
import re
from typing import Final

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def escaped(text: str) -> str:
    """A text as SVG has it, in an element or an attribute: what XML cannot hold is left out."""
    return html.escape(_CONTROL.sub("", text))


_VERBS = {
    "say": "M1.8 2.5h10.4v6.6H7L4 11.8V9.1H1.8z",
    "dial": "M2.4 2.2h2.3l1 2.7-1.4 1.1c.8 1.6 1.9 2.8 3.6 3.7l1.2-1.4 2.6 1v2.3c0 .4-.3.6-.7.6C6.2 12 2 7.6 1.8 2.9c0-.4.2-.7.6-.7z",
    "set": "M2.5 5h9M2.5 9h9",
    "branch": "M1.5 7h3l4-4h4M4.5 7l4 4h4",
    "request": "M1.5 4.8h10M9 2.3l2.5 2.5M12.5 9.2h-10M5 11.7 2.5 9.2",
    "pause": "M5 3v8M9 3v8",
    "log": "M2.5 3.5h9M2.5 7h9M2.5 10.5h5",
    "send": "M1.5 3h11v8h-11zM1.5 3.5 7 8l5.5-4.5",
    "play": "M4 2.5v9l7-4.5z",
    "subflow": "M1.5 1.5h11v11h-11zM4.5 4.5h5v5h-5z",
    "run": "M9.5 2.2c-2.5-.6-2.7 1.3-3 3.5-.4 3-.6 6-3.2 5.8M4 6h5",
    "pay": "M1.5 3.2h11v7.6h-11zM1.5 6h11",
    "twiml": "M4.5 3.5 1.5 7l3 3.5M9.5 3.5l3 3.5-3 3.5",
    "connect": "M1.5 7h4M8.5 7h4M5.5 4.500v5M8.5 4.500v5",
    "other": "M3 3h8v8H3z",
}
_GATHER = "".join(f'<circle cx="{x}" cy="{y}" r="1.25"/>' for y in ("3.2", "7", "10.8") for x in ("3.2", "7", "10.8"))
_RECORD = '<circle cx="7" cy="7" r="5"/><circle cx="7" cy="7" r="2.3" fill="currentColor" stroke="none"/>'
_ENQUEUE = '<circle cx="3" cy="7" r="1.8"/><circle cx="7.5" cy="7" r="1.8"/><path d="M10.5 7h3"/>'
_ARROWS = {
    "up": "M5 9V1.5M2 4.3 5 1.3l3 3",
    "down": "M5 1v7.5M2 5.7l3 3 3-3",
    "again": "M8.3 3.2A3.8 3.8 0 1 0 8.8 5.6M8.7.9v2.5H6.2",
    "back": "M3.8 1 1.3 3.5l2.5 2.5M1.5 3.500h4.600a2.6 2.6 0 0 1 0 5.200H3.5",
    "out": "M2 8l6-6M3.5 2H8v4.5",
    "in": "M.8 5h5.700M4 2.3 6.7 5 4 7.700M9 1.500v7",
    "on": "M1.5 1.500v3.700a1.5 1.5 0 0 0 1.5 1.500h5M6 4.500l2.2 2.200L6 9",
}
_SAME = {
    "message": "send",
    "sms": "send",
    "start": "connect",
    "stop": "connect",
    "refer": "dial",
    "queue": "enqueue",
    "return": "other",
}
_NAMED: Final = frozenset((*_VERBS, "gather", "record", "enqueue"))


def sign(verb: str) -> str:
    """The id of a verb's symbol."""
    name = _SAME.get(verb, verb)
    return f"g-{name if name in _NAMED else 'other'}"


def _symbol(name: str, size: int, inside: str) -> str:
    return f'<symbol id="{name}" viewBox="0 0 {size} {size}">{inside}</symbol>'


SYMBOLS: Final = "".join(
    (
        *(_symbol(f"g-{name}", 14, f'<path d="{path}"/>') for name, path in _VERBS.items()),
        _symbol("g-gather", 14, f'<g fill="currentColor" stroke="none">{_GATHER}</g>'),
        _symbol("g-record", 14, _RECORD),
        _symbol("g-enqueue", 14, _ENQUEUE),
        *(_symbol(f"a-{name}", 10, f'<path d="{path}"/>') for name, path in _ARROWS.items()),
        _symbol("a-end", 10, '<path d="M2 2h6v6H2z" fill="currentColor"/>'),
    )
)
