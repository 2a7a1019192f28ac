"""Reads the variables of a flow: `vars`, and those it is given, `takes`."""

from typing import Any

from engine.diagnostics.diagnostic import Label
from engine.document import nodes
from engine.grammar.names import NAMES
from engine.model.reading.reader import Reader
from engine.model.reading.values import read_plain


def read_variables(reader: Reader, node: nodes.Node | None) -> dict[str, Any]:
    """The variables of `vars` and their first values."""
    if node is None:
        return {}
    mapping = reader.mapping("vars", node, "a mapping of variables and first values", "write  vars: {visits: 0}")
    return {
        key.text: read_plain(reader, value)
        for key, value in (mapping.entries if mapping else ())
        if reader.variable(key, NAMES)
    }


def read_takes(
    reader: Reader, node: nodes.Node | None, variables: nodes.Node | None
) -> tuple[dict[str, Any], frozenset[str]]:
    """The variables a flow is given: those with a value for when they are not, and those that are required."""
    if node is None:
        return {}, frozenset()
    mapping = reader.mapping("takes", node, "a mapping of variables", "write  takes: {account: required, tries: 3}")
    takes: dict[str, Any] = {}
    required: set[str] = set()
    for key, value in mapping.entries if mapping else ():
        if not reader.variable(key, NAMES):
            continue
        also = variables.key(key.text) if isinstance(variables, nodes.Mapping) else None
        if also is not None:
            title = f"the variable `{key.text}` stands in `vars` and in `takes`"
            helps = ("`vars` would overwrite what the flow is given; leave it out there",)
            reader.report.error("F101", title, key.span, also=(Label(also.span, "also here"),), helps=helps)
        if isinstance(value, nodes.Scalar) and not value.quoted and value.text == "required":
            required.add(key.text)
        else:
            takes[key.text] = read_plain(reader, value)
    return takes, frozenset(required)
