"""What it costs a turn that `touchtone dev` records it: two servers of the same flows, one with its page, one without.

The time is that of the whole process, of what it writes when all is answered too.

`python -m benchmarks.recording` measures that alone.
"""

import os
import sqlite3
import sys
import tempfile
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import quantiles

from benchmarks.callers import PUBLIC_URL, rehearse
from benchmarks.servers import started
from benchmarks.table import Row, table
from benchmarks.turns import COUNT, ENVIRON, MENU, REMEMBERS, TURNS, Contender, flows

GOAL = 20  # µs of processor time, what is written by another thread included
KINDS = (
    ("a menu", MENU, 1),
    ("a menu in a flow with variables", REMEMBERS, 1),
    ("a step that counts, in calls of five turns", COUNT, TURNS),
)


def recording_rows(place: Path, core: int, quick: bool) -> list[Row]:
    """Rounds of both servers in turn; fails if what they answer differs, or if nothing was recorded."""
    rounds, turns = (7, 4_000) if quick else (15, 10_000)
    place.mkdir(exist_ok=True)
    with ExitStack() as stack:
        pairs = []
        servers = []
        for name, words in (("on", ()), ("off", ("--no-page",))):
            folder = place / name
            folder.mkdir()
            dev = [str(Path(sys.executable).with_name("touchtone")), "dev", str(flows(folder))]
            command = [*dev, "--public-url", PUBLIC_URL, *words]
            servers.append(stack.enter_context(started(command, core, folder, ENVIRON, folder / "log")))
        for name, address, number in KINDS:
            pairs.append(
                tuple(Contender(name, one, rehearse(one.port, address, number), 1.0, settles=True) for one in servers)
            )
        for pair in pairs:
            for one in pair:
                one.run(2000)
                one.costs.clear()
        for number in range(rounds):
            for pair in pairs:
                for one in pair if number % 2 else reversed(pair):
                    one.run(turns)
        made = sum(on.acknowledged // number for (_, _, number), (on, _) in zip(KINDS, pairs, strict=True))
        recorded = _recorded(place / "on")
        assert recorded >= made, f"{made} calls were made, {recorded} recorded"
    return [_row(name, on, off) for (name, _, _), (on, off) in zip(KINDS, pairs, strict=True)]


def _recorded(folder: Path) -> int:
    """How many calls were recorded, those included that made room since; turns that were left out are said in the log."""
    log = (folder / "log").read_text()
    assert "not recorded" not in log, log
    with closing(sqlite3.connect(folder / ".touchtone" / "calls.sqlite")) as file:
        return int(file.execute("SELECT max(number) FROM calls").fetchone()[0])


def _row(name: str, on: Contender, off: Contender) -> Row:
    low, middle, high = quantiles([1e6 * (a - b) for a, b in zip(on.costs, off.costs, strict=True)], n=4)
    measured = f"{middle:.0f} µs ({low:.0f} to {high:.0f}) above {1e6 * off.cost:.0f}"
    return Row(f"recording a turn: {name}", measured, f"< {GOAL} µs", low < GOAL)


def main() -> None:
    """Measures, prints."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    with tempfile.TemporaryDirectory() as folder:
        print(table(recording_rows(Path(folder) / "recording", cores[0], "--quick" in sys.argv)))


if __name__ == "__main__":
    main()
