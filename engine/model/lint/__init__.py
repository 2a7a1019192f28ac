"""Doubts about a project that loads: what no caller can reach, and what a caller may trip over."""

from collections.abc import Mapping

from engine.diagnostics.diagnostic import Diagnostic
from engine.diagnostics.report import Report
from engine.model.lint.rules import RULES
from engine.model.lint.silence import silenced
from engine.model.lint.survey import Survey
from engine.model.parts import Project
from engine.model.reading.flows import Draft

__all__ = ["RULES", "lint", "silenced"]


def lint(project: Project, drafts: Mapping[str, Draft], report: Report, audio: frozenset[str] | None = None) -> None:
    """Adds warnings and hints to the report, for a project without errors.

    `drafts` know where the names of steps stand; `audio` are the recordings that there are, None if nobody knows.
    """
    survey = Survey(project, {name: draft.places for name, draft in drafts.items()}, audio)
    for rule in RULES:
        for found in rule.find(survey):
            report.add(
                Diagnostic(
                    rule.severity, rule.code, found.title, found.span, found.label, found.also, found.notes, found.helps
                )
            )
