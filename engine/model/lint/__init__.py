"""Doubts about a project that loads: what no caller can reach, and what a caller may trip over."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.diagnostics.diagnostic import Diagnostic
from engine.diagnostics.report import Report
from engine.diagnostics.source import Span
from engine.model.flow import Flow, Project
from engine.model.graph import Way
from engine.model.lint.reach import Reach, reach
from engine.model.lint.rules import RULES
from engine.model.lint.silence import silenced
from engine.model.lint.survey import Finding, Pages, Rule, Survey, Use
from engine.model.recent import Recent

__all__ = ["RULES", "Doubts", "silenced"]


@dataclass(frozen=True, slots=True)
class Doubted:
    """What was found of a flow by the rules for one flow, and where its steps lead; `uses` are what else was looked at, as it was."""

    flow: Flow
    uses: Mapping[Use, object]
    findings: tuple[Diagnostic, ...]
    reach: Reach


class Doubts:
    """Looks for doubts about project after project; what was found of a flow holds until it changes, or what its rules looked at beside it."""

    __slots__ = ("_audio", "_flows")

    def __init__(self) -> None:
        self._audio: frozenset[str] | None = None
        self._flows: Recent[int, Doubted] = Recent()

    def find(
        self,
        project: Project,
        names: Mapping[str, Mapping[str, Span]],
        audio: frozenset[str] | None,
        report: Report,
    ) -> None:
        """Adds warnings and hints to the report, for a project without errors.

        `names` are where the names of steps stand, by flow; `audio` the recordings that there are, None if nobody knows.
        """
        if audio != self._audio:  # else the one of before, which is told by its identity
            self._audio = audio
        used = _used(project)
        whole: dict[str, Reach] = {}
        for name, flow in project.flows.items():
            survey = Survey(flow, project.flows, names, used, self._audio)
            known = self._flows.get(id(flow))
            if known is None or not survey.still_sees(known.uses):
                found = tuple(_told(rule, each) for rule in RULES if not rule.across for each in rule.find(survey))
                known = self._flows.put(id(flow), Doubted(flow, survey.uses, found, reach(survey)))
            report.extend(known.findings)
            whole[name] = known.reach
        for rule in RULES:
            if rule.across:
                report.extend(_told(rule, each) for each in rule.find(whole))
        self._flows.forget()


def _told(rule: Rule, found: Finding) -> Diagnostic:
    return Diagnostic(
        rule.severity, rule.code, found.title, found.span, found.label, found.also, found.notes, found.helps
    )


def _used(project: Project) -> Pages:
    used: dict[str, set[tuple[Way, str]]] = {}
    for flow in project.flows.values():
        for page in flow.graph.pages:
            if page.aim:
                aim = project.flows[page.aim[0]]
                used.setdefault(aim.name, set()).add((page.role, page.aim[1] or aim.start))
    return {name: frozenset(steps) for name, steps in used.items()}
