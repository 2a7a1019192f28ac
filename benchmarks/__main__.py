"""`python -m benchmarks`: runs all of it, and prints one table."""

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from benchmarks.callers import PUBLIC_URL, TOKEN, Question, calls, rehearse
from benchmarks.lanes import FEW, LANES, as_fast_as_possible, at_a_rate
from benchmarks.loading import check_seconds, loading_costs
from benchmarks.projects import write_project
from benchmarks.redis_server import redis_server
from benchmarks.servers import HERE, Server, started, touchtone_command, uvicorn_command
from benchmarks.table import Row, table
from benchmarks.telephone import calls_seconds
from engine.runtime.stores import open_store

TURNS = 5  # of a call that counts
RATE = 2000  # turns a second of the open loop
LIGHT = 500  # turns a second while others wait for a slow server


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

    def run(self, turns: int) -> None:
        """One round: notes what a turn cost, and how much of the time the server was at work."""
        made = calls(self.questions, _calls_for(turns * self.share, self.questions))
        number = sum(len(call) for call in made)
        used = self.server.cpu_seconds()
        seconds = as_fast_as_possible(self.server.port, made)
        used = self.server.cpu_seconds() - used
        self.costs.append(used / number)
        self.busy.append(used / seconds)
        self.acknowledged += number

    @property
    def rate(self) -> float:
        """Turns in a second of the server's core: the median of the rounds."""
        return 1 / median(self.costs)

    def against(self, other: "Contender") -> float:
        """How many turns it answers in the time of one of the other's: the median of the rounds, each against its neighbour."""
        return median(theirs / ours for ours, theirs in zip(self.costs, other.costs, strict=True))

    @property
    def spread(self) -> float:
        """How far the middle half of the rounds lay apart."""
        low, middle, high = quantiles(self.costs, n=4)
        return (high - low) / middle


