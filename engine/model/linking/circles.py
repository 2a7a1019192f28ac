"""Finds subflows that call each other without end: each leads into the next before it asks anything or returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.model.lint.course import passes
from engine.model.parts import (
    Block,
    Exit,
    Flow,
    Markup,
    Redirect,
    Return,
    Subflow,
    Target,
    ToStep,
    ToWord,
    Verb,
)
from engine.model.reading.flows import Draft

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
    ending: set[str] = set()
    waiting = set(ways)
    while waiting:  # what one subflow is found to end in may let others end
        found = {name for name in waiting if ways[name].ends(ending)}
        if not found:
            break
        ending |= found
        waiting -= found
    calls = {name: ways[name].calls() for name in sorted(waiting)}
    told: set[str] = set()
    for name in calls:
        circle = _circle(name, calls)
        if circle and told.isdisjoint(call.flow for call in circle):
            told.update(call.flow for call in circle)
            rescued = any(drafts[call.flow].flow.on_error is not None for call in circle)
            _tell(circle, report.warning if rescued else report.error)


def _circle(start: str, calls: Mapping[str, tuple[Subflow, ...]]) -> list[Subflow]:
    """The calls by which a subflow leads to itself, in their order; none if it does not."""
    came: dict[str, list[Subflow]] = {start: []}
    waiting = [start]
    while waiting:
        name = waiting.pop(0)
        for call in calls.get(name, ()):
            if call.flow == start:
                return [*came[name], call]
            if call.flow in calls and call.flow not in came:
                came[call.flow] = [*came[name], call]
                waiting.append(call.flow)
    return []


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
    waiting: list[Place] = field(default_factory=list)
    seen: set[Place] = field(default_factory=set)
    met: dict[int, Subflow] = field(default_factory=dict)
    ending: frozenset[str] = frozenset()

    def ends(self, ending: set[str]) -> bool:
        """Whether a path ends, if these subflows do."""
        self.ending, self.ended = frozenset(ending), False
        self.seen.clear()
        self.met.clear()
        self.waiting = [(self.name, self.drafts[self.name].flow.start, False)]
        while self.waiting and not self.ended:
            place = self.waiting.pop()
            if place in self.seen:
                continue
            self.seen.add(place)
            name, step, heard = place
            draft = self.drafts.get(name)
            if draft is None or not draft.certain or step not in draft.flow.steps:
                return True
            block = draft.flow.steps[step]
            falls, _ = self._walk(draft.flow, step, block, heard)
            self.ended = self.ended or falls  # a step that runs out returns
        return self.ended

    def calls(self) -> tuple[Subflow, ...]:
        """The calls at which its paths stop, after `ends` was false."""
        return tuple(sorted(self.met.values(), key=lambda call: (call.flow_span.source.path, call.flow_span.start)))

    def _walk(self, flow: Flow, step: str, block: Block, heard: bool) -> tuple[bool, bool]:
        """Whether the end of a block may be reached, and whether something was heard by then."""
        for instruction in block.instructions:
            if isinstance(instruction, Subflow) and instruction.flow not in self.ending:
                if instruction.flow not in self.drafts:
                    self.ended = True
                self.met[instruction.flow_span.start] = instruction
                return False, heard
            match instruction:
                case Return() | Markup():
                    self.ended = True
                case Verb():
                    self.ended = self.ended or instruction.piece.element.name not in _GOES_ON
                    heard = True
                case Redirect():
                    self._lead(flow, step, instruction.target, heard)
            exits: tuple[Exit, ...] = getattr(instruction, "exits", ())
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
        if isinstance(target, ToStep) and (not target.flow or target.flow == flow.name):
            self.waiting.append((flow.name, target.step or flow.start, heard))
        elif isinstance(target, ToStep) and target.flow in self.drafts and not heard:
            # It leaves its callers for good, and may come back to them without a word.
            self.waiting.append((target.flow, target.step or self.drafts[target.flow].flow.start, heard))
        elif isinstance(target, ToWord) and target.word in ("repeat", "restart"):
            self.waiting.append((flow.name, step if target.word == "repeat" else flow.start, heard))
        else:
            self.ended = True
