"""Programs use the API of real servers, over sockets, with the stand-in of Twilio behind it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from click.testing import CliRunner

from engine.api.keys import key_hash
from engine.cli import main
from tests.api.conftest import KEY, Answered, hold_against_description
from tests.standin.played import FAST, SLOW, over, playing, until

pytestmark = [
    pytest.mark.real_clock,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot hand a listening socket on"),
]
README = (Path(__file__).parents[2] / "README.md").read_text()
CLINIC = Path(__file__).parents[2] / "flows"
CALLER, BILLING = "+15550107", "+15550101"
WAITING = """
vars: {came: 0}
steps:
  ask:
    - set: {came: "{{ came + 1 }}"}
    - gather: {say: Press 1., timeout: 600, branch: {1: ask}}
  bye: [{say: "You came {{ came }} times."}]
  told: [{log: "{{ call.status }}"}]
"""


class Server:
    """`touchtone serve` in processes of its own, as a program sees it."""

    def __init__(self, folder: Path, *words: str, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
        self.log = folder / f"log{len(list(folder.glob('log*.txt')))}.txt"
        self.log.touch()
        command = [sys.executable, "-m", "engine.cli", "serve", "--port", "0", *words]
        env = {**kept, "PYTHONUNBUFFERED": "1", "TOUCHTONE_API_RATE": "9999/minute", **environ}
        env.setdefault("TOUCHTONE_API_KEYS", f"backend:{key_hash(KEY)}")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)

    @property
    def base(self) -> str:
        """Where it answers, once it does."""

        def found() -> Any:
            assert self.process.poll() is None, self.log.read_text()
            return re.search(r"http://127.0.0.1:\d+", self.log.read_text())

        return str(until(found, 60)[0])

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answered:
        """The answer to a program, which fits the OpenAPI document."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}
        request = urllib.request.Request(self.base + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as got:
                answered = Answered(got.status, {k.lower(): v for k, v in got.headers.items()}, got.read().decode())
        except urllib.error.HTTPError as error:
            answered = Answered(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read().decode())
        hold_against_description(method, path, answered)
        return answered

    def call(self, sid: str) -> Any:
        return self.ask("GET", f"/api/calls/{sid}").json

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers of the flows of the clinic, and of others written as `name=text`, that share a store."""
    with ExitStack() as stack:
        shutil.copytree(CLINIC, tmp_path / "flows")

        def start(*words: str, flows: dict[str, str] | None = None, **environ: str) -> Server:
            for name, text in (flows or {}).items():
                (tmp_path / "flows" / f"{name}.yaml").write_text(text)
            server = Server(tmp_path, *words, **environ)
            stack.callback(server.end)
            return server

        yield start


def entered(call: Any) -> list[str]:
    return [event["step"] for event in call["trail"] if event["event"] == "entered" and not event.get("on_silence")]


def test_a_placed_call_runs_the_clinic_to_its_end(standin, serve):
    people = (f"{CALLER}: press 2, press 123456, press 1", f"{BILLING}: press 1, hang up")
    twilio = standin(playing(*people, speed=FAST))
    server = serve("--workers", "2", **twilio.settings())
    wanted = {"to": CALLER, "timeout": 20}
    placed = server.ask("POST", "/api/flows/clinic/calls", wanted, **{"Idempotency-Key": '"one"'})
    assert placed.status == 201, placed.text
    sid = placed.json["sid"]
    over(twilio, sid)
    ended = until(lambda: (found := server.call(sid))["step"] == "billing_desk" and found)
    assert ended["status"] == "completed"
    assert entered(ended)[:5] == ["welcome", "menu", "billing", "confirm", "billing_desk"]
    assert ended["variables"]["account"] == "123456"
    assert [event["exit"] for event in ended["trail"] if event.get("answer") == "2"] == ["clinic/menu:0 1"]
    again = server.ask("POST", "/api/flows/clinic/calls", wanted, **{"Idempotency-Key": '"one"'})
    assert again.text == placed.text
    assert len([call for call in twilio.records.calls.values() if call.to == CALLER]) == 1
    late = server.ask("POST", f"/api/calls/{sid}/hangup")
    assert (late.status, late.json["code"]) == (409, 21220)


def test_a_live_call_is_moved_and_another_is_ended(standin, serve):
    twilio = standin(playing(speed=SLOW))
    server = serve(flows={"wait": WAITING}, **twilio.settings())
    first, second = (
        server.ask("POST", "/api/flows/wait/calls", {"to": to, "status_callback": "wait/told"}).json["sid"]
        for to in (CALLER, BILLING)
    )
    for sid in (first, second):
        until(lambda sid=sid: (found := server.call(sid))["step"] == "ask" and found["status"] == "in-progress")
    moved = server.ask("POST", f"/api/calls/{first}/redirect", {"to": "wait/bye"})
    assert (moved.status, moved.json["step"]) == (200, "bye")
    over(twilio, first)
    call = until(lambda: (found := server.call(first))["step"] == "bye" and found)
    assert call["variables"] == {"came": 1}, "it is the same call"
    assert any("You came 1 times." in line for line in twilio.told()), twilio.told()
    ended = server.ask("POST", f"/api/calls/{second}/hangup")
    assert (ended.status, ended.json["sid"]) == (200, second)
    over(twilio, second)
    last = until(lambda: (found := server.call(second))["status"] == "completed" and found)
    assert last["flow"] == "wait"
    until(lambda: {"event": "logged", "text": "completed"}.items() <= server.call(second)["trail"][-1].items())


def test_a_conversation_begins_and_is_answered(standin, serve):
    flow = (
        "channel: messaging\ntakes: {name: required}\nsteps:\n"
        '  ask: [{gather: {message: "Do you come, {{ name }}?", branch: {"yes": bye, else: ask}}}]\n'
        "  bye: [{message: See you.}]\n"
    )
    twilio = standin(playing())
    server = serve(flows={"visit": flow}, **twilio.settings())
    begun = server.ask("POST", "/api/flows/visit/messages", {"to": CALLER, "variables": {"name": "Ann"}})
    assert begun.status == 201, begun.text
    (sent,) = begun.json["messages"]
    assert twilio.records.messages[sent["sid"]].body == "Do you come, Ann?"
    (number,) = twilio.client().incoming_phone_numbers.list()
    number.update(sms_url=f"{server.base}/flows/visit")
    until(lambda: twilio.records.messages[sent["sid"]].status == "delivered")
    form = urlencode({"From": CALLER, "Body": "yes"}).encode()
    urllib.request.urlopen(f"{twilio.base}/standin/texts", form).close()
    until(lambda: "See you." in [message.body for message in twilio.records.messages.values()])


def test_what_the_stand_in_refuses_is_told_with_code_and_fix(standin, serve):
    twilio = standin(playing(), trial=True)
    server = serve(**twilio.settings())
    refused = server.ask("POST", "/api/flows/clinic/calls", {"to": "+15550177"})
    assert (refused.status, refused.json["code"]) == (422, 21219)
    assert "verified" in refused.json["fix"]
    nobody = server.ask("GET", "/api/calls/CA" + "f" * 32)
    assert nobody.status == 404


def test_another_process_goes_on_where_one_was_killed(standin, serve):
    """The trail, the answers to Idempotency-Keys, and the call itself are those of the store."""
    twilio = standin(playing(speed=SLOW))
    first = serve(flows={"wait": WAITING}, **twilio.settings())
    once = {"Idempotency-Key": '"k"'}
    placed = first.ask("POST", "/api/flows/wait/calls", {"to": CALLER}, **once)
    sid = placed.json["sid"]
    until(lambda: first.call(sid)["step"] == "ask")
    second = serve(**twilio.settings())
    first.process.kill()
    first.process.wait()
    assert second.call(sid)["trail"][-1]["event"] in ("entered", "set", "took")
    assert second.ask("POST", "/api/flows/wait/calls", {"to": CALLER}, **once).text == placed.text
    assert second.ask("POST", f"/api/calls/{sid}/hangup").status == 200
    over(twilio, sid)


def test_the_lines_of_the_readme_place_calls(standin, serve, capsys):
    section = README.partition("## From a program")[2].partition("\n## ")[0]
    curl, python = re.findall(r"```(?:console|python)\n(.*?)```", section, re.DOTALL)
    twilio = standin(playing())
    server = serve(**twilio.settings())
    address, header, sent, answer = re.search(
        r"curl http://127.0.0.1:8000(\S+) [\s\S]*-H '(.*?)' --json '(.*?)'\n(.*)", curl
    ).groups()
    name, _, value = header.partition(": ")
    placed = server.ask("POST", address, json.loads(sent), **{name: value})
    assert placed.text == answer.strip().replace("CA…", placed.json["sid"])
    lines = python.replace("http://127.0.0.1:8000", server.base).replace("tt_…", KEY)
    exec(compile(lines, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip() in ("queued", "ringing", "in-progress", "completed")
    assert len(twilio.records.calls) == 2


def test_the_lines_of_the_readme_give_a_page_its_token(standin, serve, tmp_path, monkeypatch):
    section = README.partition("## Calls in the browser")[2].partition("\n## ")[0]
    first, second = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    app, _, created, key = first.splitlines()
    twilio = standin(playing())
    monkeypatch.chdir(tmp_path)
    for name, value in {**twilio.settings(), "TOUCHTONE_PUBLIC_URL": "https://example.com"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TOUCHTONE_API_KEYS", raising=False)
    made = CliRunner().invoke(main, app.split()[2:])
    assert made.stderr.strip() == created
    kept = CliRunner().invoke(main, key.split()[2:])
    line = re.search(r"^TOUCHTONE_API_KEYS=(.+)$", kept.stderr, re.MULTILINE)[1]
    shown, sent, path = re.search(r"Bearer (\S+)\" --json '(.*?)' http://127.0.0.1:8000(\S+)", second).groups()
    assert shown == "$KEY"
    own = {"TWILIO_API_KEY": "SK" + "1" * 32, "TWILIO_API_SECRET": "s" * 32}
    apps = f"clinic={made.stdout.strip()}"
    server = serve(**twilio.settings(), **own, TOUCHTONE_APPS=apps, TOUCHTONE_API_KEYS=line)
    told = server.ask("POST", path, json.loads(sent), Authorization=f"Bearer {kept.stdout.strip()}")
    assert told.status == 201
    assert list(told.json) == list(json.loads(second.splitlines()[1]))
    granted = jwt.decode(told.json["token"], own["TWILIO_API_SECRET"], algorithms=["HS256"])["grants"]
    assert granted["voice"]["outgoing"]["application_sid"] == made.stdout.strip()
