"""Says what templates and expressions do with a name: what they look up in it, go through, compare it with, and make of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes

from engine.grammar.drafts import tree_of
from engine.grammar.templates import Expression, Template

DEPTH = 8  # entries within entries that are looked at where one variable is given to another

# Filters of lists: those that give the list, or another of the same items; those that give one item; and others.
_SAME = frozenset(("sort", "list", "reverse", "unique", "select", "reject", "selectattr", "rejectattr"))
_ONE = frozenset(("first", "last", "random", "min", "max"))
_LISTS = _SAME | _ONE | frozenset(("map", "join", "sum", "groupby", "batch", "slice"))
_LENGTHS = frozenset(("length", "count"))
_OF_MAPPINGS = frozenset(("items", "keys", "values", "get"))  # methods
MOST = 20  # items that a list is given because one is taken by its number
_ORDERS = frozenset(("lt", "lteq", "gt", "gteq"))
ANY = "one"  # the entry that stands for all of a mapping that is gone through


@dataclass(slots=True, eq=False)
class Use:
    """What is done with one value.

    `entries` are looked up in it, `item` is done with each of its items (None if it is no list), of which it has at least `least`
    as they are taken by number, `filters` are put on it, `compared`
    are the constants beside it, `lengths` those beside its length; `reckoned`: arithmetic, or an order of numbers; `judged`: it
    stands as true or false; `mapped`: it is gone through as a mapping.
    """

    entries: dict[str, "Use"] = field(default_factory=dict)
    item: "Use | None" = None
    least: int = 0
    filters: list[str] = field(default_factory=list)
    compared: list[Any] = field(default_factory=list)
    ordered: bool = False
    lengths: list[int] = field(default_factory=list)
    reckoned: bool = False
    judged: bool = False
    mapped: bool = False

    def entry(self, name: str) -> "Use":
        return self.entries.setdefault(name, Use())

    def each(self) -> "Use":
        """What is done with its items, which makes it a list."""
        if self.item is None:
            self.item = Use()
        return self.item

    def join(self, other: "Use", depth: int = DEPTH) -> None:
        """Adds what is done with another value, which is this one under another name."""
        self.filters += [one for one in other.filters if one not in self.filters]
        self.compared += [one for one in other.compared if one not in self.compared]
        self.lengths += [one for one in other.lengths if one not in self.lengths]
        self.ordered, self.reckoned = self.ordered or other.ordered, self.reckoned or other.reckoned
        self.least = max(self.least, other.least)
        self.judged, self.mapped = self.judged or other.judged, self.mapped or other.mapped
        if depth and other is not self:
            for name, use in tuple(other.entries.items()):
                self.entry(name).join(use, depth - 1)
            if other.item is not None:
                self.each().join(other.item, depth - 1)


@dataclass(frozen=True, slots=True)
class _Length:
    """The length of a value."""

    of: Use


Found = Use | _Length | None
Names = Mapping[str, Found]


def uses(texts: Iterable[Template | Expression]) -> Use:
    """What all these texts do with each name, as entries of one value."""
    root = Use()
    for text in texts:
        expression = isinstance(text, Expression)
        tree = tree_of(text.text, expression=expression)
        if expression:
            _judge(_Reading(root, {}).value(tree), tree)
        else:
            _Reading(root, {}).walk(tree)
    return root


def sole_path(text: Template) -> tuple[str, ...]:
    """The words of the dotted name that a template is and nothing else; () for any other."""
    paths = [part for part in text.draft.paths if not (isinstance(part, str) and part.isspace())]
    return paths[0] if len(paths) == 1 and isinstance(paths[0], tuple) else ()


class _Reading:
    """One reading of a tree: `names` are those that the template itself has given to something."""

    def __init__(self, root: Use, names: Names) -> None:
        self._root, self._names = root, dict(names)

    def walk(self, node: nodes.Node) -> None:
        """Statements in order; expressions are looked at for what they do."""
        match node:
            case nodes.For():
                through = self.value(node.iter)
                inner = _Reading(
                    self._root, {**self._names, "loop": None, **self._bound(node.target, node.iter, through)}
                )
                if node.test is not None:
                    _judge(inner.value(node.test), node.test)
                for child in node.body:
                    inner.walk(child)
                for child in node.else_:
                    self.walk(child)
            case nodes.Assign():
                found = self.value(node.node)
                if isinstance(node.target, nodes.Name):
                    self._names[node.target.name] = found
            case nodes.If():
                _judge(self.value(node.test), node.test)
                for child in (*node.body, *node.elif_, *node.else_):
                    self.walk(child)
            case nodes.Expr():
                self.value(node)
            case _:
                for child in node.iter_child_nodes():
                    self.walk(child)

    def _bound(self, target: nodes.Node, through: nodes.Node, found: Found) -> dict[str, Found]:
        """The names of a loop, and what they stand for."""
        names = [target.name] if isinstance(target, nodes.Name) else [one.name for one in target.find_all(nodes.Name)]
        bound: dict[str, Found] = dict.fromkeys(names)
        if isinstance(found, Use) and isinstance(target, nodes.Name):
            bound[target.name] = found.each()
        method = through.node if isinstance(through, nodes.Call) else None
        if isinstance(method, nodes.Getattr) and method.attr in ("items", "values"):
            whose = self.value(method.node)
            if isinstance(whose, Use):
                bound[names[-1]] = whose.entry(ANY)
        return bound

    def value(self, node: nodes.Node) -> Found:
        """What is done with the values in an expression; gives the one that it is, if it is one of them."""
        match node:
            case nodes.Name():
                return self._names[node.name] if node.name in self._names else self._root.entry(node.name)
            case nodes.Getattr():
                return self._entry(self.value(node.node), node.attr)
            case nodes.Getitem():
                return self._item(self.value(node.node), node.arg)
            case nodes.Filter():
                return self._filtered(node)
            case nodes.Call():
                if isinstance(node.node, nodes.Getattr):
                    whose = self.value(node.node.node)
                    if isinstance(whose, Use) and node.node.attr in _OF_MAPPINGS:
                        whose.mapped = True
                for child in (*node.args, *node.kwargs):
                    self.value(child)
            case nodes.Compare():
                self._compare(node)
            case nodes.Not():
                _judge(self.value(node.node), node.node)
            case nodes.And() | nodes.Or():
                for side in (node.left, node.right):
                    _judge(self.value(side), side)
            case nodes.CondExpr():
                _judge(self.value(node.test), node.test)
                found = self.value(node.expr1)
                if node.expr2 is not None:
                    self.value(node.expr2)
                return found
            case nodes.Add() | nodes.Sub() | nodes.Mul() | nodes.Div() | nodes.FloorDiv() | nodes.Mod() | nodes.Pow():
                self._reckon(node.left, node.right)
            case nodes.Neg() | nodes.Pos():
                self._reckon(node.node)
            case nodes.Test():
                found = self.value(node.node)
                if isinstance(found, Use) and node.name == "none" and None not in found.compared:
                    found.compared.append(None)
                for child in (*node.args, *node.kwargs):
                    self.value(child)
            case _:
                for child in node.iter_child_nodes():
                    self.value(child)
        return None

    def _entry(self, found: Found, name: str) -> Found:
        return found.entry(name) if isinstance(found, Use) else None

    def _item(self, found: Found, index: nodes.Node) -> Found:
        if not isinstance(index, nodes.Const):
            for child in index.iter_child_nodes():
                self.value(child)
            return found if isinstance(index, nodes.Slice) else None  # `visits[:3]`: some of the same items
        if isinstance(index.value, str):
            return self._entry(found, index.value)
        if not isinstance(found, Use) or not isinstance(index.value, int):
            return None
        found.least = max(found.least, min(index.value + 1 if index.value >= 0 else -index.value, MOST))
        return found.each()

    def _filtered(self, node: nodes.Filter) -> Found:
        found = self.value(node.node) if node.node is not None else None
        for child in (*node.args, *node.kwargs):
            self.value(child)
        if not isinstance(found, Use):
            return None
        if node.name in _LENGTHS:
            return _Length(found)
        if node.name in _LISTS:
            item = found.each()
            for word in _attribute(node):
                item = item.entry(word)
            found.least = max(found.least, int(node.name in _ONE))
            item.reckoned = item.reckoned or node.name == "sum"
            item.judged = item.judged or (node.name in ("selectattr", "rejectattr") and len(node.args) == 1)
            if node.name == "map" and item is not found.item:
                return Use(item=item)
            return found.item if node.name in _ONE else found if node.name in _SAME else None
        if node.name not in found.filters:
            found.filters.append(node.name)
        return found if node.name in ("default", "d") else None

    def _compare(self, node: nodes.Compare) -> None:
        sides = [node.expr, *(one.expr for one in node.ops)]
        found = [self.value(side) for side in sides]
        for number, operand in enumerate(node.ops):
            for one in found[number : number + 2]:
                if isinstance(one, Use) and operand.op in _ORDERS:
                    one.ordered = True
            for here, there in ((number, number + 1), (number + 1, number)):
                for constant in _constants(sides[there], operand.op):
                    _beside(found[here], constant)

    def _reckon(self, *sides: nodes.Node) -> None:
        found = [self.value(side) for side in sides]
        if not any(isinstance(side, nodes.Const) and isinstance(side.value, str) for side in sides):
            for one in found:
                if isinstance(one, Use):
                    one.reckoned = True


def _attribute(node: nodes.Filter) -> list[str]:
    """The words of the attribute of items that a filter looks at: `sort(attribute='at.day')`, `selectattr('open')`."""
    named = [one.value for one in node.kwargs if one.key == "attribute"]
    given = [
        *named,
        *(
            node.args[:1]
            if node.name in ("selectattr", "rejectattr", "groupby", "sum")
            else node.args[1:2]
            if node.name == "join"
            else []
        ),
    ]
    constant = given[0] if given else None
    return constant.value.split(".") if isinstance(constant, nodes.Const) and isinstance(constant.value, str) else []


def _constants(node: nodes.Node, operator: str) -> Iterator[Any]:
    if isinstance(node, nodes.Const):
        yield node.value
    elif isinstance(node, nodes.List | nodes.Tuple) and operator in ("in", "notin"):
        yield from (one.value for one in node.items if isinstance(one, nodes.Const))


def _beside(found: Found, constant: Any) -> None:
    """A constant stands beside a value, or beside its length."""
    if isinstance(found, _Length):
        if isinstance(constant, int) and constant not in found.of.lengths:
            found.of.lengths.append(constant)
    elif found is not None:
        if not any(constant == one and type(constant) is type(one) for one in found.compared):
            found.compared.append(constant)


def _judge(found: Found, node: nodes.Node) -> None:
    """A value stands as true or false; a length as whether there is anything."""
    if isinstance(found, _Length):
        found.of.lengths += [] if 0 in found.of.lengths else [0]
    elif found is not None and isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
        found.judged = True
