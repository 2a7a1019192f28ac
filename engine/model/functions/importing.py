"""Knows from the text of `functions.py` what no import gets past."""

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

_EXITS = ("sys.exit", "exit", "quit")  # these raise SystemExit
_KILLS = ("os._exit", "os.abort")  # these end the process at once


@dataclass(frozen=True, slots=True)
class Stop:
    """A statement outside of functions that no import gets past, and what is so in a few words."""

    node: ast.stmt
    title: str


def fatal_stop(tree: ast.Module) -> Stop | None:
    """A stop that would take the server with it: a loop without end, or a call that ends the process."""
    return _loop(tree) or _call(tree, _KILLS)


def import_stop(tree: ast.Module) -> Stop | None:
    """A stop of either kind: those of `fatal_stop`, and a call that raises SystemExit."""
    return fatal_stop(tree) or _call(tree, _EXITS)


def _loop(tree: ast.Module) -> Stop | None:
    for node in _certain(tree.body):
        endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and bool(node.test.value)
        if isinstance(node, ast.While) and endless and not _breaks(node.body):
            return Stop(node, "this loop has no `break`, so the import never ends")
    return None


def _call(tree: ast.Module, names: Collection[str]) -> Stop | None:
    for node in _certain(tree.body):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name = ast.unparse(node.value.func) if isinstance(node.value.func, ast.Name | ast.Attribute) else ""
            if name in names:
                return Stop(node, f"`{name}()` stops every import")
    return None


def _certain(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that are carried out whatever happens, unless one of them raises."""
    for node in body:
        yield node
        if isinstance(node, ast.With):
            yield from _certain(node.body)


def _breaks(body: Iterable[ast.stmt]) -> bool:
    """Whether a `break` in it leaves the loop that it is the body of."""
    for node in body:
        match node:
            case ast.Break():
                return True
            case ast.While() | ast.For():
                if _breaks(node.orelse):
                    return True
            case ast.If() | ast.With():
                if _breaks([*node.body, *getattr(node, "orelse", [])]):
                    return True
            case ast.Try() | ast.TryStar():
                handled = [inner for handler in node.handlers for inner in handler.body]
                if _breaks([*node.body, *handled, *node.orelse, *node.finalbody]):
                    return True
            case ast.Match():
                if any(_breaks(case.body) for case in node.cases):
                    return True
            case _:
                pass
    return False
