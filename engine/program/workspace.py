"""A folder of flows that changes: each update reads, links and doubts only what is new since the one before."""

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from engine.diagnostics.diagnostic import Severity
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source
from engine.document.folder import Folder, is_flow
from engine.grammar.hosts import Allows, never
from engine.model.build import Builder, Built
from engine.model.flow import Flow
from engine.model.prompts import recordings_of
from engine.program.last_good import Files, HeldBack, settle
from engine.program.program import Program


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of reading a folder: the program if one can be served, and what was found in the files as they are saved.

    `held` are the files that are not live as they are saved; `live` is the folder as it is served, with their last good texts.
    """

    program: Program | None
    report: Report
    held: tuple[HeldBack, ...] = ()
    live: Folder | None = None


def sources_of(folder: Folder) -> dict[str, str]:
    """The texts of a version by the names of their files."""
    return {name: source.text for name, source in folder.files.items()}


class Workspace:
    """Makes programs of a folder as its files change. To be used by one thread at a time.

    `env`, `allowed`, `signs` and `unsent` as in `Builder`; they stay the same. `good` are the texts of a version that was good, by the
    names of its files: they stand in for files with errors from the first update on.
    """

    __slots__ = ("_builder", "_built", "_env", "_good", "_kept", "_lacked", "_program", "_served", "_texts")

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        *,
        allowed: Allows = never,
        signs: bool = True,
        unsent: Severity | None = None,
        good: Mapping[str, str] | None = None,
    ) -> None:
        self._env = env or {}
        self._builder = Builder(self._env, allowed, signs, unsent)
        self._texts: dict[str, Source] = {}
        self._built: Built | None = None
        self._kept = good or {}
        self._good: Files = {}
        self._lacked: Files = {}  # that had a name beside the good ones, and no text that was ever good
        self._served: Files = {}
        self._program: Program | None = None

    def update(self, folder: Folder, report: Report, *, whole: bool = False) -> Loaded:
        """The program of a folder as it was read, of which `report` holds what was found.

        A file with errors is held back, and so is what does not fit those that are live: the last good texts stay, or there is only
        the name of a flow that was never good. With `whole` there is no program as long as there is any error.

        Doubts are not looked for yet: they need not hold up whoever waits for the program. `doubts` tells them.
        """
        # Reading makes many small objects that all stay: collecting while they come costs a third of the time.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return self._update(self._same(folder), report, whole)
        finally:
            self._builder.forget()
            if collecting:
                gc.enable()

    def _update(self, folder: Folder, report: Report, whole: bool) -> Loaded:
        built = self._built = self._builder.build(folder, report)
        told = self._builder.errors(built)
        if not built.errors:
            self._good, self._lacked = folder.files, {}
            return Loaded(self._program_of(built, {}), told, live=folder)
        if whole or any(PurePath(path) == folder.path for path in report.wrong()):  # nobody knows what the folder holds
            return Loaded(None, told)
        saved = folder.files
        unread = {PurePath(path).name: source for path, source in report.wrong().items()}
        unread = {name: source for name, source in unread.items() if name not in saved}

        def build(files: Files, absent: Files) -> Built:
            return self._builder.build(folder.with_files(files), Report(), absent)

        settled = settle(saved, unread, self._good, self._lacked, built, build)
        if settled is None:
            return Loaded(None, told)
        self._good, self._lacked = settled.files, settled.absent
        program = self._program_of(settled.built, settled.absent)
        return Loaded(program, told, settled.held, settled.built.folder)

    def _program_of(self, built: Built, absent: Files) -> Program:
        """The program of what is live; the one of before, if nothing changed."""
        files = built.folder.files
        before = self._program
        missing = {PurePath(name).stem: source.path for name, source in absent.items() if is_flow(name)}
        audio = recordings_of(built.folder.audio)
        if before is None or files != self._served or before.absent != missing or before.recordings != audio:
            made = Program(
                built.project, sources_of(built.folder), self._env, absent=missing, before=before, recordings=audio
            )
            self._program, self._served = made, files
        assert self._program is not None, "it was made just now, or before"
        return self._program

    @property
    def flows(self) -> Mapping[str, Flow]:
        """The flows as they are saved, those with mistakes too, as far as they could be read."""
        return self._built.project.flows if self._built is not None else {}

    def doubts(self) -> Report:
        """All findings of the folder as it was at the last update: errors, or else what may be doubted."""
        return self._builder.findings(self._built) if self._built is not None else Report()

    def _same(self, folder: Folder) -> Folder:
        """The folder with the sources of before for texts that did not change, by which they are known."""
        if self._kept:
            self._good = {name: Source(str(folder.path / name), text) for name, text in self._kept.items()}
            self._kept = {}
        before, self._texts = self._texts, folder.files
        for name, source in self._texts.items():
            for known in (self._good.get(name), before.get(name)):
                if known is not None and known.path == source.path and known.text == source.text:
                    self._texts[name] = known
                    break
        return folder.with_files(self._texts)
