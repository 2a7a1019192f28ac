"""Doubts about a project that loads: what no caller can reach, and what a caller may trip over."""

from engine.diagnostics.report import Report
from engine.model.parts import Project


def lint(project: Project, report: Report, ignored: frozenset[str] = frozenset()) -> None:
    """Adds warnings and hints to the report."""
