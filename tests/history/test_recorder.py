"""Each turn of a call is written down with what came in, what was decided, and what was answered."""

import logging
import os
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.commands.common import utc_now
from engine.history import file, recorder
from engine.history.history import History
from engine.history.kept import LARGEST, read
from engine.phone.phone import ACCOUNT
from engine.runtime.desk import Heard
from engine.runtime.effects.secrets import Secrets
from engine.runtime.outcome import Outcome
from engine.runtime.request import Request

MENU = """\
vars: {tries: 0}
steps:
  menu: [{gather: {say: "Your PIN, please.", branch: {1234: in, else: menu}}}]
  in: [{set: {tries: "{{ tries + 1 }}"}}, {log: "in with {{ env.KEY }}"}, {say: "Welcome, {{ env.KEY }}."}]
"""


def test_a_call_is_recorded_with_its_parameters_decisions_variables_and_twiml(serve):
    house = serve()
    call = house.phone().ring("/flows/clinic")
    call.press("2").press("123456")
    call.hang_up()
    (summary,) = house.calls()
    assert {name: summary[name] for name in ("flow", "origin", "channel", "from", "to", "now", "turns", "faults")} == {
        "flow": "clinic",
        "origin": "simulated",
        "channel": "voice",
        "from": "+15550001111",
        "to": "+15550002222",
        "now": "clinic/confirm",
        "turns": 3,
        "faults": 0,
    }
    assert summary["version"] == house.library.current.version
    one = house.call(summary["id"])
    begins, pressed, typed = one["turns"]
    assert [turn["caller"] for turn in one["turns"]] == [
        {"kind": "begins", "text": ""},
        {"kind": "pressed", "text": "2"},
        {"kind": "pressed", "text": "123456"},
    ]
    assert [turn["goes"] for turn in one["turns"]] == ["clinic/menu", "clinic/billing", "clinic/confirm"]
    assert begins["took"] == ["clinic/welcome:1 redirect 0"]
    assert typed["took"] == ["clinic/billing:0 0"]
    assert typed["compared"] == [{"value": "123456", "with": "/\\d{6}/", "taken": True}]
    assert typed["changed"] == [{"name": "typed", "before": "", "after": "123456"}]
    assert typed["params"]["Digits"] == "123456"
    assert "Your account is 1 2 3 4 5 6." in typed["twiml"]
    assert typed["size"] == len(typed["twiml"].encode())
    assert pressed["step"] == "menu"


def test_what_would_follow_silence_did_not_happen_where_the_caller_answered(serve):
    house = serve()
    house.phone().ring("/flows/clinic").press("1").hang_up()
    turn = house.call()["turns"][0]
    ahead = [event for event in turn["events"] if event.get("ahead")]
    assert [event["kind"] for event in ahead][:2] == ["took", "entered"]
    assert turn["took"] == ["clinic/welcome:1 redirect 0"]


def test_silence_that_was_lived_is_told_with_the_turn_that_came_after_it(serve):
    house = serve()
    call = house.phone().ring("/flows/clinic")
    call.silence().silence().silence()
    call.dial("busy")
    turns = house.call()["turns"]
    assert turns[0]["took"] == ["clinic/welcome:1 redirect 0", "clinic/menu:0 5"]
    assert turns[0]["goes"] == "clinic/operator"
    assert turns[1]["caller"] == {"kind": "dial", "text": "busy"}
    assert turns[1]["silences"] == 3


def test_secrets_of_the_settings_are_nowhere_in_the_file(serve, tmp_path):
    house = serve({"bank.yaml": MENU}, env={"KEY": "hush <& hush"})
    house.ask("/flows/bank", CallToken="t")
    said = house.ask("/flows/bank/menu?_a=0&_v=", Digits="1234", Evil="hush <& hush")
    assert "hush &lt;&amp; hush" in said
    turn = house.call()["turns"][1]
    assert "Welcome, •••." in turn["twiml"]
    assert turn["params"]["Evil"] == "•••"
    house.history.recorder.stop()
    kept = b"".join(path.read_bytes() for path in (tmp_path / ".touchtone").glob("calls.sqlite*"))
    assert b"1234" in kept
    assert b"hush" not in kept.replace(b"env.KEY", b"")


def test_the_file_is_for_its_owner_alone(serve, tmp_path):
    house = serve()
    house.ask("/flows/clinic")
    house.calls()
    found = tmp_path / ".touchtone" / "calls.sqlite"
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    with sqlite3.connect(found) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_call_goes_on_in_its_row_after_the_server_was_started_again(serve):
    house = serve()
    house.ask("/flows/clinic")
    house.history.recorder.stop()
    again = serve()
    again.ask(f"/flows/clinic/menu?_a=0&_v={again.library.current.version}&_t=1", Digits="1")
    (summary,) = again.calls()
    assert summary["turns"] == 2
    assert [turn["number"] for turn in again.call()["turns"]] == [1, 2]


