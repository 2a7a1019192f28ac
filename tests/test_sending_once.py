"""A text goes out once over real sockets, however often its turn is asked for, and its reports reach the call that sent it."""

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pytest

from tests.standin.played import playing, until
from tests.test_several_follow_silence import Twilio

CALL = """
vars: {became: nothing}
steps:
  a:
    - send: {to: "{{ call.from }}", body: Hello, status_callback: told}
    - say: A text is on its way.
  b: [{say: "It is {{ became }}."}]
  told: [{set: {became: "{{ params.MessageStatus }}"}}]
"""
CONVERSATION = """
channel: messaging
vars: {}
steps:
  a:
    - send:
        to: "+15550177"
        body: "{{ message.body }}"
        branch: {sent: [{message: Passed on.}], error: [{message: Nobody knows.}]}
"""
CALLER = {"CallSid": "CA1", "From": "+15550001111", "To": "+15550002222", "CallStatus": "in-progress"}
TEXT = {
    "MessageSid": "SM" + "7" * 32,
    "SmsStatus": "received",
    "From": "+15550001111",
    "To": "+15550002222",
    "Body": "hi",
}


class Process:
    """`touchtone serve --unsigned` in a process of its own, whose address is that which it is asked at."""

    def __init__(self, folder: Path, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        self._log = (folder / "log.txt").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "serve", "--port", "0", "--unsigned"],
            cwd=folder, env={**kept, "PYTHONUNBUFFERED": "1", **environ}, stdout=subprocess.PIPE, stderr=self._log, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"Listening on (http://\S+:\d+)", line):
                self.url = found[1]
                return
        raise AssertionError((folder / "log.txt").read_text())

    def post(self, address: str, token: str = "", **sent: str) -> str:
        headers = {"I-Twilio-Idempotency-Token": token} if token else {}
        request = urllib.request.Request(urljoin(self.url + "/flows/", address), urlencode(sent).encode(), headers)
        with urllib.request.urlopen(request, timeout=25) as answer:
            assert answer.status == 200
            return str(answer.read().decode())

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    started: list[Process] = []
    (tmp_path / "flows").mkdir()

    def begin(flow: str, **environ: str) -> Process:
        (tmp_path / "flows" / "f.yaml").write_text(flow)
        started.append(Process(tmp_path, **environ))
        return started[-1]

    yield begin
    for one in started:
        one.end()


def test_a_repeated_webhook_sends_once_and_every_report_reaches_the_call(start, standin) -> None:
    account = standin(playing())
    server = start(CALL, **account.settings())
    answers = {server.post("f", token, **CALLER) for token in ("T", "T", "")}
    assert len(answers) == 1
    assert "on its way" in answers.pop()
    (message,) = account.records.messages.all()
    assert (message.to, message.from_, message.body) == ("+15550001111", "+15550002222", "Hello")
    numbers = iter(range(1_000))
    until(lambda: "It is delivered." in server.post(f"f/b?n={next(numbers)}", **CALLER))
    assert len(account.records.messages.all()) == 1


def test_a_message_that_comes_again_by_a_fallback_url_sends_once(start, standin) -> None:
    account = standin()
    server = start(CONVERSATION, **account.settings())
    first = server.post("f", "T", **TEXT)
    again = server.post("f", "U", **TEXT, ErrorCode="11205", ErrorUrl=f"{server.url}/flows/f")
    assert first == again
    assert "Passed on." in first
    assert [message.body for message in account.records.messages.all()] == ["hi"]


def test_a_server_that_stops_meanwhile_leaves_one_text(start) -> None:
    """Whether Twilio took it is not known then: the flow hears of an error, and nothing is sent again."""
    twilio = Twilio()
    twilio.free.clear()
    settings = {
        "TOUCHTONE_TWILIO_API": twilio.url,
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "12345",
        "TOUCHTONE_GRACE": "0.3",
    }
    try:
        first = start(CONVERSATION, **settings)
        answers: list[str] = []
        asking = threading.Thread(target=lambda: answers.append(first.post("f", "T", **TEXT)))
        asking.start()
        assert twilio.next()["Body"] == "hi"
        first.process.send_signal(signal.SIGTERM)
        asking.join(20)
        (target,) = re.findall("<Redirect>([^<]*)</Redirect>", answers[0])
        assert "hi" not in re.split(r"[^a-z]+", target), "what somebody wrote is in no address"
        second = start(CONVERSATION, **settings)
        assert "Nobody knows." in second.post(unescape(target), **TEXT)
        assert "Nobody knows." in second.post("f", "V", **TEXT), "known by its SID"
        assert twilio.texts.empty()
    finally:
        twilio.close()
