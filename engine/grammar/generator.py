"""The code that templates are compiled to."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nativetypes import NativeCodeGenerator

_SHORT = 64  # characters
_COMPARISONS: Mapping[str, str] = MappingProxyType(
    {
        "eq": "context.equal(",
        "ne": "context.unequal(",
        "gt": "context.ordered('>', ",
        "gteq": "context.ordered('>=', ",
        "lt": "context.ordered('<', ",
        "lteq": "context.ordered('<=', ",
        "in": "context.contained(",
        "notin": "context.not_contained(",
    }
)


class Generator(CodeGenerator):
    """Code that writes values, with `~` writing them as `{{ }}` does, and what it makes and compares drawn from the context."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("context.drawn(environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write(")))")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        # a < b < c  is  (a < (t := b)) and (t < c): each value is computed once, and only as long as the answer is open.
        left: nodes.Expr | str = node.expr
        self.write("(")
        for operand in node.ops:
            self.write(" and " * (operand is not node.ops[0]) + _COMPARISONS[operand.op])
            self.write(left) if isinstance(left, str) else self.visit(left, frame)
            self.write(", ")
            left = self.temporary_identifier()
            self.write(f"({left} := " * (operand is not node.ops[-1]))
            # A comparison goes no further than the shorter of the two; what an author writes out is short.
            plain = isinstance(operand.expr, nodes.Literal)
            self.write("context.drawn(" * (not plain))
            self.visit(operand.expr, frame)
            self.write(")" * (not plain) + ")" * (operand is not node.ops[-1]) + ")")
        self.write(")")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        self._made(super().visit_List, node, frame, node.items)

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        self._made(super().visit_Tuple, node, frame, node.items if node.ctx == "load" else [])

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self._made(super().visit_Dict, node, frame, [part for pair in node.items for part in (pair.key, pair.value)])

    def visit_Slice(self, node: nodes.Slice, frame: Frame) -> None:
        for number, bound in enumerate((node.start, node.stop, node.step)):
            self.write(":" * (number > 0))
            if bound is not None:
                self.write("context.number(")
                self.visit(bound, frame)
                self.write(")")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        self._made(super().visit_Getitem, node, frame, [node.arg] if isinstance(node.arg, nodes.Slice) else [])

    def _made(self, visit: Callable[[Any, Frame], None], node: nodes.Node, frame: Frame, parts: list[Any]) -> None:
        plain = all(isinstance(part, nodes.Const) for part in parts)
        self.write("context.drawn(" * (not plain))
        visit(node, frame)
        self.write(")" * (not plain))

    def _output_const_repr(self, group: Iterable[Any]) -> str:
        text = "".join(group)
        # What is short is counted by the rounds of loops.
        return repr(text) if len(text) <= _SHORT else f"context.drawn({text!r})"

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if isinstance(node, nodes.TemplateData):
            return super()._output_child_to_const(node, frame, finalize)
        raise nodes.Impossible  # nothing of an author's is computed before a call asks for it


class ValueGenerator(Generator, NativeCodeGenerator):
    """Code that yields values as they are."""
