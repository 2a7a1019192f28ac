"""Loads a folder of flows again and again: what did not change is neither read nor linked anew."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from engine.diagnostics.report import Report
from engine.document.rereading import Reading, reread_folder
from engine.document.snapshot import Snapshot
from engine.program.workspace import Loaded, Workspace
from engine.server import garbage
from engine.server.settings import Settings


class FolderLoader:
    """The programs of a folder, one after another; to be used by one thread at a time.

    `strict` is for those who serve callers: any error of any file leaves no program, and what the settings lack counts as in
    `Settings.unsent`. `good` are the texts of the version in service, if it was loaded otherwise.
    """

    def __init__(
        self, folder: Path, settings: Settings, *, strict: bool, good: Mapping[str, str] | None = None
    ) -> None:
        self._folder, self._strict = folder, strict
        self._workspace = Workspace(
            settings.env,
            allowed=settings.allows,
            signs=bool(settings.tokens),
            unsent=settings.unsent(strict=strict),
            good=good,
        )
        self.reading: Reading | None = None  # that was loaded last

    def read(self, believed: Snapshot | None = None) -> Reading:
        """The folder as it is now, as in `reread_folder`; it is not loaded yet."""
        return reread_folder(self._folder, self.reading, believed)

    def load(self, reading: Reading) -> Loaded:
        """The program of the folder, as in `Workspace.update`; its doubts are told by `doubts`."""
        self.reading = reading
        with garbage.uncollected():
            return self._workspace.update(reading.folder, reading.report, whole=self._strict)

    def doubts(self) -> Report:
        """All findings of what was loaded last."""
        with garbage.uncollected():
            return self._workspace.doubts()

    def load_whole(self) -> Loaded:
        """The program of the folder as it is now, with all findings."""
        loaded = self.load(self.read())
        return replace(loaded, report=self.doubts())