def test_two_processes_record_the_same_call(serve):
    house, other = serve(), serve()
    house.ask("/flows/clinic")
    house.calls()
    version = house.library.current.version
    for number, one in enumerate((other, house, other, house)):
        one.ask(f"/flows/clinic/menu?_a=0&_v={version}&_t={number}", Digits="1")
        one.history.recorder.flush()
    assert house.call("CA1")["turns"][-1]["number"] == 5
    assert house.calls()[0]["turns"] == 5


def test_calls_go_on_with_a_damaged_file_which_is_logged_once(serve, tmp_path, caplog):
    (tmp_path / ".touchtone").mkdir()
    (tmp_path / ".touchtone" / "calls.sqlite").write_bytes(b"not a database at all, but some text" * 100)
    house = serve()
    with caplog.at_level(logging.ERROR, "touchtone"):
        for _ in range(3):
            assert "Riverside" in house.ask("/flows/clinic")
            house.history.recorder.flush()
    (line,) = [record for record in caplog.records if "not recorded" in record.message]
    assert "file is not a database" in line.message
    with pytest.raises(file.Unusable, match="Delete that file"):
        house.history.calls.list()


def test_calls_go_on_when_the_disk_is_full_and_are_recorded_again_later(serve, monkeypatch, caplog):
    house = serve()
    monkeypatch.setattr(recorder, "RETRY", 0.0)

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(recorder, "open_calls", full)
        assert "Riverside" in house.ask("/flows/clinic")
        house.history.recorder.flush()
        house.ask("/flows/clinic", CallSid="CA2")
        house.history.recorder.flush()
    house.ask("/flows/clinic", CallSid="CA3")
    assert [call["id"] for call in house.calls()] == ["CA3"]
    assert sum("disk is full" in record.message for record in caplog.records) == 1


def test_a_file_that_was_deleted_is_begun_anew(serve, tmp_path):
    house = serve()
    house.ask("/flows/clinic")
    house.calls()
    for path in (tmp_path / ".touchtone").glob("calls.sqlite*"):
        path.unlink()
    house.ask("/flows/clinic", CallSid="CA2")
    assert [call["id"] for call in house.calls()] == ["CA2"]
    assert house.history.sources(house.library.current.version)


def test_a_turn_is_kept_within_its_bounds(serve):
    house = serve()
    house.ask("/flows/clinic", **{f"Long{number}": "ä" * 5000 for number in range(7)})
    house.history.recorder.flush()
    _, (turn,) = house.history.calls.kept_turns("CA1")
    assert sum(map(len, turn.params.values())) < LARGEST
    assert turn.params["Long0"].endswith("…")
    with sqlite3.connect(house.history.recorder.path) as db:
        (data,) = db.execute("SELECT turn FROM turns").fetchone()
    assert len(data) <= LARGEST
    assert read(data).flow == "clinic"


def test_half_of_a_character_does_not_keep_a_turn_from_being_recorded(serve):
    house = serve()
    request = Request("clinic", "", utc_now(), {"CallSid": "CA1", "SpeechResult": "\ud800!"})
    house.history.recorder.hear(Heard(request, house.library.current.version, Outcome(b"<Response/>")))
    assert house.call("CA1")["turns"][0]["params"]["SpeechResult"] == "?!"


def test_the_oldest_calls_are_dropped_with_their_turns_and_versions(serve, monkeypatch):
    monkeypatch.setattr(file, "CALLS", 3)
    monkeypatch.setattr(file, "SLACK", 0)
    monkeypatch.setattr(recorder, "SLACK", 1)
    house = serve({"a.yaml": "steps: {a: [{say: One.}]}"})
    house.ask("/flows/a", CallSid="CA0")
    first = house.library.current.version
    house.calls()
    house.publish("a.yaml", "steps: {a: [{say: Two.}]}")
    for number in range(1, 7):
        house.ask("/flows/a", CallSid=f"CA{number}")
        house.history.recorder.flush()
    assert [call["id"] for call in house.calls()] == ["CA6", "CA5", "CA4"]
    assert house.call("CA0") is None
    assert house.history.sources(first) == {}
    assert house.history.sources(house.library.current.version) == {"a.yaml": "steps: {a: [{say: Two.}]}"}
    with sqlite3.connect(house.history.recorder.path) as db:
        assert db.execute("SELECT count(*) FROM turns").fetchone() == (3,)


def test_calls_that_are_too_old_are_dropped(serve, monkeypatch):
    house = serve()
    house.ask("/flows/clinic")
    house.calls()
    house.history.recorder.stop()
    with sqlite3.connect(house.history.recorder.path) as db:
        db.execute("UPDATE calls SET seen = seen - ?", (file.AGE + 60,))
    again = serve()
    again.ask("/flows/clinic", CallSid="CA2")
    assert [call["id"] for call in again.calls()] == ["CA2"]


