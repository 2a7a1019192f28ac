"""One process of several that answer for the same flows: it is handed what it serves, and told when that changes."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from engine.diagnostics.source import Source
from engine.document.folder import AUDIO, FUNCTIONS
from engine.document.recordings import recordings
from engine.model.prompts import recordings_of
from engine.program.library import Library, Versions
from engine.program.program import Program
from engine.runtime.effects.functions import FIRST_IMPORT_SECONDS
from engine.runtime.stores import StoreError, open_store
from engine.server import garbage
from engine.server.companions import OpenApi
from engine.server.outside import Outside
from engine.server.running import run
from engine.server.service import Service
from engine.server.settings import Settings

log = logging.getLogger("touchtone")


@dataclass(frozen=True, slots=True)
class VersionTexts:
    """A version of the flows as it is handed on: its name, the texts of its files by theirs, and that of `functions.py` if there is one."""

    version: str
    sources: Mapping[str, str]
    functions: str | None


@dataclass(frozen=True, slots=True)
class Start:
    """What a worker is told first: its number, the folder of flows, the settings, and what it serves.

    `good` is the version whose functions some worker has imported, for where those of `texts` cannot be.
    """

    number: int
    folder: Path
    settings: Settings
    texts: VersionTexts
    good: VersionTexts


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker answers requests now, with the version that it was started with; `imported` says whether with its functions too."""

    version: str
    imported: bool


@dataclass(frozen=True, slots=True)
class Switched:
    """A worker serves the version that it was handed; `version` is "" if it could not, and stays with the one before.

    `imported` says whether it calls the functions of that version too, instead of those of the one before.
    """

    version: str
    imported: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A worker cannot serve at all; one sentence says why."""

    why: str


def work(
    start: Start,
    supervisor: Connection,
    listener: socket.socket,
    outside: Outside,
    *,
    clock: Callable[[], datetime],
    api: OpenApi | None = None,
) -> None:
    """Serves until SIGTERM, or until the supervisor is gone; what it hears and says is told above."""
    # Read from the first moment on: who hands on a large version must not wait for a process that starts.
    heard: SimpleQueue[VersionTexts] = SimpleQueue()
    told = _Told(supervisor, heard)
    threading.Thread(target=told.listen, name="supervisor", daemon=True).start()
    folder, settings = start.folder, start.settings
    problem = outside.take(_functions(folder, start.texts), patience=FIRST_IMPORT_SECONDS)
    imported = not problem
    if problem and start.good != start.texts:
        # What those workers call that are here already.
        log.error("%s; the functions are those of version %s", problem, start.good.version)
        problem = outside.take(_functions(folder, start.good), patience=FIRST_IMPORT_SECONDS)
    if problem:
        return told.say(Refused(problem))
    versions = Versions(settings.env)
    library = Library(_program(folder, start.texts, versions))

    def started() -> None:
        told.say(Ready(library.current.version, imported))
        told.each(lambda texts: _switch(service, outside, folder, versions, texts, told))

    try:
        store = open_store(settings.store, lambda: clock().timestamp())
        service = Service(folder, library, store, settings, outside=outside, clock=clock, api=api)
        run(service.app(), listener, grace=settings.grace, proxied=not settings.public_url, started=started)
    except StoreError as error:
        told.say(Refused(str(error)))


async def _switch(
    service: Service, outside: Outside, folder: Path, versions: Versions, texts: VersionTexts, told: "_Told"
) -> None:
    program = await asyncio.to_thread(_program, folder, texts, versions)
    await service.publish(program, _functions(folder, texts))
    told.say(Switched(program.version, not outside.problem))


def _program(folder: Path, texts: VersionTexts, versions: Versions) -> Program:
    audio, _ = recordings(folder, AUDIO)
    with garbage.uncollected():
        program = versions.load(texts.sources, recordings=recordings_of(audio))
    assert program is not None, "the supervisor hands on what has no mistakes"
    return program


def _functions(folder: Path, texts: VersionTexts) -> Source | None:
    return None if texts.functions is None else Source(str(folder / FUNCTIONS), texts.functions)


class _Told:
    """The line to the supervisor: what is heard on it waits until there is an event loop to take it."""

    def __init__(self, supervisor: Connection, heard: "SimpleQueue[VersionTexts]") -> None:
        self._supervisor, self._heard = supervisor, heard
        self._wake: Callable[[], object] = lambda: None
        self._taking: asyncio.Task[None] | None = None

    def say(self, message: Any) -> None:
        """Tells the supervisor; one that is gone hears nothing."""
        try:
            self._supervisor.send(message)
        except OSError:
            return

    def listen(self) -> None:
        """Reads until the supervisor is gone; then this process ends in good order too."""
        try:
            while True:
                self._heard.put(self._supervisor.recv())
                self._wake()
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGTERM)

    def each(self, take: Callable[[VersionTexts], Any]) -> None:
        """Takes what is heard, one after the other, in the loop that runs now; of several that wait only the last."""
        loop, come = asyncio.get_running_loop(), asyncio.Event()

        async def taking() -> None:
            while True:
                await come.wait()
                come.clear()
                texts = None
                while not self._heard.empty():
                    texts = self._heard.get()
                if texts is not None:
                    try:
                        await take(texts)
                    except Exception:
                        log.exception("the new version could not be served; the last one stays in service")
                        self.say(Switched("", False))

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has ended: this worker stops
                loop.call_soon_threadsafe(come.set)

        self._wake = wake
        self._taking = loop.create_task(taking())
        come.set()
