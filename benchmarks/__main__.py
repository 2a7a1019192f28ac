"""`python -m benchmarks`: runs all of it, and prints one table."""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.instructions import instruction_rows
from benchmarks.loading import loading_costs
from benchmarks.projects import write_project
from benchmarks.recording import recording_rows
from benchmarks.servers import HERE
from benchmarks.starting import command_seconds
from benchmarks.table import Row, table
from benchmarks.telephone import calls_seconds
from benchmarks.turns import turn_rows


def main() -> None:
    """Reads the words of the command, measures, prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the time, for development")
    parser.add_argument(
        "--only", choices=("turns", "recording", "instructions", "calls", "loading"), help="one part of it"
    )
    words = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print(
            "one core only: the load takes from the servers, and the ratios are too kind to the slow", file=sys.stderr
        )
    os.sched_setaffinity(0, {cores[-1]})
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if words.only in (None, "turns"):
            rows += turn_rows(place, cores[0], words.quick)
        if words.only in (None, "recording"):
            rows += recording_rows(place / "recording", cores[0], words.quick)
        if words.only in (None, "instructions"):
            rows += instruction_rows(place / "counted", cores[0])
        if words.only in (None, "calls"):
            rows.append(_calls(words.quick))
        if words.only in (None, "loading"):
            os.sched_setaffinity(0, cores)
            rows += [*_loading(place, words.quick), *_starting(place, words.quick)]
    print(table(rows))


def _calls(quick: bool) -> Row:
    seconds = calls_seconds(200) if quick else median(calls_seconds() for _ in range(3))
    return Row("1,000 calls of six turns on the telephone, in process", f"{seconds:.2f} s", "< 2 s", seconds < 2)


def _loading(place: Path, quick: bool) -> list[Row]:
    flows = place / "many"
    flows.mkdir()
    write_project(flows, 1000)
    runs = [loading_costs(flows) for _ in range(1 if quick else 3)]
    seconds, megabytes = median(run[0] for run in runs), median(run[1] for run in runs)
    return [
        Row("1,000 flows of 20 steps read", f"{seconds:.2f} s", "< 2.5 s", seconds < 2.5),
        Row("… at their peak, above the interpreter", f"{megabytes:.0f} MB", "< 150 MB", megabytes < 150),
    ]


def _starting(place: Path, quick: bool) -> list[Row]:
    alone, times = place / "alone", 3 if quick else 9
    alone.mkdir()
    shutil.copy(HERE / "flows" / "menu.yaml", alone)
    checked = command_seconds(["check", str(alone / "menu.yaml")], place, times)
    helped = command_seconds(["--help"], place, times)
    return [
        Row(
            "`touchtone check` of one file, start-up included", f"{checked * 1000:.0f} ms", "≤ 250 ms", checked <= 0.25
        ),
        Row("`touchtone --help`", f"{helped * 1000:.0f} ms", "≤ 150 ms", helped <= 0.15),
    ]


if __name__ == "__main__":
    main()
