"""Records a store and a journal with calls, conversations, callbacks and effects under way: `python -m tests.upgrade.record`.

Every call script is played. Of each flow a few calls are cut in their middle, those that ask the world in the middle of that; the
store is kept as it is then, and the requests after it with their answers. With `--answers` only the answers are written anew.
"""

import asyncio
import json
import re
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.redis_server import redis_server
from engine.program.library import Library
from engine.program.program import Program
from engine.runtime.desk import Desk
from engine.runtime.effects.effect import Result
from engine.runtime.request import Request
from engine.runtime.stores import Store, open_store
from engine.testing.run import run_scripts
from engine.testing.scripts import Folders
from engine.testing.world import Scripted
from tests.upgrade.journal import (
    FOLDER,
    JOURNAL,
    REDIS,
    SQLITE,
    Asked,
    Killed,
    Recorded,
    Replayed,
    Story,
    ask,
    stories,
    story_line,
)

CALLS = Path(__file__).parents[1] / "calls"
OF_EACH_FLOW = 3
IN_REDIS = 16
LATER = timedelta(seconds=20)  # until a turn is asked for again whose process died


class Heard:
    """What a script's telephone asked: requests, and for each the results that the world gave."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.requests: list[Request] = []
        self.results: list[list[Result]] = []

    @property
    def cut(self) -> int:
        """The number of the request that comes after the store is kept."""
        asking = next((number for number, results in enumerate(self.results) if results and number), 0)
        inside = next((number for number, one in enumerate(self.requests) if "_f" in one.asked), 0)
        return inside or asking or len(self.requests) // 2


def played() -> list[Heard]:
    """All calls of all scripts."""
    heard: dict[int, Heard] = {}
    alive: list[object] = []
    answer, perform = Desk.answer, Scripted.perform

    def note(desk: Desk, request: Request) -> Any:
        one = heard.setdefault(id(desk._world), Heard(desk._library.current))
        alive.append(desk)
        one.requests.append(request)
        one.results.append([])
        return answer(desk, request)

    async def performed(world: Scripted, effect: Any) -> Result:
        result = await perform(world, effect)
        heard[id(world)].results[-1].append(result)
        return result

    with patch.object(Desk, "answer", note), patch.object(Scripted, "perform", performed):
        for run in run_scripts([CALLS], Folders()):
            assert run.written.script is not None, run.written.path
            assert not run.failures, run.written.path
    return list(heard.values())


def chosen(heard: list[Heard]) -> Iterator[Heard]:
    """A few of each flow: those that ask the world first, go into subflows or have callbacks, then the longest."""
    flows = defaultdict(list)
    for one in heard:
        if len(one.requests) > 1:
            flows[one.requests[0].flow].append(one)
    for _, every in sorted(flows.items()):
        yield from sorted(every, key=_worth)[:OF_EACH_FLOW]


def _worth(one: Heard) -> tuple[bool, bool, bool, int]:
    asked = {name for request in one.requests for name in request.asked}
    return not any(one.results), "_f" not in asked, "_c" not in asked, -len(one.requests)


def own(number: int, one: Heard) -> list[Request]:
    """The requests of a call, under a SID and for conversations a number of its own, since all share one store."""
    person = next((r.params["From"] for r in one.requests if r.message_sid and not r.is_outbound), "")

    def renamed(value: Any) -> Any:
        text = re.sub(r"\b(?!AC)([A-Z]{2})[0-9a-f]{4}(?=[0-9a-f]{28}\b)", rf"\g<1>{number:04x}", json.dumps(value))
        return json.loads(text.replace(person, f"+1556{number:07}") if person else text)

    return [
        r.replaced(
            params=renamed(dict(r.params)), asked=renamed(dict(r.asked)), entry=renamed(dict(r.entry)), folder=FOLDER
        )
        for r in one.requests
    ]


def dump_sqlite(path: Path) -> Iterator[str]:
    """A file as JSON lines: its tables, then its rows."""
    with closing(sqlite3.connect(path)) as file:
        marks = {name: file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")}
        tables = file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
        yield json.dumps({"sql": [sql for _, sql in tables], **marks})
        for name, sql in tables:
            if sql.startswith("CREATE TABLE"):
                for row in file.execute(f"SELECT * FROM {name}"):
                    yield json.dumps([name, *[{"bytes": v.decode()} if isinstance(v, bytes) else v for v in row]])


async def dump_redis(store: Store, keys: list[str], programs: list[Program], clock: Any) -> list[str]:
    """The commands that fill a Redis with some of the sessions of a store, and the versions."""
    kept = [(key, await store.turn(key, lambda session: (session, session))) for key in keys]
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as server:
        copy = open_store(server.url("?prefix=recorded:"), clock)
        await copy.start()
        for key, session in kept:
            await copy.turn(key, lambda _, session=session: (None, session))
        for program in programs:
            await copy.keep_version(program.version, program.sources)
        await copy.stop()
        commands = []
        for name in sorted(server.ask("KEYS", "*")):  # type: ignore[call-overload]
            if server.ask("TYPE", name) == "hash":
                commands.append(["HSET", name, *server.ask("HGETALL", name)])  # type: ignore[misc]
            else:
                commands.append(["SET", name, server.ask("GET", name)])
    return [json.dumps(command) for command in commands]


def record() -> None:
    """Writes the three files."""
    loop = asyncio.new_event_loop()
    now = [0.0]
    every = list(chosen(played()))
    programs = list({id(one.program): one.program for one in every}.values())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.sqlite"
        store = open_store(f"sqlite:///{path}", lambda: now[0])
        loop.run_until_complete(store.start())
        now[0] = every[0].requests[0].at.timestamp()
        for program in programs:
            loop.run_until_complete(store.keep_version(program.version, program.sources))
        under_way = []
        for number, one in enumerate(every):
            world, requests = Replayed(), own(number, one)
            desk = Desk(Library(one.program), store, world=world)
            for request, results in zip(requests[: one.cut], one.results, strict=False):
                now[0], world.results = request.at.timestamp(), list(results)
                last = Asked(request, *reversed(ask(loop, desk, world, request)))  # type: ignore[arg-type]
            following, results = requests[one.cut :], one.results[one.cut :]
            if results[0]:  # half of the processes that die are killed, the others told to stop
                world.dies = Killed() if number % 2 else asyncio.CancelledError()
                now[0] = following[0].at.timestamp()
                try:
                    ask(loop, desk, world, following[0])
                except (Killed, asyncio.CancelledError):
                    following = [request.replaced(at=request.at + LATER) for request in following]
                world.dies = None
            under_way.append((one, desk, world, last, following, results))
        loop.run_until_complete(store.stop())
        SQLITE.write_text("\n".join(dump_sqlite(path)) + "\n")
        loop.run_until_complete(store.start())
        keyed = [(last.request.session_key, any(results)) for _, _, _, last, _, results in under_way]
        with closing(sqlite3.connect(path)) as file:
            known = {key for (key,) in file.execute("SELECT key FROM sessions")}
        first = sorted((key for key in keyed if key[0] in known), key=lambda key: not key[1])[:IN_REDIS]
        in_redis = [key for key, _ in first]
        REDIS.write_text(
            "\n".join(loop.run_until_complete(dump_redis(store, in_redis, programs, lambda: now[0]))) + "\n"
        )
        lines = []
        for number, (one, desk, world, last, following, results) in enumerate(under_way):
            after = []
            for request, given in zip(following, results, strict=True):
                now[0], world.results = request.at.timestamp(), list(given)
                answer, exchanges = ask(loop, desk, world, request)
                after.append(Asked(request, exchanges, answer))
            redis = last.request.session_key in in_redis
            name = f"{number}-{last.request.flow}"
            lines.append(story_line(Story(name, one.program.version, redis, last, tuple(after))))
        JOURNAL.write_text("\n".join(lines) + "\n")
        loop.run_until_complete(store.stop())
    print(f"{len(lines)} calls and conversations, {sum(p.stat().st_size for p in (SQLITE, REDIS, JOURNAL)) // 1024} kB")


def record_answers() -> None:
    """Writes the answers of today to the requests that were recorded, over the store that was kept."""
    with Recorded() as held:
        lines = []
        for story in stories():
            again, following = held.replay(story)
            lines.append(story_line(story._replace(last=story.last._replace(answer=again.answer), next=following)))
    JOURNAL.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    record_answers() if "--answers" in sys.argv else record()
