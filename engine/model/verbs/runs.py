"""Reads `run`: a call of one of the project's own functions, checked against what that function takes."""

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.document.folder import FUNCTIONS
from engine.grammar.verbs.run import RUN
from engine.grammar.verbs.spec import Key
from engine.model.functions.functions import Functions, Signature
from engine.model.parts import PerformEffect
from engine.model.reading.branches import ReadBlock
from engine.model.reading.reader import Reader, first_line, several, shortened
from engine.model.verbs.written import made, read_written


def read_run(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> PerformEffect | None:
    """`run: name`, or a mapping with arguments; None if it names no function, which is reported."""
    written = read_written(reader, RUN, place, node, read_block, {"function": _read_name})
    if written is None:
        return None
    name, args = written.values.get("function"), written.fields.get("args")
    if name is not None and written.whole and not (args and written.values["args"] is None):
        given = args[1] if args else None
        keys = tuple(key for key, _ in given.entries) if isinstance(given, nodes.Mapping) else ()
        _check(reader, nodes.Scalar(name, written.fields["function"][1].span, False), keys)
    return made(reader, RUN, place, written)


def _read_name(reader: Reader, name: str, key: Key, node: nodes.Node) -> str | None:
    scalar = reader.scalar(name, node, key.wanted, key.example)
    if scalar is None:
        return None
    text = scalar.text.strip().removesuffix("()")
    if text.isidentifier() and not text.startswith("_"):
        return text
    title = f"`{shortened(scalar.text)}` cannot be the name of a function"
    helps: tuple[str, ...] = (key.example,)
    if "{" in text:
        helps = ("a template cannot name a function; among functions chooses\nbranch: {on: …, 1: [{run: sales}]}",)
    elif text.startswith("_"):
        helps = ("names that begin with `_` are the file's own: flows do not call them",)
    elif "." in text:
        helps = (
            f"flows call what stands in {FUNCTIONS}; there may stand\nfrom {text.rpartition('.')[0]} import {text.rpartition('.')[2]}",
        )
    reader.report.error("F111", title, scalar.span, helps=helps)
    return None


def _check(reader: Reader, named: nodes.Scalar, given: tuple[nodes.Scalar, ...]) -> None:
    """Reports a function that is not there, and arguments that it lacks or does not take."""
    functions = reader.functions
    if functions is None:
        return
    signature = functions.signatures.get(named.text)
    if signature is None:
        if not functions.open:
            _no_function(reader, named, functions)
        return
    if not signature.told:
        return
    here = (Label(signature.span, "defined here"),)
    takes = list(signature.takes)
    for key in given:
        if key.text in takes or signature.rest:
            continue
        close = nearest(key.text, takes)
        label = f"did you mean `{close}`?" if close else ""
        helps = () if close else (_takes(signature),)
        title = f"the function `{signature.name}` takes no `{shortened(key.text)}`"
        reader.report.error("F102", title, key.span, label=label, also=here, helps=helps)
    names = {key.text for key in given}
    for name in signature.required:
        meant = any(nearest(other, takes) == name for other in names - set(takes))  # written with a slip, and told
        if name not in names and not meant:
            title = f"the function `{signature.name}` must be given `{name}`"
            helps = (f"write  args: {{{name}: …}}",)
            reader.report.error("F109", title, first_line(named.span), also=here, helps=helps)


def _takes(signature: Signature) -> str:
    if not signature.takes:
        return f"`{signature.name}` takes nothing"
    return several(f"`{signature.name}` takes", signature.takes)


def _no_function(reader: Reader, named: nodes.Scalar, functions: Functions) -> None:
    helps: tuple[str, ...]
    if not functions.found:
        title = f"there is no `{FUNCTIONS}` beside the flows"
        helps = (f"write {FUNCTIONS} with\nasync def {named.text}():\n    return …",)
        reader.report.error("F210", title, named.span, label=f"`{named.text}` would stand there", helps=helps)
        return
    known = list(functions.signatures)
    close = None if reader.report.many("F210") else nearest(named.text, known)
    also = (Label(functions.signatures[close].span, "did you mean this function?"),) if close else ()
    helps = (several("its functions", known[:12]),) if known and not close else ()
    title = f"there is no function `{shortened(named.text)}` in {FUNCTIONS}"
    reader.report.error("F210", title, named.span, label="no such function", also=also, helps=helps)
