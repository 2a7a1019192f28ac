"""Servers on the loopback that answer as a test says, and a client that may ask them."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.runtime.effects.addresses import Guard
from engine.runtime.effects.allowed import Allowed
from engine.runtime.effects.effect import HttpCall, Result
from engine.runtime.effects.http import HttpClient

SILENCE = b""  # the connection stays open, and nothing comes
BREAK = b"break"  # the connection is closed without a word


def answer(body: bytes | str = b"", status: int = 200, **headers: str) -> bytes:
    """An answer as it goes over the wire; `content_type` is Content-Type. Its length is written unless it is chunked."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} -", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if "transfer_encoding" not in headers and "content_length" not in headers:
        lines.append(f"Content-Length: {len(raw)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + raw


def json_answer(text: str, status: int = 200, **headers: str) -> bytes:
    return answer(text, status, content_type="application/json", **headers)


@dataclass
class Asked:
    """A request as it came in; the names of headers in small letters."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Shop:
    """A server that gives its answers one after another, the last one for ever."""

    answers: Sequence[bytes | Callable[[Asked], bytes]]
    trusted: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    async def __aenter__(self) -> "Shop":
        self._open: set[asyncio.Task[Any]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.trusted)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def url(self, path: str = "/", host: str = "shop.example", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        try:
            while True:
                self.asked.append(await self._read(reader))
                given = self.answers[min(len(self.asked), len(self.answers)) - 1]
                given = given if isinstance(given, bytes) else given(self.asked[-1])
                if given == BREAK:
                    return
                writer.write(given)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Asked:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Asked(method, target, headers, body)


async def resolve_here(host: str, port: int) -> Sequence[str]:
    """Every name leads to this machine."""
    return ["127.0.0.1"]


class Time:
    """A clock that only goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def client(
    *allowed: str, resolve: Callable[[str, int], Awaitable[Sequence[str]]] = resolve_here, **options: Any
) -> HttpClient:
    """A client that may ask `shop.example` and what else is named, on this machine."""
    entries = tuple(Allowed.read(text) for text in ("shop.example", *allowed))
    return HttpClient(Guard(entries, resolve), **{"clock": time.monotonic, "wall": time.time} | options)


@dataclass
class Trial:
    """What came of a request: the result, what the server was asked, and the seconds slept in between."""

    result: Result
    asked: list[Asked]
    slept: list[float]
    connections: int


@pytest.fixture
def ask() -> Callable[..., Trial]:
    """Performs one call at a server with these answers; `call` are the fields of the HttpCall, `path` that of the address."""

    def asking(
        *answers: bytes | Callable[[Asked], bytes],
        path: str = "/",
        chance: float = 1.0,
        within: float = 10.0,
        wall: float = 0.0,
        **call: Any,
    ) -> Trial:
        async def perform() -> Trial:
            time = Time()
            async with Shop(answers) as shop:
                asker = client(clock=lambda: time.now, sleep=time.sleep, chance=lambda: chance, wall=lambda: wall)
                try:
                    wanted = HttpCall(**{"method": "GET", "url": shop.url(path), **call})
                    result = await asker.perform(wanted, within)
                finally:
                    await asker.close()
                return Trial(result, shop.asked, time.slept, shop.connections)

        return asyncio.run(perform())

    return asking
