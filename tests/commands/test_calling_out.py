"""Calls and conversations from the command line, through the stand-in and a server on sockets, to their end."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from engine import create_app
from tests.standin.played import CLINIC, PERSON, control, playing, serving, told, until
from tests.standin_server import ACCOUNT_SID, AUTH_TOKEN, StandinServer

EXAMPLES = CLINIC.parent / "examples"
README = (CLINIC.parent / "README.md").read_text().partition("## Calling out and texting")[2].partition("\n## ")[0]
TOUCHTONE = str(Path(sys.executable).with_name("touchtone"))


@pytest.fixture
def serves() -> Iterator[Callable[[Path], str]]:
    """Serves a folder of flows on the loopback, to signed requests only; gives its address."""
    with ExitStack() as stack:

        def serve(folder: Path) -> str:
            app = create_app(folder, tokens=[AUTH_TOKEN], account_sid=ACCOUNT_SID, store="memory:")
            return stack.enter_context(serving(app))[0]

        yield serve


def environment(server: StandinServer, base: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO", "TOUCHTONE"))}
    # A region of Twilio's counts for nothing here.
    return own | server.settings() | {"TOUCHTONE_PUBLIC_URL": base, "TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin"}


def touchtone(server: StandinServer, base: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command as a program of its own; nothing secret is printed."""
    done = subprocess.run(
        [TOUCHTONE, *words, "--flows", str(folder)],
        env=environment(server, base),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert AUTH_TOKEN not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def statuses(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r"^ +\d+ s  ([a-z-]+)", done.stdout, re.MULTILINE)


def test_a_call_runs_the_clinic_flow_to_its_end(standin, serves):
    server, base = standin(playing(f"{PERSON}: press 1", speed=20)), serves(CLINIC)
    done = touchtone(server, base, "call", PERSON, "clinic", folder=CLINIC)
    assert done.returncode == 0, done.stderr
    seen = statuses(done)
    assert (seen[0], seen[-1]) == ("queued", "completed")
    assert re.search(r"completed after \d+ s$", done.stdout.strip())
    assert told(server, 'hears "Thank you for calling Riverside Clinic."')
    assert told(server, "presses 1")


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
def test_a_call_that_nobody_takes_is_status_1(standin, serves, status):
    server, base = standin(playing(f"{PERSON}: {status}")), serves(CLINIC)
    done = touchtone(server, base, "call", PERSON, "clinic", folder=CLINIC)
    assert (done.returncode, statuses(done)[-1]) == (1, status)


@pytest.mark.parametrize(
    ("who", "by", "heard"),
    [("press 1", "human", "Thank you. See you on Monday."), ("machine", "machine_end_beep", "To change that, call us")],
)
def test_a_person_confirms_and_a_machine_gets_a_message_after_the_tone(standin, serves, who, by, heard):
    server, base = standin(playing(f"{PERSON}: {who}", speed=20)), serves(EXAMPLES)
    words = ["call", PERSON, "appointment", "-v", "name=Ann", "-v", "day=on Monday", "--json"]
    words += ["--machine-detection", "DetectMessageEnd", "--status", "appointment/ended"]
    done = touchtone(server, base, *words, folder=EXAMPLES)
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["status"], last["answered_by"]) == ("completed", by)
    assert told(server, heard), server.told()
    assert told(server, "reports completed to /flows/appointment/ended")


MISSED = """
takes: {name: required, day: tomorrow}
steps:
  welcome: [{say: "Hello {{ name }}."}]
  ended:  # touchtone: ignore[L102]
    - branch: [{when: "call.status == 'no-answer'", to: missed}]
  missed:
    - send: {to: "{{ call.to }}", from: "{{ call.from }}", body: "Hello {{ name }}, see you {{ day }}."}
"""


def test_who_does_not_answer_gets_a_text_with_the_name_that_the_call_was_given(standin, tmp_path):
    (tmp_path / "visit.yaml").write_text(MISSED)
    server = standin(playing(f"{PERSON}: no-answer", speed=20))
    account = {"account_sid": ACCOUNT_SID, "twilio_api": server.settings()["TOUCHTONE_TWILIO_API"]}
    with serving(create_app(tmp_path, tokens=[AUTH_TOKEN], store="memory:", **account)) as (base, _, _):
        words = ["call", PERSON, "visit", "-v", "name=Ann", "-v", "day=on Monday", "--status", "visit/ended"]
        done = touchtone(server, base, *words, folder=tmp_path)
        assert (done.returncode, statuses(done)[-1]) == (1, "no-answer")
        until(lambda: told(server, "Hello Ann, see you on Monday."))


