"""What flows say of a variable: a value that they can work with, and others that lead elsewhere."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from engine.grammar.templates import Expression, Template
from engine.grammar.vocabulary import Element
from engine.model.parts import Branch, Flow
from engine.model.walk import always_instructions, flow_instructions
from engine.testing import samples

VALUES = 12  # that are tried for one variable

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
    **{name: ["one"] for name in ("join", "first", "last", "sort", "map", "list")},
}
_METHODS = {"get", "items", "keys", "values"}
_RECKONS = r"\s*(?:[-+*/%<>]|[=!]=\s*[0-9])"
_COMPARES = r"\s*(?:[-+*/%<>]|[=!]=|in\b|not\s+in\b|is\b|\|)"

Path = tuple[str, ...]


class Mentions:
    """All templates and expressions of flows, asked what they say of a variable.

    Variables are told by their names alone: a call may go on with them in any flow.
    """

    def __init__(self, flows: Iterable[Flow]) -> None:
        self._texts: list[Template | Expression] = []
        self._chosen: list[
            tuple[Expression, tuple[str, ...]]
        ] = []  # what an exit depends on, and the keys it is compared with
        for flow in flows:
            self._texts += _written((*flow.steps.values(), *always_instructions(flow), flow.variables, flow.takes))
            for one in flow_instructions(flow):
                for exit_ in getattr(one, "exits", ()):
                    if exit_.when is not None:
                        self._chosen.append((exit_.when, ()))
                if isinstance(one, Branch) and one.on is not None:
                    keys = (samples.of_key(key) for exit_ in one.exits for key in exit_.keys)
                    self._chosen.append((one.on, tuple(key for key in keys if key)))

    def values(self, variable: str) -> tuple[Any, ...]:
        """Values that a variable may have, each another than the others: first one with all that flows look up in it."""
        paths = self._paths(variable)
        first = self._made(variable, paths, {})
        found = [first]
        for path in paths:
            found += [self._made(variable, paths, {path: value}) for value in self._compared((variable, *path))]
        texts = [path for path in paths if path and isinstance(self._sample((variable, *path)), str)]
        found.append(self._made(variable, paths, dict.fromkeys(texts, _PHONE)))
        unlike: dict[str, Any] = {}
        for value in found:
            unlike.setdefault(json.dumps(value, sort_keys=True), value)
        return tuple(unlike.values())[:VALUES]

    def compared(self, variable: str) -> tuple[Any, ...]:
        """What the exits of branches compare a variable itself with."""
        return tuple(self._compared((variable,)))

    def _paths(self, variable: str) -> tuple[Path, ...]:
        """What is looked up in a variable, each as far as it goes; () stands for the variable itself."""
        entries = (entry.path for text in self._texts for entry in text.draft.entries)
        found = dict.fromkeys(path[1:] for path in entries if path[0] == variable and not _METHODS & set(path))
        return tuple(path for path in found if not any(other[:-1] == path for other in found if other))

    def _made(self, variable: str, paths: Iterable[Path], given: Mapping[Path, Any]) -> Any:
        """A value with an entry for each path: the given one, else a sample."""
        made: dict[str, Any] = {}
        for path in paths:
            value = given[path] if path in given else self._sample((variable, *path))
            if not path:
                return value
            at = made
            for word in path[:-1]:
                at = at.setdefault(word, {})
            at[path[-1]] = value
        return made

    def _sample(self, path: Path) -> Any:
        """A value that all can work with that is done with it: a number where it is reckoned with, a list where it is gone through."""
        spoken = r"(?<![\w.])" + r"\.".join(map(re.escape, path)) + r"(?![\w])"
        texts = [text.text for text in self._texts if path in text.entries]
        for text in texts:
            if found := re.search(rf"for\s+(\w+)\s+in\s+{spoken}", text):
                entries = re.findall(rf"(?<![\w.]){found[1]}\.(\w+)", text)
                return [{entry: _SAMPLES.get(entry, entry) for entry in entries}] if entries else ["one"]
            if (found := re.search(rf"{spoken}\s*\|\s*(\w+)", text)) and found[1] in _FILTERS:
                return _FILTERS[found[1]]
            if re.search(rf"{spoken}{_RECKONS}|[-+*/<>]\s*{spoken}", text):
                return _NUMBER
        if any(self._is_condition(expression.text, spoken) for expression, keys in self._chosen if not keys):
            return True
        return _SAMPLES.get(path[-1], path[-1])

    def _compared(self, path: Path) -> Iterator[Any]:
        """The values that exits make a difference between."""
        spoken = r"(?<![\w.])" + r"\.".join(map(re.escape, path)) + r"(?![\w])"
        for expression, keys in self._chosen:
            if path not in expression.entries:
                continue
            yield from map(typed, keys)
            if not keys and self._is_condition(expression.text, spoken):
                yield from (True, False)
            elif not keys:
                for literal in map(typed, samples.literals(expression.text)):
                    yield literal
                    if isinstance(literal, int | float) and re.search("[<>]", expression.text):
                        yield from (literal + 1, literal - 1)

    @staticmethod
    def _is_condition(text: str, spoken: str) -> bool:
        """Whether a value stands in an expression as true or false."""
        return bool(re.search(rf"(?<![=<>] ){spoken}(?!{_COMPARES})(?!\.)", text))


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
