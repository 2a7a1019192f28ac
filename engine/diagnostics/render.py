"""Findings in every form that is asked for by name."""

import json
from collections.abc import Callable, Iterable, Mapping

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.diagnostics.excerpt import printable
from engine.diagnostics.sarif import render_sarif
from engine.diagnostics.source import Span
from engine.diagnostics.text import render_text


def render_line(diagnostics: Iterable[Diagnostic]) -> str:
    """`path:line:column: error[F102]: title (hint)`, one line each."""
    return "\n".join(_line(found) for found in diagnostics)


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """A JSON list with an object for each finding; lines and columns count from 1, `end_column` is behind the last."""
    return json.dumps([_object(found) for found in diagnostics], indent=2, ensure_ascii=False)


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Commands that GitHub shows beside the changed line (GitHub Docs, "Workflow commands for GitHub Actions")."""
    return "\n".join(_command(found) for found in diagnostics)


FORMATS: Mapping[str, Callable[[Iterable[Diagnostic]], str]] = {
    "text": render_text,
    "line": render_line,
    "json": render_json,
    "github": render_github,
    "sarif": render_sarif,
}


def _line(found: Diagnostic) -> str:
    hint = f" ({found.hint})" if found.hint else ""
    return printable(f"{found.span.location}: {found.severity}[{found.code}]: {found.title}{hint}")


def _place(span: Span) -> dict[str, object]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {"path": span.source.path, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def _object(found: Diagnostic) -> dict[str, object]:
    return {
        "severity": found.severity.value,
        "code": found.code,
        "title": found.title,
        **_place(found.span),
        "label": found.label,
        "also": [{**_place(label.span), "text": label.text} for label in found.also],
        "notes": list(found.notes),
        "helps": list(found.helps),
    }


_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}


def _command(found: Diagnostic) -> str:
    line, column = found.span.source.position(found.span.start)
    end_line, end_column = found.span.source.position(found.span.end)
    # A range over several lines may not have columns; the first line is what matters.
    end = f",endColumn={end_column}" if end_line == line and end_column > column else ""
    message = "\n".join(
        [found.title, *(f"help: {text}" for text in found.helps), *(f"note: {text}" for text in found.notes)]
    )
    path = _escaped(found.span.source.path).replace(":", "%3A").replace(",", "%2C")
    place = f"file={path},line={line},col={column}{end},title={found.code}"
    return f"::{_COMMAND[found.severity]} {place}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
