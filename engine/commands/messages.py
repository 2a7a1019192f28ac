"""`touchtone messages`: catalogues of translations, made of the texts of flows and kept up with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

import click

from engine.commands.common import FOLDER, Failure, settings, show
from engine.diagnostics import Report, Source, Span
from engine.document.catalogue import BABEL, Catalogue, key_of, language_of, read_catalogue
from engine.document.folder import Folder, read_folder
from engine.model.build import build
from engine.model.languages.spoken import default_of, is_worded
from engine.model.parts import Project
from engine.model.reading.reader import shortened

_SHOWN = 60  # characters of a text in a line


@dataclass(frozen=True, slots=True)
class Texts:
    """What flows are to say in a language and have no words for in their own files, by the key of each text, in file order."""

    language: str
    places: dict[str, list[Span]]


@click.group()
def messages() -> None:
    """Catalogues of translations: one for each language, beside the flows.

    Flows are written in one language; the catalogue `_es.po` has what they say in Spanish. Poedit, Weblate and every
    other editor of PO files can work on it. A text that stands in a flow by language needs no catalogue.

    \b
    touchtone messages extract
    touchtone messages update
    touchtone messages check
    """


@messages.command()
@click.argument("flows", type=FOLDER, default=Path("flows"))
def extract(flows: Path) -> None:
    """Writes a catalogue for each language of FLOWS that has none, with every text of the flows.

    \b
    touchtone messages extract
    touchtone messages extract examples
    """
    folder, project = _load(flows)
    kept = {language_of(source.path): source for source in folder.catalogues}
    for texts in _texts(project):
        there = kept.get(texts.language.lower())
        if there is not None:
            click.echo(f"{there.path}: is there already; it is kept up by  touchtone messages update")
        elif texts.places:
            path = flows / f"_{texts.language}.po"
            _write(path, _merged(None, texts))
            click.echo(f"{path}: {_count(len(texts.places), 'text')} to translate")
        else:
            click.echo(f"{texts.language}: the flows say everything themselves")


@messages.command()
@click.argument("flows", type=FOLDER, default=Path("flows"))
def update(flows: Path) -> None:
    """Brings the catalogues of FLOWS up to the texts of the flows.

    New texts are added. A text that was changed keeps its translation, marked as fuzzy: it is not spoken until somebody has
    looked at it and taken the mark away. What no flow says any more is kept at the end. Comments stay.

    \b
    touchtone messages update
    """
    folder, project = _load(flows)
    kept = {language_of(source.path): source for source in folder.catalogues}
    for texts in _texts(project):
        source = kept.get(texts.language.lower())
        if source is None:
            if texts.places:
                click.echo(f"{texts.language}: has no catalogue; one is written by  touchtone messages extract")
            continue
        text = _merged(source, texts)
        if text == source.text:
            click.echo(f"{source.path}: nothing is new")
            continue
        _write(Path(source.path), text)
        found = read_catalogue(Source(source.path, text), Report())
        click.echo(f"{source.path}: {_summary(found, texts)}")


@messages.command()
@click.argument("flows", type=FOLDER, default=Path("flows"))
def check(flows: Path) -> None:
    """Lists what the catalogues of FLOWS lack, what nobody has looked at, and what no flow says.

    The exit status is 0 when there is nothing to say, 1 otherwise.

    \b
    touchtone messages check
    """
    folder, project = _load(flows)
    report = Report()
    catalogues = [found for source in folder.catalogues if (found := read_catalogue(source, report))]
    kept = {catalogue.language: catalogue for catalogue in catalogues}
    fine = True
    for texts in _texts(project):
        catalogue = kept.get(texts.language.lower())
        for span, said in _lacks(catalogue, texts):
            click.echo(f"{span.location}: {said}")
            fine = False
        click.echo(f"{texts.language}: {_summary(catalogue, texts)}")
    if not fine:
        raise click.exceptions.Exit(1)


def _load(flows: Path) -> tuple[Folder, Project]:
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


def _texts(project: Project) -> Iterator[Texts]:
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


def _lacks(catalogue: Catalogue | None, texts: Texts) -> Iterator[tuple[Span, str]]:
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


def _summary(catalogue: Catalogue | None, texts: Texts) -> str:
    known = catalogue.translations if catalogue else {}
    wanted = [known.get(key) for key in texts.places]
    missing = sum(found is None or not found.said.text.strip() for found in wanted)
    fuzzy = sum(found is not None and found.fuzzy and bool(found.said.text.strip()) for found in wanted)
    unused = sum(key not in texts.places for key in known)
    named = ((missing, "missing"), (fuzzy, "fuzzy"), (unused, "unused"))
    told = [f"{number} {name}" for number, name in named if number]
    return ", ".join([_count(len(texts.places), "text"), *(told or ["all translated"])])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _merged(source: Source | None, texts: Texts) -> str:
    from engine.commands.merging import merged

    places = {
        key: [(PurePath(span.source.path).name, span.source.position(span.start)[0]) for span in spans]
        for key, spans in texts.places.items()
    }
    return merged(source, texts.language, places)


def _write(path: Path, text: str) -> None:
    # An editor may have the file open: it finds the old one or the new one.
    fresh = path.with_suffix(".po.tmp")
    fresh.write_text(text, encoding="utf-8", newline="\n")
    fresh.replace(path)
