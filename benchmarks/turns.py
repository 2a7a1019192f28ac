"""What a turn costs through the server, in processor time and beside the floor of the same run."""

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles

from benchmarks.callers import PUBLIC_URL, TOKEN, Question, calls, rehearse
from benchmarks.lanes import LANES, as_fast_as_possible, at_rate
from benchmarks.redis_server import redis_server
from benchmarks.servers import HERE, Server, started, touchtone_command, uvicorn_command
from benchmarks.table import Row
from engine.runtime.stores import open_store

TURNS = 5  # of a call that counts
RATE = 1_000  # turns a second, of a server that is not busy
MENU, REMEMBERS, COUNT = "/flows/menu", "/flows/remembers", "/flows/count"
ENVIRON = {"TWILIO_AUTH_TOKEN": TOKEN}


@dataclass
class Contender:
    """One of those compared; `share` is its number of turns in a round, against the floor's.

    What a turn costs is counted in seconds of the server's core that it really used: where the load or other programs keep
    the server waiting, turns by the clock would make the fast ones look slower than they are.
    """

    name: str
    server: Server
    questions: list[Question]
    share: float
    costs: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    acknowledged: int = 0
    settles: bool = False  # what it still does when all is answered counts as well

    def run(self, turns: int, rate: float = 0.0) -> None:
        """One round: notes what a turn cost, and how much of the time the server was at work. With a `rate` no more turns a second are made."""
        made = calls(self.questions, calls_for(turns * (1 if rate else self.share), self.questions))
        number = sum(len(call) for call in made)
        used = self.server.cpu_seconds()
        port = self.server.port
        seconds = at_rate(port, made, rate) if rate else as_fast_as_possible(port, made)
        if self.settles:
            self.server.settle()
        used = self.server.cpu_seconds() - used
        self.costs.append(used / number)
        self.busy.append(used / seconds)
        self.acknowledged += number

    @property
    def cost(self) -> float:
        """Seconds of the server's core that a turn takes: the median of the rounds."""
        return median(self.costs)

    @property
    def spread(self) -> float:
        """How far the middle half of the rounds lay apart."""
        low, middle, high = quantiles(self.costs, n=4)
        return (high - low) / middle

    def above(self, floor: "Contender") -> float:
        """Seconds that a turn takes beyond the floor's: the median of the rounds, each against its neighbor."""
        return median(ours - theirs for ours, theirs in zip(self.costs, floor.costs, strict=True))

    def beside(self, other: "Contender") -> tuple[float, float, float]:
        """How many of the other's turns one of these costs: the quartiles of the rounds, each against its neighbor."""
        low, middle, high = quantiles(
            [ours / theirs for ours, theirs in zip(self.costs, other.costs, strict=True)], n=4
        )
        return low, middle, high

    def row(self, floor: "Contender", goal: float | None = None) -> Row:
        """What a turn costs, in time above the floor and in turns of the floor; a goal that lies within the spread is met."""
        low, middle, high = self.beside(floor)
        measured = (
            f"{1e6 * self.cost:.0f} µs, {1e6 * self.above(floor):.0f} above the floor: "
            f"{middle:.2f} × ({low:.2f} to {high:.2f})"
        )
        return Row(self.name, measured) if goal is None else Row(self.name, measured, f"≤ {goal} ×", low <= goal)

    def of(self, other: "Contender") -> Row:
        """What a turn costs as a part of one by hand."""
        low, middle, high = self.beside(other)
        return Row(f"… of {other.name}", f"{middle:.2f} ({low:.2f} to {high:.2f})")


@contextmanager
def floor_and_ours(place: Path, core: int, under: tuple[str, ...] = ()) -> Iterator[tuple[Server, Server]]:
    """The server that answers a constant as long as the menu, and ours; `under` are the words of what runs them."""
    with ExitStack() as stack:
        command = [*under, sys.executable, *touchtone_command(flows(place), PUBLIC_URL)]
        ours = stack.enter_context(started(command, core, place, ENVIRON))
        length = str(len(rehearse(ours.port, MENU, 1)[0].answer))
        command, environ = (
            [*under, *uvicorn_command("benchmarks.floor:app")],
            {**ENVIRON, "BENCH_ANSWER_LENGTH": length},
        )
        yield stack.enter_context(started(command, core, place, environ)), ours


