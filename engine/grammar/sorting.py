"""The filters that put values in order or compare them with each other: texts that are plain numbers count as numbers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from jinja2 import pass_environment
from jinja2.filters import ignore_case, make_attrgetter, make_multi_attrgetter

from engine.grammar.numbers import equal, is_number, number_of, rank

_ATTRIBUTES = 200  # each of them is looked up in each item

Attribute = str | int | None


class Group(NamedTuple):
    """What `groupby` gives: a value, and the items that have it."""

    grouper: Any
    list: list[Any]

    def __repr__(self) -> str:
        return tuple.__repr__(self)  # written as Jinja writes it


def _ranked(case_sensitive: bool) -> Callable[[Any], Any]:
    return rank if case_sensitive else lambda value: rank(ignore_case(value))


def _as_it_is(value: Any) -> Any:
    return value


def _bounded(attribute: Attribute, filter: str) -> Attribute:
    if isinstance(attribute, str) and len(attribute) > _ATTRIBUTES:
        raise OverflowError(f"the `attribute` of `{filter}` is at most {_ATTRIBUTES} characters long")
    return attribute


@pass_environment
def _sort(
    environment: Any, value: Any, reverse: bool = False, case_sensitive: bool = False, attribute: Attribute = None
) -> list[Any]:
    key = make_multi_attrgetter(environment, _bounded(attribute, "sort"), postprocess=_ranked(case_sensitive))
    return sorted(value, key=key, reverse=reverse)


def _dictsort(
    value: Mapping[Any, Any],
    case_sensitive: bool = False,
    by: Literal["key", "value"] = "key",
    reverse: bool = False,
) -> list[tuple[Any, Any]]:
    ranked, side = _ranked(case_sensitive), ("key", "value").index(by)
    return sorted(value.items(), key=lambda pair: ranked(pair[side]), reverse=reverse)


@pass_environment
def _min(environment: Any, value: Any, case_sensitive: bool = False, attribute: Attribute = None) -> Any:
    return _first(environment, value, min, case_sensitive, _bounded(attribute, "min"))


@pass_environment
def _max(environment: Any, value: Any, case_sensitive: bool = False, attribute: Attribute = None) -> Any:
    return _first(environment, value, max, case_sensitive, _bounded(attribute, "max"))


def _first(environment: Any, value: Any, choose: Callable[..., Any], case_sensitive: bool, attribute: Attribute) -> Any:
    items = list(value)
    if not items:
        return environment.undefined("there is no first or last of nothing: the list is empty")
    return choose(items, key=make_attrgetter(environment, attribute, postprocess=_ranked(case_sensitive)))


@pass_environment
def _unique(environment: Any, value: Any, case_sensitive: bool = False, attribute: Attribute = None) -> Iterator[Any]:
    fold = None if case_sensitive else ignore_case
    key = make_attrgetter(environment, _bounded(attribute, "unique"), postprocess=fold)
    seen: set[Any] = set()
    for item in value:
        names = _names(key(item))
        if seen.isdisjoint(names.looked_up):
            seen.update(names.kept)
            yield item


class _Names(NamedTuple):
    """Under what a value is looked up among those before it, and under what it is kept for those behind it."""

    looked_up: tuple[Any, ...]
    kept: tuple[Any, ...]


def _names(value: Any) -> _Names:
    """A text that is a plain number meets that number, not another text that is written otherwise."""
    if isinstance(value, str):
        number = number_of(value)
        if number is None:
            return _Names((value,), (value,))
        return _Names((value, ("a number", number)), (value, ("a number in a text", number)))
    if is_number(value):
        return _Names((("a number", value), ("a number in a text", value)), (("a number", value),))
    alone = (type(value), value)
    return _Names((alone,), (alone,))


@pass_environment
def _groupby(
    environment: Any, value: Iterable[Any], attribute: str | int, default: Any = None, case_sensitive: bool = False
) -> list[Group]:
    look_up = make_attrgetter(environment, _bounded(attribute, "groupby"), default=default)
    fold = _as_it_is if case_sensitive else ignore_case
    groups: list[Group] = []
    for item in sorted(value, key=lambda item: rank(fold(look_up(item)))):
        key = look_up(item)
        if groups and equal(fold(groups[-1].grouper), fold(key)):
            groups[-1].list.append(item)
        else:
            groups.append(Group(key, [item]))
    return groups


SORTING: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "dictsort": _dictsort,
        "groupby": _groupby,
        "max": _max,
        "min": _min,
        "sort": _sort,
        "unique": _unique,
    }
)
"""The filters of Jinja that compare, in their place."""
