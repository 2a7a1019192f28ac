"""Sends events to the browsers that listen, and keeps no more for one that does not read than a few."""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Final

from starlette.types import Receive, Scope, Send

from engine.page.answers import encoded, error_answer

STREAMS: Final = 24  # browsers that listen at once
WAITING: Final = 64  # events that wait for one of them; behind that it is sent the whole state instead
HEARTBEAT: Final = 15.0  # seconds without an event, after which a comment says that the server still lives
RETRY_MS: Final = 1000  # that a browser waits before it connects again

_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]

Event = tuple[str, bytes]


class Hub:
    """The events of the page. `greeting` makes the events that a browser is sent first, in the loop of the page.

    `publish` may be called in any thread, also before the page is open and after it is closed; it costs next to nothing while
    nobody listens (`watched`).
    """

    def __init__(self) -> None:
        self.greeting: Callable[[], list[tuple[str, object]]] = list
        self._loop: asyncio.AbstractEventLoop | None = None
        self._streams: set[_Stream] = set()
        self._numbers = count(1)
        self._closed = False

    @property
    def watched(self) -> bool:
        """Whether a browser listens."""
        return bool(self._streams)

    def open(self) -> None:
        """Belongs to the running loop from now on."""
        self._loop, self._closed = asyncio.get_running_loop(), False

    def close(self) -> None:
        """Ends every stream; to be called in the loop of the page."""
        self._closed = True
        for stream in self._streams:
            stream.end()

    def publish(self, kind: str, data: object) -> None:
        """Sends an event to all browsers. `data` may be a function that makes it, called in the loop of the page."""
        if self._streams and not self._closed:
            self.soon(lambda: self._send(kind, data))

    def soon(self, work: Callable[[], object]) -> None:
        """Does something in the loop of the page."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(work)
            except RuntimeError:
                return  # the loop is closed: the page has ended

    def _send(self, kind: str, data: object) -> None:
        if self._streams:
            event = kind, self._written(kind, data() if callable(data) else data)
            for stream in self._streams:
                stream.put(event)

    def _written(self, kind: str, data: object) -> bytes:
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (next(self._numbers), kind.encode(), encoded(data))

    def _greeted(self) -> list[Event]:
        return [(kind, self._written(kind, data)) for kind, data in self.greeting()]

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One browser, until it goes away or the page is closed."""
        if self._closed or len(self._streams) >= STREAMS:
            sentence = f"{STREAMS} pages are already open. Close one of them, then reload this one."
            return await error_answer(503, sentence)(scope, receive, send)
        stream = _Stream()
        self._streams.add(stream)
        leaving = asyncio.ensure_future(_left(receive, stream))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _body(send, b"retry: %d\n\n" % RETRY_MS)
            stream.behind = True
            while not stream.ended:
                if stream.behind:
                    stream.forget()
                    events = self._greeted()
                else:
                    events = stream.take()
                for _, written in events:
                    await _body(send, written)
                if not await stream.wait(HEARTBEAT):
                    await _body(send, b": still here\n\n")
            if not stream.left:
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._streams.discard(stream)
            leaving.cancel()


class _Stream:
    """What waits for one browser."""

    def __init__(self) -> None:
        self.ended = self.left = self.behind = False
        self._waiting: deque[Event] = deque()
        self._news = asyncio.Event()

    def put(self, event: Event) -> None:
        """Adds an event; if too many are waiting, drops them all: the browser is then sent the whole state."""
        if len(self._waiting) >= WAITING:
            self._waiting.clear()
            self.behind = True
        if not self.behind:
            self._waiting.append(event)
        self._news.set()

    def end(self, *, left: bool = False) -> None:
        self.ended = True
        self.left = self.left or left
        self._news.set()

    def forget(self) -> None:
        self._waiting.clear()
        self.behind = False

    def take(self) -> list[Event]:
        events = list(self._waiting)
        self._waiting.clear()
        return events

    async def wait(self, seconds: float) -> bool:
        """Waits for news; False if there is none for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


async def _left(receive: Receive, stream: _Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end(left=True)


async def _body(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
