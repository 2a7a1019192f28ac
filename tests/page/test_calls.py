"""The page lists calls, shows one turn by turn, and counts how often exits were taken."""

from datetime import UTC, datetime

import pytest

from engine.history.history import History
from engine.runtime.desk import Heard
from engine.runtime.request import Request
from engine.runtime.respond import respond


@pytest.fixture
def page(opened):
    page = opened()
    page.desk.history = History(page.folder, page.desk.library, clock=page.desk.now, secrets=page.desk.outside.secrets)
    page.desk.history.recorder.start()
    yield page
    page.desk.history.recorder.stop()


def play(page, sid, *turns):
    """Turns of a call, each the step that was asked and its parameters."""
    program = page.desk.program
    for step, params in turns:
        own = {"_a": "1", "_v": program.version} if step else {}
        sent = {"CallSid": sid, "From": "+15550001111", "To": "+15550002222", "CallStatus": "in-progress", **params}
        request = Request("menu", step, page.desk.now(), sent, own)
        page.desk.history.recorder.hear(Heard(request, program.version, respond(program, request, listening=True)))
    page.desk.history.recorder.flush()


BILLING = (("", {"CallStatus": "ringing"}), ("welcome", {"Digits": "1"}))
HANGS_UP = ("", {"CallStatus": "completed"})


def test_calls_are_listed_latest_first_page_by_page(page):
    for number in range(5):
        play(page, f"CA{number}", *BILLING)
    first = page.get("/api/calls?limit=2")
    assert [call["id"] for call in first["calls"]] == ["CA4", "CA3"]
    assert first["more"]
    last = page.get("/api/calls?before=CA2")
    assert [call["id"] for call in last["calls"]] == ["CA1", "CA0"]
    assert not last["more"]


def test_a_call_has_its_turns_and_says_which_steps_have_changed_since(page):
    play(page, "CA1", *BILLING)
    call = page.get("/api/calls/CA1")
    assert (call["status"], call["ended_by"], call["now"]) == ("ended", "flow", "menu/billing")
    assert datetime.fromisoformat(call["began"]) < datetime.now(UTC)
    assert [turn["took"] for turn in call["turns"]] == [[], ["menu/welcome:1 0"]]
    assert call["changed_since"] == []
    page.save("menu.yaml", (page.folder / "menu.yaml").read_text().replace("say: Billing.", "say: Bills."))
    assert page.get("/api/calls/CA1")["changed_since"] == ["billing"]
    text = page.get(f"/api/flows/menu/source?version={call['version']}")["text"]
    assert "say: Billing." in text


def test_exits_are_counted_and_where_callers_hung_up(page):
    play(page, "CA1", *BILLING)
    play(page, "CA2", *BILLING)
    play(page, "CA3", BILLING[0], HANGS_UP)
    assert page.get("/api/flows/menu/counts") == {
        "calls": 3,
        "edges": {"menu/welcome:1 0": 2},
        "steps": {"welcome": 3, "billing": 2},
        "hung_up": {"welcome": 1},
    }


def test_a_call_under_way_is_live(page):
    play(page, "CA1", BILLING[0])
    (call,) = page.get("/api/calls")["calls"]
    assert call["status"] == "live"
    assert page.desk.history.live == 1
    play(page, "CA1", HANGS_UP)
    (call,) = page.get("/api/calls")["calls"]
    assert (call["status"], call["ended_by"]) == ("ended", "caller")
    assert page.desk.history.live == 0


def test_a_call_that_nothing_is_heard_of_is_over_after_a_time(page):
    play(page, "CA1", BILLING[0])
    for _ in range(700):
        page.desk.now()
    (call,) = page.get("/api/calls")["calls"]
    assert (call["status"], call["ended_by"]) == ("ended", "")


def test_what_is_not_there_is_said_in_a_sentence(page):
    assert page.get("/api/calls") == {"calls": [], "more": False}
    answer = page.ask("GET", "/api/calls/CA9")
    assert (answer.status_code, answer.json()) == (404, {"error": "This call is no longer recorded."})
    assert page.ask("GET", "/api/flows/nothing/counts").status_code == 404
    (page.folder.parent / ".touchtone").mkdir(exist_ok=True)
    (page.folder.parent / ".touchtone" / "calls.sqlite").write_bytes(b"no database" * 100)
    answer = page.ask("GET", "/api/calls")
    assert answer.status_code == 503
    assert "cannot be read: file is not a database" in answer.json()["error"]


def test_a_call_is_shown_as_a_script_and_then_written_behind_those_that_are_there(page):
    play(page, "CA1", *BILLING)
    path = page.folder.parent / "tests" / "calls" / "menu.calls.yaml"
    shown = page.post("/api/calls/CA1/script", {"preview": True})
    assert (shown["path"], path.exists()) == ("tests/calls/menu.calls.yaml", False)
    written = page.post("/api/calls/CA1/script", {})
    assert path.read_text() == written["text"]
    play(page, "CA2", BILLING[0], HANGS_UP)
    page.post("/api/calls/CA2/script", {})
    assert path.read_text().startswith(written["text"].rstrip())
    assert [one["state"] for one in page.post("/api/scripts/run", {"path": ""})] == ["passed", "passed"]


def test_a_call_that_cannot_be_played_again_says_where_it_differs(page):
    play(page, "CA1", *BILLING)
    page.save("menu.yaml", (page.folder / "menu.yaml").read_text().replace("1: billing", "2: billing"))
    answer = page.ask("POST", "/api/calls/CA1/script", body={})
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("In turn 2 the call went to menu/billing")
    assert page.ask("POST", "/api/calls/CA9/script", body={}).status_code == 404


def test_a_call_that_is_played_on_the_page_is_among_them_and_over_when_it_is(page):
    opened = page.post("/api/phone", {"flow": "menu"})
    page.desk.history.recorder.flush()
    (call,) = page.get("/api/calls")["calls"]
    assert (call["id"], call["origin"], call["status"]) == (opened["call"], "simulated", "live")
    page.post(f"/api/phone/{opened['id']}", {"do": {"press": "1"}})
    page.desk.history.recorder.flush()
    (call,) = page.get("/api/calls")["calls"]
    assert (call["now"], call["turns"], call["ended_by"]) == ("menu/billing", 2, "flow")
    again = page.post("/api/phone", {"flow": "menu"})
    page.post(f"/api/phone/{again['id']}", {"do": {"hang_up": True}})
    page.desk.history.recorder.flush()
    assert page.get(f"/api/calls/{again['call']}")["ended_by"] == "caller"


def test_a_flow_that_is_saved_and_not_live_yet_has_counts_and_an_unknown_one_has_none(page):
    page.save("late.yaml", "steps: {a: [{redirect: nowhere}]}\n")
    assert page.get("/api/flows/late/counts") == {"calls": 0, "edges": {}, "steps": {}, "hung_up": {}}
    assert page.ask("GET", "/api/flows/other/counts").status_code == 404
