"""A server that is told to stop in the middle of a turn has Twilio ask the next one, and nothing is done twice."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest

from engine.runtime import cut_off as cut_off_module
from engine.runtime.cut_off import ask_again, with_kept
from engine.runtime.request import Request
from engine.runtime.stores import StoreBusy
from engine.runtime.stores.records import MemoryRecords
from tests.conftest import NOON

FLOW = """
vars: {tries: 0, key: ""}
on_error: sorry
steps:
  ask:
    - gather: {num_digits: 1, say: "Your number, please.", save: key, branch: {else: look}}
  look:
    - set: {tries: "{{ tries + 1 }}"}
    - request: {url: "{{ env.SLOW }}", METHOD, timeout: 10, save: found}
    - say: "Found {{ found }} for {{ key }} at try {{ tries }}."
  sorry:
    - say: "Nobody knows whether {{ key }} was found."
"""


class Slow(ThreadingHTTPServer):
    """Answers the first request after it was let go, all others at once; `asked` are their methods and idempotency keys."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.asked: list[tuple[str, str | None]] = []
        self.go, self.came = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Answering(BaseHTTPRequestHandler):
    server: Slow

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.headers.get("Idempotency-Key")))
        first = len(self.server.asked) == 1
        self.server.came.set()
        if first:
            self.server.go.wait(20)
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        with suppress(BrokenPipeError):
            self.wfile.write(b"gold")

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def slow():
    server = Slow()
    yield server
    server.go.set()
    server.shutdown()
    server.server_close()


class Process:
    """`touchtone serve --unsigned` in a process of its own."""

    def __init__(self, folder: Path, *words: str, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        self.log = (folder / "log.txt").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "serve", "--port", "0", "--unsigned", "--public-url", "http://x.example", *words],
            cwd=folder, env={**kept, "PYTHONUNBUFFERED": "1", **environ}, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"Listening on (http://\S+:\d+)", line):
                self.url = found[1]
                return
        raise AssertionError((folder / "log.txt").read_text())

    def post(self, address: str, **sent: str) -> tuple[int, str]:
        request = urllib.request.Request(urljoin(self.url + "/flows/", address), urlencode(sent).encode())
        with urllib.request.urlopen(request, timeout=25) as answer:
            return answer.status, answer.read().decode()

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.process.stdout.close()  # type: ignore[union-attr]
        self.log.close()
        return code


@pytest.fixture
def start(tmp_path: Path, slow: Slow):
    started: list[Process] = []
    port = str(slow.server_port)

    def begin(*words: str, **environ: str) -> Process:
        more = {
            "TOUCHTONE_ENV": "SLOW",
            "SLOW": f"http://127.0.0.1:{port}/",
            "TOUCHTONE_ALLOW_HOSTS": f"127.0.0.1:{port}",
        }
        started.append(Process(tmp_path, *words, **more, **environ))
        return started[-1]

    yield begin
    for one in started:
        one.end()


def cut_off(server: Process, slow: Slow, address: str, **sent: str) -> tuple[int, str]:
    """The answer to a turn in whose middle the server is told to stop."""
    answers: list[tuple[int, str]] = []
    asking = threading.Thread(target=lambda: answers.append(server.post(address, **sent)))
    asking.start()
    assert slow.came.wait(10)
    server.process.send_signal(signal.SIGTERM)
    asking.join(20)
    assert server.end() == -signal.SIGTERM  # uvicorn ends in good order, and raises it once more
    assert answers, "the connection broke off"
    return answers[0]


@pytest.mark.parametrize(
    ("method", "said", "asked"),
    [
        ("method: GET", "Found gold for 7 at try 1.", ["GET", "GET"]),
        ("method: POST", "Nobody knows whether 7 was found.", ["POST"]),
    ],
)
def test_a_turn_that_is_cut_off_goes_on_in_the_next_process(tmp_path, slow, start, method, said, asked) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "f.yaml").write_text(FLOW.replace("METHOD", method))
    call = {"CallSid": "CA1", "From": "+15550001111", "To": "+15550002222", "CallStatus": "in-progress"}
    first = start(TOUCHTONE_GRACE="0.3")
    action = unescape(re.findall('action="([^"]*)"', first.post("f", **call)[1])[0])
    status, twiml = cut_off(first, slow, action, **call, Digits="7")
    assert status == 200
    (target,) = re.findall("<Redirect>([^<]*)</Redirect>", twiml)
    assert not {"_p", "Digits"} & dict(parse_qsl(urlsplit(unescape(target)).query)).keys(), "Twilio logs addresses"
    log = (tmp_path / "log.txt").read_text()
    assert "was cut off; Twilio is told to ask again" in log
    assert "Traceback" not in log
    second = start()
    began = time.monotonic()
    # Twilio follows a redirect without what was pressed, and may ask twice.
    answers = {second.post(urljoin("/flows/" + action, unescape(target)), **call) for _ in range(2)}
    assert time.monotonic() - began < 8, "nobody waits for a process that is gone"
    (answer,) = answers
    assert f"<Say>{said}</Say>" in answer[1]
    assert [method for method, _ in slow.asked] == asked
    assert len({key for _, key in slow.asked}) == 1


