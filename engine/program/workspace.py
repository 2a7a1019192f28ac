"""A folder of flows that changes: each update reads, links and doubts only what is new since the one before."""

import gc
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.diagnostics.diagnostic import Severity
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source
from engine.document.folder import Folder
from engine.grammar.hosts import Allows, never
from engine.model.build import Builder, Built
from engine.program.program import Program


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of reading a folder: the program if it can be served, and all findings."""

    program: Program | None
    report: Report


def sources_of(folder: Folder) -> dict[str, str]:
    """The texts of a version by the names of their files."""
    project = [folder.project] if folder.project else []
    return {_name(source): source.text for source in (*folder.flows, *folder.catalogues, *project)}


def _name(source: Source) -> str:
    return source.path.rpartition(os.sep)[2]


class Workspace:
    """Makes programs of a folder as its files change. To be used by one thread at a time.

    `env`, `allowed`, `signs` and `unsent` as in `Builder`; they stay the same.
    """

    __slots__ = ("_builder", "_built", "_env", "_texts")

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        *,
        allowed: Allows = never,
        signs: bool = True,
        unsent: Severity | None = None,
    ) -> None:
        self._env = env or {}
        self._builder = Builder(self._env, allowed, signs, unsent)
        self._texts: dict[str, Source] = {}
        self._built: Built | None = None

    def update(self, folder: Folder, report: Report) -> Loaded:
        """The program of a folder as it was read, of which `report` holds what was found; no program if there are errors.

        Doubts are not looked for yet: they need not hold up whoever waits for the program. `doubts` tells them.
        """
        # Reading makes many small objects that all stay: collecting while they come costs a third of the time.
        collecting = gc.isenabled()
        gc.disable()
        try:
            built = self._built = self._builder.build(self._same(folder), report)
            program = None if built.errors else Program(built.project, sources_of(built.folder), self._env)
            self._builder.forget()
            return Loaded(program, self._builder.errors(built))
        finally:
            if collecting:
                gc.enable()

    def doubts(self) -> Report:
        """All findings of the folder as it was at the last update: errors, or else what may be doubted."""
        return self._builder.findings(self._built) if self._built is not None else Report()

    def _same(self, folder: Folder) -> Folder:
        """The folder with the sources of before for texts that did not change, by which they are known."""
        before, self._texts = self._texts, {}
        functions, project = folder.functions, folder.project
        return replace(
            folder,
            flows=self._known(before, folder.flows),
            catalogues=self._known(before, folder.catalogues),
            project=project and self._known(before, [project])[0],
            functions=functions and self._known(before, [functions])[0],
        )

    def _known(self, before: Mapping[str, Source], sources: Iterable[Source]) -> tuple[Source, ...]:
        same = [
            known if (known := before.get(source.path)) is not None and known.text == source.text else source
            for source in sources
        ]
        self._texts.update((source.path, source) for source in same)
        return tuple(same)
