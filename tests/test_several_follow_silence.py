"""Server processes share a store: what a conversation sends when nobody answers is sent once, whichever of them is alive."""

import asyncio
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from msgspec.structs import replace

from benchmarks.redis_server import free_port
from engine.phone import Phone, over_http
from engine.runtime.stores import open_store
from tests.standin.played import control, playing, told, until

EXAMPLES = Path(__file__).parents[1] / "examples"
TOKEN, ACCOUNT = "12345", "AC" + "1" * 32
PUBLIC = "https://example.com"
KEY = "+15550001111>+15550002222"
PATIENCE = 60.0  # seconds in which something must have come; it takes at most five
FLOW = """
channel: messaging
steps:
  ask:
    - gather:
        message: Reply C or R.
        timeout: 1h
        branch:
          C: [{message: Confirmed.}]
          no_input: [{message: Are you still there?}]
          else: [{message: Else.}]
"""


class Twilio:
    """Takes text messages, as Twilio's API does; while it is `held` it takes them and does not answer."""

    def __init__(self):
        self.texts, self.free = queue.Queue(), threading.Event()
        self.free.set()
        twilio = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                twilio.texts.put({name: values[-1] for name, values in form.items()})
                twilio.free.wait(PATIENCE)
                body = json.dumps({"sid": "SM" + "0" * 32, "status": "queued"}).encode()
                try:
                    self.send_response(201)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:  # whoever asked is gone
                    pass

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def next(self):
        """The next text that comes."""
        return self.texts.get(timeout=PATIENCE)

    def close(self):
        self.free.set()
        self._server.shutdown()
        self._server.server_close()


def environment(**own):
    """What a program of this project is started with: nothing of the account of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
    return {**kept, **own}


class Server:
    """`touchtone serve` in a process of its own."""

    def __init__(self, folder, store, account, flows="flows", port=0, public=PUBLIC):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "serve", flows, "--port", str(port), "--public-url", public],
            cwd=folder,
            env=environment(**account, TOUCHTONE_STORE=store, PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said, self.lines = "", queue.Queue()
        for line in self.process.stdout:
            # Where it listens is told by itself unless that is the public address.
            if found := re.search(
                rf"Listening on (http://127\.0\.0\.1:\d+)|  (http://127\.0\.0\.1:{port})/flows", line
            ):
                self.carry = over_http({public: found[1] or found[2]})
                break
            self.said += line
        else:
            self.process.wait(20)
            raise AssertionError(f"the server did not start: {self.said}")
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.said += line
            self.lines.put(line)
        self.process.stdout.close()

    def says(self, words):
        """Waits for a line of the log."""
        while words not in (line := self.lines.get(timeout=PATIENCE)):
            pass
        return line

    def end(self, how=signal.SIGTERM):
        self.carry.close()
        self.process.send_signal(how)
        self.process.wait(20)


@pytest.fixture
def twilio():
    made = Twilio()
    yield made
    made.close()


@pytest.fixture
def serve(tmp_path, twilio):
    """Starts servers of one folder of flows, and ends those that are left."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "ask.yaml").write_text(FLOW)
    account = {"TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_ACCOUNT_SID": ACCOUNT, "TOUCHTONE_TWILIO_API": twilio.url}
    started = []

    def start(store, account=account, **more):
        started.append(Server(tmp_path, store, account, **more))
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
    return f"sqlite:///{tmp_path}/kept/sessions.sqlite"


def text(server, body, seed):
    """What is replied to a text."""
    phone = Phone(server.carry, base=PUBLIC, token=TOKEN, seed=seed)
    return phone.write("/flows/ask").text(body).heard


def changed(store, change=lambda session: session, key=KEY):
    """The session of the conversation after a change."""

    async def turn():
        opened = open_store(store, time.time)
        await opened.start()
        try:
            return await opened.turn(key, lambda before: (change(before), change(before)))
        finally:
            await opened.stop()

    return asyncio.run(turn())


def as_if_it_had_been_asked_long_ago(session):
    """Or a day ago, as the question says: so that what is due at its time is due now."""
    question = replace(session.question, until=session.question.until - session.question.wait)
    return replace(session, question=question, due=question.due)