KILLED = """
import os, sys
from pathlib import Path
from engine.commands.common import utc_now
from engine.history.recorder import Recorder
from engine.program.library import Library, load_sources
from engine.runtime.desk import Heard
from engine.runtime.effects.secrets import Secrets
from engine.runtime.effects.secrets import Secrets
from engine.runtime.outcome import Outcome
from engine.runtime.request import Request

library = Library(load_sources({"a.yaml": "steps: {a: [{say: One.}]}"}).program)
recorder = Recorder(Path(sys.argv[1]), library, clock=utc_now, secrets=Secrets(()))
recorder.start()
for number in range(300):
    request = Request("a", "", utc_now(), {"CallSid": f"CA{number}"})
    recorder.hear(Heard(request, library.current.version, Outcome(b"<Response/>")))
    if number == 199:
        recorder.flush()
os.kill(os.getpid(), 9)
"""


def test_what_was_written_outlasts_a_process_that_is_killed(tmp_path):
    path = tmp_path / "calls.sqlite"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=Path(__file__).parents[2], timeout=60)
    assert done.returncode == -9
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM calls").fetchone()[0] >= 200


def test_who_watches_is_told_of_calls_that_changed_but_not_of_each_turn(serve):
    house = serve()
    for number in range(30):
        house.ask("/flows/clinic", CallSid="CA1" if number % 2 else "CA2")
    house.history.recorder.stop()
    assert {summary["id"] for summary in house.told} == {"CA1", "CA2"}
    assert len(house.told) < 30
    assert house.told[-1]["turns"] == 15


def test_whoever_plays_a_call_says_how_it_ended(serve):
    house = serve()
    house.phone().ring("/flows/clinic").hang_up()
    (before,) = house.calls()
    house.history.recorder.ended(before["id"], "caller")
    (after,) = house.calls()
    assert [(one["status"], one["ended_by"]) for one in (before, after)] == [("live", ""), ("ended", "caller")]


def test_a_call_that_goes_back_forgets_the_turns_that_are_told_anew(serve):
    house = serve()
    house.phone().ring("/flows/clinic").press("1").press("9").hang_up()
    before = house.call()
    since = datetime.fromisoformat(before["turns"][1]["at"])
    house.history.recorder.forget(before["id"], since)
    house.ask(
        f"/flows/clinic/menu?_a=0&_v={house.library.current.version}&_t=1",
        CallSid=before["id"],
        AccountSid=ACCOUNT,
        Digits="2",
    )
    after = house.call()
    assert (before["turns"][1]["goes"], len(before["turns"])) == ("clinic/appointments", 3)
    assert (after["turns"][1]["goes"], len(after["turns"])) == ("clinic/billing", 2)
    assert house.calls()[0]["turns"] == 2


def test_a_conversation_that_is_played_between_the_numbers_of_a_real_one_leaves_that_alone(serve):
    house = serve({"chat.yaml": "channel: messaging\nsteps: {hi: [{gather: {say: Hello., branch: {else: hi}}}]}\n"})

    def text(number, account):
        numbers = {"From": "+15551234567", "To": "+15557654321", "AccountSid": account}
        answer = house.client.post("/flows/chat", data={"MessageSid": f"SM{number:032x}", "Body": "hi", **numbers})
        assert answer.status_code == 200

    text(1, ACCOUNT)
    for number in (2, 3):
        text(number, "AC" + "1" * 32)
    text(4, ACCOUNT)
    assert [(call["origin"], call["turns"]) for call in house.calls()] == [("real", 2), ("simulated", 2)]
    assert house.history.latest("+15551234567>+15557654321") == "m1"
    house.history.recorder.forget("+15551234567>+15557654321", datetime(2020, 1, 1, tzinfo=UTC))
    text(5, ACCOUNT)
    assert [(call["origin"], call["turns"]) for call in house.calls()] == [("real", 2), ("simulated", 1)]


def test_what_was_asked_of_the_world_is_kept_with_its_answer(serve):
    flow = "steps: {a: [{run: {function: age, args: {name: Ann}, save: years}}, {say: '{{ years }}'}]}"
    house = serve({"a.yaml": flow, "functions.py": "def age(name):\n    return len(name)\n"})
    house.ask("/flows/a")
    (asked,) = [event for event in house.call()["turns"][0]["events"] if event["kind"] == "asked"]
    assert (asked["asked"], asked["text"], asked["values"]) == ("run", 'age {"name": "Ann"}', {"value": 3})
    assert asked["milliseconds"] >= 0


def test_without_a_session_key_nothing_is_recorded(serve):
    house = serve()
    assert house.client.get("/flows/clinic").status_code == 200
    assert house.calls() == []
    assert not os.path.exists(house.history.recorder.path)


def test_a_simulated_call_ends_with_the_process_that_played_it_and_a_real_one_does_not(serve, tmp_path):
    house = serve()
    house.phone().ring("/flows/clinic")
    house.ask("/flows/clinic", CallSid="CA" + "9" * 32, CallStatus="in-progress")
    assert [call["status"] for call in house.calls()] == ["live", "live"]
    again = History(house.folder, house.library, clock=utc_now, secrets=Secrets(()))
    again.recorder.start()
    again.recorder.flush()
    assert {call["origin"]: call["status"] for call in again.calls.list()["calls"]} == {
        "simulated": "ended",
        "real": "live",
    }
    again.recorder.stop()
