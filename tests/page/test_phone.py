"""The telephone of the design page, over HTTP."""

import asyncio
import threading
from pathlib import Path

import pytest

from engine.history.history import History
from engine.phone.phone import ACCOUNT

CLINIC = Path("flows/clinic.yaml").read_text()
ASKS = """\
vars: {name: nobody}
steps:
  find:
    - say: One moment.
    - request:
        url: https://crm.example.com/customers
        save: {name: body}
    - say: "Hello {{ name }}."
  greet:
    - request:
        url: https://crm.example.com/customers
        save: {name: body}
    - say: "Hello {{ name }}."
"""
ENDLESS = """\
steps:
  round:
    - say: Again.
    - redirect: round
"""


@pytest.fixture
def page(opened):
    return opened({"clinic.yaml": CLINIC, "asks.yaml": ASKS, "endless.yaml": ENDLESS})


def begin(page, **given):
    return page.post("/api/phone", {"flow": "clinic", **given})


def do(page, state, **act):
    return page.post(f"/api/phone/{state['id']}", {"do": act})


def test_a_call_is_begun_played_and_found_again(page):
    state = begin(page)
    assert state["now"] == "clinic/menu"
    assert state["version"] == page.desk.program.version
    assert state["version_saved"]
    state = do(page, state, press="2")
    assert state["now"] == "clinic/billing"
    assert page.get(f"/api/phone/{state['id']}") == state
    later = begin(page)
    assert [one["id"] for one in page.get("/api/phone")] == [later["id"], state["id"]]


def test_mistakes_are_sentences(page):
    def error(path, body):
        answer = page.ask("POST", path, body=body)
        return answer.status_code, answer.json()["error"]

    state = begin(page)
    call = f"/api/phone/{state['id']}"
    assert error("/api/phone", {"flow": "clinik"}) == (
        404,
        "There is no flow named “clinik”. Did you mean “clinic”?",
    )
    assert error("/api/phone", {"flow": "clinic", "at": "soon"})[0] == 400
    assert error("/api/phone/none", {"do": {"press": "1"}})[0] == 404
    assert error(call, {"do": {"press": "x"}}) == (400, "A phone has the keys 0 to 9, *, and #.")
    assert error(call, {"press": "1"})[0] == 400
    assert error(call, {"do": {"record": 5}})[0] == 400
    assert error(call, b"{")[0] == 400
    assert page.ask("POST", "/api/phone", body={"flow": "clinic"}, origin="https://evil.example").status_code == 403
    assert page.get(call)["now"] == "clinic/menu"


def test_the_call_is_previewed_and_written_as_a_script(page):
    state = do(page, do(page, begin(page), press="0"), settle="busy")
    state = do(page, state, record=0)
    script = f"/api/phone/{state['id']}/script"
    shown = page.post(script, {"preview": True})
    assert shown["path"] == "tests/calls/clinic.calls.yaml"
    assert shown["text"].startswith("flow: clinic\n\ncalls:\n")
    file = Path(shown["file"])
    assert not file.exists()
    page.post(script, {})
    assert file.read_text() == shown["text"]
    again = page.post(script, {"preview": True})
    assert again["adds"]
    assert (
        again["text"].lstrip().startswith("press 0, dial busy, record 0 (2)") or " (2)" in again["text"].splitlines()[0]
    )
    page.post(script, {})
    assert file.read_text().startswith(shown["text"].rstrip())
    assert file.read_text().count("dialled") == 2
    file.write_text("calls: {}\nflow: other\n")
    refused = page.ask("POST", script, body={})
    assert refused.status_code == 409
    assert file.read_text() == "calls: {}\nflow: other\n"


def test_after_a_save_the_call_is_played_again(page):
    state = do(page, begin(page), press="2")
    page.save("clinic.yaml", CLINIC.replace("Enter the 6 digits", "Type the 6 digits"))
    page.desk.simulation.reloaded()
    state = page.get(f"/api/phone/{state['id']}")
    assert state["captions"][-1]["text"] == "Type the 6 digits of your account number."
    assert state["replayed"]["sentence"] == "Replayed 1 key."


