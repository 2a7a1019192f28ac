"""One rendering of a template: the names it looks up, and how much it may still do."""

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import Environment
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.utils import missing

from engine.grammar import limits


class Names(Context):
    """The context of one rendering; the scope is looked into as it is, never copied.

    `rounds` is how often its loops may still go round, `left` how much it may still make and go through.
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
