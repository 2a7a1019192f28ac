"""`python -m benchmarks.ticking FILE dev …`: the command `touchtone` with a tick in its event loop; every gap between two goes into FILE.

A line holds when the gap ended (`time.monotonic`), how much longer than planned it was, and how much of its processor the loop used
meanwhile, all in seconds: the second is what callers wait, on a machine where others work too; the third is what the loop did itself.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import NamedTuple

EVERY = 0.002
LEAST = 0.001  # a gap that is written down


class Gap(NamedTuple):
    """Between two ticks."""

    at: float
    seconds: float
    worked: float


def read_gaps(file: Path) -> list[Gap]:
    """What was written into a file, without a line that was cut off."""
    lines = [line.split() for line in file.read_text().splitlines()]
    return [Gap(*map(float, line)) for line in lines if len(line) == 3]


async def _tick(file: Path) -> None:
    with file.open("w", buffering=1) as written:
        before, worked = time.monotonic(), time.thread_time()
        while True:
            await asyncio.sleep(EVERY)
            now, used = time.monotonic(), time.thread_time()
            if now - before - EVERY > LEAST or used - worked > LEAST:
                written.write(f"{now:.6f} {max(0.0, now - before - EVERY):.6f} {used - worked:.6f}\n")
                now, used = time.monotonic(), time.thread_time()
            before, worked = now, used


def main() -> None:
    """Runs the command; its words follow the name of the file."""
    from engine.cli import main as touchtone
    from engine.server.service import Service

    file, words = Path(sys.argv[1]), sys.argv[2:]
    start = Service.start
    kept = []

    async def start_ticking(service: Service) -> None:
        await start(service)
        kept.append(asyncio.get_running_loop().create_task(_tick(file)))

    Service.start = start_ticking  # type: ignore[method-assign]
    touchtone(words)


if __name__ == "__main__":
    main()
