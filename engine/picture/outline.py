"""In which order the steps of a flow are told, and what each is used for."""

from collections.abc import Collection, Mapping

from engine.model.flow import Flow
from engine.model.graph import CALLED, COURSE, PAGES, Step
from engine.model.parts import Block, Target, ToStep
from engine.model.walk import reachable


def parents_of(flow: Flow) -> dict[str, str]:
    """For each step the one below which it stands: of those before it in the file the shallowest that leads to it, the first of several.

    A step that has none stands by itself.
    """
    order = {step: number for number, step in enumerate(flow.steps)}
    depths: dict[str, int] = {}
    parents: dict[str, str] = {}
    leading: dict[str, list[str]] = {step: [] for step in order}
    for step, node in flow.graph.steps.items():
        for edge in node.edges:
            aim = edge.aim
            if edge.role in COURSE and isinstance(edge.goes, ToStep) and aim is not None and aim[0] == flow.name:
                child = aim[1] or flow.start
                if child in order and order[step] < order[child] and child != flow.start:
                    leading[child].append(step)
    for step in order:
        if leading[step]:
            parents[step] = min(leading[step], key=lambda each: depths[each])
        depths[step] = depths[parents[step]] + 1 if step in parents else 0
    return parents


def only_way(flow: Flow, step: str) -> str:
    """The step that a step always goes on with, if it has no choice; "" otherwise."""
    if step not in flow.graph.steps:
        return ""
    edges = flow.graph.steps[step].edges
    ways = [edge for edge in edges if edge.role in COURSE]
    if len(ways) != 1 or ways[0].role != "redirect" or isinstance(ways[0].goes, Block) or ways[0].goes is None:
        return ""
    return step_named(ways[0].goes)


def step_named(goes: Target | Block) -> str:
    """The step of this flow that a target names; "" for another one."""
    return goes.step if isinstance(goes, ToStep) and not goes.flow else ""


def heard_as(flow: Flow, flows: Mapping[str, Flow]) -> dict[str, tuple[str, ...]]:
    """The roles of each step that the caller does not hear, such as whisper: steps named by attributes, and where those lead."""
    starts: dict[str, set[str]] = {}
    for one in {**flows, flow.name: flow}.values():
        for edge in one.graph.pages:
            if (aim := edge.aim) and aim[0] == flow.name:
                starts.setdefault(aim[1] or flow.start, set()).add(edge.role)
    own = {flow.name: flow}
    called = {step for _, step in reachable(own, [(flow.name, flow.start)], CALLED, always=False)}
    found: dict[str, set[str]] = {}
    for step, roles in starts.items():
        if step in flow.steps:
            for _, each in reachable(own, [(flow.name, step)], COURSE, always=False):
                if each not in called:
                    found.setdefault(each, set()).update(roles)
    return {step: tuple(sorted(roles)) for step, roles in found.items()}


def reached_steps(flow: Flow, flows: Mapping[str, Flow]) -> Collection[str]:
    """The steps that something leads to: the start, a fault, or another flow of the project."""
    starts: list[Step] = [(flow.name, flow.start)]
    starts += [edge.aim for edge in flow.graph.doors if edge.aim]
    for other in flows.values():
        if other.name != flow.name:
            starts += [aim for edge in other.graph.edges if (aim := edge.aim) and aim[0] == flow.name]
    return {step for _, step in reachable({flow.name: flow}, starts, CALLED | PAGES)}
