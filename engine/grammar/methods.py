"""The methods that a template may call: those that only tell something, and make nothing much larger."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from jinja2.exceptions import SecurityError

from engine.grammar.faults import kind
from engine.grammar.numbers import entry, equal

_DATE = "ctime fromisoformat isocalendar isoformat isoweekday replace strftime toordinal weekday"
_METHODS: tuple[tuple[type | tuple[type, ...], frozenset[str]], ...] = tuple(
    (kinds, frozenset(names.split()))
    for kinds, names in (
        (
            str,
            "capitalize casefold center count endswith find index isalnum isalpha isascii isdecimal isdigit isidentifier "
            "islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip partition removeprefix "
            "removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase "
            "title upper zfill",
        ),
        ((list, tuple), "count index"),
        (Mapping, "get items keys values"),
        (datetime, f"{_DATE} astimezone date dst strptime time timestamp timetz tzname utcoffset"),
        (date, _DATE),
        (time, "dst fromisoformat isoformat replace strftime tzname utcoffset"),
        (timedelta, "total_seconds"),
        (float, "is_integer"),
    )
)


def check_method(owner: object, name: str) -> None:
    """Raises SecurityError, naming what may be called, unless `name` is such a method of `owner` or of that class."""
    if name in ("format", "format_map") and isinstance(owner, str):
        raise SecurityError("`format` may not be used in a template; texts are joined with `~`")
    for kinds, names in _METHODS:
        if issubclass(owner if isinstance(owner, type) else type(owner), kinds):
            if name in names:
                return
            known = ", ".join(sorted(names))
            raise SecurityError(f"`{name}` may not be used in a template; {kind(owner)} has {known}")
    raise SecurityError(f"`{name}` may not be used in a template")


def _get(mapping: Mapping[Any, Any], key: Any, default: Any = None) -> Any:
    try:
        return entry(mapping, key)
    except KeyError:
        return default


def _count(items: Sequence[Any], value: Any) -> int:
    return sum(equal(item, value) for item in items)


def _index(items: Sequence[Any], value: Any) -> int:
    for number, item in enumerate(items):
        if equal(item, value):
            return number
    raise ValueError("this is not in the list")


COMPARING: Mapping[str, Callable[..., Any]] = {"get": _get, "count": _count, "index": _index}
"""The methods of mappings and lists that compare with what they hold."""
