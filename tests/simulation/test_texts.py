"""Texting with a flow: the clock stands still until it is moved on, and then what is due happens."""

import pytest

from engine.simulation import Refused

REMINDER = """
channel: messaging
vars: {answer_was: ""}
steps:
  incoming:
    - gather:
        message: Do you come tomorrow? Answer Y or N.
        timeout: 2h
        branch:
          Y | yes: thanks
          N: sorry
          no_input: again
  again:
    - message: We have not heard from you.
  thanks:
    - message: Thank you, see you tomorrow.
  sorry:
    - message: Sorry to hear that.
"""
BOTH = """
channel: [voice, messaging]
steps:
  menu:
    - gather:
        say: Press or text 1.
        branch: {1: done}
  done:
    - say: Done.
    - hangup
"""


def test_a_text_begins_and_answers(bench):
    bench.save(r=REMINDER)
    bench.call("r")
    assert bench.state["channel"] == "messaging"
    assert bench.waits["kind"] == "message"
    assert bench.state["captions"] == []
    bench.do({"text": "hi"})
    assert bench.told("sent") == ["hi"]
    assert bench.told("received") == ["Do you come tomorrow? Answer Y or N."]
    assert bench.waits["until"] == "2026-11-30T14:00:00+00:00"
    assert bench.waits["sentence"].startswith("The question stays open until 14:00.")
    assert bench.waits["words"]["yes"] == "thanks"
    bench.do({"text": "Yes"})
    assert bench.told("received")[-1] == "Thank you, see you tomorrow."
    assert bench.state["now"] == "r/thanks"
    assert not bench.state["over"]


def test_time_moved_on_to_the_limit_brings_what_silence_leads_to(bench):
    bench.save(r=REMINDER)
    bench.call("r")
    bench.do({"text": "hi"}, {"later": "10m"})
    assert bench.told("received") == ["Do you come tomorrow? Answer Y or N."]
    assert bench.state["given"]["time"].startswith("2026-11-30T12:10")
    bench.do({"later": "limit"})
    assert bench.told("received")[-1] == "We have not heard from you."
    assert bench.told("time")[0] == "10m later"
    bench.do({"back": True}, {"text": "Y"})
    assert bench.told("received")[-1] == "Thank you, see you tomorrow."


def test_where_silence_is_not_followed_nothing_is_sent(bench):
    bench.save(
        r=REMINDER.replace("          no_input: again\n", "").replace(
            "  again:\n    - message: We have not heard from you.\n", ""
        )
    )
    bench.call("r")
    bench.do({"text": "hi"})
    assert bench.waits["sentence"] == (
        "The question stays open until 14:00. After that, nothing is sent, and a text starts r again."
    )
    bench.do({"later": "limit"})
    assert len(bench.told("received")) == 1
    assert bench.waits["sentence"] == "No question is open: a text starts the flow again."
    with pytest.raises(Refused, match="No question is open"):
        bench.do({"later": "limit"})


def test_the_flow_can_write_first(bench):
    bench.save(r=REMINDER)
    bench.call("r")
    assert {"label": "The flow writes first", "do": {"begin": True}} in bench.waits["outcomes"]
    bench.do({"begin": True})
    assert bench.told("received") == ["Do you come tomorrow? Answer Y or N."]
    bench.do({"text": "N"})
    assert bench.told("received")[-1] == "Sorry to hear that."


def test_from_a_step_the_flow_writes_first(bench):
    bench.save(r=REMINDER)
    bench.call("r", step="thanks")
    assert bench.told("received") == ["Thank you, see you tomorrow."]


def test_keys_and_silence_are_none_of_a_conversation(bench):
    bench.save(r=REMINDER)
    bench.call("r")
    for act in ({"silence": True}, {"hang_up": True}, {"record": 3}, {"settle": "busy"}):
        with pytest.raises(Refused, match="answers texts"):
            bench.do(act)
    with pytest.raises(Refused, match="up to"):
        bench.do({"later": "400d"})


def test_twilio_answers_stop_by_itself(bench):
    bench.save(r=REMINDER)
    bench.call("r")
    bench.do({"text": "STOP"})
    assert any("Twilio answers STOP itself" in text for text in bench.told("note"))


def test_a_flow_for_both_is_called_or_texted(bench):
    bench.save(both=BOTH)
    bench.call("both")
    assert bench.state["channel"] == "voice"
    bench.press("1")
    assert bench.told() == ["Press or text 1.", "Done."]
    bench.call("both", channel="messaging")
    bench.do({"text": "hello"}, {"text": "1"})
    assert bench.told("received") == ["Press or text 1.", "Done."]
    assert bench.failures() == [None]


def test_the_conversation_is_a_script_that_passes(bench):
    bench.save(r=REMINDER)
    bench.call("r")
    bench.do({"text": "hi"}, {"later": "1h"}, {"later": "limit"})
    assert bench.failures() == [None]


def test_a_text_that_asks_the_world(bench):
    bench.save(
        t="""
        channel: messaging
        vars: {name: ""}
        steps:
          incoming:
            - request: {url: 'https://crm.example.com/me', save: {name: body}}
            - message: "Hello {{ name }}."
        """
    )
    bench.call("t")
    bench.do({"text": "hi"})
    assert bench.waits["kind"] == "world"
    bench.do({"answer": "Ann"})
    assert bench.told("received") == ["Hello Ann."]
    assert bench.waits["kind"] == "message"
