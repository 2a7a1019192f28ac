"""Saves under load: files of a served folder are written in every way that editors know, while callers call.

`python -m benchmarks.saves 400` saves 400 times and says what callers heard.
"""

import http.client
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

CALLERS = 3
BETWEEN = 0.03  # seconds between two strokes of one save
FLOWS = ("north", "south", "east")
FLOW = """\
description: {name}
languages: {{en: {{language: en-US}}, es: {{language: es-ES}}}}
steps:
  first:
    - run: {{function: number, save: told}}
    - say: "{name} {version} begins, {{{{ shared }}}} and {{{{ told }}}}."
    - say: {filler}
    - set: {{language: es}}
    - redirect: last
  last:
    - say: Good morning.
    - say: "{name} {version} ends."
"""
CATALOG = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Good morning."\nmsgstr "Dia {version}."\n'
HEARD = re.compile(
    r"(?P<name>\w+) (?P<version>\d+) begins, (?P<shared>\d+) and (?P<told>\d+)\..*Dia (?P<said>\d+)\..*(?P=name) (?P=version) ends\."
)


def content(name: str, version: int) -> str:
    """The text of a file in a version."""
    match name:
        case "_project.yaml":
            return f"vars: {{shared: {version}}}\n"
        case "functions.py":
            return f"def number():\n    return {version}\n"
        case "_es.po":
            return CATALOG.format(version=version)
    stem = name.removesuffix(".yaml")
    return FLOW.format(name=stem, version=version, filler="Nothing else. " * (version % 60 + 1))


FILES = (*(f"{name}.yaml" for name in FLOWS), "_project.yaml", "functions.py", "_es.po")


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def in_two_strokes(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text[: len(text) // 3])
        file.flush()
        time.sleep(BETWEEN)
        file.write(text[len(text) // 3 :])


def cut_then_written(path: Path, text: str) -> None:
    with path.open("w"):
        time.sleep(BETWEEN)
    path.write_text(text)


def renamed_over(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.swp")
    fresh.write_text(text)
    fresh.replace(path)


def deleted_then_written(path: Path, text: str) -> None:
    path.unlink()
    time.sleep(BETWEEN)
    path.write_text(text)


def moved_away_then_written(path: Path, text: str) -> None:
    path.rename(path.with_name(f"{path.name}~"))
    time.sleep(BETWEEN)
    path.write_text(text)


def with_a_mistake_first(path: Path, text: str) -> None:
    path.write_text("steps: [{\n" if path.suffix == ".yaml" else "def x(:\n" if path.suffix == ".py" else "msgid\n")
    time.sleep(BETWEEN)
    path.write_text(text)


def not_in_utf8_first(path: Path, text: str) -> None:
    path.write_bytes(b"# \xff\xfe" + text.encode())
    time.sleep(BETWEEN)
    renamed_over(path, text)


STYLES: tuple[Callable[[Path, str], None], ...] = (
    in_place,
    in_two_strokes,
    cut_then_written,
    renamed_over,
    deleted_then_written,
    moved_away_then_written,
    with_a_mistake_first,
    not_in_utf8_first,
)


@dataclass
class Outcome:
    """What callers heard: how many answers, those that were none of any save, and what was heard last of each file."""

    saves: int = 0
    answers: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    last: dict[str, int] = field(default_factory=dict)
    saved: dict[str, int] = field(default_factory=dict)
    log: str = ""


class Server:
    """`touchtone dev` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        self._log = (folder.parent / "server.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "dev", str(folder), "--port", "0"],
            cwd=folder.parent,
            env={**kept, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        for _ in range(600):
            found = re.search(r"http://127\.0\.0\.1:(\d+)/flows", self.log)
            if found and "Ctrl-C" in self.log:
                self.port = int(found[1])
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not start:\n{self.log}")

    @property
    def log(self) -> str:
        return Path(self._log.name).read_text()

    def end(self) -> None:
        """Stops the process."""
        self.process.terminate()
        self.process.wait(20)
        self._log.close()


def ask(connection: http.client.HTTPConnection, name: str, call: str) -> str:
    """What a new caller of a flow is answered."""
    connection.request(
        "POST",
        f"/flows/{name}",
        f"CallSid={call}&From=%2B15550001111",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    response = connection.getresponse()
    return f"{response.status} {response.read().decode()}"


def save_under_load(folder: Path, saves: int, seed: int = 1) -> Outcome:
    """Saves so many times below `folder`, while callers call; then waits until the last saves are heard."""
    chance, outcome = random.Random(seed), Outcome()
    flows = folder / "flows"
    flows.mkdir()
    for name in FILES:
        (flows / name).write_text(content(name, 1))
        outcome.saved[name] = 1
    server = Server(flows)
    stop, lock = threading.Event(), threading.Lock()

    def call(number: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
            for turn in count(1):
                if stop.is_set():
                    return
                name = FLOWS[turn % len(FLOWS)]
                problem = judge(ask(connection, name, f"CA{number}x{turn}"), name, outcome)
                with lock:
                    outcome.answers += 1
                    if problem:
                        outcome.wrong[problem] += 1
                time.sleep(0.002)

    callers = [threading.Thread(target=call, args=(number,), daemon=True) for number in range(CALLERS)]
    try:
        for caller in callers:
            caller.start()
        for number in range(2, saves + 2):
            name = chance.choice(FILES)
            outcome.saved[name] = number  # from its first stroke on it may be heard
            chance.choice(STYLES)(flows / name, content(name, number))
            outcome.saves += 1
            time.sleep(chance.choice((0, 0.01, 0.05, 0.12)))
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
            for turn in range(100):
                for name in FLOWS:
                    judge(ask(connection, name, f"CAlast{turn}"), name, outcome)
                if outcome.last == outcome.saved:
                    break
                time.sleep(0.1)
    finally:
        stop.set()
        for caller in callers:
            caller.join(20)
        server.end()
        outcome.log = server.log
    return outcome


def judge(heard: str, name: str, outcome: Outcome) -> str:
    """What is wrong with an answer; "" if it is a version of each file that was saved, the last at most."""
    found = HEARD.search(heard)
    if not heard.startswith("200 ") or found is None or found["name"] != name:
        return re.sub(r"\d+", "N", heard)[:300]
    versions = {
        f"{name}.yaml": int(found["version"]),
        "_project.yaml": int(found["shared"]),
        "functions.py": int(found["told"]),
        "_es.po": int(found["said"]),
    }
    outcome.last.update(versions)
    late = [file for file, version in versions.items() if version > outcome.saved[file]]
    return f"{late} before it was saved" if late else ""


def main() -> None:
    saves = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    with tempfile.TemporaryDirectory() as folder:
        outcome = save_under_load(Path(folder), saves)
    lost = {name for name, version in outcome.saved.items() if outcome.last.get(name) != version}
    print(
        f"{outcome.saves} saves, {outcome.answers} answers, {sum(outcome.wrong.values())} wrong, {len(lost)} saves not heard"
    )
    for problem, number in outcome.wrong.most_common(10):
        print(f"{number:6} × {problem}")
    if outcome.wrong or lost or "Traceback" in outcome.log:
        print(outcome.log[-4000:])
        sys.exit(1)


if __name__ == "__main__":
    main()
