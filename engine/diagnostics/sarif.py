"""Findings as SARIF, which code scanners read."""

import json
from collections.abc import Iterable
from urllib.parse import quote

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.diagnostics.pages import page
from engine.diagnostics.source import Span

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}


def render_sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """One SARIF run (OASIS, SARIF 2.1.0) with a rule for each code that was found."""
    findings = list(diagnostics)
    codes = sorted({found.code for found in findings})
    run = {
        "tool": {"driver": {"name": "touchtone", "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, codes.index(found.code)) for found in findings],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(code: str) -> dict[str, object]:
    text = page(code)
    if text is None:
        return {"id": code}
    title = text.partition("\n")[0].partition(": ")[2]
    return {"id": code, "shortDescription": {"text": title}, "help": {"text": text, "markdown": text}}


def _result(found: Diagnostic, rule: int) -> dict[str, object]:
    helps = [f"help: {text}" for text in found.helps] + [f"note: {text}" for text in found.notes]
    return {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": _LEVEL[found.severity],
        "message": {"text": "\n".join([found.title, *helps])},
        "locations": [_location(found.span)],
        "relatedLocations": [{**_location(label.span), "message": {"text": label.text}} for label in found.also],
    }


def _location(span: Span) -> dict[str, object]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(span.source.path, errors="surrogateescape")},
            "region": region,
        }
    }
