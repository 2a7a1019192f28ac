"""`touchtone translations`: catalogues of translations, made of the texts of flows and kept up with them."""

from pathlib import Path

import click

from engine.commands.common import FOLDER


@click.group()
def translations() -> None:
    """Catalogues of translations beside the flows.

    Flows are written in one language; the catalogue `_es.po` has what they say in Spanish. Poedit, Weblate and every
    other editor of PO files can work on it. A text that stands in a flow by language needs no catalogue.

    \b
    touchtone translations extract
    touchtone translations update
    touchtone translations check
    """


@translations.command()
@click.argument("flows", type=FOLDER, default=Path("flows"))
def extract(flows: Path) -> None:
    """Writes a catalogue for each language of FLOWS that has none.

    It holds every text of the flows, to be translated.

    \b
    touchtone translations extract
    touchtone translations extract examples
    """
    from engine.commands.catalogues import count, load, merged, texts_of
    from engine.document.catalogue import language_of

    folder, project = load(flows)
    kept = {language_of(source.path): source for source in folder.catalogues}
    for texts in texts_of(project):
        there = kept.get(texts.language.lower())
        if there is not None:
            click.echo(f"{there.path}: is there already; it is kept up by  touchtone translations update")
        elif texts.places:
            path = flows / f"_{texts.language}.po"
            _write(path, merged(None, texts))
            click.echo(f"{path}: {count(len(texts.places), 'text')} to translate")
        else:
            click.echo(f"{texts.language}: the flows say everything themselves")


@translations.command()
@click.argument("flows", type=FOLDER, default=Path("flows"))
def update(flows: Path) -> None:
    """Brings the catalogues of FLOWS up to the texts of the flows.

    New texts are added. A text that was changed keeps its translation, marked as fuzzy: it is not spoken until somebody has
    looked at it and taken the mark away. What no flow says any more is kept at the end. Comments stay.

    \b
    touchtone translations update
    """
    from engine.commands.catalogues import load, merged, summary, texts_of
    from engine.diagnostics import Report, Source
    from engine.document.catalogue import language_of, read_catalogue

    folder, project = load(flows)
    kept = {language_of(source.path): source for source in folder.catalogues}
    for texts in texts_of(project):
        source = kept.get(texts.language.lower())
        if source is None:
            if texts.places:
                click.echo(f"{texts.language}: has no catalogue; one is written by  touchtone translations extract")
            continue
        text = merged(source, texts)
        if text == source.text:
            click.echo(f"{source.path}: nothing is new")
            continue
        _write(Path(source.path), text)
        found = read_catalogue(Source(source.path, text), Report())
        click.echo(f"{source.path}: {summary(found, texts)}")


@translations.command()
@click.argument("flows", type=FOLDER, default=Path("flows"))
def check(flows: Path) -> None:
    """Lists what the catalogues of FLOWS lack, and what they need not.

    Translations that nobody has looked at are listed, too.

    The exit status is 0 when there is nothing to say, 1 otherwise.

    \b
    touchtone translations check
    """
    from engine.commands.catalogues import lacks, load, summary, texts_of
    from engine.diagnostics import Report
    from engine.document.catalogue import read_catalogue

    folder, project = load(flows)
    report = Report()
    catalogues = [found for source in folder.catalogues if (found := read_catalogue(source, report))]
    kept = {catalogue.language: catalogue for catalogue in catalogues}
    fine = True
    for texts in texts_of(project):
        catalogue = kept.get(texts.language.lower())
        for span, said in lacks(catalogue, texts):
            click.echo(f"{span.location}: {said}")
            fine = False
        click.echo(f"{texts.language}: {summary(catalogue, texts)}")
    if not fine:
        raise click.exceptions.Exit(1)


def _write(path: Path, text: str) -> None:
    # An editor may have the file open: it finds the old one or the new one.
    fresh = path.with_suffix(".po.tmp")
    fresh.write_text(text, encoding="utf-8", newline="\n")
    fresh.replace(path)