def main() -> None:
    """Reads the words of the command, measures, prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the time, for development")
    parser.add_argument("--turns-only", action="store_true", help="leave out the loading of flows")
    words = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print(
            "one core only: the load takes from the servers, and the ratios are too kind to the slow", file=sys.stderr
        )
    os.sched_setaffinity(0, {cores[-1]})
    with tempfile.TemporaryDirectory() as place:
        rows = [*_turns(Path(place), cores[0], words.quick)]
        rows += [*_beside(Path(place), cores[0], words.quick), _calls(words.quick)]
        if not words.turns_only:
            os.sched_setaffinity(0, cores)
            rows += _loading(Path(place), words.quick)
    print(table(rows))


def _turns(place: Path, core: int, quick: bool) -> list[Row]:
    rounds, turns, seconds = (5, 6_000, 1.0) if quick else (9, 14_000, 2.5)
    environ = {"TWILIO_AUTH_TOKEN": TOKEN, "TOUCHTONE_ENV": "SLOW_URL"}
    shutil.copytree(HERE / "flows", place / "flows")
    with ExitStack() as stack:

        def start(command: list[str], **more: str) -> Server:
            return stack.enter_context(started(command, core, place, {**environ, **more}))

        ours = start(touchtone_command(place / "flows", PUBLIC_URL))
        menu, count = rehearse(ours.port, "/flows/menu", 1), rehearse(ours.port, "/flows/count", TURNS)
        # On the core of the load, as it would be on a machine of its own.
        redis = stack.enter_context(redis_server(place, core=max(os.sched_getaffinity(0))))
        shared = start(touchtone_command(place / "flows", PUBLIC_URL), TOUCHTONE_STORE=redis.url())
        floor = start(uvicorn_command("benchmarks.floor:app"), BENCH_ANSWER_LENGTH=str(len(menu[0].answer)))
        hand = start(uvicorn_command("benchmarks.by_hand:app"))
        a = Contender("the floor", floor, rehearse(floor.port, "/flows/menu", 1), 1.0)
        b = Contender("by hand", hand, rehearse(hand.port, "/flows/menu", 1), 0.15)
        c = Contender("a static menu", ours, menu, 0.8)
        d = Contender("a step that counts", ours, count, 0.6, acknowledged=TURNS)
        e = Contender("with Redis", shared, rehearse(shared.port, "/flows/count", TURNS), 0.6, acknowledged=TURNS)
        every = (a, b, c, d, e)
        for contender in every:
            contender.run(2000)
            contender.costs.clear()
            contender.busy.clear()
        for _ in range(rounds):
            for contender in every:
                contender.run(turns)
        tail, shared_tail = _tail(d, seconds), _tail(e, seconds)
        ours.stop()
        counted = _counted(place / ".touchtone" / "sessions.sqlite")
        shared.stop()
        together = asyncio.run(_counted_in(redis.url()))
    assert counted == d.acknowledged, f"{d.acknowledged} turns were acknowledged, the sessions counted {counted}"
    assert together == e.acknowledged, f"{e.acknowledged} turns were acknowledged, those in Redis counted {together}"
    print(
        f"{counted + together} turns acknowledged, all of them counted. The server's core was used to "
        + ", ".join(f"{median(one.busy):.0%} ({one.name}: {1e6 / one.rate:.0f} µs a turn)" for one in every)
        + f"; rounds lay up to {max(one.spread for one in every):.0%} apart.",
        file=sys.stderr,
    )
    return [
        Row("the floor: bare ASGI, one keyed hash, a constant", f"{a.rate:,.0f}/s"),
        Row("by hand: `request.form()`, `RequestValidator`, `VoiceResponse`", f"{b.rate:,.0f}/s"),
        Row("a static menu", f"{c.rate:,.0f}/s"),
        Row("… of the floor", f"{c.against(a):.2f}", "≥ 0.70", c.against(a) >= 0.70),
        Row("… of the same by hand", f"{c.against(b):.1f} ×", "≥ 5 ×", c.against(b) >= 5),
        Row("a step that counts in a session in SQLite, two templated values", f"{d.rate:,.0f}/s"),
        Row("… of the floor", f"{d.against(a):.2f}", "≥ 0.50", d.against(a) >= 0.50),
        Row("… of the menu by hand", f"{d.against(b):.1f} ×", "≥ 3 ×", d.against(b) >= 3),
        Row(
            f"… its 99th percentile at {RATE:,} a second",
            f"{tail * 1000:.2f} ms",
            "< 2 ms",
            tail < 0.002,
        ),
        Row("the same step with its session in Redis", f"{e.rate:,.0f}/s"),
        Row("… of the floor", f"{e.against(a):.2f}"),
        Row(f"… its 99th percentile at {RATE:,} a second", f"{shared_tail * 1000:.2f} ms"),
    ]


def _beside(place: Path, core: int, quick: bool) -> list[Row]:
    """What callers notice of others whose turns wait for a server that takes 50 ms."""
    seconds = 1.0 if quick else 2.5
    environ = {"TWILIO_AUTH_TOKEN": TOKEN, "TOUCHTONE_ENV": "SLOW_URL"}
    with started(uvicorn_command("benchmarks.slow:app"), core, place, environ) as slow:
        more = {"SLOW_URL": f"http://127.0.0.1:{slow.port}/", "TOUCHTONE_ALLOW_HOSTS": f"127.0.0.1:{slow.port}"}
        with started(touchtone_command(place / "flows", PUBLIC_URL), core, place, {**environ, **more}) as ours:
            count, lookup = rehearse(ours.port, "/flows/count", TURNS), rehearse(ours.port, "/flows/lookup", 1)
            alone, crowded = [], []
            for _ in range(3):
                for latencies, number in ((alone, 0), (crowded, FEW * round(seconds * 20) * 2)):
                    made = calls(count, _calls_for(LIGHT * seconds, count))
                    latencies += at_a_rate(ours.port, made, LIGHT, calls(lookup, number))
    (alone_50, alone_99), (crowded_50, crowded_99) = (
        (cut[49] * 1000, cut[98] * 1000) for cut in (quantiles(alone, n=100), quantiles(crowded, n=100))
    )
    return [
        Row(f"that step at {LIGHT} a second: its median and 99th percentile", f"{alone_50:.2f}, {alone_99:.2f} ms"),
        Row(
            f"… while {FEW} others wait for a `request` that takes 50 ms, over and over",
            f"{crowded_50:.2f}, {crowded_99:.2f} ms",
        ),
    ]


def _calls(quick: bool) -> Row:
    seconds = calls_seconds(200) if quick else median(calls_seconds() for _ in range(3))
    return Row("1,000 calls of six turns on the telephone, in process", f"{seconds:.2f} s", "< 3 s", seconds < 3)


def _loading(place: Path, quick: bool) -> list[Row]:
    flows = place / "many"
    flows.mkdir()
    write_project(flows, 1000)
    runs = [loading_costs(flows) for _ in range(1 if quick else 3)]
    seconds, megabytes = median(run[0] for run in runs), median(run[1] for run in runs)
    alone = place / "alone"
    alone.mkdir()
    shutil.copy(HERE / "flows" / "menu.yaml", alone)
    checked = check_seconds(alone / "menu.yaml", 3 if quick else 9)
    return [
        Row("1,000 flows of 20 steps read", f"{seconds:.2f} s", "< 2.5 s", seconds < 2.5),
        Row("… at their peak, above the interpreter", f"{megabytes:.0f} MB", "< 150 MB", megabytes < 150),
        Row("`touchtone check` of one file, start-up included", f"{checked * 1000:.0f} ms", "< 250 ms", checked < 0.25),
    ]


def _calls_for(turns: float, questions: list[Question]) -> int:
    """How many calls make about so many turns, as many on each lane."""
    return LANES * max(1, round(turns / len(questions) / LANES))


def _tail(contender: Contender, seconds: float) -> float:
    """The 99th percentile in seconds when RATE turns a second come in: the median of three runs."""
    tails = []
    for _ in range(3):
        made = calls(contender.questions, _calls_for(RATE * seconds, contender.questions))
        tails.append(quantiles(at_a_rate(contender.server.port, made, RATE), n=100)[98])
        contender.acknowledged += len(made) * TURNS
    return median(tails)


async def _counted_in(url: str) -> int:
    """What all sessions of a store counted together."""
    store = open_store(url, time.time)
    await store.start()
    try:
        return sum(session.variables["count"] for _, session in await store.sessions(10**9))
    finally:
        await store.stop()


def _counted(sessions: Path) -> int:
    """What all sessions in the file counted together."""
    with sqlite3.connect(sessions) as connection:
        rows = connection.execute("SELECT session FROM sessions").fetchall()
    connection.close()
    return sum(json.loads(text)["variables"]["count"] for (text,) in rows)


if __name__ == "__main__":
    main()
