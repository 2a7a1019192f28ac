"""A template's text read once: its names, its mistakes, and its compiled forms made at first use."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

from jinja2 import TemplateSyntaxError, UndefinedError, meta, nodes

from engine.diagnostics import Span, nearest
from engine.grammar.arguments import check_arguments
from engine.grammar.compared import zeros_at
from engine.grammar.limits import LOOPS, NESTED, PARTS, TOO_DEEP, joined, limited
from engine.grammar.mistakes import Mistake, syntax_mistake, unreadable
from engine.grammar.rendering import Names, warn
from engine.grammar.sandbox import Sandbox, ValueSandbox, encode
from engine.grammar.values import settle, write, write_encoded, write_escaped

Scope = Mapping[str, object]

DEPTH = 60
"""How deeply parts of a template may be nested; Python compiles little more."""
_PATH = re.compile(r"\{\{ *([A-Za-z]\w*(?:\.[A-Za-z]\w*)*) *\}\}", re.ASCII)
_WORDS = frozenset("and or not in is if else true false none True False None self range namespace".split())  # noqa: SIM905
_GUARDS = frozenset(("d", "default", "defined", "undefined"))  # filters and tests for what may not be there
_FORBIDDEN: Mapping[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.ScopedEvalContextModifier: "autoescape",
}

_NESTINGS: tuple[tuple[tuple[type[nodes.Node], ...], int, str, str], ...] = (
    ((nodes.For,), LOOPS, f"loops are nested more than {LOOPS} deep", "`set` a variable to what the inner loops make"),
    ((nodes.List, nodes.Tuple, nodes.Dict), NESTED, TOO_DEEP, "`set` a variable to what stands within"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A name as a template looks it up: `call.from` is ("call", "from"); `offset` is where its last word begins.

    `guarded` says that the template knows what to do if there is no such name: `env.TEAM | default('')`.
    """

    path: tuple[str, ...]
    offset: int
    guarded: bool = False


