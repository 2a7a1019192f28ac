"""Drives an ASGI application in process: no socket, no thread, a private event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import unquote, urlsplit
from weakref import finalize

from engine.phone.transport import Request, Response, Unreachable, origin, target

Message = MutableMapping[str, Any]
T = TypeVar("T")
App = Callable[[Any, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


class InProcess:
    """A transport into an ASGI application; as a context it also starts and stops the application (its lifespan).

    `base` is the one address it is reached at (`https://example.com`); "" lets every host lead to it. With `loop`, a
    loop that runs in another thread, requests are answered there: so a phone can ring the application that serves it.
    """

    def __init__(self, app: App, base: str = "", loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._app, self._loop = app, loop
        self._own = asyncio.new_event_loop() if loop is None else None
        if self._own is not None:
            # Not `__del__`: in a circle of references the loop might be asked for its end first, and complain.
            finalize(self, self._own.close)
        self._origin = origin(urlsplit(base)) if base else ""
        self._lifespan: asyncio.Task[None] | None = None
        self._stopping: asyncio.Event | None = None

    def __call__(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        if self._origin and origin(parts) != self._origin:
            raise Unreachable(11200, f"{origin(parts)} is another server, and only the flows are played here")
        return self.do(self._ask(request))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of something else that is done where the application answers."""
        if self._own is not None:
            return self._own.run_until_complete(work)
        assert self._loop is not None, "without a loop of its own the transport was given one"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __enter__(self) -> Self:
        assert self._own is not None, "an application on a loop of its own was started by whoever runs that loop"
        self._own.run_until_complete(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops the application if it was started, and closes the loop."""
        if self._own is None or self._own.is_closed():
            return
        if self._lifespan is not None and self._stopping is not None:
            self._stopping.set()
            self._own.run_until_complete(self._lifespan)
        self._own.close()

    async def _ask(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        body = request.body
        path = parts.path or "/"
        host = parts.netloc.rpartition("@")[2]
        headers = [(b"host", host.encode("latin-1", "replace"))]
        headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
        if request.method == "POST":
            headers.append((b"content-length", b"%d" % len(body)))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": parts.scheme,
            "path": unquote(path),
            "raw_path": path.encode("latin-1", "replace"),
            "query_string": parts.query.encode("latin-1", "replace"),
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 50000),
            "server": (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)),
        }
        start: Message = {}
        pieces: list[bytes] = []
        sent = False

        async def receive() -> Message:
            nonlocal sent
            if sent:
                return {"type": "http.disconnect"}
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                pieces.append(message.get("body", b""))

        try:
            await self._app(scope, receive, send)
        except Exception as fault:
            raise Unreachable(11200, f"the application raised {type(fault).__name__}: {fault}") from fault
        if not start:
            raise Unreachable(11200, f"the application did not answer {target(parts)}")
        named = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start.get("headers", ()))
        return Response(start["status"], named, b"".join(pieces))

    async def _start(self) -> None:
        started, self._stopping = asyncio.get_running_loop().create_future(), asyncio.Event()
        stopping, opened = self._stopping, False

        async def receive() -> Message:
            nonlocal opened
            if not opened:
                opened = True
                return {"type": "lifespan.startup"}
            await stopping.wait()
            return {"type": "lifespan.shutdown"}

        async def send(message: Message) -> None:
            if not started.done():
                started.set_result(message)

        async def live() -> None:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

        self._lifespan = asyncio.ensure_future(live())
        await asyncio.wait((started, self._lifespan), return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            self._lifespan.result()  # raises what the application raised; one without a lifespan merely returns
        elif started.result()["type"] == "lifespan.startup.failed":
            raise RuntimeError(f"the application did not start: {started.result().get('message', '')}")


def in_process(app: App, base: str = "", loop: asyncio.AbstractEventLoop | None = None) -> InProcess:
    """A transport into an ASGI application (see InProcess)."""
    return InProcess(app, base, loop)
