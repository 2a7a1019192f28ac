"""Gives a call the variables of the flows it enters."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.grammar.numbers import is_number, number_of
from engine.model.parts import Flow
from engine.program.holes import settle
from engine.runtime.memory import Memory
from engine.runtime.scope import storable

Scope = Callable[[], Mapping[str, object]]


def begin_flow(flow: Flow, memory: Memory, given: Mapping[str, object], scope: Scope) -> str | None:
    """Sets what a flow takes and its first values, when a call first enters it.

    `given` are the parameters of the request, or what a subflow is given; `scope` gives the names that templates know at that moment. Gives the name
    of a variable that is required and was not given, when all others are set: the step for errors may use them.
    """
    memory.entered.append(flow.name)
    missing = None
    for name, value in flow.shared.items():
        if name not in memory.variables:  # an earlier flow of the call may have them already
            memory.variables[name] = storable(settle(value, scope()))
    for name in flow.required:
        if name in given:
            memory.variables[name] = storable(given[name])
        elif name not in memory.variables:
            missing = name
    for name, value in flow.takes.items():
        if name in given:
            memory.variables[name] = storable(alike(given[name], value))
        elif name not in memory.variables:
            memory.variables[name] = storable(settle(value, scope()))
    for name, value in flow.variables.items():
        memory.variables[name] = storable(settle(value, scope()))
    return missing


def alike(given: object, written: object) -> object:
    """What a flow is given, a number or truth where it is written as one: parameters of a request are text (`?tries=2`)."""
    if not isinstance(given, str):
        return given
    if isinstance(written, bool):
        return {"true": True, "false": False}.get(given, given)
    number = number_of(given) if is_number(written) else None
    return given if number is None else number


def complete(flows: Mapping[str, Flow], memory: Memory, scope: Scope) -> None:
    """Sets the first values of variables that flows have been given by an edit after the call had entered them."""
    for flow in (flows[name] for name in memory.entered if name in flows):
        written: dict[str, Any] = {**flow.shared, **flow.takes, **flow.variables}
        for name, value in written.items():
            if name not in memory.variables:
                memory.variables[name] = storable(settle(value, scope()))