def as_if_the_process_had_been_lost_long_ago(session):
    pending = tuple(replace(one, until=time.time() - 1) for one in session.pending)
    return replace(session, pending=pending, due=time.time() - 1)


def test_two_processes_and_one_timer_send_one_text(serve, store, twilio):
    servers = serve(store), serve(store)
    assert text(servers[0], "hi", 1) == ("Reply C or R.",)
    changed(store, as_if_it_had_been_asked_long_ago)
    sent = twilio.next()
    assert sent == {"To": "+15550001111", "From": "+15550002222", "Body": "Are you still there?"}
    assert text(servers[1], "c", 2) == ("Confirmed.",)
    for server in servers:
        server.end()
        assert "Traceback" not in server.said
    assert twilio.texts.empty()


def test_one_that_was_killed_before_it_was_due_is_stood_in_for(serve, store, twilio):
    one = serve(store)
    text(one, "hi", 1)
    one.end(signal.SIGKILL)
    changed(store, as_if_it_had_been_asked_long_ago)
    other = serve(store)
    assert twilio.next()["Body"] == "Are you still there?"
    assert text(other, "c", 2) == ("Confirmed.",)
    other.end()
    assert twilio.texts.empty()


def test_one_that_is_killed_while_it_sends_is_not_repeated(serve, store, twilio):
    """Whether Twilio has the text nobody knows: the person is not written to twice."""
    one = serve(store)
    text(one, "hi", 1)
    twilio.free.clear()
    changed(store, as_if_it_had_been_asked_long_ago)
    assert twilio.next()["Body"] == "Are you still there?"
    one.end(signal.SIGKILL)
    twilio.free.set()
    changed(store, as_if_the_process_had_been_lost_long_ago)
    other = serve(store)
    assert "whether it was done is not known" in other.says("the text is not sent")
    assert text(other, "c", 2) == ("Confirmed.",), "the question stays open"
    other.end()
    assert twilio.texts.empty()


def test_an_answer_or_a_stop_comes_before_it(serve, store, twilio):
    server = serve(store)
    for seed, word in ((1, "c"), (3, "STOP")):
        text(server, "hi", seed)
        text(server, word, seed + 1)
        assert changed(store).due == 0
    server.end()
    assert twilio.texts.empty()


def test_who_does_not_answer_the_reminder_of_an_appointment_is_asked_once_more(serve, store, standin, tmp_path):
    """Begun at the command line, through the stand-in of Twilio: Ann answers, Bob does not, and the server is killed meanwhile."""
    twilio, port = standin(playing()), free_port()
    public, account = f"http://127.0.0.1:{port}", twilio.settings()
    more = {"flows": str(EXAMPLES), "port": port, "public": public}
    number = twilio.client().incoming_phone_numbers.list()[0]
    number.update(sms_url=f"{public}/flows/reminder", sms_method="POST")
    one = serve(store, account, **more)
    people = {"Ann": "+15550103", "Bob": "+15550104"}
    for name, person in people.items():
        words = ["message", person, "--flow", "reminder/remind", "-v", f"name={name}", "-v", "day=Monday", "--no-wait"]
        subprocess.run(
            [sys.executable, "-m", "engine.cli", *words, "--flows", str(EXAMPLES)],
            env=environment(**account, TOUCHTONE_PUBLIC_URL=public),
            check=True,
            timeout=60,
        )
    control(twilio, "/standin/texts", From=people["Ann"], Body="C")
    until(lambda: told(twilio, "Thank you, Ann. See you Monday."))
    one.end(signal.SIGKILL)
    assert changed(store, key=f"{people['Ann']}>{twilio.number}").due == 0
    changed(store, as_if_it_had_been_asked_long_ago, f"{people['Bob']}>{twilio.number}")
    others = serve(store, account, **more), serve(store, account, **{**more, "port": 0})
    until(lambda: told(twilio, "Bob, are you coming Monday at 9?"))
    control(twilio, "/standin/texts", From=people["Bob"], Body="yes")
    until(lambda: told(twilio, "Thank you, Bob. See you Monday."))
    for server in others:
        server.end()
        assert "Traceback" not in server.said
    sent = [one.body for one in twilio.records.messages.values() if one.direction != "inbound"]
    assert [body.partition(" ")[0] for body in sent if "are you coming" in body] == ["Bob,"]
