"""A recorded call becomes a script that passes; one that cannot be played again says where it differs."""

import pytest

from engine.diagnostics import Report, Source
from engine.phone.scripts import play_call, read_script
from engine.phone.scripts.write import new_script
from engine.simulation import Refused
from engine.simulation.recorded import script_of
from engine.testing.project import Project


def script(house, id_=""):
    """The last call as a script that was played."""
    house.calls()
    found = house.history.calls.kept_turns(id_ or house.calls()[0]["id"])
    written = script_of(*found, house.library.current, house.folder)
    text = new_script(written.flow, written.entry(written.name))
    read = read_script(Source("", text), Report())
    assert read is not None, text
    result = play_call(read, read.calls[0], Project(house.library.current, house.folder))
    assert result.failure is None
    return text


def press_and_hang_up(phone):
    phone.ring("/flows/clinic").press("1").press("9").hang_up()


def stay_silent_until_voicemail(phone):
    phone.ring("/flows/clinic").silence().silence().silence().dial("no-answer").record(12, key="#")


def say_what_is_asked(phone):
    phone.ring("/flows/clinic").say("billing").press("123456").press("1").dial("busy").record(3, hangup=True)


def talk_with_the_desk(phone):
    call = phone.ring("/flows/clinic").press("0")
    call.pick_up()
    call.callee.press("1")
    call.dial("completed", seconds=30)


def be_declined(phone):
    call = phone.ring("/flows/clinic").press("0")
    call.pick_up()
    call.callee.silence()
    if not call.over:
        call.hang_up()


@pytest.mark.parametrize(
    "live", [press_and_hang_up, stay_silent_until_voicemail, say_what_is_asked, talk_with_the_desk, be_declined]
)
def test_a_call_becomes_a_script_that_passes(serve, live):
    house = serve()
    live(house.phone())
    before = [event["step"] for t in house.call()["turns"] for event in t["events"] if event["kind"] == "entered"]
    assert before
    text = script(house)
    assert text.startswith("flow: clinic\n\ncalls:\n")


def test_what_was_done_stands_in_it(serve):
    house = serve()
    say_what_is_asked(house.phone())
    text = script(house)
    for line in ("- say: billing", "- press: 123456", "- answers: busy", "- recorded: 3 seconds, then hangup"):
        assert line in text


WORLD = """\
vars: {found: ""}
steps:
  ask:
    - gather: {say: "Your number.", num_digits: 2, save: number, branch: {else: look}}
  look:
    - request: {url: "https://crm.example/{{ number }}", save: {found: body}, branch: {404: ask, else: hello}}
  hello: [{say: "Hello {{ found.name }}."}]
"""


def test_what_the_world_answered_is_given(serve, monkeypatch):
    from engine.runtime.effects.effect import Result
    from engine.runtime.effects.world import World

    answers = {"11": ("404", {"body": None, "status": 404, "headers": {}}), "12": None}

    async def perform(_, effect):
        status, values = answers[effect.url[-2:]] or ("200", {"body": {"name": "Ann"}, "status": 200, "headers": {}})
        return Result(status, values, "" if status == "200" else "it is not there")

    monkeypatch.setattr(World, "perform", perform)
    house = serve({"crm.yaml": WORLD})
    house.phone().ring("/flows/crm").press("11").press("12")
    monkeypatch.undo()
    text = script(house)
    assert "https://crm.example/12" in text
    assert "Hello Ann." in text


CHAT = """\
channel: messaging
steps:
  ask:
    - gather: {message: "Coffee or tea?", timeout: 1h, branch: {coffee: coffee, no_input: later, else: ask}}
  coffee: [{message: Coming.}]
  later: [{message: Too late.}]
"""


def test_a_conversation_becomes_a_script(serve):
    house = serve({"chat.yaml": CHAT})
    chat = house.phone().write("/flows/chat")
    chat.text("hi").text("juice").text("coffee")
    (call,) = house.calls()
    assert (call["channel"], call["turns"], call["status"], call["ended_by"]) == ("messaging", 3, "ended", "flow")
    text = script(house)
    for line in ("- text: hi", "- text: juice", "- hear: Coming."):
        assert line in text


def test_a_new_text_after_the_end_is_another_conversation(serve):
    house = serve({"chat.yaml": CHAT})
    chat = house.phone().write("/flows/chat")
    chat.text("hi").text("coffee").text("hello")
    assert [(call["turns"], call["status"]) for call in house.calls()] == [(1, "live"), (2, "ended")]


def test_where_the_flows_have_changed_it_says_where_the_call_differs(serve):
    house = serve()
    press_and_hang_up(house.phone())
    house.calls()
    text = (house.folder / "clinic.yaml").read_text()
    house.publish("clinic.yaml", text.replace("1 | appointments: appointments", "1 | appointments: billing"))
    with pytest.raises(Refused) as refused:
        script(house)
    assert "In turn 2 the call went to clinic/appointments" in str(refused.value) or "At clinic/billing" in str(
        refused.value
    )


def test_a_secret_that_was_not_recorded_cannot_be_played(serve):
    flow = "steps: {a: [{gather: {say: PIN, num_digits: 4, secret: true, branch: {1234: a, else: a}}}]}"
    house = serve({"bank.yaml": flow})
    house.phone().ring("/flows/bank").press("1234").hang_up()
    with pytest.raises(Refused, match="This call contains a secret answer"):
        script(house)
