"""Links flows into a project: every target looked up, every name in a template known."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from types import MappingProxyType

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.diagnostics.suggest import nearest
from engine.grammar.comparisons import check_comparisons
from engine.grammar.templates import check_names
from engine.grammar.verbs import TARGET_WORDS
from engine.model.files.flows import Common, Draft
from engine.model.flow import Project
from engine.model.linking.circles import check_circles
from engine.model.linking.crossings import check_crossings
from engine.model.linking.facts import Facts, KnownFacts
from engine.model.linking.pages import check_pages
from engine.model.linking.switching import switching
from engine.model.parts import Target, ToStep
from engine.model.reading.reader import bare, several, shortened
from engine.model.verbs.subflows import check_subflow
from engine.model.walk import backwards, closure, joined

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_SHOWN = 12  # names of steps and flows that a note lists


def link(
    drafts: Mapping[str, Draft],
    common: Common,
    report: Report,
    env: Iterable[str] = (),
    broken: Mapping[str, Source] = MappingProxyType({}),
    known: KnownFacts | None = None,
) -> Project:
    """The project of the flows that could be read.

    `env` are the names of the environment that templates may use; `broken` the flows that could not be read: what others
    say of their steps and variables is taken as right until they can be. `known` are the facts of drafts that were linked before.
    """
    facts = (known or KnownFacts()).of_each(drafts)
    flows = {name: draft.flow for name, draft in drafts.items()}
    directory = _Directory(drafts, broken, report)
    for each in facts.values():
        directory.check_flow(each)
        for call in each.subflows:
            if directory.find(call.flow, call.flow_span):
                check_subflow(call, drafts[call.flow].flow, drafts[call.flow].takes, report)
    edges = {name: {flow for flow, _ in each.outward if flow in drafts} for name, each in facts.items()}
    variables = _joined(drafts, edges)
    unknown = Report()
    anywhere = set(common.variables).union(*(draft.names for draft in drafts.values()))
    for name, each in facts.items():
        names = each.names(variables[name], anywhere, tuple(env))
        unknown.extend(names.unknown)
        report.extend(each.compared)
        report.extend(names.doubts)
    for thing in common.used:
        check_names(thing, anywhere, unknown, env=tuple(env), hours=common.hours)
        check_comparisons(thing, report)
    # What stands as a word in a flow that could not be read may be a variable that it makes.
    unsure = {word for source in broken.values() for word in _WORD.findall(source.text)}
    report.extend(each for each in unknown.all if each.span.text not in unsure)
    check_pages(flows, report)
    check_crossings(drafts, report)
    check_circles(drafts, report)
    switches = switching(drafts, edges)
    keeping = _keeping(facts, edges, switches)
    served = {name: facts[name].flow(name in keeping, switches.get(name, ""), drafts) for name in sorted(drafts)}
    return Project(served)


@dataclass(frozen=True)  # without slots: the names are sorted once, at the first that is none of them
class _Directory:
    """Looks targets up."""

    drafts: Mapping[str, Draft]
    broken: Mapping[str, Source]
    report: Report
    misnamed: dict[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """The flows there are, read or not."""
        return sorted([*self.drafts, *self.broken])

    def check_flow(self, facts: Facts) -> None:
        """Reports a start and targets of a flow that are none."""
        if facts.sound and all(map(self._has, facts.outward)):
            return
        draft = facts.draft
        if draft.start_span is not None:
            self._check(draft, ToStep("", draft.flow.start, draft.start_span))
        for target in draft.flow.graph.targets:
            self._check(draft, target)

    def _has(self, target: tuple[str, str]) -> bool:
        """Whether there is certainly a step of that flow, its start for ""."""
        flow, step = target
        return flow in self.drafts and (not step or step in self.drafts[flow].flow.steps)

    def _check(self, draft: Draft, target: Target) -> None:
        """Reports a target of the flow `draft` that is none."""
        if not isinstance(target, ToStep) or target.flow in self.broken or self.report.full:
            return
        if target.flow and target.flow not in self.drafts:
            self._no_flow(target)
            return
        aim = self.drafts[target.flow] if target.flow else draft
        if target.step and target.step not in aim.flow.steps and not self._may_become(aim, target.step):
            self._no_step(aim, target)

    def find(self, flow: str, span: Span) -> bool:
        """Whether there is a flow of that name that could be read; reports a name that is none."""
        if flow not in self.drafts and flow not in self.broken and not self.report.full:
            self._no_flow(ToStep(flow, "", span))
        return flow in self.drafts

    def _may_become(self, aim: Draft, step: str) -> bool:
        """Whether a step of that name may be there once the names that cannot be one are mended."""
        name = aim.flow.name
        if name not in self.misnamed:
            self.misnamed[name] = frozenset(map(bare, aim.misnamed))
        return bare(step) in self.misnamed[name]

    def _no_flow(self, target: ToStep) -> None:
        close = None if self.report.many("F202") else nearest(target.flow, self.names)
        label = f"did you mean `{close}`?" if close else "no such flow"
        notes = (_listed("flows of this project", self.names),)
        title = f"there is no flow named `{shortened(target.flow)}`"
        self.report.error("F202", title, target.span, label=label, notes=notes)

    def _no_step(self, aim: Draft, target: ToStep) -> None:
        flow, step, span = aim.flow, target.step, target.span
        here = span.source is flow.source
        helps = () if target.flow else self._elsewhere(step)
        words = TARGET_WORDS if here else ()
        close = None if helps or self.report.many("F201") else nearest(step, [*flow.steps, *words])
        also = (Label(aim.places[close], "did you mean this step?"),) if close and close in aim.places else ()
        label = f"did you mean `{close}`?" if close and not also else "no such step"
        title = f"there is no step named `{shortened(step)}`"
        if not here:
            title = f"the flow `{flow.name}` has no step named `{shortened(step)}`"
        notes = (_listed("steps of this flow" if here else f"steps of `{flow.name}`", flow.steps),)
        self.report.error("F201", title, span, label=label, also=also, notes=notes, helps=helps)

    def _elsewhere(self, step: str) -> tuple[str, ...]:
        if step in self.drafts:
            return (f"to go on in the flow `{step}` write  {step}/",)
        other = next((name for name, draft in self.drafts.items() if step in draft.flow.steps), None)
        return (f"the flow `{other}` has one; write  {other}/{step}",) if other else ()


def _listed(what: str, names: Collection[str]) -> str:
    shown = [shortened(name, 60) for name in islice(names, _SHOWN)]
    return several(what, [*shown, "…"] if len(names) > _SHOWN else shown)


def _joined(drafts: Mapping[str, Draft], edges: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """For each flow the variables of all that a call may have come from or go to: they may be known in it."""
    known: dict[str, frozenset[str]] = {}
    for group in joined(edges):
        known |= dict.fromkeys(group, frozenset[str]().union(*(drafts[name].names for name in group)))
    return known


def _keeping(facts: Mapping[str, Facts], edges: Mapping[str, set[str]], switches: Collection[str]) -> set[str]:
    """The flows whose calls need a session, and those that lead to such a flow.

    They have variables or `back`, speak the language that was chosen, ask the world, a subflow or whoever writes, or are a subflow, or a
    callback of theirs speaks of the call: what it does not carry itself is remembered.
    """
    keeping = {name for name, each in facts.items() if each.keeps or name in switches}
    keeping |= {call.flow for each in facts.values() for call in each.subflows if call.flow in facts}
    callers = backwards(edges)
    return set(closure(keeping, lambda name: callers.get(name, ())))
