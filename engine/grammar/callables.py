"""Every filter and test that a template may use, as the functions they are."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.tests import TESTS as JINJA_TESTS

from engine.grammar import bounds
from engine.grammar.filters import FILTERS as OWN_FILTERS
from engine.grammar.sorting import SORTING

# Formats of their own, formats for people at screens, and those that write markup which nothing would escape again.
_UNWANTED = frozenset(("attr", "filesizeformat", "forceescape", "format", "pprint", "safe", "urlize", "xmlattr"))

_JINJAS: dict[str, Any] = {name: filter for name, filter in JINJA_FILTERS.items() if name not in _UNWANTED}

FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        **_JINJAS,
        **bounds.BOUNDED,
        **SORTING,
        **OWN_FILTERS,
    }
)
"""The filters by name: those of Jinja, some of them within bounds, and those of the flow language."""

_JINJA_TESTS: dict[str, Any] = {**JINJA_TESTS}

TESTS: Mapping[str, Callable[..., Any]] = MappingProxyType({**_JINJA_TESTS, **bounds.TESTS})
"""The tests by name."""
