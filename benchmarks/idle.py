"""`python -m benchmarks.idle`: calls go on while 5,000 connections are open and idle; says what it found, and exits 1 on a failure.

A half of them has asked something and is kept alive, a half never says a word. A failure is a call that is not answered, or an idle
connection that the server closed.
"""

import argparse
import resource
import socket
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.servers import started, touchtone_command

REQUEST = b"POST /flows/plain HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nCallSid=CA1"
SPARE = 100  # descriptors beside those of the connections


def main() -> None:
    """Opens the connections, calls, and looks what became of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description=__doc__)
    parser.add_argument("--connections", type=int, default=5_000)
    parser.add_argument("--calls", type=int, default=500)
    words = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    number = words.connections if hard == resource.RLIM_INFINITY else min(words.connections, hard - SPARE)
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "flows").mkdir()
        (Path(place) / "flows" / "plain.yaml").write_text("steps: {a: [{say: Hi.}]}")
        failures = _held(Path(place), number, words.calls)
    print(f"{failures} failures")
    sys.exit(1 if failures else 0)


def _held(place: Path, number: int, calls: int) -> int:
    """How many calls were not answered and idle connections closed."""
    command = [*touchtone_command(place / "flows", "https://x.example"), "--store", "memory:"]
    with started(command, 0, place, {"TOUCHTONE_UNSIGNED": "true"}) as server:
        idle = []
        for count in range(number):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
            if count % 2:
                _ask(connection)
            idle.append(connection)
        missing, seconds = 0, []
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            for _ in range(calls):
                began = time.perf_counter()
                missing += not _ask(connection)
                seconds.append(time.perf_counter() - began)
        closed = sum(map(_is_closed, idle))
        for connection in idle:
            connection.close()
    print(
        f"{number} idle connections, {closed} of them closed; {calls} calls, {missing} of them not answered, median {median(seconds) * 1000:.1f} ms"
    )
    return closed + missing


def _ask(connection: socket.socket) -> bool:
    """Whether a request is answered."""
    connection.sendall(REQUEST)
    said = b""
    while b"</Response>" not in said:
        if not (part := connection.recv(65536)):
            return False
        said += part
    return b" 200 OK" in said


def _is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


if __name__ == "__main__":
    main()
