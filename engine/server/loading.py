"""Loads a folder of flows again and again: what did not change is neither read nor linked anew."""

from pathlib import Path

from engine.diagnostics.report import Report
from engine.document.rereading import Reading, reread_folder
from engine.document.snapshot import Snapshot
from engine.program.workspace import Loaded, Workspace
from engine.server import garbage
from engine.server.settings import Settings


class FolderLoader:
    """The programs of a folder, one after another; to be used by one thread at a time.

    `strict` makes it an error that the settings lack what flows need, as in `Settings.unsent`.
    """

    def __init__(self, folder: Path, settings: Settings, *, strict: bool) -> None:
        self._folder = folder
        self._workspace = Workspace(
            settings.env,
            allowed=settings.allows,
            signs=bool(settings.tokens),
            unsent=settings.unsent(strict=strict),
        )
        self.reading: Reading | None = None  # that was loaded last

    def read(self, believed: Snapshot | None = None) -> Reading:
        """The folder as it is now, as in `reread_folder`; it is not loaded yet."""
        return reread_folder(self._folder, self.reading, believed)

    def load(self, reading: Reading) -> Loaded:
        """The program of the folder, if it has no errors; its doubts are told by `doubts`."""
        self.reading = reading
        with garbage.uncollected():
            return self._workspace.update(reading.folder, reading.report)

    def doubts(self) -> Report:
        """All findings of what was loaded last."""
        with garbage.uncollected():
            return self._workspace.doubts()

    def load_whole(self) -> Loaded:
        """The program of the folder as it is now, with all findings."""
        program = self.load(self.read()).program
        return Loaded(program, self.doubts())
