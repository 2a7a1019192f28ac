"""A template's values: how each is written in a text, and how it is kept with its type."""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from jinja2 import Undefined
from jinja2.utils import Namespace

from engine.grammar.limits import NESTED, SIZE, SMALL, TOO_DEEP, TOO_LARGE, weigh

# W3C, XML 1.0, "Characters"
# Said by what is left out: by what is allowed it would take 5 ms to compile.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write(value: object) -> str:
    """A value as text: `true` and `false` as flows write them, nothing for `none`; raises what `settle` raises."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    settled = settle(value)
    return "" if settled is None else str(settled)


def write_escaped(value: object) -> str:
    """`write`, with the characters of XML escaped and those left out that no XML can hold."""
    return html.escape(_NOT_XML.sub("", write(value)))


def write_encoded(value: object) -> str:
    """`write`, with all that means something in a URL percent-encoded (RFC 3986, section 2.1)."""
    return quote(write(value), safe="", errors="replace")


def settle(value: Any) -> Any:
    """The value as a call may keep it: text, numbers, lists and mappings through and through, anything else as it is.

    Raises UndefinedError if something in it is unknown, TypeError for a method, OverflowError if it is too large.
    """
    if value is None or type(value) in (str, bool, int, float):
        return value
    return _Settling().settle(value, 0)


class _Settling:
    """One value being settled; `room` is how much more it may hold."""

    __slots__ = ("room",)

    def __init__(self) -> None:
        self.room = SIZE

    def settle(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            self._take(len(value))
            return value
        if kind in SMALL:
            return value
        if isinstance(value, Undefined):
            return None if type(value) is Undefined else str(value)  # Jinja's own stands for an `if` without `else`
        if isinstance(value, str):
            self._take(len(value))
            return str(value)
        if isinstance(value, Namespace):
            raise TypeError("a namespace is no value: write one of its entries")
        if callable(value):
            raise TypeError("this is a method: write () after its name")
        if not isinstance(value, Iterable):
            return value
        if depth == NESTED:
            raise OverflowError(TOO_DEEP)
        if isinstance(value, Mapping):
            mapping: dict[Any, Any] = {}
            for key, of in value.items():
                self._take(weigh(key, SIZE))
                mapping[key] = self.settle(of, depth + 1)
            return mapping
        items: list[Any] = []
        for item in value:
            self._take(1)
            items.append(self.settle(item, depth + 1))
        return items

    def _take(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise OverflowError(TOO_LARGE)
