"""Serves a second application beside the main one, in a thread with an event loop of its own: neither waits for the other."""

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.types import ASGIApp

from engine.server.protocol import Protocol

CONNECTIONS = 256  # at once; what comes beyond that is answered with 503
GRACE = 0.3  # seconds that answers under way are given at the end
LAST = 1.5  # seconds after which the process ends whatever the thread does: it is a daemon
STARTED = 10.0  # seconds for the thread to come up

log = logging.getLogger("touchtone.server")


class Beside:
    """An application on a listening socket.

    `opened` is awaited in the thread's loop before the first request, `closing` is called there when it is about to stop: what
    keeps connections open ends them then. Nothing here wakes up while nobody asks.
    """

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        *,
        name: str,
        opened: Callable[[], Awaitable[None]] | None = None,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        self._app, self._listener, self._name = app, listener, name
        self._opened, self._closing = opened, closing
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._up = threading.Event()
        self._failed = False

    def start(self) -> bool:
        """Begins to answer; False if it cannot, which the log says: the main application goes on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
            self._up.wait(STARTED)
        return self._up.is_set() and not self._failed

    def end(self) -> None:
        """Tells it to stop, and does not wait."""
        loop, ending = self._loop, self._ending
        if loop is not None and ending is not None:
            try:
                loop.call_soon_threadsafe(ending.set)
            except RuntimeError:
                return  # it has stopped already

    def stop(self) -> None:
        """Stops it, within LAST seconds."""
        self.end()
        if self._thread is not None:
            self._thread.join(LAST)
        self._listener.close()

    def _run(self) -> None:
        try:
            config = uvicorn.Config(
                self._app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS,
                timeout_graceful_shutdown=GRACE,  # type: ignore[arg-type]  # seconds, and no whole number is needed
                http=Protocol,
                ws="none",
            )
            with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
                runner.run(self._serve(config))
        except Exception:
            self._failed = True
            log.exception("%s has stopped after an error", self._name)
        finally:
            self._up.set()

    async def _serve(self, config: uvicorn.Config) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        if self._opened is not None:
            await self._opened()
        await _Server(config, self._ending, self._up.set, self._closing).serve(sockets=[self._listener])


class _Server(uvicorn.Server):
    """Sleeps until it is to end: the original looks ten times a second."""

    def __init__(
        self, config: uvicorn.Config, ending: asyncio.Event, up: Callable[[], None], closing: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._ending, self._up, self._closing = ending, up, closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._up()

    async def main_loop(self) -> None:
        await self._ending.wait()
        self.should_exit = True
        self._closing()
