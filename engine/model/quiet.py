"""Whether a step, with all that it leads to, says and asks nothing: then it is a flow for reports."""

from collections.abc import Mapping

from engine.grammar.overlay import PLACES
from engine.model.parts import Flow, Markup, Subflow, ToStep, ToUrl, ToWord, Verb
from engine.model.walk import instruction_targets, step_instructions


def is_quiet(flows: Mapping[str, Flow], flow: str, step: str) -> bool:
    """Whether nothing that a call can come to from a step is for a caller to hear or to answer; False for an unknown step.

    A step is taken as a callback is: engine verbs only. What lies behind an external URL is unknown, and counts as said.
    `on_error` does not count: a report that fails is still a report.
    """
    allowed = PLACES["callback"].verbs
    seen: set[tuple[str, str]] = set()
    waiting = [(flow, step)]
    while waiting:
        name, wanted = waiting.pop()
        known = flows.get(name)
        place = (name, wanted or (known.start if known else ""))
        if place in seen:
            continue
        seen.add(place)
        if known is None or place[1] not in known.steps:
            return False
        for instruction in step_instructions(known, place[1]):
            if isinstance(instruction, Markup):
                return False
            if isinstance(instruction, Verb) and instruction.piece.element.name not in allowed:
                return False
            if isinstance(instruction, Subflow):
                waiting.append((instruction.flow, ""))
            for target in instruction_targets(instruction):
                if isinstance(target, ToUrl):
                    return False
                if isinstance(target, ToStep):
                    waiting.append((target.flow or name, target.step))
                elif isinstance(target, ToWord) and target.word == "restart":
                    waiting.append((name, ""))
    return True
