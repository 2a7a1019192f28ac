"""Jinja's filters and tests kept within bounds: what each goes through and makes is drawn from what a rendering may do."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import wraps
from types import MappingProxyType
from typing import Any, Literal

from jinja2 import Undefined, pass_context, pass_environment
from jinja2.exceptions import FilterArgumentError, SecurityError
from jinja2.filters import FILTERS as JINJAS
from jinja2.filters import make_attrgetter
from jinja2.utils import _PassArg

from engine.grammar import limits
from engine.grammar.faults import kind
from engine.grammar.numbers import as_number, contains, equal
from engine.grammar.values import settle, write

_PLACES = 100  # no number that is said has more
_PASSED: Mapping[object, Callable[[Any], object]] = {
    _PassArg.context: lambda context: context,
    _PassArg.eval_context: lambda context: context.eval_ctx,
    _PassArg.environment: lambda context: context.environment,
}
_FREE_FILTERS = frozenset(("count", "d", "default", "first", "last", "length", "random"))  # a look, not a walk


def metered_filters(filters: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The same filters, which draw what they go through and make from their rendering."""
    return {name: filter if name in _FREE_FILTERS else _metered(filter) for name, filter in filters.items()}


def metered_tests(tests: Mapping[str, Any]) -> dict[str, Any]:
    """The same tests; those that compare or read through a value draw it from their rendering."""
    return {
        name: _metered(test) if name in TESTS or name in ("lower", "upper") else test for name, test in tests.items()
    }


def _metered(work: Callable[..., Any]) -> Callable[..., Any]:
    passed = _PASSED.get(_PassArg.from_obj(work))

    @pass_context
    def metered(context: Any, *arguments: Any, **named: Any) -> Any:
        context.draw(limits.STEP, *arguments)
        if named:
            context.draw(0, *named.values())
        if passed is None:
            return context.drawn(work(*arguments, **named))
        return context.drawn(work(passed(context), *arguments, **named))

    return metered


def dumps(value: object, **options: Any) -> str:
    """A value as JSON; raises OverflowError while it still fits in memory."""
    return limits.joined(json.JSONEncoder(**options).iterencode(settle(value)))


def _sized(filter: Callable[..., Any]) -> Callable[..., Any]:
    """The same filter, refusing widths and counts beyond all measure."""
    first = 1 if _PassArg.from_obj(filter) is None else 2  # what is filtered may be as large as it likes

    @wraps(filter)
    def sized(*arguments: Any, **named: Any) -> Any:
        limits.check_sizes((*arguments[first:], *named.values()))
        return filter(*arguments, **named)

    return sized


@pass_environment
def _join(environment: Any, items: Any, d: object = "", attribute: str | int | None = None) -> str:
    return limits.joined(map(write, _chosen(environment, items, attribute)), write(d))


@pass_environment
def _sum(environment: Any, items: Any, attribute: str | int | None = None, start: Any = 0) -> Any:
    total = _addend(start)
    for item in _chosen(environment, items, attribute):
        total += _addend(item)
    return total


def _chosen(environment: Any, items: Iterable[object], attribute: str | int | None) -> Iterable[object]:
    return items if attribute is None else map(make_attrgetter(environment, attribute), items)


def _addend(value: object) -> Any:
    if isinstance(value, Undefined):
        return str(value)  # which raises, naming what is not known
    number = as_number(value)
    if not isinstance(number, int | float | Decimal | timedelta):
        what = "a text that is not a plain number" if isinstance(value, str) else kind(value)
        raise FilterArgumentError(f"`sum` adds numbers, and this is {what}")
    return number


def _replace(text: object, old: object, new: object, count: int | None = None) -> str:
    return limits.bounded_replace(write(text), old, new, count)


def _indent(text: object, width: int | str = 4, first: bool = False, blank: bool = False) -> Any:
    written = write(text)
    indented = len(written.splitlines()) * (len(width) if isinstance(width, str) else width)
    limits.check_sizes((indented + len(written),))
    return JINJAS["indent"](written, width, first, blank)


@pass_environment
def _wordwrap(
    environment: Any,
    text: object,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str = "\n",
    break_on_hyphens: bool = True,
) -> str:
    wrapped = JINJAS["wordwrap"](environment, write(text), width, break_long_words, "\n", break_on_hyphens)
    return limits.bounded_replace(wrapped, "\n", wrapstring)


def _round(value: float, precision: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> Any:
    places = as_number(precision)
    if abs(places) > _PLACES:
        raise OverflowError(f"a number has at most {_PLACES} places")
    return JINJAS["round"](_number(value, "round"), places, method)


def _abs(value: Any) -> Any:
    return abs(_number(value, "abs"))


def _number(value: Any, filter: str) -> Any:
    """The number that a filter works on; raises FilterArgumentError for what is none."""
    number = as_number(value)
    if isinstance(value, Undefined):
        return str(value)  # which raises, naming what is not known
    if not isinstance(number, int | float | Decimal | timedelta):
        what = "a text that is not a plain number" if isinstance(value, str) else kind(value)
        raise FilterArgumentError(f"`{filter}` works on a number, and this is {what}")
    return number


BOUNDED: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "abs": _abs,
        **{name: _sized(JINJAS[name]) for name in ("batch", "center", "slice", "tojson")},
        "indent": _indent,
        "join": _join,
        "replace": _replace,
        "round": _round,
        "string": write,
        "sum": _sum,
        "wordwrap": _wordwrap,
    }
)
"""The filters of Jinja that could make far more than they are given, or take a text for no number, in their place."""


def _in(value: object, seq: object) -> bool:
    return contains(seq, value)


def _even(value: Any) -> bool:
    return _divides(value, 2)


def _odd(value: Any) -> bool:
    return not _divides(value, 2)


def _divides(value: Any, num: Any) -> bool:
    value, number = as_number(value), as_number(num)
    if isinstance(value, str):
        raise SecurityError("`%` works on numbers; texts are joined with `~`")  # it would be a format of its own
    return bool(value % number == 0)


def _ordered(sign: str) -> Callable[..., bool]:
    @pass_context
    def ordered(context: Any, value: object, other: object) -> bool:
        return bool(context.ordered(sign, value, other))

    return ordered


_greater, _at_least, _less, _at_most = map(_ordered, (">", ">=", "<", "<="))


def _equal(value: object, other: object) -> bool:
    return equal(value, other)


def _unequal(value: object, other: object) -> bool:
    return not equal(value, other)


TESTS: Mapping[str, Callable[..., bool]] = MappingProxyType(
    {
        **dict.fromkeys(("==", "eq", "equalto"), _equal),
        **dict.fromkeys(("!=", "ne"), _unequal),
        **dict.fromkeys((">", "gt", "greaterthan"), _greater),
        **dict.fromkeys((">=", "ge"), _at_least),
        **dict.fromkeys(("<", "lt", "lessthan"), _less),
        **dict.fromkeys(("<=", "le"), _at_most),
        "in": _in,
        "divisibleby": _divides,
        "even": _even,
        "odd": _odd,
    }
)
"""The tests of Jinja that compare or reckon, in their place."""