@dataclass(slots=True, eq=False)
class Draft:
    """A text that was read: what it names, what is wrong with it, and how it is rendered.

    `entries` are the lookups whose first word is a name of the scope, in the order of the text; `single` tells that the
    value is one `{{ … }}`; `paths` are the parts of a text that holds dotted names and nothing else to compute.
    """

    text: str
    escaped: bool = False
    encoded: bool = False
    expression: bool = False
    entries: tuple[Entry, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    single: bool = False
    paths: tuple[str | tuple[str, ...], ...] = ()
    _pieces: Callable[[Names], Iterator[str]] | None = field(default=None, repr=False)
    _value: Callable[[Names], Any] | None = field(default=None, repr=False)

    def render(self, scope: Scope, span: Span) -> str:
        """The text for this scope, with what there is to warn of at `span`; raises what Jinja, Python's operators and the limits raise."""
        environment = _writer(self.escaped)
        if self.paths:
            return self._render_paths(environment, scope)
        if self._pieces is None:
            tree = environment.parse_text(self.text)
            self._pieces = environment.function(encode(tree) if self.encoded else tree)
        names = environment.names(scope)
        text = joined(self._pieces(names))
        if names.warning:
            warn(scope, names.warning, span)
        return text

    def _render_paths(self, environment: Sandbox, scope: Scope) -> str:
        write_one = write_escaped if self.escaped else write
        pieces = [
            part if isinstance(part, str) else write_one(_look_up(environment, part, scope)) for part in self.paths
        ]
        if self.encoded:
            pieces[1:] = [
                piece if isinstance(part, str) else write_encoded(piece)
                for piece, part in zip(pieces[1:], self.paths[1:], strict=True)
            ]
        return limited("".join(pieces))

    def value(self, scope: Scope, span: Span) -> Any:
        """The value of the expression, or of a text that is `single`; raises what `render` raises."""
        environment = _reckoner()
        if self.paths and isinstance(self.paths[0], tuple):
            return settle(_look_up(environment, self.paths[0], scope))
        if self._value is None:
            tree = (
                environment.parse_expression(self.text) if self.expression else _sole(environment.parse_text(self.text))
            )
            assert tree is not None, "only a text that is one template has a value"
            self._value = environment.value_function(tree)
        names = environment.names(scope)
        value = settle(self._value(names))
        if names.warning:
            warn(scope, names.warning, span)
        return value


def _look_up(environment: Sandbox, path: tuple[str, ...], scope: Scope) -> Any:
    try:
        value: Any = scope[path[0]]
    except KeyError:
        raise UndefinedError(f"nothing named `{path[0]}` is known") from None
    for name in path[1:]:
        value = environment.getattr(value, name)
    return value


@cache
def _writer(escaped: bool) -> Sandbox:
    return Sandbox(write_escaped if escaped else write)


@cache
def _reckoner() -> ValueSandbox:
    return ValueSandbox()


@lru_cache(maxsize=8192)
def text_draft(text: str, escaped: bool = False, encoded: bool = False) -> Draft:
    """The draft of a text with templates in it: what stands in braces is `escaped` for XML, or percent-`encoded` for a URL."""
    paths = _paths(text)
    if paths:
        for path in paths:
            if isinstance(path, tuple) and len(path) > PARTS:
                return Draft(text, mistakes=(_too_many_parts(text.index(".".join(path)), expression=False),))
        found: list[Entry] = []
        at = 0
        for path in paths:
            if isinstance(path, tuple):
                at = text.index("{{", at)
                for depth in range(1, len(path) + 1):
                    at = text.index(path[depth - 1], at)
                    found.append(Entry(path[:depth], at))
                    at += len(path[depth - 1])
        single = len([part for part in paths if isinstance(part, tuple) or not part.isspace()]) == 1
        return Draft(text, escaped, encoded, entries=tuple(found), single=single, paths=paths)
    environment = _writer(escaped)
    try:
        tree = environment.parse_text(text)
        entries, mistakes = _survey(environment, tree, text, expression=False)
    except TemplateSyntaxError as error:
        return Draft(text, mistakes=(syntax_mistake(text, error.lineno, error.message or "", expression=False),))
    except (ValueError, RecursionError) as error:
        return Draft(text, mistakes=(unreadable(text, error, expression=False),))
    return Draft(text, escaped, encoded, entries=entries, mistakes=mistakes, single=_sole(tree) is not None)


@lru_cache(maxsize=8192)
def expression_draft(text: str) -> Draft:
    """The draft of an expression that stands alone, as after `when:`."""
    environment = _reckoner()
    try:
        tree = environment.parse_expression(text)
        entries, mistakes = _survey(environment, tree, text, expression=True)
    except TemplateSyntaxError as error:
        mistake = syntax_mistake(text, error.lineno, error.message or "", expression=True)
        return Draft(text, expression=True, mistakes=(mistake,))
    except (ValueError, RecursionError) as error:
        return Draft(text, expression=True, mistakes=(unreadable(text, error, expression=True),))
    return Draft(text, expression=True, entries=entries, mistakes=mistakes)


def tree_of(text: str, *, expression: bool) -> nodes.Node:
    """What Jinja reads in a text that is known to be sound; the `lineno` of a node is its offset."""
    return _reckoner().parse_expression(text) if expression else _writer(False).parse_text(text)


def _paths(text: str) -> tuple[str | tuple[str, ...], ...]:
    """The text cut into plain parts and dotted names, if it holds nothing else: most texts need no compiler."""
    parts: list[str | tuple[str, ...]] = []
    for number, part in enumerate(_PATH.split(text)):
        if number % 2:
            path = tuple(part.split("."))
            if path[0] in _WORDS:
                return ()
            parts.append(path)
        elif "{{" in part or "{%" in part or "{#" in part:
            return ()
        elif part:
            parts.append(part)
    return tuple(parts) if "\r" not in text else ()


def _sole(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a text that is one `{{ … }}` with nothing but white space around it."""
    written = [
        node
        for output in tree.body
        for node in (output.nodes if isinstance(output, nodes.Output) else [output])
        if not (isinstance(node, nodes.TemplateData) and node.data.isspace())
    ]
    if len(written) != 1 or isinstance(written[0], nodes.TemplateData) or not isinstance(written[0], nodes.Expr):
        return None
    return written[0]


def _survey(
    environment: Sandbox, tree: nodes.Node, text: str, *, expression: bool
) -> tuple[tuple[Entry, ...], tuple[Mistake, ...]]:
    """What the tree looks up in its scope, and what it uses that there isn't or mustn't be; raises RecursionError."""
    entries: list[Entry] = []
    mistakes: list[Mistake] = []
    _visit(tree, environment, text, entries, mistakes, 0)
    mistakes += [
        Mistake.unrenderable(title, node.lineno, expression=expression, help=help)
        for kinds, most, title, help in _NESTINGS
        if text.count("{%" if nodes.For in kinds else "[") + text.count("(") + text.count("{") > most
        and (node := _beyond(tree, kinds, most))
    ]
    mistakes += [
        _too_many_parts(entry.offset, expression=expression) for entry in entries if len(entry.path) == PARTS + 1
    ]
    if isinstance(tree, nodes.Template) and not mistakes and any(not entry.path for entry in entries):
        # It has names of its own, from `for`, `set` or `with`: where each of them holds is Jinja's to say.
        free = meta.find_undeclared_variables(tree)
        entries = [entry for entry in entries if entry.path and entry.path[0] in free]
    outer = [entry for entry in entries if entry.path and entry.path[0] not in environment.globals]
    return tuple(sorted(outer, key=lambda entry: (entry.offset, len(entry.path)))), tuple(mistakes)


def _visit(
    node: nodes.Node, environment: Sandbox, text: str, entries: list[Entry], mistakes: list[Mistake], depth: int
) -> None:
    """Adds to `entries` (a name that is given a value has an empty path) and `mistakes`."""
    if depth > DEPTH:
        raise RecursionError
    if isinstance(node, nodes.Name):
        entries.append(Entry((node.name,) if node.ctx == "load" else (), node.lineno))
    elif isinstance(node, nodes.Getattr | nodes.Getitem):
        if (entry := _entry(node, text)) is not None:
            entries.append(entry)
    elif isinstance(node, nodes.Filter | nodes.Test):
        filters = isinstance(node, nodes.Filter)
        what, known = ("filter", environment.filters) if filters else ("test", environment.tests)
        if node.name not in known:
            close = nearest(node.name, [name for name in known if name.isidentifier()])
            at = max(text.find(node.name, node.lineno), 0)
            mistakes.append(Mistake.unknown(what, node.name, at, close, text))
        else:
            mistakes.extend(check_arguments(node, text))
    elif isinstance(node, nodes.Const) and node.value == 0 and (zeros := zeros_at(text, node.lineno)):
        mistakes.append(Mistake.zeros(zeros, node.lineno, text))
    elif type(node) in _FORBIDDEN:
        word = _FORBIDDEN[type(node)]
        mistakes.append(Mistake.forbidden(word, max(text.find(word, node.lineno), 0)))
        return
    first = len(entries)
    for child in node.iter_child_nodes():
        _visit(child, environment, text, entries, mistakes, depth + 1)
    # What a filter or test is about is visited first, and tells its own entry before those of its parts.
    if isinstance(node, nodes.Filter | nodes.Test) and node.name in _GUARDS and path_of(node.node or node) is not None:
        entries[first] = replace(entries[first], guarded=True)


def _entry(node: nodes.Expr, text: str) -> Entry | None:
    path = path_of(node)
    return None if path is None else Entry(path, max(text.find(path[-1], node.lineno), 0))


def path_of(node: nodes.Node) -> tuple[str, ...] | None:
    """The words of a dotted name, of which some may stand in brackets; None of anything else."""
    path: list[str] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        if isinstance(node, nodes.Getattr):
            path.append(node.attr)
        elif isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            path.append(node.arg.value)
        else:
            return None
        node = node.node
    return (node.name, *reversed(path)) if isinstance(node, nodes.Name) else None


def _beyond(tree: nodes.Node, kinds: tuple[type[nodes.Node], ...], most: int) -> nodes.Node | None:
    """A node of these kinds that stands within `most` others of them, if there is one."""
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        depth += isinstance(node, kinds)
        if depth > most:
            return node
        waiting.extend((child, depth) for child in node.iter_child_nodes())
    return None


def _too_many_parts(offset: int, *, expression: bool) -> Mistake:
    title, help = f"a name has at most {PARTS} parts", "`set` a variable to the first parts, and go on from it"
    return Mistake.unrenderable(title, offset, expression=expression, help=help)
