"""What flows say of a variable: a value that they can work with, and others that lead elsewhere."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any

from engine.grammar.templates import Expression, Template
from engine.grammar.uses import Use, sole_path, uses
from engine.grammar.vocabulary import Element
from engine.model.flow import Flow
from engine.model.parts import Assign, Branch, Subflow
from engine.testing import samples

VALUES = 16  # that are tried for one variable
LENGTHS = 50  # items of a list, or letters of a text, that are tried

_SAMPLES: Mapping[str, Any] = {
    "id": 1,
    "name": "Ann",
    "first_name": "Ann",
    "last_name": "Lee",
    "email": "ann@example.com",
    "phone": "+15550100",
    "number": "+15550100",
    "url": "https://example.com/",
    "language": "en",
}
_NUMBER = 12
_TIME = "2026-01-06T09:00:00+00:00"
_PHONE = "+15550100"  # a text, and keys, and somebody who can be dialled
_FILTERS: Mapping[str, Any] = {
    **dict.fromkeys(("money", "ordinal", "round", "int", "float", "abs", "sum"), _NUMBER),
    **dict.fromkeys(("date", "time"), _TIME),
    **dict.fromkeys(("phone", "digits"), _PHONE),
}

Path = tuple[str, ...]
ITEM = "[]"  # in a path: each item of a list


class Mentions:
    """All templates and expressions of flows, asked what they say of a variable.

    Variables are told by their names alone: a call may go on with them in any flow.
    """

    def __init__(self, flows: Iterable[Flow]) -> None:
        self._texts: list[Template | Expression] = []
        self._keys: list[
            tuple[Expression, tuple[str, ...]]
        ] = []  # what an exit depends on, and the keys it is compared with
        self._aliases: list[tuple[str, Path]] = []  # variables that are given a value of another one
        for flow in flows:
            self._texts += _written((*flow.steps.values(), *flow.graph.always.instructions, flow.variables, flow.takes))
            for one in flow.graph.instructions:
                if isinstance(one, Branch) and one.on is not None:
                    keys = (samples.of_key(key) for exit_ in one.exits for key in exit_.keys)
                    self._keys.append((one.on, tuple(key for key in keys if key)))
                given = one.values if isinstance(one, Assign) else one.given if isinstance(one, Subflow) else ()
                for name, value, *_ in given:
                    # What a variable of the same name is made of a part of, in a subflow, is not that part of itself.
                    if isinstance(value, Template) and (path := sole_path(value)) and path[0] != name:
                        self._aliases.append((name, path))

    @cached_property
    def _uses(self) -> Use:
        """What is done with each variable."""
        on = {id(expression) for expression, _ in self._keys}
        root = uses(text for text in self._texts if id(text) not in on)
        for expression, keys in self._keys:
            path = max(expression.entries, key=len, default=())
            if path:
                use = _at(root, path)
                use.compared += [value for value in map(typed, keys) if value not in use.compared]
        for name, path in self._aliases:
            if name in root.entries:
                _at(root, path).join(root.entries[name])
        return root

    def values(self, variable: str) -> tuple[Any, ...]:
        """Values that a variable may have, each another than the others: first one with all that flows look up in it."""
        use = self._uses.entries.get(variable)
        if use is None:
            return ({},)
        found = [_made(use, variable, (), {})]
        leaves = tuple(_leaves(use, variable, ()))
        for path, _, leaf in leaves:
            found += [_made(use, variable, (), {path: value}) for value in _unlike(leaf, path, variable)]
        texts = [
            path
            for path, name, leaf in leaves
            if path and _filtered(leaf) is None and isinstance(_made(leaf, name, path, {}), str)
        ]
        found.append(_made(use, variable, (), dict.fromkeys(texts, _PHONE)))
        unlike: dict[str, Any] = {}
        for value in found:
            unlike.setdefault(json.dumps(value, sort_keys=True), value)
        return tuple(unlike.values())[:VALUES]

    def compared(self, variable: str) -> tuple[Any, ...]:
        """What the exits of branches compare a variable itself with."""
        use = self._uses.entries.get(variable)
        return tuple(_beside(use)) if use is not None else ()


def _at(root: Use, path: Path) -> Use:
    for word in path:
        root = root.entry(word)
    return root


def _made(use: Use, name: str, path: Path, given: Mapping[Path, Any]) -> Any:
    """A value that all can work with that is done with it, with what is `given` at some places in it."""
    if path in given:
        return given[path]
    if use.item is not None:
        return [_made(use.item, "one", (*path, ITEM), given)] * max(use.least, 1)
    if use.entries:
        return {word: _made(entry, word, (*path, word), given) for word, entry in use.entries.items()}
    if use.mapped:
        return {}
    if (filtered := _filtered(use)) is not None:
        return filtered
    if use.reckoned or (all(map(_is_number, use.compared)) if use.compared else use.ordered):
        return _NUMBER
    return True if use.judged else _SAMPLES.get(name, name)


def _filtered(use: Use) -> Any:
    """A sample that the filters which are put on a value take; None if any will do."""
    return next((_FILTERS[one] for one in use.filters if one in _FILTERS), None)


def _leaves(use: Use, name: str, path: Path) -> Iterator[tuple[Path, str, Use]]:
    """The places in a value that can have one value or another: path, name, and what is done there."""
    if use.item is not None or not use.entries or use.judged:
        yield path, name, use
    if use.item is not None:
        yield from _leaves(use.item, "one", (*path, ITEM))
    elif use.entries:
        for word, entry in use.entries.items():
            yield from _leaves(entry, word, (*path, word))


def _unlike(use: Use, path: Path, variable: str) -> Iterator[Any]:
    """The values that flows make a difference between."""
    if use.item is None and use.entries:
        yield None  # it is asked whether it is there at all
        return
    yield from (value for value in _beside(use) if use.item is None or not isinstance(value, bool))
    if use.item is not None:
        item = _made(use.item, path[-1] if path else variable, (*path, ITEM), {})
        fewest = 0 if use.judged or use.lengths else use.least
        for length in dict.fromkeys((*(near for one in use.lengths for near in (one, one + 1, one - 1)), 0, 2)):
            if fewest <= length <= LENGTHS:
                yield [item] * length
    elif use.lengths:  # a text or a list: both have a length
        yield from ("a" * near for one in use.lengths for near in (one, one + 1, one - 1) if 0 <= near <= LENGTHS)


def _beside(use: Use) -> Iterator[Any]:
    """What it is compared with, and what lies beside that where the order counts."""
    if use.judged:
        yield from (True, False)
    for value in use.compared:
        yield value
        if use.ordered and _is_number(value):
            yield from (value + 1, value - 1)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def typed(text: str) -> Any:
    """A value as its text stands for it in a flow: JSON where it is a number, `true`, `false` or `null`."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if value is None or isinstance(value, bool | int | float) else text


def _written(value: object) -> Iterator[Template | Expression]:
    """Every template and expression in the parts of a flow."""
    if isinstance(value, Template | Expression):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _written(entry)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _written(item)
    elif is_dataclass(value) and not isinstance(value, Element | type):
        for field in fields(value):
            yield from _written(getattr(value, field.name))
