"""Runs an application on a port until it is told to stop."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress

import uvicorn
from starlette.applications import Starlette

from engine.server import garbage
from engine.server.descriptors import Descriptors
from engine.server.hangups import take_hangups
from engine.server.protocol import Protocol

PORTS_TRIED = 20
KEEP_ALIVE = 75
"""Seconds that a connection may be idle between two requests: longer than proxies keep theirs (60), so that they close it."""
LAST_WORDS = 2.0
"""Seconds in which answers that were cut off are sent."""
SWITCH_SECONDS = 0.0005
"""Seconds after which a thread that reads flows, or plays a function, gives way to calls; by itself Python takes ten times as long."""


class PortTaken(Exception):
    """No port could be had; the sentence says which were tried."""


def bind(host: str, port: int, *, strict: bool) -> socket.socket:
    """A listening socket on `port`, or unless `strict` on the next free one; port 0 is any. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last = port if strict or port == 0 else min(port + PORTS_TRIED, 65535)
    for candidate in range(port, last + 1):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(2048)
            listener.setblocking(False)
        except OSError as error:
            listener.close()
            if candidate == last:
                tried = f"port {port}" if last == port else f"the ports {port} to {last}"
                raise PortTaken(f"{tried} of {host} cannot be used: {error.strerror or error}") from None
        else:
            return listener
    raise PortTaken(f"{port} is not the number of a port")


log = logging.getLogger("touchtone")


class _Again:
    """Does `work` for each SIGHUP, one at a time; of those that come meanwhile one more is enough."""

    def __init__(self, work: Callable[[], Coroutine[None, None, object]]) -> None:
        self._work, self._due = work, asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Takes the signal from now on; Windows has none."""
        if hasattr(signal, "SIGHUP"):
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._run())
            loop.add_signal_handler(signal.SIGHUP, self._due.set)
            take_hangups()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._work()
            except Exception:
                log.exception("the flows could not be read again; the last good version stays in service")


def run(
    app: Starlette,
    listener: socket.socket,
    *,
    grace: float,
    proxied: bool = True,
    started: Callable[[], None] = lambda: None,
    ended: Callable[[], None] = lambda: None,
    hung_up: Callable[[], Coroutine[None, None, object]] | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM; calls `started` when requests are answered, `ended` when they are no longer.

    `hung_up` is what SIGHUP does, once at a time; without it that signal ends the process, as it does by default.

    `proxied` believes a proxy on this machine about the scheme that it was asked with: where the public address is known,
    nobody needs to be asked, and each request is a little cheaper.

    What the application raises when it starts comes out here. Requests under way at the end are given `grace` seconds.
    """
    life = AsyncExitStack()
    again = _Again(hung_up) if hung_up else None
    descriptors = Descriptors()

    class Server(uvicorn.Server):
        """Holds the application's lifespan itself: uvicorn would log what it raises, and go on without it."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await life.enter_async_context(app.router.lifespan_context(app))
            await super().startup(sockets)
            if self.should_exit:
                await life.aclose()
            else:
                if again is not None:
                    again.listen()
                started()

        async def on_tick(self, counter: int) -> bool:
            if counter % 10 == 0:
                descriptors.look()
            return await super().on_tick(counter)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            ended()
            await super().shutdown(sockets)
            # What was still at work is cut off by now, and answers with its last words.
            if self.server_state.tasks:
                await asyncio.wait(self.server_state.tasks, timeout=LAST_WORDS)
            until = asyncio.get_running_loop().time() + LAST_WORDS
            while self.server_state.connections and asyncio.get_running_loop().time() < until:
                await asyncio.sleep(0.02)
            await life.aclose()

    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=proxied,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=grace,  # type: ignore[arg-type]  # seconds, and no whole number is needed
        http=Protocol,
        ws="none",
    )
    server = Server(config)
    garbage.begin()
    sys.setswitchinterval(SWITCH_SECONDS)
    # uvicorn has ended in good order by then, and raises the signal once more.
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
