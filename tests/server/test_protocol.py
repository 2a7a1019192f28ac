"""What comes in before a request is known has limits: the size of its head, and the time that it takes."""

import os
import re
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from benchmarks.redis_server import free_port
from engine.server import protocol
from engine.server.descriptors import Descriptors
from engine.server.protocol import HEAD_BYTES

LINE = b"POST /flows/a HTTP/1.1\r\nHost: x\r\n"
BODY = b"CallSid=CA1"
WHOLE = LINE + b"Content-Length: 11\r\n\r\n" + BODY


class Server:
    """`touchtone serve --unsigned` in a process of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        descriptors: int = 0,
        out: IO[str] | None = None,
        err: IO[str] | None = None,
        **limits: float,
    ) -> None:
        (folder / "flows").mkdir()
        (folder / "flows" / "a.yaml").write_text("steps: {a: [{say: Hi.}]}")
        (folder / "log.txt").touch()
        self.port, self.log = free_port(), folder / "log.txt"
        changed = "".join(f"protocol.{name} = {value}\n" for name, value in limits.items())
        program = f"from engine.server import protocol\n{changed}from engine.cli import main\nmain()"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", program, "serve", "--unsigned", "--store", "memory:", "--port", str(self.port)],
                cwd=folder, env={**kept, "TOUCHTONE_GRACE": "1"}, stdout=out or log, stderr=err or log,
                preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))) if descriptors else None,
            )  # fmt: skip
        for _ in range(400):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def say(self, *parts: bytes) -> bytes:
        """All that is answered to what is said on one connection, until the server closes it."""
        with self.connect() as connection:
            with suppress(ConnectionError):
                for part in parts:
                    connection.sendall(part)
            return read(connection)

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def read(connection: socket.socket) -> bytes:
    said = b""
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            said += part
    return said


def answer(connection: socket.socket) -> bytes:
    """What is said up to the end of a document."""
    said = b""
    while b"</Response>" not in said:
        part = connection.recv(65536)
        assert part, said
        said += part
    return said


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(**limits: float) -> Server:
        started.append(Server(tmp_path, **limits))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for server in started:
        server.end()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("served"), HEAD_SECONDS=1.0, IDLE_SECONDS=3.0)
    yield made
    made.end()


def header(size: int, name: bytes = b"X-Long") -> bytes:
    return name + b": " + b"x" * (size - len(name) - 4) + b"\r\n"


HEADS = {
    "one long header": LINE + header(HEAD_BYTES) + b"\r\n",
    "a header without an end": LINE + b"X: " + b"x" * 3_000_000,
    "a name without an end": LINE + b"x" * 3_000_000,
    "many headers": LINE + b"a: b\r\n" * 20_000 + b"\r\n",
    "many headers without an end": LINE + b"a: b\r\n" * 500_000,
    "a long address": b"GET /flows/a?" + b"x" * HEAD_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address without an end": b"GET /" + b"x" * 3_000_000,
    "one byte too much": LINE + header(HEAD_BYTES - len(LINE)) + b"\r\n",
    "behind another request": WHOLE + LINE + b"a: b\r\n" * 20_000,
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_is_too_long_is_refused(server: Server, name: str) -> None:
    if name == "behind another request":
        with server.connect() as connection:
            connection.sendall(WHOLE)
            answer(connection)
            connection.sendall(HEADS[name].removeprefix(WHOLE))
            said = read(connection)
    else:
        said = server.say(HEADS[name])
    assert said.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b"connection: close" in said
    assert said.endswith(b"\r\n\r\nThe head of the request is longer than 64 kB\n")


@pytest.mark.parametrize(
    "parts",
    [
        (WHOLE,),
        tuple(WHOLE[at : at + 1] for at in range(len(WHOLE))),
        (LINE + header(HEAD_BYTES - len(LINE) - 30) + b"Content-Length: 11\r\n\r\n" + BODY,),
        (LINE + b"Content-Length: 200011\r\n\r\n" + BODY + b"&" * 100, b"&x=" + b"x" * 199_897),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in BODY * 999) + b"0\r\n\r\n",),
        (LINE + b"Transfer-Encoding: chunked\r\n\r\nb\r\n" + BODY + b"\r\n0\r\nX-Trailer: x\r\nX-Twilio-Signature: y\r\n\r\n",),
        (b"\r\n\r\n" + WHOLE,),
        (LINE + b"Expect: 100-continue\r\nContent-Length: 11\r\n\r\n", BODY),
    ],
    ids=["whole", "byte by byte", "as long as may be", "a long body", "small chunks", "trailers", "blank lines", "100-continue"],
)  # fmt: skip
def test_a_request_within_the_limits_is_answered(server: Server, parts: tuple[bytes, ...]) -> None:
    with server.connect() as connection:
        for part in parts:
            connection.sendall(part)
        said = answer(connection)
    assert b"HTTP/1.1 200 OK\r\n" in said
    assert b"<Say>Hi.</Say>" in said


@pytest.mark.parametrize(
    "more",
    [b"a: b\r\n" * 400_000, b"a: " + b"x" * 3_000_000, b"x" * 3_000_000],
    ids=["many", "one long", "a name"],
)
def test_trailers_have_the_same_limit(server: Server, more: bytes) -> None:
    began = time.monotonic()
    server.say(LINE + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + more)
    assert time.monotonic() - began < 8


def test_extensions_of_chunks_have_it_too(server: Server) -> None:
    server.say(LINE + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 3_000_000)


def test_none_of_that_takes_memory(serve: Callable[..., Server]) -> None:
    server = serve()
    before = server.megabytes()
    lines = b"a: b\r\n" * 10_000
    with suppress(ConnectionError), server.connect() as connection:
        for _ in range(1_000):  # 60 MB
            connection.sendall(lines)
    for name in HEADS:
        server.say(HEADS[name])
    assert server.megabytes() - before < 30


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"P", b"408"),
        (LINE, b"408"),
        (LINE + b"Content-Le", b"408"),
        (WHOLE[:-11], b""),  # the head is whole: the body has its own limit
        (b"", b""),
        (b"\r\n", b""),
    ],
)
def test_a_head_that_does_not_come_is_given_up(server: Server, said: bytes, status: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(said)
        if said and not status and said != b"\r\n":
            connection.settimeout(1.5)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            return
        answer = read(connection)
    assert answer.startswith(b"HTTP/1.1 " + status if status else b"")
    assert bool(answer) is bool(status)


def test_a_drop_now_and_then_does_not_help(server: Server) -> None:
    with server.connect() as connection:
        stop = threading.Event()

        def drip() -> None:
            with suppress(OSError):
                for byte in LINE * 10:
                    connection.sendall(bytes([byte]))
                    if stop.wait(0.1):
                        return

        dripping = threading.Thread(target=drip)
        dripping.start()
        began = time.monotonic()
        assert b" 408 " in read(connection)
        assert time.monotonic() - began < 5
        stop.set()
        dripping.join()


def test_a_connection_may_be_idle_between_two_requests(server: Server) -> None:
    with server.connect() as connection:
        for _ in range(2):
            connection.sendall(WHOLE)
            answer(connection)
            time.sleep(1.3)  # longer than a head may take


def test_a_body_is_never_lost_to_another_protocol(server: Server) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    for parts in ([LINE + upgrade + b"Content-Length: 11\r\n\r\n" + BODY], [LINE + upgrade + b"Content-Length: 11\r\n\r\n", BODY]):  # fmt: skip
        assert server.say(*parts).startswith(b"HTTP/1.1 400 ")
    with server.connect() as connection:
        connection.sendall(b"GET /flows/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" + upgrade + b"\r\n")
        assert b"Hi." in answer(connection)


def test_what_is_no_http_floods_no_log(serve: Callable[..., Server]) -> None:
    server = serve()
    for _ in range(100):
        assert server.say(b"\x16\x03\x01\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert 1 <= server.log.read_text().count("Invalid HTTP request") <= 40


def test_descriptors_that_run_out_are_one_line_in_the_log(serve: Callable[..., Server]) -> None:
    server = serve(descriptors=40)
    held = []
    for _ in range(60):
        with suppress(OSError):
            held.append(server.connect())
    time.sleep(2.5)
    for connection in held:
        connection.close()
    for _ in range(50):
        time.sleep(0.1)
        if "free again" in server.log.read_text():
            break
    with server.connect() as connection:
        connection.sendall(WHOLE)
        assert b" 200 " in connection.recv(65536)
    log = server.log.read_text()
    assert log.count("no file descriptors are left (40 are allowed)") == 1
    assert log.count("file descriptors are free again") == 1
    assert "Traceback" not in log


def test_a_server_takes_as_many_descriptors_as_it_may() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
        Descriptors().look()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, 65_536) or hard == resource.RLIM_INFINITY
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_trailers_reach_nobody() -> None:
    """A header behind a body could claim a signature that the head had not."""
    protocol._NOWHERE.append((b"x-twilio-signature", b"forged"))
    assert list(protocol._NOWHERE) == []


@pytest.mark.parametrize("which", ["stdout", "stderr", "both"])
def test_a_server_whose_words_nobody_can_keep_answers_calls(tmp_path: Path, which: str) -> None:
    with open("/dev/full", "w") as full:
        server = Server(tmp_path, out=full if which != "stderr" else None, err=full if which != "stdout" else None)
        try:
            for _ in range(2):
                with server.connect() as connection:
                    connection.sendall(WHOLE)
                    assert b"<Say>Hi.</Say>" in answer(connection)
                (tmp_path / "flows" / "a.yaml").touch()
            assert server.process.poll() is None
        finally:
            server.end()
