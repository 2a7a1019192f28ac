"""Every mistake an author can make is told once, at its place, in words to act on; nothing else is told with it.

The cases stand in `mistakes/*.txt`. A case is a title, YAML, and what is found: `line:column code title (label)`, then the
helps and notes. YAML that begins with `-` is a step `menu`; `=== name.yaml` begins another file of the folder. With
TOUCHTONE_UPDATE=1 in the environment the findings are written anew before they are compared.
"""

import os
import re
from pathlib import Path

import pytest

from engine.diagnostics import Diagnostic, Report, Source, render_text
from engine.document.folder import Folder
from engine.model.build import build

FILES = sorted(Path(__file__).parent.glob("mistakes/*.txt"))
CASE = re.compile(r"^## (?P<title>.*)\n(?P<text>(?:.*\n)*?)---\n(?P<found>(?:(?!## ).*\n)*)", re.MULTILINE)


def check(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a case."""
    first, *others = re.split(r"^=== (.*)\n", text, flags=re.MULTILINE)
    if first.startswith("-"):
        first = "steps:\n  menu:\n" + re.sub("^(?=.)", "    ", first, flags=re.MULTILINE)
    files = {"example.yaml": first, **dict(zip(others[::2], others[1::2], strict=True))}
    sources = {name: Source(name, content) for name, content in files.items()}
    project, functions = sources.pop("_project.yaml", None), sources.pop("functions.py", None)
    catalogues = tuple(sources.pop(name) for name in list(sources) if name.endswith(".po"))
    report = Report()
    build(Folder(Path(), tuple(sources.values()), project, functions=functions, catalogues=catalogues), report)
    return report.diagnostics


def told(diagnostics: tuple[Diagnostic, ...]) -> str:
    """The findings in the form of the files."""
    lines = []
    for found in diagnostics:
        line, column = found.span.source.position(found.span.start)
        path = "" if found.span.source.path == "example.yaml" else f"{found.span.source.path}:"
        severity = "" if found.severity == "error" else f"{found.severity} "
        label = f" ({found.label})" if found.label else ""
        lines.append(f"{path}{line}:{column} {severity}{found.code} {found.title}{label}")
        lines += [f"  - {place.span.location} {place.text}" for place in found.also]
        lines += [f"  = help: {text}" for text in found.helps] + [f"  = note: {text}" for text in found.notes]
    return "".join(line.replace("\n", " / ") + "\n" for line in lines)


def renewed(text: str) -> str:
    """A file of cases with what is found now."""

    def case(found: re.Match[str]) -> str:
        return f"## {found['title']}\n{found['text']}---\n{told(check(found['text']))}\n"

    return CASE.sub(case, text).rstrip() + "\n"


if "TOUCHTONE_UPDATE" in os.environ:
    for file in FILES:
        file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")

CASES = [
    pytest.param(found["text"], found["found"].rstrip("\n"), id=f"{file.stem}: {found['title']}")
    for file in FILES
    for found in CASE.finditer(file.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("text", "found"), CASES)
def test_mistake_is_told_in_these_words(text: str, found: str) -> None:
    assert told(check(text)).rstrip("\n") == found


@pytest.mark.parametrize(("text", "found"), CASES)
def test_it_fits_a_terminal_of_80_columns(text: str, found: str) -> None:
    assert [line for line in render_text(check(text)).split("\n") if len(line) > 80] == []


@pytest.mark.parametrize(("text", "found"), CASES)
def test_message_fits_a_terminal_and_the_manner_of_messages(text: str, found: str) -> None:
    """A title stands alone: no capital, no full stop, one line; a label has at most six words."""
    for diagnostic in check(text):
        title = diagnostic.title
        assert len(title) <= 100, title
        assert "\n" not in title
        assert not title.endswith(".")
        assert title[0] == "`" or title[0].islower() or title.startswith(("Twilio", "YAML")), title
        assert len(diagnostic.label.split()) <= 6, diagnostic.label
        assert not re.search(r"\b(please|invalid|illegal|oops)\b|!$", title, re.IGNORECASE), title
        if diagnostic.code[:2] in ("F1", "F2"):
            helps = [line for text in (*diagnostic.helps, *diagnostic.notes) for line in text.split("\n")]
            assert all(len(line) <= 76 for line in helps), helps


def test_every_file_holds_nothing_but_cases() -> None:
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert len(CASE.findall(text)) == len(re.findall("^## ", text, re.MULTILINE)), file.name
