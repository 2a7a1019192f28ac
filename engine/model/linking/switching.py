"""Finds the flows in which a call's language may come to be another than the default."""

from collections.abc import Iterable, Mapping
from typing import Literal

from engine.grammar.overlay import PLACES
from engine.model.files.flows import Draft
from engine.model.flow import Flow
from engine.model.graph import CALLED
from engine.model.parts import Assign, Subflow
from engine.model.walk import joined, reachable

Switches = Literal["", "turn", "meanwhile"]


def switching(drafts: Mapping[str, Draft], edges: Mapping[str, set[str]]) -> dict[str, Switches]:
    """How the language changes (see `Flow.switches`) in each flow where it may; `edges` are the flows that each leads to."""
    setting = {name for name, draft in drafts.items() if draft.switches}
    if not setting:
        return {}
    beside = {
        name: {*edges[name], *(one.flow for one in draft.asked if isinstance(one, Subflow) and one.flow in drafts)}
        for name, draft in drafts.items()
    }
    reached = [name for group in joined(beside) if not setting.isdisjoint(group) for name in group]
    flows = {name: draft.flow for name, draft in drafts.items()}
    how: Switches = "meanwhile" if _set_aside(flows, reached) else "turn"
    return {name: how for name in reached if len(drafts[name].flow.languages) > 1}


def _set_aside(flows: Mapping[str, Flow], reached: Iterable[str]) -> bool:
    """Whether a step sets the language that another leg or a callback asks for."""
    aside = [edge.aim for name in reached for edge in flows[name].graph.edges if edge.role in PLACES and edge.aim]
    return any(
        isinstance(one, Assign) and any(variable == "language" for variable, _ in one.values)
        for name, step in reachable(flows, aside, CALLED)
        if name in flows
        for one in flows[name].graph.instructions_at(step)
    )
