"""Knows the project's own functions by the text of `functions.py`, which is read and never run."""

import ast
import codecs
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.document.folder import FUNCTIONS
from engine.model.functions.importing import import_stop
from engine.model.functions.missing import missing_modules

# PEP 263, "Defining Python Source Code Encodings"
_ENCODING = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*(?P<name>[-\w.]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function that flows may call: the names it takes, those it cannot do without, and whether it takes any other (`**rest`).

    `told` is False where the text does not say what it takes: imported, decorated, or made otherwise.
    """

    name: str
    span: Span = field(compare=False)
    takes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    rest: bool = False
    told: bool = True


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions of a project by name; `open` if there may be others that the text does not name (`from x import *`)."""

    signatures: Mapping[str, Signature] = field(default_factory=dict)
    open: bool = False
    found: bool = True  # whether there is a file at all


def read_functions(source: Source, report: Report, folder: Path | None = None) -> Functions | None:
    """The functions in the text of `functions.py`; None if Python cannot read it, which is reported (F211).

    With `folder`, where it lies, modules that it imports and that are not found are reported too (L413).
    """
    zero = source.text.find("\0")
    if zero >= 0:
        title = f"`{FUNCTIONS}` is no Python: source code string cannot contain null bytes"
        report.error("F211", title, Span(source, zero, zero + 1))
        return None
    encoding = _named_encoding(source.text)
    if encoding is not None:
        _wrong_encoding(source, encoding, report)
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's about the text: they are no findings
            tree = ast.parse(source.text)
            # Some mistakes are found only now, such as a `return` outside of a function.
            compile(source.text, FUNCTIONS, "exec", dont_inherit=True)
    except SyntaxError as error:
        _report(source, error, report)
        return None
    except (ValueError, RecursionError, MemoryError) as error:  # nested too deeply
        report.error("F211", f"`{FUNCTIONS}` is no Python: {error}", Span(source, 0, 0))
        return None
    found = _Found(source)
    found.read(tree.body, sure=True)
    stop = import_stop(tree)
    if stop is not None:
        start = found.start_of(stop.node)
        end = source.start_of(stop.node.lineno) + len(source.line(stop.node.lineno).rstrip())
        report.error(
            "F213",
            f"`{FUNCTIONS}` cannot be imported: {stop.title}",
            Span(source, start, max(start, end)),
            helps=('move it into a function, or under  if __name__ == "__main__":',),
        )
    for node, name in missing_modules(tree, folder) if folder else ():
        start = found.start_of(node)
        report.warning(
            "L413",
            f"`{FUNCTIONS}` imports `{name}`, and no such module is found",
            Span(source, start, source.start_of(node.lineno) + len(source.line(node.lineno).rstrip())),
            label="not installed here",
            helps=("install it where touchtone runs:  pip install …", f"or put  {name}.py  beside {FUNCTIONS}"),
        )
    return Functions(found.signatures, found.open)


def _named_encoding(text: str) -> re.Match[str] | None:
    """The name of an encoding that is not the one of the text, in one of the first two lines (PEP 263)."""
    first, _, rest = text.partition("\n")
    for line, before in ((first, 0), (rest.partition("\n")[0], len(first) + 1)):
        found = _ENCODING.match(text, before, before + len(line))
        if found is not None:
            try:
                known = codecs.lookup(found["name"]).name
            except (LookupError, ValueError):
                return found
            return None if known in ("utf-8", "utf-8-sig", "ascii") or text.isascii() else found
        if line.strip() and not line.lstrip().startswith("#"):
            return None
    return None


def _wrong_encoding(source: Source, found: re.Match[str], report: Report) -> None:
    name = found["name"][:40]
    report.error(
        "F212",
        f"`{FUNCTIONS}` is read as UTF-8, not as `{name}`",
        Span(source, *found.span("name")),
        label="remove this comment",
        helps=("write  # coding: utf-8",),
    )


def _report(source: Source, error: SyntaxError, report: Report) -> None:
    start = source.start_of(error.lineno or 1) + max((error.offset or 1) - 1, 0)
    end = start + 1
    if error.end_lineno == error.lineno and error.end_offset and error.offset and error.end_offset > error.offset:
        end = start + error.end_offset - error.offset
    start = min(start, len(source.text))
    said = error.msg[:1].lower() + error.msg[1:]
    span = Span(source, start, min(max(end, start), len(source.text)))
    report.error("F211", f"`{FUNCTIONS}` is no Python: {said}", span)


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    source: Source
    signatures: dict[str, Signature] = field(default_factory=dict)
    open: bool = False

    def read(self, body: Iterable[ast.stmt], *, sure: bool) -> None:
        """Takes up statements; those that may not be carried out (`sure` is False) say that a function is there, not what it takes."""
        for node in body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._add(self._signature(node), sure)
                case ast.ClassDef():
                    self._untold(node.name, node)
                case ast.ImportFrom():
                    for alias in node.names:
                        self.open |= alias.name == "*"
                        self._untold(alias.asname or alias.name, node)
                case ast.Assign():
                    for target in node.targets:
                        self._assigned(target, node.value)
                case ast.AnnAssign() if node.value is not None:
                    self._assigned(node.target, node.value)
                case ast.If():
                    self.read([*node.body, *node.orelse], sure=False)
                case ast.Try():
                    for handler in node.handlers:
                        self.read(handler.body, sure=False)
                    self.read([*node.body, *node.orelse, *node.finalbody], sure=False)
                case ast.With():
                    self.read(node.body, sure=sure)
                case _:
                    pass

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name) and isinstance(value, ast.Call | ast.Lambda | ast.Name | ast.Attribute):
            self._untold(target.id, target)

    def _untold(self, name: str, node: ast.stmt | ast.expr) -> None:
        self._add(Signature(name, self._place(node, name), told=False), True)

    def _add(self, signature: Signature, sure: bool) -> None:
        if not signature.name.startswith("_"):
            known = signature.name in self.signatures
            if known and not sure:
                signature = Signature(signature.name, signature.span, told=False)
            self.signatures[signature.name] = signature

    def _signature(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Signature:
        span = self._place(node, node.name)
        if node.decorator_list:
            return Signature(node.name, span, told=False)
        args = node.args
        plain = [arg.arg for arg in (*args.posonlyargs, *args.args)]
        needed = plain[: len(plain) - len(args.defaults)]
        needed += [arg.arg for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if default is None]
        takes = (*plain, *(arg.arg for arg in args.kwonlyargs))
        return Signature(node.name, span, takes, tuple(needed), args.kwarg is not None)

    def _place(self, node: ast.stmt | ast.expr, name: str) -> Span:
        """Where the name stands."""
        start = self.start_of(node)
        found = re.compile(rf"\b{re.escape(name)}\b").search(self.source.text, start)
        return Span(self.source, found.start(), found.end()) if found else Span(self.source, start, start + 1)

    def start_of(self, node: ast.stmt | ast.expr) -> int:
        """The offset at which a piece of the text begins; Python counts columns in bytes of UTF-8."""
        start = self.source.start_of(node.lineno)
        if self.source.text.isascii():
            return start + node.col_offset
        line = self.source.line(node.lineno).encode("utf-8", "surrogatepass")
        return start + len(line[: node.col_offset].decode("utf-8", "ignore"))
