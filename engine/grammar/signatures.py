"""What filters and tests take: read off the functions that they are."""

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from engine.grammar.filters import Form

_PASSED = ("context", "environment", "env", "eval_ctx")
_EXAMPLES: Mapping[str, object] = {"attribute": "name", "other": 3, "num": 2, "seq": [1, 2]}

Kind = type[bool] | type[int] | tuple[str, ...] | Form | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that is given in parentheses: `kind` is what a value that is written out must be, None for anything."""

    name: str
    kind: Kind
    default: Any
    note: str = ""
    by_name: bool = False  # by its name alone

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is inspect.Parameter.empty

    def describe(self) -> str:
        """What it may be: "true or false", "a whole number", "one of common, ceil, floor"; "" for anything."""
        if self.kind is bool:
            return "true or false"
        if self.kind is int:
            return "a whole number"
        if isinstance(self.kind, tuple):
            return f"one of {', '.join(self.kind)}"
        return f"{self.kind.words}, as '{self.kind.example}'" if isinstance(self.kind, Form) else ""

    def takes(self, value: object) -> bool:
        """Whether it may be this constant."""
        if self.kind is None or (value is None and self.default is None):
            return True
        if self.kind is bool:
            return isinstance(value, int) and value in (0, 1)  # `default('', 1)` is written as well
        if self.kind is int:
            return isinstance(value, int) and not isinstance(value, bool)
        if isinstance(self.kind, Form):
            return isinstance(value, str) and self.kind.pattern.fullmatch(value) is not None
        return isinstance(self.kind, tuple) and value in self.kind

    @property
    def example(self) -> object:
        """A value to write: another than the default."""
        if self.kind is bool:
            return self.default is False
        if self.kind is int:
            return self.default if isinstance(self.default, int) and self.default else 1
        if isinstance(self.kind, tuple):
            return next(choice for choice in self.kind if choice != self.default)
        if isinstance(self.kind, Form):
            return self.kind.example
        if self.required or self.default is None:
            return _EXAMPLES.get(self.name, "")
        return self.default


@dataclass(frozen=True, slots=True)
class Signature:
    """What stands in the parentheses of a filter or test, beside the value that it works on."""

    name: str
    parameters: tuple[Parameter, ...]

    @property
    def arguments(self) -> list[str]:
        """All that it takes, each with its default."""
        return [one.name if one.required else f"{one.name}={literal(one.default)}" for one in self.parameters]

    @property
    def form(self) -> str:
        """How it is written with all that it takes: `replace(old, new, count=none)`."""
        return called(self.name, self.arguments)


@cache
def signature_of(name: str, function: Callable[..., Any]) -> Signature:
    """The signature of a filter or test; what takes anything (`map`, `select` …) has no parameters."""
    given = list(inspect.signature(function).parameters.values())
    # First comes what Jinja passes, where the function names it, then the value that it works on.
    given = given[2 if given and given[0].name in _PASSED else 1 :]
    fixed = [one for one in given if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    return Signature(name, tuple(map(_parameter, fixed)))


def _parameter(one: inspect.Parameter) -> Parameter:
    # What stands for a value that is missing may be anything: `int(default=none)`.
    annotation, note, form = None if one.name == "default" else one.annotation, "", None
    if get_origin(annotation) is Annotated:
        annotation, *notes = get_args(annotation)
        note = next((each for each in notes if isinstance(each, str)), "")
        form = next((each for each in notes if isinstance(each, Form)), None)
    return Parameter(one.name, form or _kind(annotation), one.default, note, one.kind is one.KEYWORD_ONLY)


def _kind(annotation: object) -> Kind:
    if get_origin(annotation) in (Union, types.UnionType):
        some = [each for each in get_args(annotation) if each is not type(None)]
        return _kind(some[0]) if len(some) == 1 else None
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return bool if annotation is bool else int if annotation is int else None


def called(name: str, arguments: list[str]) -> str:
    """A filter with what it is given, as it is written."""
    return f"{name}({', '.join(arguments)})" if arguments else name


def literal(value: object) -> str:
    """A constant as a template writes it."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return repr(value)
