"""`python -m benchmarks.kills`: kills servers in the middle of calls, and counts what callers lost.

One process and two, with sessions in SQLite and in Redis, and with `--workers N` so many workers of one server: while calls and conversations go on, a server is killed (kill -9) and
started again, and now and then the flows are changed before it. Each call presses keys, which are counted, and sends an order by
POST. Where an answer does not come, it is asked for again as Twilio does: the same request with the same token, or by the
fallback URL. Some requests are repeated although they were answered.

Lost is a call that hears something else than what it pressed, or no answer within a minute; doubled an order that came in twice.
An order whose server was killed may be unsure: the flow says so, and it is never sent again. Exits 1 if anything was lost,
doubled, or answered with a status of 500 or more.
"""

import argparse
import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.order_callers import Tally, call, converse
from benchmarks.redis_server import free_port, redis_server
from benchmarks.servers import HERE

KILLS, CALLS = 60, 2_186
CALLERS = 24  # at a time
DEPLOY_AFTER = 5  # kills
START_SECONDS = 60.0
WORKER_SECONDS = 2.0  # between two kills of workers
WORDS = ("So far", "Until now", "You have")

FLOWS = {
    "keys.yaml": """
vars: {{pressed: ""}}
steps:
  ask:
    - gather: {{num_digits: 1, say: "{words}: {{{{ pressed }}}}.", save: key, branch: {{9: order, else: more}}}}
  more: [{{set: {{pressed: "{{{{ pressed }}}}{{{{ key }}}}"}}}}, {{redirect: ask}}]
  order:
    - request:
        url: {orders}
        method: POST
        json: {{id: "{{{{ call.sid }}}}", pressed: "{{{{ pressed }}}}"}}
        branch: {{ok: done, else: unsure}}
  done: [{{say: "{words}, ordered: {{{{ pressed }}}}."}}]
  unsure: [{{say: "{words}, unsure: {{{{ pressed }}}}."}}]
""",
    "talk.yaml": """
channel: messaging
vars: {{n: 0, name: ""}}
steps:
  ask:
    - set: {{n: "{{{{ n + 1 }}}}"}}
    - gather: {{say: "{words} {{{{ n }}}}. Your name?", save: name}}
    - gather: {{say: "{words}, {{{{ name }}}}. Which day?", save: day}}
    - request:
        url: {orders}
        method: POST
        json: {{id: "{{{{ message.from }}}}", pressed: "{{{{ name }}}}"}}
        branch: {{ok: done, else: unsure}}
  done: [{{message: "{words}, ordered: {{{{ name }}}}, {{{{ day }}}}."}}]
  unsure: [{{message: "{words}, unsure: {{{{ name }}}}, {{{{ day }}}}."}}]
""",
}


class Orders:
    """A server that takes orders by POST, slowly, and counts them by their id."""

    def __init__(self) -> None:
        self.port = 0
        self.counted: Counter[str] = Counter()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length:")[2].split("\r\n")[0])
            body = (await reader.readexactly(length)).decode()
            self.counted[body.partition('"id":')[2].split('"')[1]] += 1
            await asyncio.sleep(random.uniform(0.02, 0.15))
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nok"
            )
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # whoever ordered was killed
        finally:
            writer.close()


@dataclass
class Server:
    """`touchtone serve` on a port that it keeps, however often it is killed."""

    folder: Path
    store: str
    orders: int
    workers: int = 1
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    async def start(self) -> None:
        """Starts it, and waits until it answers."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        # Whoever is killed cannot end what it has started.
        tied = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with (self.folder / f"server-{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *tied,
                    *(sys.executable, "-m", "engine.cli", "serve", "--unsigned"),
                    *("--port", str(self.port), "--public-url", "https://example.com", "--workers", str(self.workers)),
                ],
                cwd=self.folder,
                env={
                    **kept,
                    "PYTHONPATH": str(HERE.parent),
                    "TOUCHTONE_STORE": self.store,
                    "TOUCHTONE_ALLOW_HOSTS": f"127.0.0.1:{self.orders}",
                },
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            except OSError:
                await asyncio.sleep(0.05)
        raise RuntimeError(f"a server did not start; {log.name} says why")

    def kill_worker(self) -> None:
        """Ends one of its workers in the middle of whatever it does; the others go on."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        if children:
            os.kill(int(random.choice(children)), signal.SIGKILL)

    def read_again(self) -> None:
        """Has it read the flows anew."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """Ends it in the middle of whatever it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def deploy(folder: Path, orders: int, number: int) -> None:
    """Writes the flows with other words: another version."""
    (folder / "flows").mkdir(exist_ok=True)
    for name, text in FLOWS.items():
        written = text.format(words=WORDS[number % len(WORDS)], orders=f"http://127.0.0.1:{orders}/orders")
        (folder / "flows" / name).write_text(written)


