"""What was recorded of calls and conversations that were under way: requests, what the world answered, and the answers to both."""

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from benchmarks.redis_server import RedisServer
from engine.program.library import Library, load_sources, load_version
from engine.runtime.desk import Desk
from engine.runtime.effects.effect import Effect, Result
from engine.runtime.effects.world import World
from engine.runtime.request import Reply, Request
from engine.runtime.session import Session
from engine.runtime.stores import open_store

HERE = Path(__file__).parent
JOURNAL, SQLITE, REDIS = (HERE / f"{name}.jsonl" for name in ("journal", "sqlite", "redis"))
OTHER = {"other.yaml": "steps: {a: [{say: Other.}]}"}
FOLDER = "https://example.com/flows/"


class Exchange(NamedTuple):
    """What the world was asked, as JSON, and what it answered."""

    effect: Any
    result: Result


class Asked(NamedTuple):
    """One request, what it asked of the world, and its answer."""

    request: Request
    exchanges: tuple[Exchange, ...]
    answer: str


class Story(NamedTuple):
    """A call or conversation that was under way when the store was kept.

    `last` was answered before, `next` are the requests from then on; `redis` says that the store of Redis knows it too.
    """

    name: str
    version: str
    redis: bool
    last: Asked
    next: tuple[Asked, ...]


class Killed(BaseException):
    """The process ends in the middle of a turn."""


class Replayed(World):
    """Gives the results it was given, in order, and notes what it was asked; `dies` is what it dies of when it is asked next."""

    __slots__ = ("asked", "dies", "results")

    def __init__(self) -> None:
        super().__init__()
        self.results: list[Result] = []
        self.asked: list[Exchange] = []
        self.dies: BaseException | None = None

    async def perform(self, effect: Effect) -> Result:
        if self.dies is not None:
            raise self.dies
        result = self.results.pop(0) if self.results else Result("error", {}, "nobody answers any more")
        self.asked.append(Exchange(json.loads(json.dumps(effect, default=dict)), result))
        return result


class Recorded:
    """The store as it was kept, in a new file unless it is filled into another place; to be used with `with`."""

    def __init__(self) -> None:
        self.only_some = False  # the place knows not all stories
        self._clock = 0.0
        self._url = ""
        self._folder = tempfile.TemporaryDirectory()

    def fill_sqlite(self, path: Path) -> None:
        """Fills a new file."""
        first, *rows = [json.loads(line) for line in SQLITE.read_text().splitlines()]
        with closing(sqlite3.connect(path)) as file, file:
            for statement in first["sql"]:
                file.execute(statement)
            for name in ("application_id", "user_version"):
                file.execute(f"PRAGMA {name} = {first[name]}")
            for table, *row in rows:
                values = [value["bytes"].encode() if isinstance(value, dict) else value for value in row]
                file.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
        self._url = f"sqlite:///{path}"

    def fill_redis(self, server: RedisServer) -> None:
        """Fills a server."""
        for line in REDIS.read_text().splitlines():
            server.ask(*json.loads(line))
        self._url, self.only_some = server.url("?prefix=recorded:"), True

    def __enter__(self) -> Self:
        if not self._url:
            self.fill_sqlite(Path(self._folder.name) / "sessions.sqlite")
        self._loop = asyncio.new_event_loop()
        self._store = open_store(self._url, lambda: self._clock)
        self._loop.run_until_complete(self._store.start())
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._store.stop())
        self._loop.close()
        self._folder.cleanup()

    def session(self, story: Story) -> Session | None:
        """What the store knows of a story."""
        self._clock = story.last.request.at.timestamp()
        key = story.last.request.session_key
        return self._loop.run_until_complete(self._store.turn(key, lambda session: (session, session)))

    def replay(self, story: Story) -> tuple[Asked, tuple[Asked, ...]]:
        """What comes of the last request once more, and of those that follow.

        Addresses of the engine's own come to a process that was started with other flows, and finds those of the story in the
        store; what begins anew comes to one that has them.
        """
        sources = self._loop.run_until_complete(self._store.version(story.version))
        assert sources is not None, "the version is kept"
        program, other = load_version(sources, None, story.version), load_sources(OTHER).program
        assert program is not None, "the version can be played"
        assert other is not None
        world = Replayed()
        began, goes_on = (Desk(Library(one), self._store, world=world) for one in (program, other))

        def once_more(one: Asked) -> Asked:
            self._clock, world.results = one.request.at.timestamp(), [result for _, result in one.exchanges]
            answer, exchanges = ask(self._loop, goes_on if one.request.version else began, world, one.request)
            return Asked(one.request, exchanges, answer)

        return once_more(story.last._replace(exchanges=())), tuple(once_more(one) for one in story.next)


def ask(
    loop: asyncio.AbstractEventLoop, desk: Desk, world: Replayed, request: Request
) -> tuple[str, tuple[Exchange, ...]]:
    """The answer of a desk, and what it asked of the world meanwhile."""

    async def asked() -> Reply:
        reply = desk.answer(request)
        return reply if isinstance(reply, Reply) else await reply

    world.asked = []
    reply = loop.run_until_complete(asked())
    return reply.body.decode(), tuple(world.asked)


def story_line(story: Story) -> str:
    """A story as a line of the journal; what all its requests have in common stands there once."""
    every = [story.last, *story.next]
    common = dict(set.intersection(*[set(one.request.params.items()) for one in every]))
    held = [
        {
            **{name: getattr(one.request, name) for name in ("flow", "step", "asked", "entry", "base", "token")},
            "at": one.request.at.isoformat(),
            "params": {name: value for name, value in one.request.params.items() if name not in common},
            "exchanges": one.exchanges,
            "answer": one.answer,
        }
        for one in every
    ]
    slim = [{name: value for name, value in one.items() if value} for one in held]
    return json.dumps([story.name, story.version, story.redis, dict(sorted(common.items())), slim])


def read_story(line: str) -> Story:
    """The story in a line of the journal."""
    name, version, redis, common, held = json.loads(line)
    last, *following = [_asked(one, common) for one in held]
    return Story(name, version, redis, last, tuple(following))


def _asked(held: Mapping[str, Any], common: Mapping[str, str]) -> Asked:
    request = Request(
        held["flow"],
        held.get("step", ""),
        datetime.fromisoformat(held["at"]),
        {**common, **held.get("params", {})},
        held.get("asked", {}),
        held.get("entry", {}),
        held.get("base", ""),
        held.get("token", ""),
        FOLDER,
    )
    exchanges = tuple(Exchange(effect, Result(*result)) for effect, result in held.get("exchanges", ()))
    return Asked(request, exchanges, held["answer"])


def stories() -> list[Story]:
    """All that was recorded."""
    return [read_story(line) for line in JOURNAL.read_text().splitlines()]
