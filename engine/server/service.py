"""Runs a folder of flows: the library, the store and the application together, for as long as the server lives."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.diagnostics.source import Source
from engine.document.rereading import may_be_cut
from engine.document.snapshot import Snapshot, take_snapshot
from engine.program.library import Library, let_go
from engine.program.program import Program
from engine.program.workspace import Loaded, sources_of
from engine.runtime.desk import Desk, Heard
from engine.runtime.session import Session
from engine.runtime.stores import Store, StoreBusy, StoreError
from engine.runtime.told_again import play_kept
from engine.server.app import Application, assemble
from engine.server.banner import flow_lines
from engine.server.companions import Following, OpenApi, Records
from engine.server.editor import SchemaFile
from engine.server.listening import Listener, Listeners
from engine.server.loading import FolderLoader
from engine.server.outside import Outside
from engine.server.own_routes import Routes
from engine.server.settings import Settings
from engine.server.silence import SilenceTimers
from engine.server.steady import SHRUNK_SECONDS
from engine.server.watching import changes

log = logging.getLogger("touchtone")

SWEEP_SECONDS = 300.0
RETRY_SECONDS = 1.0
FOLLOWED_SECONDS = 0.01  # that whoever follows saves has to tell of one, before doubts are looked for in another thread
PROBE = "readyz\0"  # the key of a session that is written to see whether any can be: no request has such a one


class Service:
    """A served folder.

    `follow` is the mode of `dev`: the folder is watched, `told` hears of each reload, and calls under way go on in the newest
    version from the next step they enter. Without it calls stay with the version they began with. `outside` is what flows
    reach in the world; `loader` has loaded what the library holds. `listeners` are told of each turn; `routes` are served beside the
    flows (see `assemble`), and `api` opens that of programs, if there is to be one; `recorder` records each turn. `following` hears of
    each reload, news or not. `clock` gives aware
    times.
    """

    def __init__(
        self,
        folder: Path,
        library: Library,
        store: Store,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        follow: bool = False,
        told: Callable[[Loaded], None] | None = None,
        outside: Outside | None = None,
        loader: FolderLoader | None = None,
        listeners: Sequence[Listener] = (),
        routes: Routes = (),
        api: OpenApi | None = None,
        following: Following | None = None,
        recorder: Records | None = None,
    ) -> None:
        self._following = following
        self._folder, self._library, self._store, self._settings = folder, library, store, settings
        self._follow, self._told, self._clock, self._routes = follow, told, clock, tuple(routes)
        self._outside = outside or Outside(folder, settings, clock=clock)
        self._api = api(settings, library, store, mask=self._outside.mask, clock=clock) if api else None
        every = (*listeners, *([self._api.hear] if self._api else []))
        self._listeners = Listeners(every, clock, self._outside.mask) if every else None
        self._recorder = recorder
        self._name = str(folder.resolve())  # of the folder in the store
        self._tasks: list[asyncio.Task[None]] = []
        self._desk: Desk | None = None
        self._open = False
        self._problem = ""  # that was told last
        self._unusable = ""  # what was wrong with the functions when somebody was told last
        self._probe: asyncio.Task[str] | None = None
        self._timers: SilenceTimers | None = None  # of the application
        self._loader = loader or FolderLoader(folder, settings, strict=not follow, good=library.current.sources)
        self._loading = asyncio.Lock()  # of the loader: a store that opens late, a save and a signal may all want it
        self._schema = SchemaFile(folder)
        self._begun_with = library.current.sources
        self._reported: tuple[object, ...] = ()  # what was read and found at the last reload that `told` heard of

    def app(self) -> Application:
        """The application; its lifespan opens and closes the store, and watches the folder."""
        desk = Desk(
            self._library, self._store, follow=self._follow, world=self._outside.world, listener=self._listener()
        )
        self._timers = SilenceTimers(self._store, desk.follow_silence, clock=self._clock)
        self._desk = desk
        return assemble(
            desk.answer,
            self._settings,
            clock=self._clock,
            audio=self._folder / "audio",
            on_start=self.start,
            on_stop=self.stop,
            ready=self.ready,
            index=self._index if self._settings.unsigned else None,
            routes=self._routes,
            api=self._api.route(desk.answer) if self._api else None,
        )

    def _listener(self) -> Callable[[Heard], None] | None:
        """What hears of each turn; None if nothing does, and then no trail is written."""
        told, recorded = self._listeners, self._recorder
        if recorded is None or told is None:
            return told.hear if told else recorded.hear if recorded else None

        def both(heard: Heard) -> None:
            told.hear(heard)
            recorded.hear(heard)

        return both

    def _index(self) -> str:
        return "\n".join(flow_lines(self._library.current, self._settings.public_url))

    async def ready(self) -> bool | str:
        """True if calls can be answered now, else why not in a few words; the log says more, once."""
        problem, words = await self._look()
        if problem != self._problem:
            self._problem = problem
            if problem:
                log.error("not ready: %s", problem)
            else:
                log.info("ready again")
        return words or True

    async def _look(self) -> tuple[str, str]:
        """What keeps calls from being answered: for the log, and without what is nobody's business."""
        if not self._open:
            return "", "the server is not started"
        if not self._library.current.flows:
            return "no flows are loaded", "no flows"
        if exhausted := self._outside.exhausted:
            return exhausted, "functions never return"
        if self._probe is None or self._probe.done():
            # All who ask at once share one look: each writes.
            self._probe = asyncio.get_running_loop().create_task(self._written())
        problem = await asyncio.shield(self._probe)
        return problem, "sessions cannot be written" if problem else ""

    async def _written(self) -> str:
        """Writes a session that has expired already, as a turn would; why that cannot be done, "" if it can."""
        # Expired by a clock that is behind as well; and another one each time: SQLite does not write what is there already.
        ended = Session(expires=self._clock().timestamp() - 3600)
        try:
            await self._store.sessions(0)
            await self._store.turn(PROBE, lambda _: (None, ended))
        except StoreError as fault:
            return str(fault)
        return ""

    async def start(self) -> None:
        """Opens the store; raises StoreError if it cannot be used. One that may yet be there is tried again and again."""
        self._loading = asyncio.Lock()  # of this loop, which may be another one than before
        try:
            await self._open_store()
        except StoreBusy as fault:
            log.warning("%s; trying again. Until then flows with variables answer with an apology", fault)
            self._run(self._open_later())
        await self._tell_editors()
        if self._follow and (problem := self._outside.problem):
            self._unusable = problem
            log.error("%s; %s", problem, self._outside.remaining)
        self._open = True
        self._outside.open()
        if self._api is not None:
            self._api.start()
        if self._listeners is not None:
            self._listeners.start()
        if self._recorder is not None:
            self._recorder.start()
        self._run(self._sweep())
        if self._timers is not None:
            self._run(self._timers.run())
        self._run(self._play_kept())
        if self._follow:
            since = await asyncio.to_thread(take_snapshot, self._folder)
            async with self._loading:
                behind = await asyncio.to_thread(self._is_behind)
            self._run(self._watch(since, behind))
            await asyncio.sleep(0)  # what is saved from now on is seen

    async def _open_store(self) -> None:
        await self._store.start()
        try:
            await self._recover()
            await self._keep(self._library.current)
        except BaseException:
            await self._store.stop()
            raise

    async def _recover(self) -> None:
        """Puts what was good last in the place of files with errors, after a restart; as far as the store still has it."""
        loaded = self._loader.loaded
        if not self._follow or loaded is None or (loaded.program is not None and not loaded.held):
            return
        version = await self._store.good(self._name)
        texts = await self._store.version(version) if version else None
        if texts:
            async with self._loading:
                # What was saved since the start, and good, is newer: the store may have come later.
                now = self._library.current.sources.items()
                newer = {name: text for name, text in now if self._begun_with.get(name) != text}
                loaded = await asyncio.to_thread(self._loader.recover, {**texts, **newer})
                if loaded.live is not None:
                    await self._take(loaded.live.functions)
                if loaded.program is not None:
                    self._library.publish(loaded.program)
                self._follow_up(loaded, whole=False)
                if self._open and self._told is not None:  # else it is told with the start
                    self._told(replace(loaded, report=await asyncio.to_thread(self._loader.doubts)))

    async def _open_later(self) -> None:
        """Opens the store as soon as it is there; says so in the log."""
        said = ""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                await self._open_store()
            except StoreBusy:
                continue
            except StoreError as fault:
                if str(fault) != said:
                    said = str(fault)
                    log.error("%s; trying again", fault)
                continue
            log.warning("sessions can be kept now")
            return

    async def stop(self) -> None:
        """Ends what `start` began."""
        self._open = False
        here = asyncio.get_running_loop()
        tasks = [task for task in self._tasks if task.get_loop() is here]  # those of a loop that is gone are gone too
        self._tasks.clear()
        self._probe = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._listeners is not None:
            await asyncio.to_thread(self._listeners.stop)
        if self._recorder is not None:
            await asyncio.to_thread(self._recorder.stop)
        if self._api is not None:
            await self._api.stop()
        await self._outside.close()
        await self._store.stop()

    def _run(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def _keep(self, program: Program) -> None:
        """Notes that a version is in use, and in the mode of `dev` that it is the last good one."""
        await self._store.keep_version(program.version, program.sources)
        if self._follow and program.flows:
            await self._store.keep_good(self._name, program.version)

    async def _tell_editors(self) -> None:
        """Tells editors of the steps of the current version."""
        if self._follow:
            await asyncio.to_thread(self._schema.update, self._library.current)

    async def _sweep(self) -> None:
        """Drops expired sessions now and then."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._store.sweep(self._clock().timestamp())
                await self._keep(self._library.current)
            except Exception:
                log.exception("expired sessions could not be swept")
            await self._play_kept()

    async def _play_kept(self) -> None:
        """Plays what Twilio told processes that had to stop before they were done with it."""
        if self._desk is None:
            return
        try:
            await play_kept(self._store.records, self._desk.answer, self._clock)
        except StoreError as fault:
            log.warning("what was told to processes that stopped waits: %s", fault)
        except Exception:
            log.exception("what was told to processes that stopped could not be played")

    async def _watch(self, since: Snapshot, behind: bool) -> None:
        try:
            if behind:
                await self.reload()
        except Exception:
            log.exception("the flows could not be read again; the last good version stays in service")
        async for believed in changes(self._folder, since=since):
            try:
                await self.reload(believed)
            except Exception:
                log.exception("the flows could not be read again; the last good version stays in service")

    def _is_behind(self) -> bool:
        """Whether something was saved since the flows were read for the start."""
        loader, current, reading = self._loader, self._library.current, self._loader.read()
        if loader.reading is None:
            loader.reading = reading
            return bool(current.flows) and sources_of(reading.folder) != current.sources
        return reading.folder != loader.reading.folder

    async def reload(self, believed: Snapshot | None = None) -> Loaded:
        """Reads the folder again; files with mistakes are held back (see `Workspace.update`).

        A file that is not as `believed` says stays as it was when it was read last.
        """
        async with self._loading:
            return await self._reload(believed)

    async def _reload(self, believed: Snapshot | None) -> Loaded:
        loader = self._loader
        reading = await asyncio.to_thread(loader.read, believed)
        if believed is not None and loader.reading is not None and may_be_cut(reading.folder, loader.reading.folder):
            await asyncio.sleep(SHRUNK_SECONDS)
            reading = await asyncio.to_thread(loader.read, believed)
        folder, loaded = reading.folder, await asyncio.to_thread(loader.load, reading)
        if loaded.live is not None:
            await self._take(loaded.live.functions)
        if loaded.program is not None and loaded.program is not self._library.current:
            await self._publish(loaded.program)
        if self._following is not None:
            self._follow_up(loaded, whole=False)
            await asyncio.sleep(FOLLOWED_SECONDS)
        loaded = replace(loaded, report=await asyncio.to_thread(loader.doubts))
        self._follow_up(loaded, whole=True)
        # Watching looks twice at a save, and some editors touch files they do not change: neither is news.
        found = [(one.code, one.title, one.span.location) for one in loaded.report.diagnostics]
        news = (folder.flows, folder.project, folder.catalogues, folder.functions, found)
        if self._told is not None and news != self._reported:
            self._told(loaded)
        self._reported = news
        await self._tell_editors()
        return loaded

    def _follow_up(self, loaded: Loaded, *, whole: bool) -> None:
        if self._following is not None:
            try:
                self._following(loaded, whole=whole)
            except Exception:
                log.exception("the page could not be told of a save")

    async def publish(self, program: Program, functions: Source | None) -> None:
        """Serves a program that another process has read, with the project's functions as they were read with it."""
        await self._take(functions)
        current = self._library.current
        if program.version != current.version or program.recordings != current.recordings:
            await self._publish(program)

    async def _take(self, functions: Source | None) -> None:
        problem = await asyncio.to_thread(self._outside.take, functions)
        if problem != self._unusable:
            self._unusable = problem
            if problem:
                log.error("%s; %s", problem, self._outside.remaining)

    async def _publish(self, program: Program) -> None:
        try:
            # First kept, then served: another process may be asked the next question of a call.
            await self._keep(program)
        except StoreError as fault:
            log.error("the version %s of the flows is not kept: %s", program.version, fault)
        pieces = self._library.publish(program)
        while pieces:
            await asyncio.to_thread(let_go, pieces)
            pieces = self._library.trim()
