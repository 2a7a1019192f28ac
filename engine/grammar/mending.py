"""Finds the text that a template takes for a number, so that the fault can say how it is mended."""

import re
from collections.abc import Iterator, Mapping

from jinja2 import nodes

from engine.grammar.drafts import Draft, look_up, path_of, tree_of

_NUMBER = re.compile(r"\s*[+-]?\d*(\.\d+)?\s*", re.ASCII)  # nothing as well: a caller who pressed no key
_ORDERED = ("gt", "gteq", "lt", "lteq")
_SUMS = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)


def number_meant(draft: Draft, scope: Mapping[str, object]) -> str:
    """How the first text that reads as a number, and stands beside something else, is made one; "" if there is none.

    For `{{ tries + 1 }}` it is `{{ tries | int }}`, for an expression the same without braces.
    """
    tree = tree_of(draft.text, expression=draft.expression)
    for pair in _pairs([tree, *tree.find_all(nodes.Expr)]):
        texts = [text for text in (_text(node, scope) for node in pair) if text is not None]
        if len(texts) == 1 and texts[0][0] and (read := _NUMBER.fullmatch(texts[0][1])):
            mended = f"{texts[0][0]} | {'float' if read[1] else 'int'}"
            return mended if draft.expression else f"{{{{ {mended} }}}}"
    return ""


def _pairs(every: list[nodes.Node]) -> Iterator[tuple[nodes.Expr, nodes.Expr]]:
    for node in every:
        if isinstance(node, nodes.BinExpr) and isinstance(node, _SUMS):
            yield node.left, node.right
        elif isinstance(node, nodes.Compare):
            left = node.expr
            for operand in node.ops:
                if operand.op in _ORDERED:
                    yield left, operand.expr
                left = operand.expr


def _text(node: nodes.Expr, scope: Mapping[str, object]) -> tuple[str, str] | None:
    """The dotted name of a text, "" if it is written out, and the text; None of anything else."""
    if isinstance(node, nodes.Const):
        return ("", node.value) if isinstance(node.value, str) else None
    path = path_of(node)
    if path is None:
        return None
    try:
        value = look_up(path, scope)
    except Exception:  # a name of the template's own, or one that nobody knows
        return None
    return (".".join(path), value) if isinstance(value, str) else None