def test_the_world_is_asked_by_hand_and_really_only_when_one_says_so(page):
    state = begin(page, flow="asks")
    assert state["waits"]["kind"] == "world"
    assert state["waits"]["asked"]["text"] == "GET https://crm.example.com/customers"
    assert state["waits"]["asked"]["may_send"]
    assert do(page, state, answer="Ann")["captions"][-2]["text"] == "Hello Ann."


@pytest.fixture
def history(page):
    kept = page.desk.history = History(
        page.folder, page.desk.library, clock=page.desk.now, secrets=page.desk.outside.secrets, simulated=(ACCOUNT,)
    )
    kept.recorder.start()
    yield kept
    kept.recorder.stop()


def test_played_calls_are_recorded_and_back_takes_turns_back(page, history):
    state = do(page, do(page, begin(page), press="1"), back=True)
    state = do(page, do(page, state, press="2"), hang_up=True)
    history.recorder.flush()
    call = page.get(f"/api/calls/{state['call']}")
    listed = page.get("/api/calls")["calls"]
    assert [one["origin"] for one in listed] == ["simulated"]
    assert [turn["goes"] for turn in call["turns"]] == ["clinic/menu", "clinic/billing"]
    assert (call["status"], call["ended_by"]) == ("ended", "caller")


@pytest.mark.parametrize("at", ["2020-01-01T10:00:00+00:00", "2120-01-01T10:00:00+00:00"])
def test_how_long_an_answer_took_is_not_told_by_the_clock_of_the_call(page, history, at):
    state = do(page, begin(page, at=at), press="2")
    history.recorder.flush()
    turns = page.get(f"/api/calls/{state['call']}")["turns"]
    assert len(turns) == 2
    assert 0 < sum(turn["milliseconds"] for turn in turns) < 86_400_000


def test_an_answer_of_a_script_is_at_hand(page):
    script = page.folder.parent / "tests" / "calls" / "asks.calls.yaml"
    script.parent.mkdir(parents=True)
    script.write_text(
        "flow: asks\ncalls:\n  ann:\n    given: {request: {/customers: Ann of the script}}\n    turns: []\n"
    )
    (script.parent / "broken.calls.yaml").write_text("flow: asks\ncalls: [")
    state = begin(page, flow="asks")
    offered = state["waits"]["asked"]["script"]
    assert offered["path"] == "tests/calls/asks.calls.yaml"
    state = do(page, state, answer=offered["answer"])
    assert "Hello Ann of the script." in [one["text"] for one in state["captions"]]


def test_really_sending_goes_through_the_loop_of_the_server(page):
    state = begin(page, flow="asks")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        page.desk.main = loop
        state = do(page, state, send=True)  # the address is nobody's, so the request fails
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
    assert state["waits"] is None
    assert [one["kind"] for one in state["given"]["answers"]] == ["request"]
    assert state["given"]["answers"][0]["answer"] in ("error", "timeout")


def test_a_flow_without_end_is_cut(page):
    state = begin(page, flow="endless")
    assert state["over"]
    assert state["ended"] == "The call was stopped: it would never have ended."


def test_what_a_caller_says_stays_text(page):
    evil = "<img src=x onerror=alert(1)>\u202e"
    state = begin(page, **{"from": evil})
    state = do(page, state, say=evil)
    assert evil in [one["text"] for one in state["captions"]]
    answer = page.ask("GET", f"/api/phone/{state['id']}")
    assert answer.headers["content-type"].startswith("application/json")


def test_the_twiml_of_a_step(page):
    told = page.get("/api/flows/clinic/steps/menu/twiml")
    assert told["twiml"].startswith("<Response>\n  <Gather")
    assert told["limit"] == 65536
    assert 0 < told["size"] < 2000
    assert told["warning"] == ""
    assert "Hello" in page.get("/api/flows/asks/steps/greet/twiml")["twiml"]  # what is asked is answered by example
    assert page.ask("GET", "/api/flows/clinic/steps/nowhere/twiml").status_code == 404
    assert page.ask("GET", "/api/flows/none/steps/menu/twiml").status_code == 404
