"""The life of what stands behind an application: opened by its lifespan, or by the first who asks where nobody gives it one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("touchtone.server")

Hook = Callable[[], Awaitable[None]]

LETTING_GO = 2.0  # seconds to close what was opened in a loop that is gone


async def _nothing() -> None:
    pass


class Life:
    """Calls `start` before anything is asked, and `stop` at the end, each once, however many ask at once.

    Starlette does not run the lifespan of an application that is mounted in another. Then the first request opens what there is, and
    whoever asks meanwhile waits for it; nothing closes it, which may happen to a server at any time. A test client runs each
    request in an event loop of its own: what was opened in one that is gone is opened again.
    """

    __slots__ = ("_closed", "_loop", "_opening", "_start", "_stop")

    def __init__(self, start: Hook | None = None, stop: Hook | None = None) -> None:
        self._start, self._stop = start or _nothing, stop or _nothing
        self._loop: asyncio.AbstractEventLoop | None = None  # that it was opened in
        self._closed: asyncio.AbstractEventLoop | None = None  # that it was closed in
        self._opening: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """Opens, and closes in the end. Raises what opening raises."""
        await self._open()
        try:
            yield
        finally:
            await self._close()

    def waiting(self, app: ASGIApp) -> ASGIApp:
        """The application, opened before it is asked anything unless it is open already; what cannot be opened is logged, and tried again with the next request."""
        if self._start is _nothing or self._loop is not None:
            return app

        async def opened(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "lifespan" and asyncio.get_running_loop() not in (self._loop, self._closed):
                try:
                    await self._open()
                except Exception as fault:
                    log.error("the server could not be opened, and answers as far as it can: %s", fault)
            await app(scope, receive, send)

        return opened

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        if self._opening is None or self._opening.get_loop() is not loop:
            self._opening = loop.create_task(self._opened_in(loop))
        # Whoever goes away meanwhile takes nobody's opening along.
        await asyncio.shield(self._opening)

    async def _opened_in(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            if self._loop is not None:
                with suppress(Exception):
                    async with asyncio.timeout(LETTING_GO):
                        await self._stop()
                self._loop = None
            await self._start()
            self._loop, self._closed = loop, None
        finally:
            self._opening = None

    async def _close(self) -> None:
        self._loop, self._closed = None, asyncio.get_running_loop()
        await self._stop()
