"""What the catalogues of a folder of flows have, and what the flows say that they lack."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

import click

from engine.commands.common import Failure, settings, show
from engine.commands.merging import merged as merge
from engine.diagnostics import Report, Source, Span
from engine.document.catalogue import BABEL, Catalogue, key_of
from engine.document.folder import Folder, read_folder
from engine.model.build import build
from engine.model.flow import Project
from engine.model.reading.reader import shortened
from engine.model.spoken import default_of, is_worded

_SHOWN = 60  # characters of a text in a line


@dataclass(frozen=True, slots=True)
class Texts:
    """What flows are to say in a language and have no words for in their own files, by the key of each text, in file order."""

    language: str
    places: dict[str, list[Span]]


def load(flows: Path) -> tuple[Folder, Project]:
    """The folder and its flows; a mistake in them ends the command."""
    try:
        import babel  # noqa: F401
    except ModuleNotFoundError:
        raise Failure(f"catalogues are written with babel: {BABEL}") from None
    if not flows.is_dir():
        raise Failure(f"there is no folder {flows}")
    report = Report()
    folder = read_folder(flows, report)
    project = build(folder, report, settings().env)
    if report.errors:
        show(report.diagnostics, err=True)
        raise click.exceptions.Exit(1)
    if not any(len(flow.languages) > 1 for flow in project.flows.values()):
        raise Failure(f"no flow in {flows} speaks several languages; they stand under  languages: {{en: …, es: …}}")
    return folder, project


def texts_of(project: Project) -> Iterator[Texts]:
    """For each language but the default of a flow what its flows say, in the order of the files."""
    speaking = [flow for flow in project.flows.values() if len(flow.languages) > 1]
    for language in dict.fromkeys(name for flow in speaking for name in flow.languages):
        said = [
            one
            for flow in speaking
            if language in flow.languages and language != default_of(flow.languages)
            for one in flow.texts
            if one.words and is_worded(one.text) and language not in one.written
        ]
        places: dict[str, list[Span]] = {}
        for one in sorted(said, key=lambda one: (one.span.source.path, one.span.start)):
            spans = places.setdefault(key_of(one.text), [])
            if one.span not in spans:
                spans.append(one.span)
        if said or any(language != default_of(flow.languages) for flow in speaking if language in flow.languages):
            yield Texts(language, places)


def lacks(catalogue: Catalogue | None, texts: Texts) -> Iterator[tuple[Span, str]]:
    known = catalogue.translations if catalogue else {}
    for key, spans in texts.places.items():
        found = known.get(key)
        if found is None or not found.said.text.strip():
            yield spans[0], f"not in `{texts.language}`: {shortened(key, _SHOWN)}"
        elif found.fuzzy:
            yield found.span, f"fuzzy, nobody has looked at it: {shortened(key, _SHOWN)}"
    for key, found in known.items():
        if key not in texts.places:
            yield found.span, f"no flow says this: {shortened(key, _SHOWN)}"


def summary(catalogue: Catalogue | None, texts: Texts) -> str:
    known = catalogue.translations if catalogue else {}
    wanted = [known.get(key) for key in texts.places]
    missing = sum(found is None or not found.said.text.strip() for found in wanted)
    fuzzy = sum(found is not None and found.fuzzy and bool(found.said.text.strip()) for found in wanted)
    unused = sum(key not in texts.places for key in known)
    named = ((missing, "missing"), (fuzzy, "fuzzy"), (unused, "unused"))
    told = [f"{number} {name}" for number, name in named if number]
    return ", ".join([count(len(texts.places), "text"), *(told or ["all translated"])])


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def merged(source: Source | None, texts: Texts) -> str:
    places = {
        key: [(PurePath(span.source.path).name, span.source.position(span.start)[0]) for span in spans]
        for key, spans in texts.places.items()
    }
    return merge(source, texts.language, places)
