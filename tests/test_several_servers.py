"""Server processes share a store: a call goes from one to the other, and survives those that are killed in its middle."""

import asyncio
import os
import re
import resource
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
import redis

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


def test_a_redis_that_is_not_there_yet_is_waited_for(serve, tmp_path):
    """As in a deployment that starts everything at once; until then the server is up, and says that it is not ready."""
    folder, port = tmp_path / "redis", free_port()
    folder.mkdir()
    server = serve(f"redis://127.0.0.1:{port}/1?prefix=x:")
    assert (server.get("/readyz"), server.get("/healthz")) == (503, 200)
    assert "sorry" in said(ring(server))
    with redis_server(folder, port=port):
        for _ in range(100):
            if server.get("/readyz") == 200:
                break
            time.sleep(0.1)
        assert said(ring(server).press("1")) == "So far: 1."
        server.end()


@pytest.mark.parametrize("command", ["serve", "dev"])
def test_a_store_that_will_never_do_is_told_in_one_sentence(tmp_path, command):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "a.yaml").write_text("steps: {a: [hangup]}")
    with redis_server(tmp_path) as wrong:
        words = [command, "--port", "0", "--store", wrong.url().replace("//", "//me:SECRET@")]
        ended = subprocess.run(
            [sys.executable, "-m", "engine.cli", *words, *(["--unsigned"] if command == "serve" else [])],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("touchtone: sessions cannot be kept in `redis://127.0.0.1:")
    assert "it refuses the name and password of the URL" in ended.stderr
    assert "SECRET" not in ended.stderr


def test_a_server_on_a_full_disk_says_that_it_is_not_ready(serve, tmp_path):
    """No file may grow: what a full disk looks like to the process."""
    server = serve(f"sqlite:///{tmp_path}/kept/calls.sqlite")
    assert server.get("/readyz") == 200
    unlimited = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
    assert "sorry" in said(ring(server))
    assert (server.get("/readyz"), server.get("/healthz")) == (503, 200)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, unlimited)
    assert server.get("/readyz") == 200
    assert said(ring(server).press("1")) == "So far: 1."


def test_a_redis_that_takes_nothing_more_makes_a_server_not_ready(serve, tmp_path):
    folder = tmp_path / "redis"
    folder.mkdir()
    with redis_server(folder) as full:
        server = serve(full.url())
        assert server.get("/readyz") == 200
        with redis.Redis(port=full.port) as client:
            client.config_set("maxmemory", 1)
            assert "sorry" in said(ring(server))
            assert (server.get("/readyz"), server.get("/healthz")) == (503, 200)
            client.config_set("maxmemory", 0)
        assert server.get("/readyz") == 200
        server.end()


def test_a_store_is_not_shown_what_was_written_to_see_whether_it_can_be(serve, store):
    server = serve(store)
    assert server.get("/readyz") == 200

    async def look():
        opened = open_store(store, lambda: time.time() - 60)  # another machine, whose clock is behind
        await opened.start()
        found = await opened.sessions(10)
        await opened.stop()
        return found

    assert asyncio.run(look()) == []
