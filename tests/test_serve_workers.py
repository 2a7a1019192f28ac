"""`touchtone serve --workers N`: several processes answer on one port, and the caller notices neither deaths nor new versions."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
from click.testing import CliRunner

from benchmarks.redis_server import redis_server
from engine.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot hand a listening socket on")

COUNTS = """
vars: {pressed: ""}
steps:
  ask:
    - gather: {num_digits: 1, say: "WORD: {{ pressed }}.", save: key, branch: {9: end, else: more}}
  more: [{set: {pressed: "{{ pressed }}{{ key }}"}}, {redirect: ask}]
  end: [{say: "{{ greet(pressed) }}"}]
"""
WORD = "So far"


class Served:
    """The supervisor in a process of its own."""

    def __init__(self, folder: Path, *words: str, errors: Path | None = None, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        self.log = folder / "log.txt"
        self.log.touch()
        with self.log.open("ab") as log, (errors or self.log).open("ab") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine.cli", "serve", "--port", "0", "--unsigned", *words],
                cwd=folder, env={**kept, "PYTHONUNBUFFERED": "1", **environ}, stdout=log, stderr=stderr,
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, *words: str) -> str:
        """What it has said, once all `words` are among it."""
        until = time.monotonic() + 60
        while not all(word in self.said for word in words):
            assert time.monotonic() < until, (words, self.said)
            assert self.process.poll() is None, self.said
            time.sleep(0.05)
        return self.said

    def workers(self) -> list[int]:
        """The processes of the workers."""
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(word) for word in text.split()]

    def ask(self, address: str = "counts", **sent: str) -> str:
        """The document at an address, which is relative to that of the entry."""
        base = re.search(r"http://127.0.0.1:\d+", self.said)[0] + "/flows/"
        with urllib.request.urlopen(urljoin(base, address), urlencode({"CallSid": "CA1", **sent}).encode(), 30) as got:
            return got.read().decode()

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "counts.yaml").write_text(COUNTS.replace("WORD", WORD).replace("greet(pressed)", "pressed"))
    return tmp_path


@pytest.fixture
def serve(project: Path):
    started = []

    def start(*words: str, **more: Any) -> Served:
        started.append(Served(project, *words, **more))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


Serve = Callable[..., Served]
linux = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")


def action(document: str) -> str:
    return re.findall(r'action="([^"]*)"', document)[0].replace("&amp;", "&")


def pressed(server: Served, document: str, key: str) -> str:
    """The document after a key; a worker that dies under the request is asked again, as Twilio does."""
    for _ in range(50):
        try:
            return server.ask(action(document).removeprefix("../"), Digits=key)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(server.said)


@linux
def test_a_worker_that_is_killed_is_replaced_and_the_call_goes_on(serve: Serve) -> None:
    server = serve("--workers", "2")
    server.wait_for("Listening on")
    document = server.ask()
    assert "So far: ." in document
    for number in range(1, 4):
        before = server.workers()
        os.kill(before[0], signal.SIGKILL)
        document = pressed(server, document, "4")
        assert f"So far: {'4' * number}." in document
        server.wait_for(*["was ended by SIGKILL"] * number)
        until = time.monotonic() + 30
        while len(set(server.workers()) - {before[0]}) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(server.workers()) == 2
    assert server.end() == 0
    assert server.said.count("Touchtone serves") == 1


@linux
def test_a_signal_has_the_flows_read_anew_once_for_all_workers(serve: Serve, project: Path) -> None:
    server = serve("--workers", "2")
    server.wait_for("Listening on")
    begun = server.ask()
    flow = project / "flows" / "counts.yaml"
    flow.write_text(flow.read_text().replace(WORD, "Until now"))
    assert WORD in server.ask(CallSid="CA2"), "what is saved is not served yet"
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("is served by 2 of 2 workers")
    assert "Until now" in server.ask(CallSid="CA3")
    assert "So far: 1." in pressed(server, begun, "1"), "a call stays with the version that it began with"

    flow.write_text(flow.read_text().replace("Until now", "You have").replace("else: more", "else: mroe"))
    server.process.send_signal(signal.SIGHUP)
    assert "did you mean" in server.wait_for("error[F201]", "callers go on hearing the last good version")
    for victim in server.workers():  # the next ones begin with what is served, not with what is saved
        os.kill(victim, signal.SIGKILL)
    until = time.monotonic() + 60
    heard = ""
    while "Until now" not in heard and time.monotonic() < until:
        try:
            heard = server.ask(CallSid="CA4")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    assert "Until now" in heard
    assert server.end() == 0


def test_a_signal_has_a_single_process_read_anew_too(serve: Serve, project: Path) -> None:
    server = serve()
    server.wait_for("Listening on")
    flow = project / "flows" / "counts.yaml"
    flow.write_text(flow.read_text().replace(WORD, "Until now"))
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("is heard from now on")
    assert "Until now" in server.ask()
    assert server.end() in (0, -signal.SIGTERM)


@linux
def test_functions_are_handed_on_with_the_flows(serve: Serve, project: Path) -> None:
    (project / "flows" / "counts.yaml").write_text(
        "steps:\n  a: [{run: {function: greet, save: said}}, {say: '{{ said }}'}]\n"
    )
    functions = project / "flows" / "functions.py"
    functions.write_text("def greet():\n    return 'Hello'\n")
    server = serve("--workers", "2")
    server.wait_for("Listening on")
    assert "Hello" in server.ask()
    functions.write_text("def greet():\n    return 'Good morning'\n")
    assert "Hello" in server.ask(CallSid="CA2")
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("is served by 2 of 2 workers")
    assert "Good morning" in server.ask(CallSid="CA3")


SLOW = """
vars: {calls: 0}
steps:
  a: [{run: {function: order, save: said}}, {set: {calls: "{{ calls + 1 }}"}}, {say: "{{ said }} {{ calls }}"}]
