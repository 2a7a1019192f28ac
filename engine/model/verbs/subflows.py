"""Reads `subflow` and `return`, and checks what a subflow is given."""

from collections.abc import Mapping
from itertools import islice

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.grammar.verbs import ENGINE_VERBS
from engine.model.flow import Flow
from engine.model.parts import Return, Subflow
from engine.model.reading.branches import ReadBlock, read_branch
from engine.model.reading.reader import NAME, Reader, first_line, is_null, several, shortened
from engine.model.reading.saves import read_save
from engine.model.reading.values import read_plain

_EXAMPLE = "write  subflow: {flow: verify_pin, save: verified}"
_SHOWN = 12  # names of variables or flows that a help lists


def read_subflow(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Subflow | None:
    """`subflow: flow`, or a mapping with what it is given, and what is done with the value that it returns."""
    if not isinstance(node, nodes.Mapping):
        named = _read_name(reader, "subflow", node)
        return Subflow(place, node.span, named.text, named.span) if named else None
    known = ENGINE_VERBS["subflow"].keys
    unknown = [key for key, _ in node.entries if key.text not in known]
    for key in unknown:
        reader.unknown("`subflow` has no field", key, known)
    written = node.get("flow")
    if written is None and not unknown:
        reader.report.error("F109", "`subflow` needs `flow`", first_line(node.span), helps=(_EXAMPLE,))
    named = _read_name(reader, "flow", written) if written is not None else None
    given, branch, save = node.get("with"), node.get("branch"), node.get("save")
    values = []
    mapping = (
        reader.mapping("with", given, "a mapping of variables and values", "write  with: {tries: 3}") if given else None
    )
    for key, value in mapping.entries if mapping else ():
        values.append((key.text, read_plain(reader, value), key.span))
    exits = read_branch(reader, branch, place, ENGINE_VERBS["subflow"], read_block) if branch is not None else ()
    kept = read_save(reader, save) if save is not None else None
    if named is None:
        return None
    return Subflow(
        place,
        node.span,
        named.text,
        named.span,
        tuple(values),
        exits=exits,
        branches=branch is not None,
        save=kept,
    )


def _read_name(reader: Reader, name: str, node: nodes.Node) -> nodes.Scalar | None:
    scalar = reader.scalar(name, node, "the name of a flow", _EXAMPLE)
    if scalar is None:
        return None
    text = scalar.text.removesuffix("/")
    if NAME.fullmatch(text):
        return nodes.Scalar(text, scalar.span, scalar.quoted)
    title = f"`{shortened(scalar.text)}` cannot be the name of a flow"
    helps = ("a subflow begins at its start: name the flow alone",) if "/" in text else (_EXAMPLE,)
    if "{" in text:
        helps = ("a template cannot name a flow; among flows chooses\nbranch: {on: …, 1: [{subflow: sales}]}",)
    reader.report.error("F203", title, scalar.span, helps=helps)
    return None


def read_return(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Return:
    """`return: value`, or the bare word."""
    nothing = isinstance(node, nodes.Scalar) and is_null(node)
    return Return(place, node.span, None if nothing else read_plain(reader, node))


def check_subflow(call: Subflow, flow: Flow, takes: Mapping[str, Span], report: Report) -> None:
    """Reports what a subflow is given and does not take, and what it must be given and is not; `takes` says where each stands."""
    known, meant = list(takes), set[str | None]()
    for name, _, span in call.given:
        if name in takes:
            continue
        close = nearest(name, known)
        meant.add(close)
        helps = (several(f"`{flow.name}` takes", islice(known, _SHOWN)),) if known and not close else ()
        if not known:
            helps = (f"at the top of `{flow.name}` would stand  takes: {{{shortened(name)}: required}}",)
        label = f"did you mean `{close}`?" if close else ""
        report.error("F102", f"the flow `{flow.name}` takes no `{shortened(name)}`", span, label=label, helps=helps)
    given = {name for name, _, _ in call.given}
    for name in sorted(flow.required - given - meant):
        title = f"the flow `{flow.name}` must be given `{name}`"
        helps = (f"write  with: {{{name}: …}}",)
        also = (Label(takes[name], "required here"),)
        report.error("F109", title, first_line(call.flow_span), also=also, helps=helps)
