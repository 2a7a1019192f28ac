"""One rendering of a template: the names it looks up, and how much it may still do."""

import operator
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.utils import missing

from engine.diagnostics import Span
from engine.grammar import limits
from engine.grammar.faults import unordered
from engine.grammar.numbers import Order, as_number, contains, equal, ordered

ORDERS: Mapping[str, Order] = MappingProxyType(
    {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
)
"""The signs of comparisons of order."""

# The name in a scope under which stands the list that takes warnings, each with its place; no template can write it.
WARNINGS = "warnings of comparisons"


def warn(scope: Mapping[str, Any], warning: str, span: Span) -> None:
    """Adds a warning to those of the scope, if anybody wants to know of them."""
    try:
        warnings = scope[WARNINGS]
    except KeyError:
        return
    warnings.append((warning, span))


class Names(Context):
    """The context of one rendering; the scope is looked into as it is, never copied.

    `rounds` is how often its loops may still go round, `left` how much it may still make and go through. `warning` is what
    the log should say of a comparison that did not hold, "" if there is nothing to say.
    """

    def __init__(self, environment: Environment, evaluation: EvalContext, scope: Mapping[str, object]) -> None:
        self.parent = scope  # type: ignore[assignment]
        self.vars = {}
        self.environment = environment
        self.eval_ctx = evaluation
        self.exported_vars = set()
        self.name = None
        self.globals_keys = set()
        self.blocks = {}
        self.rounds = limits.ROUNDS
        self.left = limits.WORK
        self.warning = ""

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        try:
            return self.parent[key]
        except KeyError:
            return self.environment.globals.get(key, missing)

    def drawn(self, value: Any) -> Any:
        """The value, counted as made or gone through; raises OverflowError when that is more than is left.

        What gives one value after the other is counted as it gives them.
        """
        kind = type(value)
        if kind is str:
            size = len(value)
            if size > limits.LENGTH:
                raise OverflowError(limits.TEXT_TOO_LONG)
            self.left -= size + 1
        elif kind in limits.SMALL:
            self.left -= 1
        elif kind is not list and isinstance(value, Iterator):
            return map(self.drawn, value)
        else:
            self.left -= limits.weigh(value, self.left)
        if self.left < 0:
            raise OverflowError(limits.TOO_MUCH)
        return value

    def draw(self, step: int, *values: object) -> None:
        """Counts a step that goes through the values."""
        self.left -= step
        for value in values:
            self.drawn(value)

    # What templates compare with: the code that Jinja compiles calls these.

    def equal(self, left: Any, right: Any) -> bool:
        """`left == right`."""
        return left == right if type(left) is type(right) is str else equal(left, right)

    def unequal(self, left: Any, right: Any) -> bool:
        """`left != right`."""
        return left != right if type(left) is type(right) is str else not equal(left, right)

    def contained(self, item: Any, container: Any) -> bool:
        """`item in container`."""
        return contains(container, item)

    def not_contained(self, item: Any, container: Any) -> bool:
        """`item not in container`."""
        return not contains(container, item)

    def ordered(self, sign: str, left: Any, right: Any) -> bool:
        """`left < right` and the like; what cannot be ordered does not hold, and is a `warning`."""
        holds = ordered(ORDERS[sign], left, right)
        if holds is None:
            self.warning = self.warning or unordered(sign, left, right)
            return False
        return holds

    def number(self, value: Any) -> Any:
        """A bound of `items[1:3]`: the number of a text that is written as one."""
        return as_number(value)