"""
ORDER = """
import time
from pathlib import Path

def order():
    with Path("orders.txt").open("a") as file:
        file.write("one\\n")
    time.sleep(SECONDS)
    return "Ordered"
"""


@linux
@pytest.mark.parametrize("store", ["sqlite:///kept.sqlite", "redis"])
def test_what_is_asked_again_of_another_worker_meanwhile_is_done_once(serve: Serve, project: Path, store: str) -> None:
    (project / "flows" / "counts.yaml").write_text(SLOW)
    (project / "flows" / "functions.py").write_text(ORDER.replace("SECONDS", "1"))
    with ExitStack() as stack:
        url = store if store != "redis" else stack.enter_context(redis_server(project)).url()
        server = serve("--workers", "3", "--store", url)
        server.wait_for("Listening on")
        with ThreadPoolExecutor(8) as callers:
            heard = list(callers.map(lambda _: server.ask(), range(8)))
        assert {re.findall("Ordered [0-9]+", one)[0] for one in heard} == {"Ordered 1"}
        assert (project / "orders.txt").read_text().splitlines() == ["one"]
        assert server.end() == 0


@linux
def test_a_turn_under_way_is_finished_when_the_server_is_told_to_end(serve: Serve, project: Path) -> None:
    (project / "flows" / "counts.yaml").write_text(SLOW)
    (project / "flows" / "functions.py").write_text(ORDER.replace("SECONDS", "2"))
    server = serve("--workers", "2")
    server.wait_for("Listening on")
    with ThreadPoolExecutor(1) as callers:
        heard = callers.submit(server.ask)
        until = time.monotonic() + 20
        while not (project / "orders.txt").exists() and time.monotonic() < until:
            time.sleep(0.02)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert server.end() == 0, "told twice, as by `timeout`: to the process, and to its group"
        assert "Ordered 1" in heard.result()


@linux
def test_workers_end_when_their_supervisor_is_gone(serve: Serve) -> None:
    server = serve("--workers", "2")
    server.wait_for("Listening on")
    workers = server.workers()
    server.process.kill()
    server.process.wait()
    until = time.monotonic() + 30
    while any(Path(f"/proc/{one}").exists() and "Z" not in state(one) for one in workers):
        assert time.monotonic() < until
        time.sleep(0.05)


def state(process: int) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@linux
def test_workers_that_start_end_with_their_supervisor_and_say_nothing(serve: Serve) -> None:
    server = serve("--workers", "2")
    until = time.monotonic() + 30
    while len(workers := server.workers()) < 2 and time.monotonic() < until:
        time.sleep(0.005)
    server.process.kill()
    server.process.wait()
    while any(Path(f"/proc/{one}").exists() and "Z" not in state(one) for one in workers):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "Traceback" not in server.said


@pytest.mark.parametrize(
    ("store", "sentence"),
    [("sqlite:///kept", "sessions cannot be kept in"), ("mysql://kept", "`mysql:` names no store")],
)
def test_where_no_worker_can_serve_one_sentence_says_why(
    serve: Serve, project: Path, store: str, sentence: str
) -> None:
    (project / "kept").write_text("no database")
    server = serve("--workers", "2", "--store", store)
    assert server.process.wait(60) == 2
    assert server.said.count(sentence) == 1, server.said
    assert "Traceback" not in server.said


def test_what_lies_where_it_is_started_is_not_imported(serve: Serve, project: Path) -> None:
    for name in ("queue.py", "engine.py"):
        (project / name).write_text("raise RuntimeError('this is somebody else')")
    server = serve("--workers", "2", PYTHONSAFEPATH="1")
    server.wait_for("Listening on")
    assert "Traceback" not in server.said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_a_full_disk_is_no_reason_not_to_answer(serve: Serve, project: Path) -> None:
    flow = project / "flows" / "counts.yaml"
    flow.write_text(flow.read_text() + "  nobody: [{say: comes here}]\n")
    server = serve("--workers", "2", errors=Path("/dev/full"))
    server.wait_for("Listening on")
    assert WORD in server.ask()


@linux
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_to_read_anew_waits_for_the_first_reading(serve: Serve, workers: str) -> None:
    server = serve("--workers", workers)
    until = time.monotonic() + 30
    while "SigBlk:\t0000000000000001" not in Path(f"/proc/{server.process.pid}/status").read_text():
        assert time.monotonic() < until
        time.sleep(0.001)
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("Listening on")
    assert WORD in server.ask()
    server.process.send_signal(signal.SIGHUP)
    assert WORD in server.ask()


@linux
def test_the_supervisor_outlives_a_time_without_descriptors(serve: Serve) -> None:
    import resource

    server = serve("--workers", "2")
    server.wait_for("Listening on")
    time.sleep(0.5)
    limit = resource.RLIMIT_NOFILE
    before = resource.prlimit(server.process.pid, limit)
    open_now = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
    resource.prlimit(server.process.pid, limit, (open_now, before[1]))
    for one in server.workers():
        os.kill(one, signal.SIGKILL)
    server.wait_for("cannot be started: Too many open files")
    resource.prlimit(server.process.pid, limit, before)
    assert WORD in pressed(server, '<Gather action="counts">', "")
    assert server.end() == 0


@linux
def test_functions_that_cannot_be_imported_keep_no_worker_from_being_replaced(serve: Serve, project: Path) -> None:
    (project / "flows" / "counts.yaml").write_text(
        "steps:\n  a: [{run: {function: greet, save: said}}, {say: '{{ said }}'}]\n"
    )
    functions = project / "flows" / "functions.py"
    functions.write_text("def greet():\n    return 'Hello'\n")
    server = serve("--workers", "2")
    server.wait_for("Listening on")
    functions.write_text("raise RuntimeError('no database')\n" + functions.read_text().replace("Hello", "Good morning"))
    server.process.send_signal(signal.SIGHUP)
    server.wait_for("is served by 2 of 2 workers")
    for one in server.workers():
        os.kill(one, signal.SIGKILL)
    assert "Hello" in pressed(server, '<Gather action="counts">', "")
    assert "cannot serve" not in server.wait_for("the functions are those of version")
    functions.write_text("def greet():\n    return 'Good evening'\n")
    server.process.send_signal(signal.SIGHUP)
    until, number = time.monotonic() + 30, 3
    while "Good evening" not in server.ask(CallSid=f"CA{number}"):
        assert time.monotonic() < until
        time.sleep(0.05)
        number += 1


@linux
def test_functions_that_were_saved_but_not_read_are_not_imported(serve: Serve, project: Path) -> None:
    functions = project / "flows" / "functions.py"
    functions.write_text("def greet():\n    return 'Hello'\n")
    server = serve("--workers", "2")
    server.wait_for("Listening on")
    functions.write_text("import pathlib\npathlib.Path('imported').touch()\n")
    before = server.workers()
    for one in before:
        os.kill(one, signal.SIGKILL)
    assert WORD in pressed(server, '<Gather action="counts">', "")
    assert not (project / "imported").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--workers", "2", "--store", "memory:"], "several workers answer for the same calls"),
        (["--workers", "0"], "0 is not in the range"),
    ],
)
def test_what_cannot_be_is_refused_before_a_worker_starts(project: Path, words: list[str], sentence: str) -> None:
    answer = CliRunner(env={name: "" for name in os.environ if name.startswith(("TWILIO", "TOUCHTONE"))}).invoke(
        main, ["serve", "--unsigned", str(project / "flows"), *words]
    )
    assert answer.exit_code == 2
    assert sentence in answer.stderr


def test_mistakes_refuse_the_start(serve: Serve, project: Path) -> None:
    flow = project / "flows" / "counts.yaml"
    flow.write_text(flow.read_text().replace("else: more", "else: mroe"))
    server = serve("--workers", "2")
    assert server.process.wait(60) == 1
    assert "error[F201]" in server.said
    assert "Touchtone serves" not in server.said
