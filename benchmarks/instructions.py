"""How many instructions of the processor a turn takes through the server, counted by valgrind's callgrind.

Where a machine is busy, times vary by half and instructions by less than one in a hundred: whether a change made a turn cheaper is
seen here first. A processor is not asked (`perf stat`): on most virtual machines it counts none.
"""

import re
import shutil
import subprocess
from pathlib import Path

from benchmarks.callers import Question, calls, rehearse
from benchmarks.lanes import LANES, as_fast_as_possible
from benchmarks.servers import Server
from benchmarks.table import Row
from benchmarks.turns import COUNT, MENU, REMEMBERS, TURNS, calls_for, floor_and_ours

CALLGRIND = ("valgrind", "--quiet", "--tool=callgrind", "--callgrind-out-file=instructions")
_TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)


def instruction_rows(place: Path, core: int, turns: int = 960) -> list[Row]:
    """A row for each kind of turn; one that says what is missing where valgrind is not installed."""
    if shutil.which("valgrind") is None:
        return [Row("instructions a turn", "not counted: valgrind is not installed")]
    place.mkdir()
    with floor_and_ours(place, core, under=CALLGRIND) as (floor, ours):
        least = _instructions(place, floor, rehearse(floor.port, MENU, 1), turns)
        measured = [
            (name, _instructions(place, ours, rehearse(ours.port, address, number), turns))
            for name, address, number in (
                ("a menu", MENU, 1),
                ("a menu in a flow with variables", REMEMBERS, 1),
                ("a step that counts", COUNT, TURNS),
            )
        ]
    return [
        Row("instructions a turn: the floor", f"{least / 1000:.0f} k"),
        *(Row(f"… {name}", f"{number / 1000:.0f} k, {number / least:.2f} ×") for name, number in measured),
    ]


def _instructions(place: Path, server: Server, questions: list[Question], turns: int) -> float:
    """What a turn takes, once the server has played some."""
    as_fast_as_possible(server.port, calls(questions, LANES))
    _control("--zero", server)
    made = calls(questions, calls_for(turns, questions))
    as_fast_as_possible(server.port, made)
    _control("--dump", server)
    newest = max(place.glob("instructions.*"), key=lambda file: int(file.suffix[1:]))
    totals = _TOTALS.search(newest.read_text())
    assert totals is not None, "a profile ends with its totals"
    return int(totals[1]) / sum(len(call) for call in made)


def _control(word: str, server: Server) -> None:
    subprocess.run(["callgrind_control", word, str(server.pid)], check=True, capture_output=True)
