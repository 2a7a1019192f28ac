"""Finds subflows that call each other without end: each leads into the next before it asks anything or returns."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.model.files.flows import Draft
from engine.model.flow import Flow
from engine.model.graph import aimed
from engine.model.lint.course import passes
from engine.model.parts import Block, Branching, Markup, Redirect, Return, Subflow, Target, Verb
from engine.model.walk import closure, round_trip, settled

# Verbs that neither wait for an answer nor end anything: a call goes on behind them.
_GOES_ON = frozenset({"say", "play", "pause", "message", "sms", "start", "stop"})

Place = tuple[str, str, bool]  # a flow, its step, and whether the caller has heard something on the way


def check_circles(drafts: Mapping[str, Draft], report: Report) -> None:
    """Reports each circle of subflows (F214) in which no path asks the caller anything, returns, or ends the call.

    Conditions are not weighed: a path that is written counts as one that may be taken. Where a flow of the circle has `on_error`, the
    call ends there once subflows are nested too deeply; then it is a warning.
    """
    calling = {call.flow for draft in drafts.values() for call in draft.asked if isinstance(call, Subflow)}
    ways = {name: _Way(drafts, name) for name in calling if name in drafts}
    ending = settled(
        ways, lambda name, known: ways[name].ends(known)
    )  # what one subflow is found to end in may let others end
    calls = {name: ways[name].calls() for name in sorted(ways.keys() - ending)}
    told: set[str] = set()
    for name in calls:
        circle = round_trip(name, lambda each: [(call.flow, call) for call in calls.get(each, ())])
        if circle and told.isdisjoint(call.flow for call in circle):
            told.update(call.flow for call in circle)
            rescued = any(drafts[call.flow].flow.on_error is not None for call in circle)
            _tell(circle, report.warning if rescued else report.error)


def _tell(circle: list[Subflow], tell: Callable[..., None]) -> None:
    names = [f"`{call.flow}`" for call in (circle[-1], *circle[:-1])]
    first = circle[0]
    if len(circle) == 1:
        title = f"the subflow {names[0]} calls itself on every path, and never returns"
    else:
        title = f"the subflows {', '.join(names[:-1])} and {names[-1]} call each other on every path, and never return"
    tell(
        "F214",
        title,
        first.flow_span,
        label="no path ends before this" if len(circle) == 1 else "begins the circle",
        also=tuple(Label(call.flow_span, "and goes on here") for call in circle[1:]),
        helps=("before it, ask the caller something, or write  - return  on one path",),
    )


@dataclass(slots=True)
class _Way:
    """The paths through a subflow from its start, up to the subflows that it calls."""

    drafts: Mapping[str, Draft]
    name: str
    ended: bool = False
    led: list[Place] = field(default_factory=list)
    met: dict[Span, Subflow] = field(default_factory=dict)
    ending: Set[str] = frozenset()

    def ends(self, ending: Set[str]) -> bool:
        """Whether a path ends, if these subflows do."""
        self.ending, self.ended = ending, False
        self.met.clear()
        start = (self.name, self.drafts[self.name].flow.start, False)
        for _ in closure([start], self._onward):
            if self.ended:
                break
        return self.ended

    def _onward(self, place: Place) -> list[Place]:
        """Where paths lead from a step; a step that runs out returns."""
        name, step, heard = place
        draft = self.drafts.get(name)
        if draft is None or not draft.certain or step not in draft.flow.steps:
            self.ended = True
            return []
        self.led = []
        falls, _ = self._walk(draft.flow, step, draft.flow.steps[step], heard)
        self.ended = self.ended or falls
        return self.led

    def calls(self) -> tuple[Subflow, ...]:
        """The calls at which its paths stop, after `ends` was false."""
        return tuple(sorted(self.met.values(), key=lambda call: (call.flow_span.source.path, call.flow_span.start)))

    def _walk(self, flow: Flow, step: str, block: Block, heard: bool) -> tuple[bool, bool]:
        """Whether the end of a block may be reached, and whether something was heard by then."""
        for instruction in block.instructions:
            if isinstance(instruction, Subflow) and instruction.flow not in self.ending:
                if instruction.flow not in self.drafts:
                    self.ended = True
                self.met[instruction.flow_span] = instruction
                return False, heard
            match instruction:
                case Return() | Markup():
                    self.ended = True
                case Verb():
                    self.ended = self.ended or instruction.piece.element.name not in _GOES_ON
                    heard = True
                case Redirect():
                    self._lead(flow, step, instruction.target, heard)
            exits = instruction.exits if isinstance(instruction, Branching) else ()
            goes_on = passes(flow, instruction) if not exits else not any("else" in exit_.names for exit_ in exits)
            before = heard
            for exit_ in exits:
                if isinstance(exit_.goes, Block):
                    falls, more = self._walk(flow, step, exit_.goes, before)
                    goes_on, heard = goes_on or falls, heard or more
                else:
                    self._lead(flow, step, exit_.goes, before)
            if self.ended or not goes_on:
                return False, heard
        return True, heard

    def _lead(self, flow: Flow, step: str, target: Target, heard: bool) -> None:
        aim = aimed(flow.name, step, target)
        if aim is None or aim[0] not in self.drafts or (heard and aim[0] != flow.name):
            self.ended = True
        else:
            # To another flow it leaves its callers for good, and may come back to them without a word.
            self.led.append((aim[0], aim[1] or self.drafts[aim[0]].flow.start, heard))
