"""Servers: each a process of its own on one core, started as it is in production."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

HERE = Path(__file__).parent
LOOKS = 0.4  # seconds between two looks whether a server is at rest: longer than what it does later waits
AT_REST = (
    0.004  # seconds of its core that it uses meanwhile at most: one that follows its files looks at them all the time
)


class Server:
    """A server on `port`."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self._process, self.port = process, port

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def cpu_seconds(self) -> float:
        """Seconds of its core that all its threads have used so far (Linux, schedstats)."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def settle(self) -> None:
        """Waits until it is at rest."""
        used, before = self.cpu_seconds(), -1.0
        while used - before > AT_REST:
            time.sleep(LOOKS)
            used, before = self.cpu_seconds(), used

    def memory(self) -> float:
        """Megabytes that it holds now (Linux)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def stop(self) -> None:
        """Ends it as a deployment would, and waits until it has put everything away."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)


@contextmanager
def started(
    command: list[str], core: int | None, folder: Path, environ: Mapping[str, str], log: Path | None = None
) -> Iterator[Server]:
    """A server from `command`, to which the port is added, in a folder of its own, kept to a core if one is named.

    What it prints and logs goes to the file `log`, else nowhere.
    """
    port = _free_port()
    with log.open("wb") if log else nullcontext(subprocess.DEVNULL) as written:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=folder,
            env={**os.environ, **environ, "PYTHONPATH": str(HERE.parent)},
            stdout=written,
            stderr=None if os.environ.get("BENCH_LOUD") else written,
        )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    server = Server(process, port)
    try:
        _wait_for(process, port)
        yield server
    finally:
        server.stop()


def uvicorn_command(app: str) -> list[str]:
    """How an application that is no flow server is run: with all that makes `touchtone serve` fast, too."""
    return [
        *(sys.executable, "-m", "uvicorn", app, "--http", "httptools", "--loop", "uvloop"),
        *("--no-access-log", "--no-server-header", "--log-level", "warning"),
    ]


def touchtone_command(flows: Path, public_url: str) -> list[str]:
    """The real command; sessions go to its default, a SQLite file below the current folder."""
    return [str(Path(sys.executable).with_name("touchtone")), "serve", str(flows), "--public-url", public_url]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(2400):  # under valgrind a minute
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"a server did not start: {process.args!r}; set BENCH_LOUD=1 to see what it says")