TOLD = """
vars: {got: nothing}
steps:
  a: [{say: "It has {{ got }}."}]
  told: [{request: {url: "{{ env.SLOW }}", timeout: 10, save: got}}]
"""


def test_what_twilio_only_tells_is_played_by_the_next_process(tmp_path, slow, start) -> None:
    """Nobody plays a redirect in the answer to a callback, and Twilio tells nothing twice."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "f.yaml").write_text(TOLD)
    call = {"CallSid": "CA1", "From": "+15550001111", "To": "+15550002222", "CallStatus": "in-progress"}
    first = start(TOUCHTONE_GRACE="0.3")
    assert "nothing" in first.post("f", **call)[1]
    told = {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingStatus": "completed"}
    status, twiml = cut_off(first, slow, "f/told?_c=CA1", **told)
    assert (status, "Redirect" in twiml) == (200, False)
    assert "was cut off; it is kept for the next process" in (tmp_path / "log.txt").read_text()
    second = start()
    for number in range(100):
        if "gold" in (answer := second.post(f"f/a?n={number}", **call)[1]):
            break
        time.sleep(0.1)
    assert "It has gold." in answer
    assert "what was told to a process that stopped is played: f/told" in (tmp_path / "log.txt").read_text()
    second.end()
    third = start()
    assert "gold" in third.post("f/a?n=last", **call)[1]
    assert len(slow.asked) == 2, "once by each of the two processes that were told"


def test_a_turn_within_the_grace_is_answered_as_ever(tmp_path, slow, start) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "f.yaml").write_text(FLOW.replace("METHOD", "method: POST"))
    server = start()
    threading.Timer(1.0, slow.go.set).start()
    status, twiml = cut_off(server, slow, "f/look", CallSid="CA1")
    assert (status, "Found gold" in twiml) == (200, True)


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
@pytest.mark.parametrize(
    ("grace", "said"), [("10", "Found gold for 7 at try 1."), ("0.3", "Nobody knows whether 7 was found.")]
)
def test_a_deployment_while_a_request_is_under_way_does_it_once(
    tmp_path, slow, start, request, kind, grace, said
) -> None:
    """The next version of the flows is served beside the one that asks: it waits for the answer of the other, or takes the turn over."""
    (tmp_path / "flows").mkdir()
    flow = FLOW.replace("METHOD", "method: POST")
    (tmp_path / "flows" / "f.yaml").write_text(flow)
    store = f"sqlite:///{tmp_path}/calls.sqlite"
    if kind == "redis":
        store = request.getfixturevalue("redis").url(f"?prefix={tmp_path.name}:")
    call = {"CallSid": "CA1", "From": "+15550001111", "To": "+15550002222", "CallStatus": "in-progress"}
    first = start(TOUCHTONE_GRACE=grace, TOUCHTONE_STORE=store)
    action = unescape(re.findall('action="([^"]*)"', first.post("f", **call)[1])[0])
    answers: list[str] = []
    asking = [
        threading.Thread(target=lambda one=one: answers.append(one().post(action, **call, Digits="7")[1]))
        for one in (lambda: first, lambda: second)
    ]
    asking[0].start()
    assert slow.came.wait(10)
    (tmp_path / "flows" / "f.yaml").write_text(flow.replace("Found", "In the new version:").replace("Nobody", "None"))
    second = start(TOUCHTONE_STORE=store)
    assert "Your number" in second.post("f", **{**call, "CallSid": "CA2"})[1]
    if grace == "10":
        asking[1].start()  # Twilio asks again where an answer is late
        time.sleep(0.3)
        slow.go.set()
    first.process.send_signal(signal.SIGTERM)
    asking[0].join(20)
    if grace == "10":
        asking[1].join(20)
    else:
        (target,) = re.findall("<Redirect>([^<]*)</Redirect>", answers.pop())
        answers += [second.post(urljoin("/flows/" + action, unescape(target)), **call)[1] for _ in range(2)]
    assert len(answers) == 2
    assert all(f"<Say>{said}</Say>" in one for one in answers), answers
    assert [method for method, _ in slow.asked] == ["POST"]


class TestTheAnswer:
    turn = Request(
        "caf\u00e9", "me nu", NOON, {"who": "Ann", "CallSid": "CA1", "Digits": "1&2", "SpeechResult": "<b>"}, {"_a": "0", "_t": "3"},
        {"who": "Ann"}, "../", "token",
    )  # fmt: skip

    @pytest.fixture
    def records(self) -> MemoryRecords:
        return MemoryRecords(lambda: 0.0)

    def asked(self, request: Request, records: MemoryRecords) -> str:
        """The TwiML that is answered."""
        return asyncio.run(ask_again(request, records)).body.decode()

    def test_it_leads_to_the_same_address_without_what_was_said(self, records) -> None:
        (target,) = re.findall("<Redirect>([^<]*)</Redirect>", self.asked(self.turn, records))
        assert unescape(target) == f"../caf%C3%A9/me%20nu?_a=0&_t=3&_k=1&who=Ann&_r={self.turn.fingerprint}"

    def test_what_a_redirect_would_not_bring_is_kept(self, records) -> None:
        target = unescape(re.findall("<Redirect>([^<]*)</Redirect>", self.asked(self.turn, records))[0])
        asked = {name: value for name, value in parse_qsl(urlsplit(target).query) if name.startswith("_")}
        redirected = self.turn.replaced(asked=asked, token="other", params={"who": "Ann", "CallSid": "CA1"})
        whole = asyncio.run(with_kept(redirected, records))
        assert whole.params == self.turn.params
        assert whole.fingerprint == self.turn.fingerprint
        another = redirected.replaced(params={"CallSid": "CA2"})
        assert asyncio.run(with_kept(another, records)) == another, "it is of that call alone"

    def test_cut_off_before_what_is_kept_was_read_it_stays_kept(self, records) -> None:
        self.asked(self.turn, records)
        asked = {**self.turn.asked, "_r": self.turn.fingerprint, "_k": "1"}
        redirected = self.turn.replaced(asked=asked, params={"CallSid": "CA1", "CallStatus": "in-progress"})
        assert "_k=1" in self.asked(redirected, records)
        assert asyncio.run(with_kept(redirected, records)).params["Digits"] == "1&2"

    def test_without_anything_said_nothing_is_kept(self, records) -> None:
        silent = self.turn.replaced(params={"who": "Ann", "CallSid": "CA1"})
        assert "_k=" not in self.asked(silent, records)

    def test_cut_off_twice_it_is_still_the_same_turn(self, records) -> None:
        print_ = self.turn.fingerprint
        again = self.turn.replaced(asked={**self.turn.asked, "_r": print_, "_p": "x"}, token="other", params={})
        assert again.fingerprint == print_
        assert f"_r={print_}" in self.asked(again, records)
        assert "_p=" not in self.asked(again, records), "as earlier versions wrote it"

    @pytest.mark.parametrize("nonsense", ["", "t", "x" * 24, "0" * 23, "0" * 25, "t" + "0" * 24])
    def test_a_fingerprint_that_is_none_counts_for_nothing(self, nonsense: str) -> None:
        odd = self.turn.replaced(asked={**self.turn.asked, "_r": nonsense})
        assert odd.fingerprint not in ("", nonsense)

    def test_long_speech_in_any_script_is_kept_whole(self, records) -> None:
        spoken = "ж" * 2_000  # an address would hold three characters for each byte
        long = self.turn.replaced(params={"CallSid": "CA1", "SpeechResult": spoken})
        assert "<Redirect>" in self.asked(long, records)
        again = long.replaced(params={"CallSid": "CA1"}, asked={**long.asked, "_r": long.fingerprint})
        kept = asyncio.run(with_kept(again, records))
        assert kept.params["SpeechResult"] == spoken

    @pytest.mark.parametrize("sent", [{"CallSid": "CA1"}, {"MessageSid": "SM1"}], ids=str)
    @pytest.mark.parametrize("fault", [StoreBusy("the store is away"), TimeoutError(), None], ids=repr)
    def test_where_nothing_can_be_kept_there_is_an_apology(self, records, monkeypatch, caplog, sent, fault) -> None:
        async def change(*_: object) -> None:
            if fault is None:
                await asyncio.sleep(10)
            raise fault

        monkeypatch.setattr(cut_off_module, "KEEPING", 0.01)
        monkeypatch.setattr(records, "change", change)
        verb = "Message" if "MessageSid" in sent else "Say"
        assert f"<{verb}>We are sorry" in self.asked(self.turn.replaced(params={**sent, "Body": "hi"}), records)
        assert "is lost" in caplog.text
        assert "hi" not in caplog.text.split()

    def test_what_no_address_can_carry_is_apologized_for(self, records) -> None:
        long = self.turn.replaced(entry={"who": "x" * 5000})
        assert "<Say>We are sorry" in self.asked(long, records)

    def test_a_message_needs_no_pause(self, records) -> None:
        assert "<Pause" not in self.asked(self.turn.replaced(params={"MessageSid": "SM1", "Body": "hi"}), records)
