"""Finds the flows in which a call's language may come to be another than the default."""

from collections.abc import Iterator, Mapping
from typing import Literal

from engine.grammar.overlay import PLACES
from engine.model.parts import Assign, Instruction, Subflow, ToStep, ToWord, Verb
from engine.model.reading.flows import Draft
from engine.model.walk import flow_instructions, instruction_targets, page_targets, step_instructions

Switches = Literal["", "turn", "meanwhile"]


def switching(drafts: Mapping[str, Draft], edges: Mapping[str, set[str]]) -> dict[str, Switches]:
    """How the language changes (see `Flow.switches`) in each flow where it may; `edges` are the flows that each leads to."""
    setting = [name for name, draft in drafts.items() if draft.switches]
    if not setting:
        return {}
    beside: dict[str, set[str]] = {name: set(others) for name, others in edges.items()}
    for name, draft in drafts.items():
        beside[name] |= {one.flow for one in draft.asked if isinstance(one, Subflow) and one.flow in drafts}
    for name, others in list(beside.items()):
        for other in list(others):
            beside[other].add(name)
    reached, waiting = set(setting), list(setting)
    while waiting:
        grown = beside[waiting.pop()] - reached
        reached |= grown
        waiting += grown
    how: Switches = "meanwhile" if _set_aside(drafts, reached) else "turn"
    return {name: how for name in reached if len(drafts[name].flow.languages) > 1}


def _set_aside(drafts: Mapping[str, Draft], reached: set[str]) -> bool:
    """Whether a step sets the language that another leg or a callback asks for."""
    waiting = [
        (target.flow or name, target.step)
        for name in reached
        for instruction in flow_instructions(drafts[name].flow)
        if isinstance(instruction, Verb)
        for role, target in page_targets(instruction.piece)
        if role in PLACES and isinstance(target, ToStep)
    ]
    seen: set[tuple[str, str]] = set()
    while waiting:
        flow_name, step = waiting.pop()
        flow = drafts[flow_name].flow if flow_name in drafts else None
        place = (flow_name, step or (flow.start if flow else ""))
        if flow is None or place in seen or place[1] not in flow.steps:
            continue
        seen.add(place)
        for instruction in step_instructions(flow, place[1]):
            if isinstance(instruction, Assign) and any(name == "language" for name, _ in instruction.values):
                return True
            waiting.extend(_onward(instruction, flow_name))
    return False


def _onward(instruction: Instruction, flow: str) -> Iterator[tuple[str, str]]:
    if isinstance(instruction, Subflow):
        yield instruction.flow, ""
    for target in instruction_targets(instruction):
        if isinstance(target, ToStep):
            yield target.flow or flow, target.step
        elif isinstance(target, ToWord) and target.word == "restart":
            yield flow, ""
