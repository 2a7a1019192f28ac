"""Reads `subflow` and `return`, and checks what a subflow is given."""

from collections.abc import Mapping
from itertools import islice

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.grammar.verbs.spec import Key
from engine.grammar.verbs.subflow import SUBFLOW
from engine.model.flow import Flow
from engine.model.parts import Return, Subflow
from engine.model.reading.branches import ReadBlock
from engine.model.reading.reader import NAME, Reader, first_line, is_null, several, shortened
from engine.model.reading.values import read_plain
from engine.model.verbs.written import read_written

_SHOWN = 12  # names of variables or flows that a help lists


def read_subflow(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Subflow | None:
    """`subflow: flow`, or a mapping with what it is given, and what is done with the value that it returns."""
    written = read_written(reader, SUBFLOW, place, node, read_block, {"flow": _read_name})
    if written is None or written.values.get("flow") is None:
        return None
    given = written.fields["with"][1] if "with" in written.fields else None
    keys = [key for key, _ in given.entries] if isinstance(given, nodes.Mapping) else []
    values = tuple((key.text, written.values["with"][key.text], key.span) for key in keys)
    flow_span = written.fields["flow"][1].span
    return Subflow(place, node.span, written.values["flow"], flow_span, values, **written.rest)


def _read_name(reader: Reader, name: str, key: Key, node: nodes.Node) -> str | None:
    scalar = reader.scalar(name, node, key.wanted, key.example)
    if scalar is None:
        return None
    text = scalar.text.removesuffix("/")
    if NAME.fullmatch(text):
        return text
    title = f"`{shortened(scalar.text)}` cannot be the name of a flow"
    helps = ("a subflow begins at its start: name the flow alone",) if "/" in text else (key.example,)
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
