"""Checks what filters and tests are given, when a template is read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jinja2 import nodes

from engine.diagnostics import nearest
from engine.grammar.callables import FILTERS, TESTS
from engine.grammar.mistakes import Mistake
from engine.grammar.numbers import as_number
from engine.grammar.signatures import Parameter, Signature, called, literal, signature_of

_CODE = "F308"
_WRITTEN = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|-?[\w.]+")
_UNKNOWN = object()  # what only a call can tell
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
# Those that are given the name of another one, behind so many values of their own.
_NESTED: Mapping[str, tuple[str, int]] = {
    "map": ("filter", 0),
    "select": ("test", 0),
    "reject": ("test", 0),
    "selectattr": ("test", 1),
    "rejectattr": ("test", 1),
}


def check_arguments(node: nodes.Filter | nodes.Test, text: str) -> Iterator[Mistake]:
    """What is wrong with what a known filter or test of this text is given; the `lineno` of a node is its offset."""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return
    at = max(text.find(node.name, node.lineno), 0)
    if isinstance(node, nodes.Filter) and node.name in _NESTED:
        yield from _check_nested(node, text, at)
        return
    functions = FILTERS if isinstance(node, nodes.Filter) else TESTS
    function = functions.get(node.name)
    if function is not None:
        yield from _Check(text, signature_of(node.name, function), at, node).mistakes(node.args, node.kwargs)


def _check_nested(node: nodes.Filter, text: str, at: int) -> Iterator[Mistake]:
    """`map('replace', 'a', 'b')`: the filter that is named, with what it is given."""
    what, first = _NESTED[node.name]
    if node.name == "map" and not node.args:
        yield from _check_map(node, text, at)
        return
    if len(node.args) < first:
        help = f"write  {node.name}('name')"
        yield Mistake(_CODE, f"`{node.name}` needs an attribute", at, len(node.name), helps=(help,))
        return
    named = node.args[first] if len(node.args) > first else None
    name = _constant(named) if named is not None else _UNKNOWN
    if named is None or not isinstance(name, str):
        return
    functions = FILTERS if what == "filter" else TESTS
    place = text.find(name, _start(named))
    if name not in functions:
        close = nearest(name, [each for each in functions if each.isidentifier()])
        yield Mistake.unknown(what, name, max(place, 0), close)
        return
    if name not in _NESTED:
        before = [node.name, *(_shown(each) for each in node.args[: first + 1])]
        check = _Check(text, signature_of(name, functions[name]), place, node, tuple(before))
        yield from check.mistakes(node.args[first + 1 :], node.kwargs)


def _check_map(node: nodes.Filter, text: str, at: int) -> Iterator[Mistake]:
    known = ("attribute", "default")
    options: list[Any] = node.kwargs
    for option in options:
        if option.key not in known:
            close = nearest(option.key, known)
            place = max(text.rfind(option.key, 0, _start(option.value)), 0)
            label, helps = (f"did you mean `{close}`?", ()) if close else ("", ("write  map(attribute='name')",))
            yield Mistake(_CODE, f"`map` has no option `{option.key}`", place, len(option.key), label, helps)
            return
    if not any(option.key == "attribute" for option in options):
        helps = ("write  map('upper'),  or  map(attribute='name')",)
        yield Mistake(_CODE, "`map` needs a filter or an attribute", at, len("map"), helps=helps)


class _Check:
    """What one filter or test is given, compared with its signature."""

    def __init__(
        self, text: str, signature: Signature, at: int, node: nodes.Filter | nodes.Test, before: tuple[str, ...] = ()
    ) -> None:
        """`before` is the filter that names it, with what that is given: `selectattr`, `'n'`, `'eq'`."""
        self._text, self._signature, self._at, self._node, self._before = text, signature, at, node, before
        self._name = signature.name

    def mistakes(self, given: list[nodes.Expr], named: Iterable[Any]) -> Iterator[Mistake]:
        parameters = self._signature.parameters
        placed = [one for one in parameters if not one.by_name]
        if len(given) > len(placed):
            yield self._too_many(given[len(placed)], len(placed))
            return
        taken = dict(zip((one.name for one in placed), given, strict=False))
        known = {one.name: one for one in parameters}
        for option in named:
            if option.key not in known:
                yield self._unknown(option)
                return
            if option.key in taken:
                yield self._mistake(f"`{self._name}` is given `{option.key}` twice", *self._place_of(option))
                return
            taken[option.key] = option.value
        missing = next((one for one in parameters if one.required and one.name not in taken), None)
        if missing is not None:
            help = f"write  {self._called([*map(_shown, given), *self._rest(taken)])}"
            yield self._mistake(f"`{self._name}` needs `{missing.name}`", self._at, len(self._name), help=help)
            return
        for name, value in taken.items():
            constant = _constant(value)
            if constant is not _UNKNOWN and not known[name].takes(constant):
                yield self._wrong(known[name], value, constant, by_name=value not in given)

    def _rest(self, taken: Mapping[str, object]) -> Iterator[str]:
        """What is missing, as it may be written."""
        return (literal(one.example) for one in self._signature.parameters if one.required and one.name not in taken)

    def _called(self, arguments: list[str]) -> str:
        """How it is written with these."""
        if self._before:
            return called(self._before[0], [*self._before[1:], *arguments])
        return called(self._name, arguments)

    def _too_many(self, value: nodes.Expr, most: int) -> Mistake:
        options = [one for one in self._signature.parameters if one.by_name]
        at, length = self._place(value)
        constant = _constant(value)
        if not options:
            title = f"`{self._name}` takes at most {most} value{'s' * (most > 1)} in parentheses"
            if not most:
                title = f"`{self._name}` takes nothing in parentheses"
            return self._mistake(title, at, length, help=f"write  {self._form}", value=constant)
        fits = [one for one in options if constant is not _UNKNOWN and one.takes(constant)]
        if fits:
            help = f"write  {self._called([f'{fits[0].name}={literal(constant)}'])}"
        else:
            help = self._with_options()
        return self._mistake(f"the options of `{self._name}` are given by name", at, length, help=help, value=constant)

    def _unknown(self, option: nodes.Keyword) -> Mistake:
        at, length = self._place_of(option)
        names = [one.name for one in self._signature.parameters]
        close = nearest(option.key, names)
        title = f"`{self._name}` has no option `{option.key}`"
        if close:
            return self._mistake(title, at, length, label=f"did you mean `{close}`?")
        return self._mistake(title, at, length, help=self._with_options(), value=_constant(option.value))

    def _wrong(self, parameter: Parameter, value: nodes.Expr, constant: object, *, by_name: bool) -> Mistake:
        said, close = str(constant).casefold(), None
        right = parameter.example
        if isinstance(parameter.kind, tuple):
            close = nearest(said, parameter.kind)
            right = close or right
        elif parameter.kind is bool and said in (*_YES, *_NO):
            right = said in _YES
        elif parameter.kind is int and isinstance(number := as_number(constant), int | float):
            right = int(number)
        title = f"`{parameter.name}` of `{self._name}` must be {parameter.describe()}"
        help = f"write  {parameter.name}={literal(right)}" if by_name else f"write  {literal(right)}"
        label = f"did you mean `{close}`?" if close else ""
        return self._mistake(title, *self._place(value), label=label, help=help)

    @property
    def _form(self) -> str:
        return self._called(self._signature.arguments)

    def _with_options(self) -> str:
        """All that it takes, each option with another value than its default."""
        if any(one.by_name for one in self._signature.parameters):
            options = [f"{one.name}={literal(one.example)}" for one in self._signature.parameters]
            return f"write  {self._called(options)}"
        return f"write  {self._form}"

    def _mistake(
        self, title: str, at: int, length: int, *, label: str = "", help: str = "", value: object = None
    ) -> Mistake:
        helps = (help,) if help else ()
        time = _time(self._node.node) if isinstance(self._node, nodes.Filter) else ""
        if time and isinstance(value, str) and "%" in value:
            helps = (f"write  {time}.strftime({literal(value)})", *helps)
        return Mistake(_CODE, title, at, length, label, helps)

    def _place(self, value: nodes.Expr) -> tuple[int, int]:
        at = _start(value)
        found = _WRITTEN.match(self._text, at)
        return at, len(found.group()) if found else 1

    def _place_of(self, option: nodes.Keyword) -> tuple[int, int]:
        return max(self._text.rfind(option.key, 0, _start(option.value)), 0), len(option.key)


def _constant(node: nodes.Expr) -> Any:
    """The value that is written out; _UNKNOWN if it is computed."""
    if isinstance(node, nodes.Const):
        return node.value
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const) and isinstance(node.node.value, int | float):
        return -node.node.value
    return _UNKNOWN


def _shown(node: nodes.Expr) -> str:
    constant = _constant(node)
    return "…" if constant is _UNKNOWN else literal(constant)


def _start(node: nodes.Node) -> int:
    """Where an expression begins."""
    return min([node.lineno, *(each.lineno for each in node.find_all(nodes.Expr))])


def _time(node: nodes.Node | None) -> str:
    """The name of a value that is a time, as it is written: `now`, `hours.desk.opens_at`."""
    words: list[str] = []
    while isinstance(node, nodes.Getattr):
        words.append(node.attr)
        node = node.node
    if not isinstance(node, nodes.Name):
        return ""
    path = ".".join([node.name, *reversed(words)])
    return path if path == "now" or re.fullmatch(r"hours\.\w+\.(?:now|opens_at|closes_at)", path) else ""
