"""Findings as the page shows them: a sentence, the lines around it with what is wrong marked, what to write instead."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final

from engine.diagnostics import Diagnostic
from engine.diagnostics.excerpt import printable
from engine.diagnostics.source import Source, Span
from engine.document.folder import FUNCTIONS, is_flow
from engine.page.steps import step_at

MOST: Final = 200  # findings that are sent to the page; the counts of a flow include all
WIDE: Final = 160  # characters of a line that are shown
AROUND: Final = 1  # lines above and below

_TICKED: Final = re.compile(r"`[^`\n]+`")


def problem(found: Diagnostic) -> Mapping[str, Any]:
    """A finding as it is sent to the page; columns count characters."""
    source = found.span.source
    file = PurePath(source.path).name
    line, column = source.position(found.span.start) if source.text else (1, 1)
    flow = PurePath(file).stem if is_flow(file) else ""
    help_, fix = _help(found)
    return {
        "severity": found.severity.value,
        "code": found.code,
        "title": _sentence(found.title),
        "path": str(Path(source.path).absolute()),
        "file": file,
        "line": line,
        "column": column,
        "label": printable(found.label),
        "frame": frame(found.span),
        "also": [_place(label.span, label.text) for label in found.also[:10]],
        "help": help_,
        "notes": [_sentence(" ".join(note.split())) for note in found.notes[:4]],
        "fix": fix,
        "flow": flow,
        "step": step_at(source, line) if flow else "",
    }


def broken_functions(sentence: str, source: Source | None) -> Mapping[str, Any]:
    """The problem that the project's own functions cannot be imported; `sentence` says where and why."""
    told = re.match(r"(?P<path>.*?functions\.py)(:(?P<line>\d+))?(:\d+)?:? (?P<why>.*)", sentence, re.DOTALL)
    line = int(told["line"] or 1) if told else 1
    at = source.start_of(line) if source is not None else 0
    text = source.line(line) if source is not None else ""
    indent = len(text) - len(text.lstrip())
    span = Span(source, at + indent, at + len(text)) if source is not None and text.strip() else None
    return {
        "severity": "error",
        "code": "",
        "title": _sentence(told["why"] if told else sentence),
        "path": str(Path(source.path).absolute()) if source is not None else FUNCTIONS,
        "file": FUNCTIONS,
        "line": line,
        "column": indent + 1,
        "label": "",
        "frame": frame(span) if span is not None else [],
        "also": [],
        "help": "Until this is fixed, calls use the functions as they were before; a new function cannot be called.",
        "notes": [],
        "fix": "",
        "flow": "",
        "step": "",
    }


def _place(span: Span, text: str) -> Mapping[str, Any]:
    line, column = span.source.position(span.start) if span.source.text else (1, 1)
    return {
        "path": str(Path(span.source.path).absolute()),
        "file": PurePath(span.source.path).name,
        "line": line,
        "column": column,
        "text": printable(text),
    }


def frame(span: Span) -> list[Mapping[str, Any]]:
    """The first line of a place and those around it; of its own line `from` and `to` tell what is marked."""
    source = span.source
    if not source.text:
        return []
    line, column = source.position(span.start)
    last = source.last_line
    shown: list[Mapping[str, Any]] = []
    for number in range(max(1, line - AROUND), min(last, line + AROUND) + 1):
        text = source.line(number)
        if number != line:
            if text.strip() or number < line:
                shown.append({"line": number, "text": _shown(text[:WIDE]), "from": 0, "to": 0})
            continue
        start = column - 1
        end = min(max(start + span.end - span.start, start + 1), max(len(text), start + 1))
        skip = max(0, start - WIDE // 2) if end > WIDE else 0
        cut = text[skip : skip + WIDE]
        before, within = _shown(cut[: start - skip]), _shown(cut[start - skip : end - skip])
        mark = "…" if skip else ""
        whole = mark + before + within + _shown(cut[end - skip :]).rstrip()
        at = len(mark) + len(before)
        shown.append({"line": number, "text": whole, "from": at, "to": at + max(1, len(within))})
    return shown


def _shown(text: str) -> str:
    return printable(text.replace("\t", "    "))


def _sentence(title: str) -> str:
    text = printable(title).strip()
    text = text[:1].upper() + text[1:] if not text.startswith("`") else text
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _help(found: Diagnostic) -> tuple[str, str]:
    """What to do in words, and what to copy: that stands behind two spaces, or in lines of its own."""
    words, fix = [], ""
    for text in found.helps:
        if "\n" in text:
            head, _, paste = text.partition("\n")
            words.append(
                f"{printable(head.strip())} these lines" if head.strip() in ("write", "Write") else printable(head)
            )
        else:
            head, _, rest = text.partition("  ")
            paste, _, tail = rest.partition("  ")
            parts = (head.strip(), f"`{paste}`" if paste else "", tail.strip())
            words.append(printable(" ".join(part for part in parts if part)))
        fix = fix or paste.strip("\n")
    for label in found.also:
        if label.text.startswith("did you mean"):
            line, _ = label.span.source.position(label.span.start)
            words.insert(0, f"did you mean `{printable(label.span.text[:80])}`, line {line}?")
            fix = fix or label.span.text
    if not words and found.label.startswith("did you mean"):
        words.append(printable(found.label))
        named = _TICKED.search(found.label)
        fix = fix or (named[0].strip("`") if named else "")
    return " ".join(_sentence(each) for each in words), fix
