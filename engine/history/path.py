"""The way of a call over the picture of its flows: the exits that it took, and what else led it from step to step."""

from collections.abc import Iterator, Mapping, Sequence

from engine.history.kept import Values
from engine.model.flow import Flow
from engine.model.graph import Edge

LEADS = ("redirect", "subflow", "return", "error")


class Ways:
    """Finds the edges between steps in flows as they are now: a trail names exits alone."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._flows = flows
        self._steps: dict[tuple[str, str], tuple[Edge, ...]] = {}

    def edges(self, flow: str, step: str, events: Sequence[Values]) -> list[str]:
        """The ids of the edges that a turn went along which began in a step; of its `events`, those that were lived."""
        here, found, leads = (flow, step), list[str](), False
        for event in events:
            if event[0] == "took":
                found.append(event[1])
                leads = self._goes_on(event[1], here)
            elif event[0] == "entered":
                there = (event[1], event[2])
                if not leads and (edge := self._between(here, there)):
                    found.append(edge)
                here, leads = there, False
        return found

    def _goes_on(self, exit_: str, here: tuple[str, str]) -> bool:
        """Whether an exit leads out of its step: else what comes next in it, or in its tree, does."""
        edge = next((one for one in self._at(*here) if one.id == exit_), None)
        return edge is None or (aim := edge.aim) is None or self._step(aim) != here

    def _between(self, here: tuple[str, str], there: tuple[str, str]) -> str:
        for edge in self._at(*here):
            if edge.role in LEADS and (aim := edge.aim) is not None and self._step(aim) == there:
                return edge.id
        return ""

    def _at(self, flow: str, step: str) -> tuple[Edge, ...]:
        known = self._steps.get((flow, step))
        if known is None:
            known = self._steps[flow, step] = tuple(self._found(flow, step))
        return known

    def _found(self, flow: str, step: str) -> Iterator[Edge]:
        if (one := self._flows.get(flow)) is not None:
            for node in one.graph.at(step):
                yield from node.edges
            yield from one.graph.doors

    def _step(self, aim: tuple[str, str]) -> tuple[str, str]:
        flow, step = aim
        known = self._flows.get(flow)
        return flow, step or (known.start if known is not None else "")
