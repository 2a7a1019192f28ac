"""Makes of what a Python function returned what a call can keep."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from engine.grammar.limits import NESTED, SIZE, TOO_DEEP, TOO_LARGE
from engine.runtime.scope import storable


def jsonable(value: object) -> Any:
    """The value as JSON: dataclasses and named tuples as mappings, enums as their values, times, decimals and the like as text.

    Raises TypeError for an object that has no form of its own, OverflowError for one that is too large.
    """
    return storable(_Plain().plain(value, 0))


class _Plain:
    """Counts what it has gone through: a list may hold itself."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def plain(self, value: object, depth: int) -> object:
        self._count += 1
        if self._count > SIZE:
            raise OverflowError(TOO_LARGE)
        if isinstance(value, Enum):
            value = value.value
        if value is None or isinstance(value, str | int | float):
            return value
        if depth > NESTED:
            raise OverflowError(TOO_DEEP)
        if is_dataclass(value) and not isinstance(value, type):
            return {field.name: self.plain(getattr(value, field.name), depth + 1) for field in fields(value)}
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            return {name: self.plain(item, depth + 1) for name, item in value._asdict().items()}
        if isinstance(value, Mapping):
            return {self._name(key): self.plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.plain(item, depth + 1) for item in value]
        if isinstance(value, bytes | bytearray | memoryview):
            raise TypeError("bytes are no JSON: decode them to text")
        if type(value).__str__ is object.__str__:
            raise TypeError(f"{_article(type(value).__name__)} is no JSON: return a mapping, a list, text or a number")
        return value  # `storable` knows times, and takes the text of anything else

    def _name(self, key: object) -> str:
        if isinstance(key, Enum):
            key = key.value
        return key if isinstance(key, str) else str(key)


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
