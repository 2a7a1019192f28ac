"""Server processes share a store: a call goes from one to the other, and survives those that are killed in its middle."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from urllib.parse import urlencode

import pytest

from benchmarks.redis_server import free_port, redis_server
from engine.phone import Phone, over_http
from engine.runtime.stores import open_store

TOKEN = "12345"
PUBLIC = "https://example.com"
FLOW = """
vars: {pressed: "", reported: 0}
steps:
  ask:
    - gather:
        num_digits: 1
        say: "So far: {{ pressed }}."
        save: key
        branch: {9: done, else: more}
  more:
    - set: {pressed: "{{ pressed }}{{ key }}"}
    - redirect: ask
  done:
    - say: "You pressed {{ pressed }}."
  report:
    - set: {reported: "{{ reported + 1 }}"}
"""


class Server:
    """`touchtone serve` in a process of its own."""

    def __init__(self, folder, store, *words):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "serve", "--port", "0", "--public-url", PUBLIC, *words],
            cwd=folder,
            env={**kept, "PYTHONUNBUFFERED": "1", "TWILIO_AUTH_TOKEN": TOKEN, "TOUCHTONE_STORE": store},
            stdout=subprocess.PIPE,
            text=True,
        )
        for line in self.process.stdout:
            found = re.search(r"Listening on (http://127\.0\.0\.1:\d+)", line)
            if found:
                self.url = found[1]
                break
        else:
            self.process.wait(20)
            self.process.stdout.close()
            raise AssertionError("the server did not start")
        self.carry = over_http({PUBLIC: self.url})

    def kill(self):
        """Ends it in the middle of whatever it does."""
        self.end(signal.SIGKILL)

    def end(self, how=signal.SIGTERM):
        self.carry.close()
        self.process.send_signal(how)
        self.process.wait(20)
        self.process.stdout.close()

    def get(self, path):
        """The status of a page."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code


@pytest.fixture
def serve(tmp_path):
    """Starts servers of one folder of flows, and ends those that are left."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "keys.yaml").write_text(FLOW)
    started = []

    def start(store, *words):
        started.append(Server(tmp_path, store, *words))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.end()


@pytest.fixture(params=["sqlite", "redis"])
def store(request, tmp_path):
    """The URL of an empty store that processes can share."""
    if request.param == "redis":
        return request.getfixturevalue("redis").url(f"?prefix={tmp_path.name}:")
    return f"sqlite:///{tmp_path}/kept/calls.sqlite"


def ring(*servers):
    """A call whose requests go to the servers in turn."""
    turns = cycle(servers)
    return Phone(lambda request: next(turns).carry(request), base=PUBLIC, token=TOKEN).ring("/flows/keys")


def said(call):
    return call.heard[-1]


def kept(store, *keys):
    """What is kept under keys."""

    async def look():
        opened = open_store(store, time.time)
        await opened.start()
        found = [await opened.turn(key, lambda before: (before, before)) for key in keys]
        await opened.stop()
        return found

    return asyncio.run(look())


def test_a_call_goes_from_one_process_to_the_other_and_on_when_one_is_killed(serve, store):
    one, other = serve(store), serve(store)
    servers = [one, other]
    turns = cycle(servers)
    phone = Phone(
        lambda request: next(server for server in turns if server in servers).carry(request), base=PUBLIC, token=TOKEN
    )
    call = phone.ring("/flows/keys")
    for number, key in enumerate("1234", start=1):
        call.press(key)
        assert said(call) == f"So far: {'1234'[:number]}."
    one.kill()
    servers.remove(one)
    assert said(call.press("5")) == "So far: 12345."
    servers.append(serve(store))
    assert said(call.press("6")) == "So far: 123456."
    assert said(call.press("9")) == "You pressed 123456."
    assert call.warnings == ()


def test_a_server_that_was_killed_and_started_again_knows_the_call(serve, store):
    servers = [serve(store)]
    call = Phone(lambda request: servers[-1].carry(request), base=PUBLIC, token=TOKEN).ring("/flows/keys")
    for key in "12":
        call.press(key)
        servers[-1].kill()
        servers.append(serve(store))
    assert said(call.press("3")) == "So far: 123."
    assert said(call.press("9")) == "You pressed 123."
    assert call.warnings == ()


def post(server, address, **sent):
    headers = {"I-Twilio-Idempotency-Token": sent.pop("token")}
    request = urllib.request.Request(f"{server.url}/flows/{address}", urlencode(sent).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


def test_requests_of_one_call_that_come_at_once_to_both_processes_lose_nothing(serve, store):
    servers = [serve(store, "--unsigned"), serve(store, "--unsigned")]
    with ThreadPoolExecutor(16) as many:
        asked = [
            many.submit(post, servers[number % 2], "keys/report", CallSid="CA1", token=f"t{number}")
            for number in range(100)
        ]
        answers = {one.result() for one in asked}
    assert len(answers) == 1
    (session,) = kept(store, "CA1")
    assert (session.variables["reported"], session.turn) == (100, 100)


def test_a_request_that_is_repeated_at_once_to_both_processes_counts_once(serve, store):
    servers = [serve(store, "--unsigned"), serve(store, "--unsigned")]
    with ThreadPoolExecutor(16) as many:
        asked = [
            many.submit(post, servers[number % 2], "keys", CallSid=f"CA{number // 10}", token=f"t{number // 10}")
            for number in range(100)
        ]
        answers = [one.result() for one in asked]
    for call, session in enumerate(kept(store, *[f"CA{number}" for number in range(10)])):
        assert len(set(answers[10 * call : 10 * call + 10])) == 1
        assert session.turn == 1


def test_readiness_follows_the_store(serve, tmp_path):
    """A server without its store says so, and takes it up again when it is back."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_server(folder) as first:
        server = serve(first.url())
        assert server.get("/readyz") == 200
        call = ring(server).press("1")
        first.kill()
        assert (server.get("/readyz"), server.get("/healthz")) == (503, 200)
        with redis_server(folder, port=first.port):
            assert server.get("/readyz") == 200
            assert said(call.press("2")) == "So far: 2.", "Redis kept nothing on disk: the call begins anew there"


@pytest.mark.parametrize("command", ["serve", "dev"])
def test_a_redis_that_cannot_be_reached_is_told_in_one_sentence(tmp_path, command):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "a.yaml").write_text("steps: {a: [hangup]}")
    port = free_port()
    words = [command, "--port", "0", "--store", f"redis://me:SECRET@127.0.0.1:{port}/1"]
    ended = subprocess.run(
        [sys.executable, "-m", "engine.cli", *words, *(["--unsigned"] if command == "serve" else [])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"touchtone: sessions cannot be kept in `redis://127.0.0.1:{port}/1`: it cannot be reached: connection refused\n"
    )
