"""`python -m benchmarks.reload`: what a save costs, with 20, 300 and 1,000 flows, while callers call 30 times a second.

`touchtone dev` serves a project of which one file after the other is saved; every answer tells which texts it is of. At last the project
file is saved, which changes every flow. Exits 1 where an answer was an error, of texts that were never there together, or older than one
that was heard before.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import urljoin

from benchmarks.callers import PUBLIC_URL, TOKEN, new_call, request
from benchmarks.loading import loading_costs
from benchmarks.projects import common_text, flow_text, name_of, write_project
from benchmarks.servers import Server, started
from benchmarks.table import Row, table
from benchmarks.ticking import Gap, read_gaps

RATE = 30  # turns a second
TURNS = 8  # of a call
LOOK = 0.005  # seconds between two questions whether a save is heard
PATIENCE = 60.0  # seconds until a save counts as lost
STILL = 3.0  # seconds before the first save: what callers wait when nothing is saved
WHOLE = 3  # saves of the project file
COMMON = -1  # the project file, among the numbers of the flows
FIRST = 5  # the first seconds that menus wait for a key, which the project file says

_TEXT = re.compile(r"Text (\d+) of flow (\d+)\.")
_TIMEOUT = re.compile(r' timeout="(\d+)"')
_ACTION = re.compile(r'<Gather[^>]* action="([^"]*)"')
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass
class Heard:
    """What was saved, what was heard of it, and what should not have been. Texts are counted from 0, of each file."""

    saved: Counter[int] = field(default_factory=Counter)
    heard: Counter[int] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    answers: int = 0

    def judge(self, status: int, twiml: str, oldest: Counter[int]) -> None:
        """Notes an answer; `oldest` are the texts that were heard before it was asked for."""
        self.answers += 1
        told = {(int(flow), int(text)) for text, flow in _TEXT.findall(twiml)}
        told |= {(COMMON, int(seconds) - FIRST) for seconds in _TIMEOUT.findall(twiml)}
        if status != 200 or len(told) < 2:
            self.wrong[f"{status} {re.sub('[0-9]+', 'N', twiml)[:200]}"] += 1
        elif len({flow for flow, _ in told}) < len(told):
            self.wrong["two texts of one file"] += 1
        for flow, text in told:
            if text < oldest[flow]:
                self.wrong["an older text than was heard before"] += 1
            if text > self.saved[flow]:
                self.wrong["a text before it was saved"] += 1
            self.heard[flow] = max(self.heard[flow], text)


class Turn(NamedTuple):
    """When a turn was asked for, and how many seconds its answer took."""

    at: float
    seconds: float


class Callers:
    """Calls of so many flows, RATE turns a second in all whatever the server does; each call goes on for TURNS turns."""

    def __init__(self, port: int, flows: int, heard: Heard) -> None:
        self._port, self._flows, self._heard = port, flows, heard
        self._chance = random.Random(1)
        self._waiting: list[tuple[str, str, int]] = []  # calls that are to go on: sid, address, turns so far
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.turns: list[Turn] = []

    async def call(self) -> None:
        """Calls until it is cancelled."""
        began, number = time.monotonic(), 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                number += 1
                await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
                tasks.create_task(self._turn())

    async def _turn(self) -> None:
        if self._waiting and self._chance.random() < 1 - 1 / TURNS:
            call, address, turns = self._waiting.pop(self._chance.randrange(len(self._waiting)))
        else:
            call, turns = new_call(), 0
            address = f"/flows/{name_of(self._chance.randrange(self._flows))}"
        began = time.monotonic()
        twiml = await self.ask(call, address, "1" if turns else "")
        self.turns.append(Turn(began, time.monotonic() - began))
        action = _ACTION.search(twiml)
        if action and turns < TURNS:
            self._waiting.append((call, urljoin(address, unescape(action[1])), turns + 1))

    async def ask(self, call: str, address: str, digits: str) -> str:
        """One turn, which is judged."""
        oldest = self._heard.heard.copy()
        try:
            reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(request(call, address, digits))
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            twiml = (await reader.readexactly(int(length[1]) if length else 0)).decode()
        except (OSError, asyncio.IncompleteReadError) as fault:
            self._heard.judge(0, type(fault).__name__, oldest)
            return ""
        self._idle.append((reader, writer))
        self._heard.judge(int(head.split(b" ", 2)[1]), twiml, oldest)
        return twiml

    def close(self) -> None:
        """Ends the connections."""
        for _, writer in self._idle:
            writer.close()


@dataclass
class Outcome:
    """What came of a project of `flows`; times are in seconds, memory in megabytes."""

    flows: int
    start: float = 0.0
    single: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)  # before the first save, and after each of one file
    turns: dict[str, list[float]] = field(default_factory=dict)  # of each part: still, single, whole
    gaps: dict[str, list[Gap]] = field(default_factory=dict)
    heard: Heard = field(default_factory=Heard)

    @property
    def growth(self) -> float:
        """Megabytes from a tenth of the saves on to the last."""
        return self.memory[-1] - self.memory[len(self.memory) // 10]


async def _save(file: Path, text: str, flow: int, number: int, outcome: Outcome, callers: Callers) -> float:
    """Seconds from a save to the end of the first answer that has it."""
    outcome.heard.saved[number] += 1
    file.write_text(text)
    began = time.monotonic()
    while outcome.heard.heard[number] < outcome.heard.saved[number]:
        if time.monotonic() - began > PATIENCE:
            outcome.heard.wrong["a save that was not heard"] += 1
            break
        await callers.ask(new_call(), f"/flows/{name_of(flow)}", "")
        await asyncio.sleep(LOOK)
    return time.monotonic() - began


async def _saves(
    folder: Path, flows: int, saves: int, server: Server, outcome: Outcome, launched: float
) -> dict[str, list[tuple[float, float]]]:
    """Saves, of a server that was launched at a time; gives the stretches of time of each part."""
    callers = Callers(server.port, flows, outcome.heard)
    chance = random.Random(2)
    parts: dict[str, list[tuple[float, float]]] = {"still": [], "single": [], "whole": []}
    await callers.ask(new_call(), f"/flows/{name_of(0)}", "")
    outcome.start = time.monotonic() - launched
    calling = asyncio.create_task(callers.call())
    try:
        began = time.monotonic()
        await asyncio.sleep(STILL)
        parts["still"].append((began, time.monotonic()))
        outcome.memory.append(server.memory())
        began = time.monotonic()
        for number in range(saves):
            flow = number * 7 % flows
            text = flow_text(flow, flows, mark=outcome.heard.saved[flow] + 1, counts=True)
            outcome.single.append(await _save(folder / f"{name_of(flow)}.yaml", text, flow, flow, outcome, callers))
            outcome.memory.append(server.memory())
            await asyncio.sleep(chance.uniform(0.05, 0.25))
        await asyncio.sleep(1)  # what a save leaves to do
        parts["single"].append((began, time.monotonic()))
        outcome.memory.append(server.memory())
        for number in range(WHOLE):
            began = time.monotonic()
            text = common_text(FIRST + number + 1)
            outcome.whole.append(await _save(folder / "_project.yaml", text, 0, COMMON, outcome, callers))
            parts["whole"].append((began, time.monotonic()))
            await asyncio.sleep(1)
    finally:
        calling.cancel()
        with suppress(asyncio.CancelledError):
            await calling
        callers.close()
    for part, stretches in parts.items():
        outcome.turns[part] = [turn.seconds for turn in callers.turns if _within(turn.at, stretches)]
    return parts


def _within(at: float, stretches: Iterable[tuple[float, float]]) -> bool:
    return any(began <= at <= ended for began, ended in stretches)


def measure(place: Path, flows: int, saves: int) -> Outcome:
    """Serves a project of so many flows, and saves so many times."""
    folder, outcome = place / f"flows{flows}", Outcome(flows)
    folder.mkdir()
    write_project(folder, flows, counts=True)
    file, log = place / "gaps", place / "server.log"
    command = [sys.executable, "-m", "benchmarks.ticking", str(file), "dev", str(folder), "--public-url", PUBLIC_URL]
    began = time.monotonic()
    with started(command, None, place, {"TWILIO_AUTH_TOKEN": TOKEN, "TOUCHTONE_LOG_LEVEL": "warning"}, log) as server:
        parts = asyncio.run(_saves(folder, flows, saves, server, outcome, began))
    for part, stretches in parts.items():
        outcome.gaps[part] = [gap for gap in read_gaps(file) if _within(gap.at, stretches)]
    if outcome.heard.wrong or "Traceback" in log.read_text():
        print(log.read_text()[-4000:], file=sys.stderr)
    return outcome


def percentile(seconds: list[float], share: float) -> float:
    """The value that so large a share of all does not exceed."""
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))]


def rows(outcome: Outcome) -> list[Row]:
    """What was measured, beside the goals."""

    def ms(seconds: float) -> str:
        return f"{seconds * 1000:,.1f} ms"

    def gaps(part: str, one: Callable[[Gap], float]) -> float:
        return max(map(one, outcome.gaps[part]), default=0.0)

    single, whole, turns = outcome.single, max(outcome.whole), outcome.turns
    longest = f"{ms(gaps('single', lambda gap: gap.seconds))}, {ms(gaps('single', lambda gap: gap.worked))}"
    overall = f"{ms(gaps('whole', lambda gap: gap.seconds))}, {ms(gaps('whole', lambda gap: gap.worked))}"
    still = f"{ms(gaps('still', lambda gap: gap.seconds))}, {ms(gaps('still', lambda gap: gap.worked))}"
    wrong = sum(outcome.heard.wrong.values())
    middle, tail = percentile(turns["whole"], 0.5), percentile(turns["whole"], 0.99)
    return [
        Row(f"**{outcome.flows:,} flows**, {len(single)} saves: from the start to the first answer", f"{outcome.start:.2f} s", "< 3 s", outcome.start < 3),
        Row("a save is heard after, median", ms(median(single)), "< 100 ms", median(single) < 0.1),
        Row("… at worst", ms(max(single)), "< 200 ms", max(single) < 0.2),
        Row("memory before the saves, and after", f"{outcome.memory[0]:.0f}, {outcome.memory[-1]:.0f} MB", "< 250 MB", outcome.memory[-1] < 250),
        Row("… growth from a tenth of them on", f"{outcome.growth:.0f} MB", "< 10 MB", outcome.growth < 10),
        Row(f"wrong among {outcome.heard.answers:,} answers", f"{wrong}", "0", wrong == 0),
        Row("a turn while nothing is saved: median, 99 %", f"{ms(median(turns['still']))}, {ms(percentile(turns['still'], 0.99))}"),
        Row("… while files are saved", f"{ms(median(turns['single']))}, {ms(percentile(turns['single'], 0.99))}"),
        Row("longest gap between ticks while nothing is saved: waited, worked", still),
        Row("… while files are saved", longest, "< 5 ms worked", gaps("single", lambda gap: gap.worked) < 0.005),
        Row("a save of the project file is heard after, at worst", f"{whole:.2f} s", f"< {outcome.start + 0.5:.2f} s", whole < outcome.start + 0.5),
        Row("… a turn meanwhile: median, 99 %", f"{ms(middle)}, {ms(tail)}", "< 2, < 20 ms", middle < 0.002 and tail < 0.02),
        Row("… longest gap between ticks meanwhile: waited, worked", overall, "< 5 ms worked", gaps("whole", lambda gap: gap.worked) < 0.005),
    ]  # fmt: skip


def main() -> None:
    """Reads the words of the command, measures, prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reload", description=__doc__.partition("\n")[0])
    parser.add_argument("--flows", type=int, nargs="+", default=[20, 300, 1000], help="how many flows a project has")
    parser.add_argument("--saves", type=int, default=200, help="of one file each, in each project")
    words = parser.parse_args()
    found: list[Row] = []
    wrong: Counter[str] = Counter()
    for flows in words.flows:
        with tempfile.TemporaryDirectory() as place:
            outcome = measure(Path(place), flows, words.saves)
            seconds, megabytes = loading_costs(Path(place) / f"flows{flows}")
        read = Row(
            f"{flows:,} flows read in a fresh process: seconds, memory at their peak",
            f"{seconds:.2f} s, {megabytes:.0f} MB",
            "< 2.5 s",
            seconds < 2.5,
        )
        found += [*rows(outcome), read]
        wrong += outcome.heard.wrong
    print(table(found, "all cores"))
    for problem, number in wrong.most_common(10):
        print(f"{number:6} × {problem}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
