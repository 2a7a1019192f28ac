"""Stores to tell stories about, each kind in a place of its own; time passes there when the test says so."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count as numbers
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
from msgspec.structs import replace

from benchmarks.redis_server import RedisServer, redis_cluster, redis_sentinel, redis_server
from engine.program.place import Place
from engine.runtime.session import Session
from engine.runtime.stores import Store, open_store

NOON = 1_800_000_000.0
DAY = 86400.0
KINDS = ("memory", "sqlite", "redis", "cluster")
SHARED = KINDS[1:]

_prefixes = numbers(1)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Plays:
    """What is done with sessions in stories."""

    NOON, DAY = NOON, DAY
    FULL = Session(
        turn=3,
        variables={"visits": 3, "customer": {"name": "Zoë", "vip": True}, "none": None, "ratio": 0.5},
        entered=("clinic", "billing"),
        questions=(Place("clinic", "menu", "0"),),
        facts={"From": "+15550100"},
        replies=(("f" * 16, 3, '<?xml version="1.0"?>\n<Response/>'),),
        expires=NOON + DAY,
    )

    @staticmethod
    def write(session: Session | None) -> Callable[[Session | None], tuple[None, Session | None]]:
        return lambda before: (None, session)

    @staticmethod
    def look(before: Session | None) -> tuple[Session | None, Session | None]:
        return before, before

    @staticmethod
    def count(before: Session | None) -> tuple[int, Session]:
        session = before or Session(variables={"n": 0}, expires=NOON + DAY)
        number = session.variables["n"] + 1
        return number, replace(session, variables={"n": number})


@pytest.fixture(scope="session")
def plays() -> Plays:
    return Plays()


@dataclass
class Place:
    """Where a store keeps its sessions: `kind`, and the URL that all who share it are given; `servers` if there are any."""

    kind: str
    url: str
    prefix: str = ""
    servers: tuple[RedisServer, ...] = ()
    clock: Clock = field(default_factory=Clock)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Store]:
        store = open_store(self.url, self.clock)
        await store.start()
        try:
            yield store
        finally:
            await store.stop()

    def names(self) -> list[tuple[RedisServer, str]]:
        """Every key in Redis that is this place's own, with its server."""
        return [(server, name) for server in self.servers for name in server.ask("KEYS", f"{self.prefix}*")]

    def wait_until(self, now: float) -> None:
        """Sets the clock; what Redis lets expire by its own is as much older then."""
        passed, self.clock.now = now - self.clock.now, now
        for server, name in self.names():
            if (life := server.ask("PTTL", name)) >= 0:  # -1: it lives for ever
                server.ask("PEXPIRE", name, int(life - passed * 1000))

    def counting(self, key: str, rounds: int, together: int) -> "Popen[str]":
        """A process that counts on a key and prints each number that was acknowledged."""
        arguments = [self.url, key, str(rounds), str(together)]
        return Popen([sys.executable, "-c", COUNTING, *arguments], stdout=PIPE, text=True)

    async def counted(self) -> int:
        """What the sessions have counted together."""
        async with self.open() as store:
            return sum(session.variables["n"] for _, session in await store.sessions(1000))


COUNTING = """
import asyncio, sys, time
from msgspec.structs import replace
from engine.program.place import Place
from engine.runtime.session import Session
from engine.runtime.stores import open_store

def count(before):
    session = before or Session(variables={"n": 0}, expires=4e9)
    return session.variables["n"] + 1, replace(session, variables={"n": session.variables["n"] + 1})

async def main(url, key, rounds, together):
    store = open_store(url, time.time)
    await store.start()
    for _ in range(rounds):
        for number in await asyncio.gather(*[store.turn(key, count) for _ in range(together)]):
            print(number, flush=True)
    await store.stop()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RedisServer, ...]]:
    """A cluster that no test may harm."""
    with redis_cluster(tmp_path_factory.mktemp("cluster")) as nodes:
        yield tuple(nodes)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Place]:
    """Makes an empty place of a kind."""

    def make(kind: str) -> Place:
        prefix = f"test{next(_prefixes)}:"
        if kind == "redis":
            server: RedisServer = request.getfixturevalue("redis")
            return Place(kind, server.url(f"?prefix={prefix}"), prefix, (server,))
        if kind == "cluster":
            nodes: tuple[RedisServer, ...] = request.getfixturevalue("cluster")
            hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
            return Place(kind, f"redis+cluster://{hosts}?prefix={prefix}", prefix, nodes)
        return Place(kind, {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/calls.sqlite"}[kind])

    return make


Story = Callable[[Store, Place], Awaitable[None]]


@pytest.fixture(params=KINDS)
def on_store(request: pytest.FixtureRequest, place: Callable[[str], Place]) -> Callable[[Story], None]:
    """Runs a story on a new store of each kind."""
    made = place(request.param)

    async def tell(story: Story) -> None:
        async with made.open() as store:
            await story(store, made)

    return lambda story: asyncio.run(tell(story))


@pytest.fixture(params=SHARED)
def shared(request: pytest.FixtureRequest, place: Callable[[str], Place]) -> Place:
    """A place that several processes can share."""
    return place(request.param)


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts servers that a test may harm: `new_server(*options, port=…)`; `new_server.sentinel(master)`, `new_server.cluster()`."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(*options: object, **more: Any) -> RedisServer:
            return stack.enter_context(redis_server(tmp_path, *options, **more))

        start.sentinel = lambda master: stack.enter_context(redis_sentinel(tmp_path, master))  # type: ignore[attr-defined]
        start.cluster = lambda: stack.enter_context(redis_cluster(tmp_path))  # type: ignore[attr-defined]
        yield start
