"""`python -m benchmarks.page`: how long a save takes until the design page knows of it, with 20, 300 and 1,000 flows.

`touchtone dev` serves a project of which one file after the other is saved, good and with a mistake in turn. A client listens to the events
of its page; with `--browser`, Chromium shows the flow that is saved, and it is measured when the new words stand in its tree.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from benchmarks.projects import flow_text, name_of, write_project
from benchmarks.table import Row, table

WAIT = 20.0  # seconds for an event
PAUSE = 0.15  # seconds between two saves
SHOWS = "mark => [...document.querySelectorAll('svg.tree text')].some(one => one.textContent.includes(mark))"
ADDRESS = re.compile(r"Design page: (\S+)")
HERE = Path(__file__).parents[1]


class Listener:
    """Listens to the page as a browser would."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 0
        head = self._ask(f"/?{parts.query}").recv(65536)
        cookie = re.search(rb"set-cookie: ([^;]+)", head)
        assert cookie is not None, head
        self.cookie = cookie[1].decode()
        self._file = self._ask("/events").makefile("rb")

    def _ask(self, path: str) -> socket.socket:
        connection = socket.create_connection((self._host, self._port), timeout=WAIT)
        cookie = f"Cookie: {self.cookie}\r\n" if path == "/events" else ""
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n{cookie}\r\n".encode())
        return connection

    def state(self) -> tuple[dict, int]:  # type: ignore[type-arg]
        """The next state, and how many bytes it is."""
        kind = b""
        for line in self._file:
            if line.startswith(b"event: "):
                kind = line[7:].strip()
            if line.startswith(b"data: ") and kind == b"state":
                return json.loads(line[6:]), len(line)
        raise SystemExit("the page has ended")


@dataclass
class Outcome:
    """What came of a project of `flows`; times in seconds, sizes in bytes."""

    flows: int
    first: float = 0.0
    whole: int = 0
    good: list[float] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)  # until a browser shows it
    live: list[float] = field(default_factory=list)  # of the good ones: until callers hear it, as the page says
    sizes: list[int] = field(default_factory=list)


def measure(place: Path, flows: int, saves: int, browser: bool = False) -> Outcome:
    """Serves a project of so many flows, and saves so many times; with `browser` again, looked at in Chromium."""
    folder, outcome = place / "flows", Outcome(flows)
    folder.mkdir()
    write_project(folder, flows)
    command = [sys.executable, "-m", "engine.cli", "dev", "--port", "0", "--page-port", "0"]
    environ = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONUNBUFFERED": "1", "TOUCHTONE_LOG_LEVEL": "error"}
    with subprocess.Popen(
        command, cwd=place, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None, "it is read"
            address = next(found[1] for line in process.stdout if (found := ADDRESS.search(line)))
            began = time.perf_counter()
            listener = Listener(address)
            _, outcome.whole = listener.state()
            outcome.first = time.perf_counter() - began
            time.sleep(1)
            for number in range(saves):
                _save(folder, number, flows, listener, outcome)
                time.sleep(PAUSE)
            if browser:
                outcome.shown = _looked_at(address, folder, flows, saves)
        finally:
            process.terminate()
    return outcome


def _save(folder: Path, number: int, flows: int, listener: Listener, outcome: Outcome) -> None:
    """Saves a flow with other words, then with a mistake in turn; waits for the event that says so."""
    flow, bad = (number // 3) * 7 % flows, number % 3 == 1
    text = flow_text(flow, flows, mark=number + 1)
    if bad:
        text += "  lost:\n    - redirect: nowhere_at_all\n"
    file = folder / f"{name_of(flow)}.yaml"
    at = time.time()
    file.write_text(text)
    began = time.perf_counter()
    while True:
        state, size = listener.state()
        told = next((one for one in state["flows"] if one["file"] == file.name), None)
        if told is not None and (told["errors"] > 0) == bad and told["live"] != bad:
            break
    if not bad:
        outcome.live.append(datetime.fromisoformat(state["saved"]).timestamp() - at)
    (outcome.wrong if bad else outcome.good).append(time.perf_counter() - began)
    outcome.sizes.append(size)


def _looked_at(address: str, folder: Path, flows: int, saves: int) -> list[float]:
    """Seconds from each save of one flow until Chromium shows its new words."""
    from playwright.sync_api import sync_playwright  # for tests; nobody else needs it

    flow = flows // 2
    file, seconds = folder / f"{name_of(flow)}.yaml", []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.goto(f"{address.partition('?')[0]}#{name_of(flow)}")
        page.wait_for_selector("svg.tree .card")
        for number in range(saves):
            mark = 10_000 + number
            time.sleep(PAUSE)
            text = flow_text(flow, flows, mark=mark).replace("For the next menu after 0", f"Menu {mark}")
            began = time.perf_counter()
            file.write_text(text)
            page.wait_for_function(SHOWS, arg=f"Menu {mark}", polling="raf", timeout=WAIT * 1000)
            seconds.append(time.perf_counter() - began)
        chromium.close()
    return seconds


def rows(outcome: Outcome) -> list[Row]:
    """What was measured, beside the goals."""

    def ms(seconds: float) -> str:
        return f"{seconds * 1000:,.1f} ms"

    good, wrong = median(outcome.good), median(outcome.wrong)
    return [
        Row(f"**{outcome.flows:,} flows**: a browser's first state", f"{ms(outcome.first)}, {outcome.whole / 1000:,.0f} kB"),
        Row("a save is told to the browser after, median", ms(good), "< 100 ms", good < 0.1),
        Row("… of which until callers hear it, median", ms(median(outcome.live))),
        Row("… at worst", ms(max(outcome.good))),
        Row("a save with a mistake, median", ms(wrong), "< 100 ms", wrong < 0.1),
        Row("… at worst", ms(max(outcome.wrong))),
        Row("size of such an event, at most", f"{max(outcome.sizes) / 1000:,.1f} kB", "< 10 kB", max(outcome.sizes) < 10_000),
    ] + ([
        Row("a save is shown in Chromium after, median", ms(median(outcome.shown)), "< 300 ms", median(outcome.shown) < 0.3),
        Row("… at worst", ms(max(outcome.shown))),
    ] if outcome.shown else [])  # fmt: skip


def main() -> None:
    """Reads the words of the command, measures, prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__.partition("\n")[0])
    parser.add_argument("--flows", type=int, nargs="+", default=[20, 300, 1000], help="how many flows a project has")
    parser.add_argument("--saves", type=int, default=60, help="in each project")
    parser.add_argument("--browser", action="store_true", help="also in Chromium, which playwright drives")
    words = parser.parse_args()
    found: list[Row] = []
    for flows in words.flows:
        with tempfile.TemporaryDirectory() as place:
            found += rows(measure(Path(place), flows, words.saves, words.browser))
    print(table(found, "all cores"))


if __name__ == "__main__":
    main()
