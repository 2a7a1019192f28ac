"""What the parts of the page share: the flows as they are saved and as callers hear them, settings, events, clocks."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from engine.diagnostics import Diagnostic, Source
from engine.document.folder import Folder
from engine.history.history import History
from engine.model.flow import Flow
from engine.page.answers import Refused
from engine.page.hub import Hub
from engine.program.last_good import HeldBack
from engine.program.library import Library
from engine.program.program import Program
from engine.program.workspace import Loaded
from engine.runtime.effects.world import World
from engine.runtime.stores import Store
from engine.server.loading import FolderLoader
from engine.server.outside import Outside
from engine.server.settings import Settings
from engine.simulation import Simulator

T = TypeVar("T")
log = logging.getLogger("touchtone.page")
VERSIONS = 1_000  # of which it is remembered when they went live


@dataclass(frozen=True, slots=True)
class Saved:
    """The folder after a save: `folder` as it is saved with its `files` by name, `program` as callers hear it, and what was found.

    `flows` are the saved ones that could be read; `held` are the files that are not live as they are saved, by
    name. `whole` says that `found` includes warnings and hints; just after a save it has only errors. `at` is when it was read.
    """

    folder: Folder
    files: Mapping[str, Source]
    program: Program
    found: tuple[Diagnostic, ...]
    held: Mapping[str, HeldBack]
    at: datetime
    whole: bool
    flows: Mapping[str, Flow] = field(default_factory=dict)


@dataclass
class PageDesk:
    """One for each page. Handlers run in the loop of the page, or in threads; the server that answers Twilio has a loop of its own.

    `now()` is the clock; `saved` the folder after the last save; `history` holds the recorded
    calls, `simulation` the calls that the page plays; None until they are opened.
    `url` is where Twilio's requests are answered on this machine, `public_url` where Twilio reaches it.
    """

    folder: Path
    library: Library
    loader: FolderLoader
    store: Store
    settings: Settings
    outside: Outside
    now: Callable[[], datetime]
    url: str = ""
    public_url: str = ""
    hub: Hub = field(default_factory=Hub)
    tunnel: str = ""
    """What is wrong with the tunnel, in a sentence."""
    scripts: int = 0
    """How many calls are written in scripts, as was seen last."""
    main: asyncio.AbstractEventLoop | None = None
    history: History | None = None
    simulation: Simulator | None = None
    on_save: list[Callable[[Saved], None]] = field(default_factory=list)
    """Called in the loop of the page after each save, first with the errors, then with all findings."""
    saved: Saved = field(init=False)
    _lives: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.saved = self._saved(self.loader.loaded, whole=True)

    @property
    def program(self) -> Program:
        """The program that callers hear now."""
        return self.library.current

    @property
    def world(self) -> World:
        """What flows reach in the world."""
        return self.outside.world

    def flow(self, name: str) -> Flow:
        """A flow as callers hear it; raises Refused (404)."""
        found = self.program.flows.get(name)
        if found is None:
            raise Refused(404, f"There is no flow `{name[:80]}`.")
        return found

    def live_since(self, version: str) -> str:
        """When a version went live last, in ISO 8601; "" if that is unknown."""
        at = self._lives.get(version)
        return at.isoformat(timespec="milliseconds") if at is not None else ""

    def note_live(self, version: str, at: datetime) -> None:
        """Notes that a version went live."""
        self._lives.pop(version, None)
        self._lives[version] = at
        while len(self._lives) > VERSIONS:
            del self._lives[next(iter(self._lives))]

    async def on_main(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of work in the loop of the main server, to which the store belongs."""
        if self.main is None:
            work.close()
            raise Refused(503, "The server has not started yet.")
        if self.main is asyncio.get_running_loop():
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.main))

    def tunnel_ended(self, sentence: str) -> None:
        """Takes the sentence that says why Twilio no longer reaches the server; from any thread."""
        self.tunnel = sentence
        self.changed()

    def changed(self) -> None:
        """Sends the state to the page again, because something other than the flows changed; from any thread."""
        self.hub.soon(lambda: self._take(self.saved))

    def take(self, loaded: Loaded, *, whole: bool) -> None:
        """Takes what the loader read after a save; from the thread of the loader."""
        saved = self._saved(loaded, whole=whole)
        self.hub.soon(lambda: self._take(saved))

    def _take(self, saved: Saved) -> None:
        self.saved = saved
        for each in self.on_save:
            try:
                each(saved)
            except Exception:  # one part of the page keeps no other from hearing of a save
                log.exception("a part of the page could not follow a save")

    def _saved(self, loaded: Loaded | None, *, whole: bool) -> Saved:
        reading = self.loader.reading
        folder = reading.folder if reading is not None else Folder(self.folder, (), None)
        found = loaded.report.diagnostics if loaded is not None else ()
        held = {one.file: one for one in loaded.held} if loaded is not None else {}
        before: Saved | None = getattr(self, "saved", None)
        files = before.files if before is not None and before.folder is folder else folder.files
        return Saved(folder, files, self.library.current, found, held, self.now(), whole, self.loader.flows)