def flows(place: Path) -> Path:
    """The flows that are measured, in a folder of their own."""
    return Path(shutil.copytree(HERE / "flows", place / "flows", dirs_exist_ok=True))


def turn_rows(place: Path, core: int, quick: bool) -> list[Row]:
    """Rounds of every contender in turn; fails if a turn that was acknowledged was not counted."""
    rounds, turns = (5, 6_000) if quick else (9, 14_000)
    with ExitStack() as stack:
        at_floor, ours = stack.enter_context(floor_and_ours(place, core))
        # On the core of the load, as it would be on a machine of its own.
        redis = stack.enter_context(redis_server(place, core=max(os.sched_getaffinity(0))))
        to_redis, to_file = {**ENVIRON, "TOUCHTONE_STORE": redis.url()}, {**ENVIRON, "BENCH_SESSIONS": "by_hand.sqlite"}
        shared = stack.enter_context(started(touchtone_command(place / "flows", PUBLIC_URL), core, place, to_redis))
        hand = stack.enter_context(started(uvicorn_command("benchmarks.by_hand:app"), core, place, to_file))

        def contender(name: str, server: Server, address: str, share: float) -> Contender:
            number = TURNS if address == COUNT else 1
            return Contender(name, server, rehearse(server.port, address, number), share)

        floor = contender("the floor: bare ASGI, one keyed hash, a constant", at_floor, MENU, 1.0)
        bare = contender("the menu by hand, without a session", hand, MENU, 0.15)
        kept = contender("the menu by hand, with a session in SQLite", hand, REMEMBERS, 0.15)
        menu = contender("a menu", ours, MENU, 0.7)
        remembers = contender("a menu in a flow with variables, kept in SQLite", ours, REMEMBERS, 0.4)
        count = contender("a step that counts, kept in SQLite, two templated values", ours, COUNT, 0.4)
        there = contender("the same step, kept in Redis", shared, COUNT, 0.4)
        every = (floor, bare, kept, menu, remembers, count, there)
        for one in every:
            one.run(2000)
            one.costs.clear()
            one.busy.clear()
            one.acknowledged += len(one.questions)
        steady = tuple(replace(one, costs=[], busy=[], acknowledged=0) for one in (floor, menu, remembers, count))
        for _ in range(rounds):
            for one in every:
                one.run(turns)
            for one in steady:
                one.run(RATE, RATE)
        ours.stop()
        counted = asyncio.run(_counted(f"sqlite:///{place / '.touchtone' / 'sessions.sqlite'}"))
        shared.stop()
        together = asyncio.run(_counted(redis.url()))
    acknowledged = count.acknowledged + steady[-1].acknowledged
    assert counted == acknowledged, f"{acknowledged} turns were acknowledged, the sessions counted {counted}"
    assert together == there.acknowledged, f"{there.acknowledged} were acknowledged, those in Redis counted {together}"
    print(
        f"{counted + together} turns acknowledged, all of them counted. The server's core was used to "
        + ", ".join(f"{median(one.busy):.0%}" for one in every)
        + f"; the middle half of the rounds lay up to {max(one.spread for one in every):.0%} apart.",
        file=sys.stderr,
    )
    return [
        Row(floor.name, f"{1e6 * floor.cost:.0f} µs"),
        *(bare.row(floor), kept.row(floor)),
        *(menu.row(floor, 1.25), menu.of(bare)),
        *(remembers.row(floor, 1.65), remembers.of(kept)),
        *(count.row(floor, 2.0), count.of(kept)),
        there.row(floor),
        Row(f"at {RATE:,} turns a second: the floor", f"{1e6 * steady[0].cost:.0f} µs"),
        *(replace(one.row(steady[0]), what=f"… {one.name}") for one in steady[1:]),
    ]


def calls_for(turns: float, questions: list[Question]) -> int:
    """How many calls make about so many turns, as many on each lane."""
    return LANES * max(1, round(turns / len(questions) / LANES))


async def _counted(url: str) -> int:
    """What all sessions of a store counted together."""
    store = open_store(url, time.time)
    await store.start()
    try:
        return sum(session.variables.get("count", 0) for _, session in await store.sessions(10**9))
    finally:
        await store.stop()
