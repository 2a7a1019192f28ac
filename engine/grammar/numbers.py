"""Values beside each other: a text that is written as a plain number counts as that number beside a number."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeGuard

from jinja2 import Undefined

DIGITS = 15
"""The most digits of a plain number: what has more is a number of a card or an account, and stays text."""

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_LONGEST = DIGITS + len("-.")
_TIME = re.compile(r"[0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}.*)?")
_SIMPLE = frozenset((str, int, float, bool, type(None)))
_NONE = object()

Order = Callable[[Any, Any], bool]


def number_of(text: str) -> int | float | None:
    """The number that a text is written as, `4711`, `-3`, `2.50`; None for any other text, as `0471`, `+1555` and `1e3`."""
    if len(text) > _LONGEST or not _PLAIN.fullmatch(text):
        return None
    point = "." in text
    if len(text) - point - (text[0] == "-") > DIGITS:
        return None
    return float(text) if point else int(text)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_number(value: Any) -> Any:
    """The number of a text that is written as one; any other value as it is."""
    number = number_of(value) if isinstance(value, str) else None
    return value if number is None else number


def as_operands(left: Any, right: Any) -> tuple[Any, Any]:
    """Both sides of an operator: a text beside a number as the number that it is written as."""
    if isinstance(left, str):
        if is_number(right):
            return as_number(left), right
    elif isinstance(right, str) and is_number(left):
        return left, as_number(right)
    return left, right


def equal(left: Any, right: Any) -> bool:
    """Whether two values are equal, through and through; true and false equal no number."""
    kind = type(left)
    if kind is type(right) and kind in _SIMPLE:
        return bool(left == right)
    if isinstance(left, str):
        return number_of(left) == right if is_number(right) else bool(left == right)
    if isinstance(right, str):
        return number_of(right) == left if is_number(left) else bool(left == right)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return isinstance(left, bool) == isinstance(right, bool) and left == right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        alike = isinstance(left, list) == isinstance(right, list) and len(left) == len(right)
        return alike and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return len(left) == len(right) and all(equal(value, right.get(key, _NONE)) for key, value in left.items())
    return bool(left == right)


def contains(container: Any, item: Any) -> bool:
    """Whether an item stands in a list, is a key of a mapping, or a part of a text; raises TypeError for what holds nothing."""
    if isinstance(container, str):
        return (str(item) if is_number(item) else item) in container
    if isinstance(item, str) and isinstance(container, list | tuple | Mapping):
        if item in container:
            return True
        number = number_of(item)
        return number is not None and any(is_number(each) and each == number for each in container)
    if isinstance(container, range):
        return as_number(item) in container
    if isinstance(container, Mapping) and not isinstance(item, int | float | str):
        return item in container
    if isinstance(container, Mapping | Iterable):
        return any(equal(item, each) for each in container)
    return item in container


def entry(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The entry of a mapping under a key; KeyError if there is none.

    A number finds the key that is written as it is, and a text that is written as a number finds that number.
    """
    try:
        return mapping[key]
    except KeyError:
        if isinstance(key, str):
            number = number_of(key)
            if number is None:
                raise
            return mapping[number]
        if not is_number(key):
            raise
        whole = isinstance(key, float) and key.is_integer()
        return mapping[str(int(key) if whole else key)]


def ordered(order: Order, left: Any, right: Any) -> bool | None:
    """Whether two values stand in this order; None if one of them is a text that cannot be ordered with the other.

    Two texts are ordered if both are plain numbers, times of day, or dates as ISO 8601 writes them. Raises TypeError for
    other values that have no order.
    """
    if not (isinstance(left, str) or isinstance(right, str)):
        return bool(order(left, right))
    if isinstance(left, Undefined) or isinstance(right, Undefined):
        return bool(order(left, right))  # which raises, naming what is not known
    one, other = as_number(left), as_number(right)
    if is_number(one) and is_number(other):
        return bool(order(one, other))
    if isinstance(left, str) and isinstance(right, str):
        if _TIME.fullmatch(left) and _TIME.fullmatch(right):
            return bool(order(left, right))
        if _DATE.fullmatch(left) and _DATE.fullmatch(right):
            return _ordered_dates(order, left, right)
    return None


def _ordered_dates(order: Order, left: str, right: str) -> bool | None:
    try:
        one, other = datetime.fromisoformat(left), datetime.fromisoformat(right)
    except ValueError:
        return None
    if (one.tzinfo is None) != (other.tzinfo is None):
        one, other = one.replace(tzinfo=None), other.replace(tzinfo=None)
    return bool(order(one, other))


def has_order(text: str) -> bool:
    """Whether a text can be ordered with another: a plain number, a time of day, or a date."""
    return ordered(operator.le, text, text) is not None


def rank(value: Any) -> tuple[int, Any]:
    """What values are sorted by: numbers and plain numbers by what they count, then texts, then all others."""
    if isinstance(value, str):
        number = number_of(value)
        return (1, value) if number is None else (0, number)
    if isinstance(value, Undefined):
        str(value)  # which raises, naming what is not known
    return (0, value) if isinstance(value, int | float) else (2, value)
