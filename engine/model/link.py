"""Links flows into a project: every target looked up, every name in a template known."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.diagnostics.suggest import nearest
from engine.grammar.comparisons import check_comparisons
from engine.grammar.names import NAMES
from engine.grammar.templates import check_names
from engine.grammar.verbs import TARGET_WORDS
from engine.model.flows import Common, Draft
from engine.model.pages import check_pages
from engine.model.parts import Project, Target, ToStep, ToWord, Verb
from engine.model.plain import doubt_text
from engine.model.reader import several
from engine.model.walk import page_targets, walk

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_SHOWN = 12  # names of steps and flows that a note lists


def link(
    drafts: Mapping[str, Draft],
    common: Common,
    report: Report,
    env: Iterable[str] = (),
    broken: Mapping[str, Source] = MappingProxyType({}),
) -> Project:
    """The project of the flows that could be read.

    `env` are the names of the environment that templates may use; `broken` the flows that could not be read: what others
    say of their steps and variables is taken as right until they can be.
    """
    for draft in drafts.values():
        if draft.start_span is not None and draft.flow.start not in draft.flow.steps:
            _no_step(draft, draft.flow.start, draft.start_span, report)
        for target in draft.targets:
            _check_target(draft, target, drafts, broken, report)
    edges = _edges(drafts)
    joined = _joined(edges)
    found = Report()
    for name, draft in drafts.items():
        known = set[str]().union(*(drafts[other].names for other in joined[name]))
        for thing in draft.used:
            check_names(thing, known, found, env=tuple(env), hours=draft.hours)
            check_comparisons(thing, report)
        for text in draft.plain:
            doubt_text(text, known, report)
    anywhere = set(common.variables).union(*(draft.names for draft in drafts.values()))
    for thing in common.used:
        check_names(thing, anywhere, found, env=tuple(env), hours=common.hours)
    # What stands as a word in a flow that could not be read may be a variable that it makes.
    unsure = {word for source in broken.values() for word in _WORD.findall(source.text)}
    for diagnostic in found.diagnostics:
        if diagnostic.span.text not in unsure:
            report.add(diagnostic)
    check_pages(drafts, report)
    keeping = _keeping(drafts, edges)
    return Project({name: replace(draft.flow, keeps=name in keeping) for name, draft in sorted(drafts.items())})


def _check_target(
    draft: Draft, target: Target, drafts: Mapping[str, Draft], broken: Mapping[str, Source], report: Report
) -> None:
    if not isinstance(target, ToStep) or target.flow in broken:
        return
    if target.flow and target.flow not in drafts:
        close = nearest(target.flow, [*drafts, *broken])
        label = f"did you mean `{close}`?" if close else "no such flow"
        notes = (several("flows of this project", sorted([*drafts, *broken])[:_SHOWN]),)
        report.error("F202", f"there is no flow named `{target.flow}`", target.span, label=label, notes=notes)
        return
    aim = drafts[target.flow] if target.flow else draft
    if target.step and target.step not in aim.flow.steps:
        elsewhere = [name for name, other in drafts.items() if target.step in other.flow.steps and not target.flow]
        helps: tuple[str, ...] = ()
        if target.step in drafts and not target.flow:
            helps = (f"to go on in the flow `{target.step}` write  {target.step}/",)
        elif elsewhere:
            helps = (f"the flow `{elsewhere[0]}` has one; write  {elsewhere[0]}/{target.step}",)
        _no_step(aim, target.step, target.span, report, helps)


def _no_step(draft: Draft, step: str, span: Span, report: Report, helps: tuple[str, ...] = ()) -> None:
    flow = draft.flow
    words = TARGET_WORDS if not helps and span.source is flow.source else {}
    close = None if helps else nearest(step, [*flow.steps, *words])
    also = (Label(draft.places[close], "did you mean this step?"),) if close and close in draft.places else ()
    label = f"did you mean `{close}`?" if close and not also else "no such step"
    shown = [*list(flow.steps)[:_SHOWN], *(["…"] if len(flow.steps) > _SHOWN else [])]
    here = span.source is flow.source
    title = f"there is no step named `{step}`" if here else f"the flow `{flow.name}` has no step named `{step}`"
    notes = (several("steps of this flow" if here else f"steps of `{flow.name}`", shown),)
    report.error("F201", title, span, label=label, also=also, notes=notes, helps=helps)


def _edges(drafts: Mapping[str, Draft]) -> dict[str, set[str]]:
    return {
        name: {t.flow for t in draft.targets if isinstance(t, ToStep) and t.flow in drafts}
        for name, draft in drafts.items()
    }


def _joined(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """For each flow those a call may have come from or go to: their variables may be known in it."""
    groups = {name: {name} for name in edges}
    for name, others in edges.items():
        for other in others:
            if groups[name] is not groups[other]:
                groups[name] |= groups[other]
                for member in groups[other]:
                    groups[member] = groups[name]
    return groups


def _keeping(drafts: Mapping[str, Draft], edges: Mapping[str, set[str]]) -> set[str]:
    """The flows whose calls need a session, and those that lead to such a flow.

    They have variables or `back`, or a callback of theirs speaks of the call: what it does not carry itself is remembered.
    """
    keeping = {
        name
        for name, draft in drafts.items()
        if draft.names
        or any(isinstance(t, ToWord) and t.word == "back" for t in draft.targets)
        or any(thing.names - set(NAMES) for thing in draft.used)
        or (_has_callback(draft) and any("call" in thing.names for thing in draft.used))
    }
    while grown := {name for name, others in edges.items() if others & keeping} - keeping:
        keeping |= grown
    return keeping


def _has_callback(draft: Draft) -> bool:
    verbs = (one for step in draft.flow.steps.values() for one in walk(step) if isinstance(one, Verb))
    targets = (pair for verb in verbs for pair in page_targets(verb.piece))
    return any(role == "callback" and isinstance(target, ToStep) for role, target in targets)