async def answering(tally: Tally, until: float) -> None:
    """Waits until callers have had some answers: on a slow machine a server would be killed before it gives its first."""
    played = tally.turns
    while tally.turns < played + CALLERS // 2 and time.monotonic() < until:
        await asyncio.sleep(0.02)


async def play(folder: Path, store: str, processes: int, kills: int, calls: int, workers: int = 1) -> Tally:
    """Kills so many servers while at least so many calls go on; what became of the calls.

    With several `workers` each kill, one every WORKER_SECONDS, ends one of them, and the servers go on.
    """
    orders, tally = Orders(), Tally()
    taking = await asyncio.start_server(orders.take, "127.0.0.1", 0)
    port = taking.sockets[0].getsockname()[1]
    deploy(folder, port, 0)
    servers = [Server(folder, store, port, workers) for _ in range(processes)]
    ports = [server.port for server in servers]
    killed = 0
    try:
        for server in servers:  # one after the other: the first makes the store
            await server.start()

        async def callers() -> None:
            while killed < kills or tally.calls < calls:
                tally.calls += 1
                await (converse if tally.calls % 4 == 0 else call)(ports, tally.calls, tally)

        calling = [asyncio.create_task(callers()) for _ in range(CALLERS)]
        while killed < kills:
            victim = random.choice(servers)
            await answering(tally, time.monotonic() + START_SECONDS)
            await asyncio.sleep(random.uniform(0.2, 1.0) if workers == 1 else WORKER_SECONDS)
            if killed and killed % DEPLOY_AFTER == 0:
                deploy(folder, port, killed // DEPLOY_AFTER)
                tally.deployments += 1
                if workers > 1:
                    victim.read_again()
            killed += 1
            if workers > 1:
                victim.kill_worker()
            else:
                victim.kill()
                await victim.start()
        await asyncio.gather(*calling)
    finally:
        for server in servers:
            server.kill()
        taking.close()
    for name, outcome in tally.outcomes.items():
        count = orders.counted[name]
        if count > 1:
            tally.doubled.append(f"{name}: {count} orders")
        if outcome == "ordered" and count != 1:
            tally.lost.append(f"{name}: it heard of an order, and {count} came in")
    tally.kills = killed
    return tally


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=KILLS, help=f"servers to kill in all ({KILLS})")
    parser.add_argument("--calls", type=int, default=CALLS, help=f"calls to play in all, at least ({CALLS})")
    parser.add_argument("--workers", type=int, default=1, help="of one server, of which one is killed every 2 seconds")
    parser.add_argument("--seed", type=int, default=1, help="of all that is left to chance")
    chosen = parser.parse_args(words)
    random.seed(chosen.seed)
    failed = False
    several = chosen.workers > 1
    places = [(processes, store) for store in ("SQLite", "Redis") for processes in ((1,) if several else (1, 2))]
    print(f"{'':24} kills  calls  turns  repeats  deployments  unsure  lost  doubled  5xx  seconds")
    every = Tally()
    for place, (processes, store) in enumerate(places):
        share = [total // len(places) + (place < total % len(places)) for total in (chosen.kills, chosen.calls)]
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{folder}/sessions.sqlite"
            if store == "Redis":
                url = stack.enter_context(redis_server(folder)).url()
            began = time.monotonic()
            tally = asyncio.run(play(folder, url, processes, *share, chosen.workers))
            number = chosen.workers if several else processes
            noun = "worker" if several else "process"
            name = f"{store}, {number} {noun}{('s' if several else 'es') * (number > 1)}"
            print(tally.line(name, time.monotonic() - began), flush=True)
        for sentence in (*tally.lost, *tally.doubled, *tally.errors)[:20]:
            print(f"  {sentence}")
        failed = failed or bool(tally.lost or tally.doubled or tally.errors)
        every.add(tally)
    print(every.line("all", every.seconds))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
