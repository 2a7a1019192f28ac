"""Loads a folder of flows again and again: what did not change is neither read nor linked anew."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from engine.diagnostics.report import Report
from engine.document.rereading import Reading, reread_folder
from engine.document.snapshot import Snapshot
from engine.model.flow import Flow
from engine.program.last_good import HeldBack
from engine.program.workspace import Loaded, Workspace
from engine.server import garbage
from engine.server.settings import Settings


class FolderLoader:
    """The programs of a folder, one after another; to be used by one thread at a time.

    `strict` is for those who serve callers: any error of any file leaves no program, and what the settings lack counts as in
    `Settings.unsent`. `good` are the texts of the version in service, if it was loaded otherwise.
    """

    def __init__(
        self, folder: Path, settings: Settings, *, strict: bool, good: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._folder, self._settings, self._strict = folder, settings, strict
        self._workspace = self._begun(good)
        self.reading: Reading | None = None  # that was loaded last
        self.loaded: Loaded | None = None  # what came of it

    def _begun(self, good: Mapping[str, str]) -> Workspace:
        settings = self._settings
        unsent = settings.unsent(strict=self._strict)
        return Workspace(settings.env, allowed=settings.allows, signs=bool(settings.tokens), unsent=unsent, good=good)

    @property
    def held(self) -> tuple[HeldBack, ...]:
        """The files that are not live as they are saved."""
        return self.loaded.held if self.loaded is not None else ()

    @property
    def flows(self) -> Mapping[str, Flow]:
        """The flows as they are saved, as far as they could be read."""
        return self._workspace.flows

    def read(self, believed: Snapshot | None = None) -> Reading:
        """The folder as it is now, as in `reread_folder`; it is not loaded yet."""
        return reread_folder(self._folder, self.reading, believed)

    def load(self, reading: Reading) -> Loaded:
        """The program of the folder, as in `Workspace.update`; its doubts are told by `doubts`."""
        self.reading = reading
        with garbage.uncollected():
            self.loaded = self._workspace.update(reading.folder, reading.report, whole=self._strict)
        return self.loaded

    def recover(self, good: Mapping[str, str]) -> Loaded:
        """What was loaded last, where `good` are the texts of a version that was good: they stand in for files with errors."""
        assert self.reading is not None, "nothing was loaded yet"
        self._workspace = self._begun(good)
        return self.load(self.reading)

    def doubts(self) -> Report:
        """All findings of what was loaded last."""
        with garbage.uncollected():
            return self._workspace.doubts()

    def load_whole(self) -> Loaded:
        """The program of the folder as it is now, with all findings."""
        loaded = self.load(self.read())
        return replace(loaded, report=self.doubts())
