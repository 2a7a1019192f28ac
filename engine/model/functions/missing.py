"""Finds the modules that `functions.py` imports and that are not installed, without importing anything."""

import ast
import sys
from collections.abc import Iterable, Iterator
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path


def missing_modules(tree: ast.Module, folder: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Each import of a module that is not found, once by name: the statement and the top-level name.

    Looked for are Python's own modules, those on `sys.path`, and those in `folder`, as the import itself does. What stands
    under `try` or `if` is left alone: it may be optional.
    """
    seen: set[str] = set()
    for node in _plain(tree.body):
        for name in _names(node):
            if name not in seen:
                seen.add(name)
                if not _is_there(name, folder):
                    yield node, name


def _plain(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that nothing guards, those in functions and classes too."""
    for node in body:
        match node:
            case ast.Import() | ast.ImportFrom():
                yield node
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.With() | ast.AsyncWith():
                yield from _plain(node.body)
            case _:
                pass


def _names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif node.level == 0 and node.module:
        yield node.module.partition(".")[0]


def _is_there(name: str, folder: Path) -> bool:
    if name in sys.modules or name in sys.builtin_module_names or _beside(name, folder):
        return True
    try:
        if find_spec(name) is not None:
            return True
        invalidate_caches()  # it may have been installed a moment ago
        return find_spec(name) is not None
    except Exception:  # of a finder that somebody else has installed: nothing is known then
        return True


def _beside(name: str, folder: Path) -> bool:
    """Whether a file or folder of modules lies beside `functions.py`."""
    try:
        return (folder / name).is_dir() or any(True for _ in folder.glob(f"{name}.*"))
    except (OSError, ValueError):
        return True
