"""What is wrong, and where: sources, places, findings, and the forms in which they are shown."""

from engine.diagnostics.diagnostic import Diagnostic, Label, Severity
from engine.diagnostics.pages import codes, page, shown
from engine.diagnostics.render import FORMATS, render_github, render_json, render_line
from engine.diagnostics.report import Report
from engine.diagnostics.sarif import render_sarif
from engine.diagnostics.source import Source, Span
from engine.diagnostics.suggest import nearest
from engine.diagnostics.text import render_text, summary

__all__ = [
    "FORMATS",
    "Diagnostic",
    "Label",
    "Report",
    "Severity",
    "Source",
    "Span",
    "codes",
    "nearest",
    "page",
    "render_github",
    "render_json",
    "render_line",
    "render_sarif",
    "render_text",
    "shown",
    "summary",
]
