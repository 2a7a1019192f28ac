"""Gives a call the variables of the flows it enters."""

from collections.abc import Collection, Mapping
from typing import Any

from engine.diagnostics.source import Span
from engine.grammar.numbers import is_number, number_of
from engine.grammar.templates import Template
from engine.model.flow import Flow
from engine.program.holes import settle
from engine.runtime.call_stack import CallStack
from engine.runtime.document import Document
from engine.runtime.fault import Fault
from engine.runtime.marking import mark
from engine.runtime.scope import storable


def is_new(document: Document, name: str) -> bool:
    """Whether a flow is still to give the call its variables."""
    memory = document.memory
    if memory is None or name in memory.entered:
        return False
    flow = document.program.flows[name]
    return bool(flow.variables or flow.shared or flow.takes or flow.required)


def begin_flow(document: Document, name: str, given: Mapping[str, object], secret: Collection[str] = ()) -> None:
    """Sets what a flow takes and its first values, when a call first enters it.

    `given` are the parameters of the request, or what a subflow is given, and `secret` the names of those that are. Raises Fault for a variable that is required and was not
    given, when all others are set: the step for errors may use them.
    """
    flow, memory = document.program.flows[name], document.memory
    assert memory is not None, "a flow with variables keeps a session"
    before = memory.variables if document.trail is None else dict(memory.variables)
    missing = _set_first_values(document, flow, memory, given)
    for one in secret:
        mark(document, one, secret=True)
    _note_first_values(document, memory, before)
    document.forget_scope()
    if missing is not None:
        raise Fault(f"the flow `{name}` must be given `{missing}`, and was not", flow.steps[flow.start].span)


def complete(document: Document) -> None:
    """Sets the first values of variables that flows have been given by an edit after the call had entered them."""
    flows, memory = document.program.flows, document.memory
    if memory is None:
        return
    before = memory.variables if document.trail is None else dict(memory.variables)
    for flow in (flows[name] for name in memory.entered if name in flows):
        for name, value in _written(flow).items():
            if name not in memory.variables:
                memory.variables[name] = _first_value(document, value)
    _note_first_values(document, memory, before)


def _set_first_values(document: Document, flow: Flow, memory: CallStack, given: Mapping[str, object]) -> str | None:
    """Sets them; the name of one that is required and was not given."""
    memory.entered.append(flow.name)
    if flow.required or flow.takes:
        document.personal = True
    variables, missing = memory.variables, None
    for name, value in flow.shared.items():
        if name not in variables:  # an earlier flow of the call may have them already
            variables[name] = _first_value(document, value)
    for name in flow.required:
        if name in given:
            variables[name] = storable(given[name])
        elif name not in variables:
            missing = name
    for name, value in flow.takes.items():
        if name in given:
            variables[name] = storable(_alike(given[name], value))
        elif name not in variables:
            variables[name] = _first_value(document, value)
    for name, value in flow.variables.items():
        variables[name] = _first_value(document, value)
    return missing


def _first_value(document: Document, value: object) -> Any:
    """A value as it is written, with what its templates give now."""
    if value is None or isinstance(value, str | bool | int | float):  # most are no templates, and need no names
        return storable(value)
    return storable(settle(value, document.fresh_scope()))


def _alike(given: object, written: object) -> object:
    """What a flow is given, a number or truth where it is written as one: parameters of a request are text (`?tries=2`)."""
    if not isinstance(given, str):
        return given
    if isinstance(written, bool):
        return {"true": True, "false": False}.get(given, given)
    number = number_of(given) if is_number(written) else None
    return given if number is None else number


def _written(flow: Flow) -> dict[str, Any]:
    return {**flow.shared, **flow.takes, **flow.variables}


def _note_first_values(document: Document, memory: CallStack, before: Mapping[str, object]) -> None:
    """Notes the variables that a flow began with, since they were as `before`."""
    if document.trail is None:
        return
    written: dict[str, object] = {}
    start: Span | None = None
    flows = document.program.flows
    for flow in (flows[name] for name in memory.entered if name in flows):
        written |= _written(flow)
        start = flow.steps[flow.start].span
    for name, value in memory.variables.items():
        if name not in before or before[name] is not value:
            first = written.get(name)
            where = first.span if isinstance(first, Template) else start if name in written else document.at or start
            document.note_set(name, value, where)
