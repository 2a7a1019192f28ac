"""Reads the catalogues of a project, and checks that each is of a language that flows speak."""

from collections.abc import Callable, Iterable
from pathlib import PurePath

from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.diagnostics.suggest import nearest
from engine.document.catalogue import Catalogue, read_catalogue
from engine.model.files.flows import Draft
from engine.model.reading.reader import several


def read_catalogues(
    sources: Iterable[Source], report: Report, read: Callable[[Source, Report], Catalogue | None] = read_catalogue
) -> dict[str, Catalogue]:
    """The catalogues that can be read, by language in small letters; `read` reads one."""
    catalogues: dict[str, Catalogue] = {}
    for source in sources:
        catalogue = read(source, report)
        if catalogue is not None and catalogue.language in catalogues:
            names = [PurePath(one.path).name for one in (catalogues[catalogue.language].source, source)]
            title = f"`{names[0]}` and `{names[1]}` are catalogues of one language"
            report.error("F131", title, Span(source, 0, 0), label="the file's name", helps=("keep one of them",))
        elif catalogue is not None:
            catalogues[catalogue.language] = catalogue
    return catalogues


def check_catalogues(catalogues: Iterable[Catalogue], drafts: Iterable[Draft], report: Report) -> None:
    """Reports a catalogue whose name is that of no language of any flow."""
    known = list(dict.fromkeys(name for draft in drafts for name in draft.flow.languages))
    for catalogue in catalogues:
        if catalogue.language in map(str.lower, known):
            continue
        file = PurePath(catalogue.source.path).name
        close = nearest(catalogue.language, known)
        label = f"did you mean `_{close}.po`?" if close else "the file's name"
        helps = (several("languages of these flows", known),)
        if not known:
            helps = ("at the top of a flow, or in _project.yaml, stands\nlanguages: {en: {…}, es: {…}}",)
        title = f"no flow speaks the language of `{file}`"
        report.error("F131", title, Span(catalogue.source, 0, 0), label=label, helps=helps)