def test_ctrl_c_leaves_the_call_and_a_second_one_hangs_it_up(standin, serves):
    server, base = standin(playing(speed=1)), serves(CLINIC)
    program = subprocess.Popen(
        [TOUCHTONE, "call", PERSON, "clinic", "--flows", str(CLINIC)],
        env=environment(server, base),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: told(server, 'hears "Thank you for calling Riverside Clinic."'))
        program.send_signal(signal.SIGINT)
        assert program.stderr is not None
        said = ""
        while "Ctrl-C again hangs it up." not in said:
            said += program.stderr.readline()
        program.send_signal(signal.SIGINT)
        _, more = program.communicate(timeout=30)
    finally:
        program.kill()
        program.wait()
    assert program.returncode == 130
    assert "Hung up." in more
    [call] = [one for one in server.records.calls.values() if one.direction == "outbound-api"]
    assert call.status == "completed"


def test_a_text_is_delivered(standin, serves):
    server, base = standin(playing()), serves(EXAMPLES)
    done = touchtone(server, base, "message", PERSON, "--text", "Your table is ready.", folder=EXAMPLES)
    assert (done.returncode, statuses(done)[-1]) == (0, "delivered")


def test_a_conversation_that_begins_here_is_answered_there(standin, serves):
    server, base = standin(playing()), serves(EXAMPLES)
    client = server.client()
    [number] = client.incoming_phone_numbers.list()
    words = ["message", PERSON, "--flow", "reminder/remind", "-v", "name=Ann", "-v", "day=Monday"]
    done = touchtone(server, base, *words, "--no-wait", folder=EXAMPLES)
    assert done.returncode == 0, done.stderr
    assert "numbers point" in done.stderr, "the answers would come to nobody"
    client.incoming_phone_numbers(number.sid).update(sms_url=f"{base}/flows/reminder", sms_method="POST")
    done = touchtone(server, base, *words, folder=EXAMPLES)
    assert (done.returncode, statuses(done)[-1]) == (0, "delivered")
    assert "numbers point" not in done.stderr
    control(server, "/standin/texts", From=PERSON, Body="C")
    assert until(lambda: any(one.body == "Thank you, Ann. See you Monday." for one in texts(server)))


def texts(server: StandinServer) -> list[Any]:
    return list(server.records.messages.values())


def test_a_trial_account_calls_verified_numbers_only(standin, serves):
    server, base = standin(playing(), trial=True), serves(CLINIC)
    done = touchtone(server, base, "call", PERSON, "clinic", folder=CLINIC)
    assert done.returncode == 2
    assert "Twilio error 21219" in done.stderr
    assert "touchtone numbers verify" in done.stderr


def test_a_rate_limit_is_waited_out(standin, serves):
    server, base = standin(playing(f"{PERSON}: busy")), serves(CLINIC)
    control(server, "/standin/refusals", Count="1", Code="20429")
    done = touchtone(server, base, "call", PERSON, "clinic", folder=CLINIC)
    assert statuses(done)[-1] == "busy", done.stderr


LINES = re.findall(r"^\$ touchtone (.*)$", README, re.MULTILINE)
SCRIPTS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("line", LINES)
def test_the_lines_of_the_readme_do_what_stands_below_them(standin, serves, line):
    server, base = standin(playing(f"{PERSON}: press 1", speed=20)), serves(EXAMPLES)
    words = [word for word in shlex.split(line) if word not in ("--flows", "examples")]
    done = touchtone(server, base, *words, folder=EXAMPLES)
    assert (done.returncode, statuses(done)[-1] in ("completed", "delivered")) == (0, True), done.stderr


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_of_the_readme_call_and_text(standin, monkeypatch, script):
    server = standin(playing(), number="+15550100")
    client = server.client()
    monkeypatch.setattr("twilio.rest.Client", lambda: client)
    exec(script, {})
    [one] = [*server.records.calls.values(), *server.records.messages.values()]
    assert (one.to, one.from_, one.direction) == (PERSON, "+15550100", "outbound-api")
    assert len([line for line in script.splitlines() if line]) == 2


def test_the_readme_has_a_script_for_each_and_both_commands():
    assert len(SCRIPTS) == 2
    assert [line.split()[0] for line in LINES] == ["call", "message", "message"]
