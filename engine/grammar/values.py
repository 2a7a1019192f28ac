"""A template's values: how each is written in a text, and how it is kept with its type."""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from jinja2 import Undefined

from engine.grammar.limits import ROUNDS

_DEPTH = 50
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


def settle(value: Any, depth: int = 0) -> Any:
    """The value as a call may keep it: text, numbers, lists and mappings through and through, anything else as it is.

    Raises UndefinedError if something in it is unknown, TypeError for a method, OverflowError if there is no end to it.
    """
    if value is None or type(value) in (str, bool, int, float):
        return value
    if isinstance(value, Undefined):
        return None if type(value) is Undefined else str(value)  # Jinja's own stands for an `if` without `else`
    if isinstance(value, str):
        return str(value)
    if callable(value):
        raise TypeError("this is a method: write () after its name")
    if depth > _DEPTH:
        raise OverflowError("lists and mappings are nested too deeply")
    if isinstance(value, Mapping):
        return {key: settle(of, depth + 1) for key, of in value.items()}
    if isinstance(value, Iterable):
        items: list[Any] = []
        for item in value:
            if len(items) == ROUNDS:
                raise OverflowError(f"a list holds at most {ROUNDS} items")
            items.append(settle(item, depth + 1))
        return items
    return value
