"""The open question of a conversation: what answers it and what does not, through edits, repeats and two messages at once."""

import asyncio

import pytest

from engine.program.library import Library, load_sources
from engine.runtime.conversing import FETCH_SECONDS
from engine.runtime.desk import Desk
from engine.runtime.effects.effect import HttpCall, Result
from engine.runtime.effects.world import World

KEY = "+15550001111>+15550002222"
OLD = """
channel: messaging
steps:
  menu: [{gather: {say: Old menu., branch: {a: kept, b: gone, c: menu, else: hangup}}}]
  kept: [{message: Old kept.}]
  gone: [{message: Old gone.}]
"""
NEW = """
channel: messaging
steps:
  menu: [{gather: {say: New menu., branch: {a: kept, else: hangup}}}]
  kept: [{message: New kept.}]
"""
CALLED_BACK = """
channel: messaging
vars: {reports: 0}
steps:
  a:
    - message: {body: One., status_callback: report}
    - gather: {say: C?, branch: {c: [{message: "Fine, {{ reports }}."}], else: hangup}}
  report:
    - set: {reports: "{{ reports + 1 }}"}
"""
SLOW = """
channel: messaging
vars: {found: ""}
steps:
  a:
    - request: {url: "https://shop.example.com/customers", save: found}
    - gather: {say: "Hello {{ found }}. C?", branch: {c: [{message: Fine.}], else: hangup}}
"""


def texted(made, body: str, sid: str = "SM1", address: str = "f", token: str = "", **sent: str) -> str:
    """The TwiML that answers a message."""
    return made.ask(address, token, CallSid=None, MessageSid=sid, Body=body, **sent).twiml


def session(made):
    """What is remembered of the conversation."""
    return asyncio.run(made.store.turn(KEY, lambda known: (known, known)))


class TestAnEditUnderWay:
    def test_an_answer_is_judged_by_the_version_that_asked(self, line, load):
        made = line(f=OLD)
        assert texted(made, "hi") == "<Message>Old menu.</Message>"
        made.library.publish(load(f=NEW))
        assert texted(made, "b", "SM2") == "<Message>Old gone.</Message>"
        assert texted(made, "hi", "SM3") == "<Message>New menu.</Message>"

    def test_in_production_it_goes_on_with_its_own_version(self, line, load):
        made = line(f=OLD)
        texted(made, "hi")
        made.library.publish(load(f=NEW))
        assert texted(made, "c", "SM2") == "<Message>Old menu.</Message>"
        assert texted(made, "a", "SM3") == "<Message>Old kept.</Message>"

    def test_in_design_mode_the_next_step_is_the_newest(self, line, load):
        made = line(follow=True, f=OLD)
        texted(made, "hi")
        made.library.publish(load(f=NEW))
        assert texted(made, "c", "SM2") == "<Message>New menu.</Message>"
        assert texted(made, "a", "SM3") == "<Message>New kept.</Message>"

    def test_a_version_that_the_store_has_is_found_there(self, line, load):
        """As after a restart, or in another process."""
        made = line(f=OLD)
        texted(made, "hi")
        old = made.library.current
        asyncio.run(made.store.keep_version(old.version, old.sources))
        made.desk = Desk(Library(load(f=NEW)), made.store)
        assert texted(made, "b", "SM2") == "<Message>Old gone.</Message>"

    def test_one_that_is_kept_no_more_begins_anew(self, line, load, caplog):
        made = line(f=OLD)
        texted(made, "hi")
        made.desk = Desk(Library(load(f=NEW)), made.store)
        assert texted(made, "b", "SM2") == "<Message>New menu.</Message>"
        assert "is not kept any more" in caplog.text

    def test_a_flow_that_is_gone_answers_what_it_asked(self, line, load):
        router = "channel: messaging\nsteps: {in: [{redirect: f/}]}"
        made = line(f=OLD, r=router)
        assert texted(made, "hi", address="r") == "<Message>Old menu.</Message>"
        made.library.publish(load(r="channel: messaging\nvars: {n: 1}\nsteps: {in: [{message: 'Bye {{ n }}.'}]}"))
        assert texted(made, "b", "SM2", address="r") == "<Message>Old gone.</Message>"
        assert texted(made, "b", "SM3", address="r") == "<Message>Bye 1.</Message>"


class TestWhatIsNoMessage:
    def test_a_callback_neither_answers_nor_begins_anew(self, line):
        made = line(f=CALLED_BACK)
        address = made.ask("f", CallSid=None, MessageSid="SM1", Body="hi").address("statusCallback")
        assert "_c=%2B15550001111%3E%2B15550002222" in address
        told = {"From": "+15550002222", "To": "+15550001111", "MessageStatus": "sent"}
        assert made.ask(address, CallSid=None, MessageSid="SM9", **told).twiml == ""
        assert session(made).question is not None
        assert texted(made, "c", "SM2") == "<Message>Fine, 1.</Message>"

    def test_a_report_that_twilio_sends_of_itself_belongs_to_the_conversation_too(self, line):
        """As of a message through the API, whose status callback is a step of the flow."""
        made = line(f=CALLED_BACK)
        texted(made, "hi")
        told = {"From": "+15550002222", "To": "+15550001111", "MessageStatus": "delivered", "SmsStatus": "delivered"}
        assert made.ask("f/report", CallSid=None, MessageSid="SM9", **told).twiml == ""
        assert (session(made).facts["From"], session(made).variables) == ("+15550001111", {"reports": 1})
        assert texted(made, "c", "SM2") == "<Message>Fine, 1.</Message>"

    def test_the_numbers_of_a_callback_are_not_taken_for_those_of_the_conversation(self, line):
        made = line(f=CALLED_BACK)
        address = made.ask("f", CallSid=None, MessageSid="SM1", Body="hi").address("statusCallback")
        made.ask(address, CallSid=None, MessageSid="SM9", From="+15550002222", To="+15550001111")
        assert (session(made).facts["From"], session(made).facts["To"]) == ("+15550001111", "+15550002222")

    def test_the_next_document_of_an_answer_goes_on_where_it_was(self, line):
        made = connected(
            line, Result("200", {"body": "Ann"}), SLOW.replace("- request", "- message: One moment.\n    - request")
        )
        first = made.ask("f", CallSid=None, MessageSid="SM1", Body="c")
        assert first.twiml.startswith("<Message>One moment.</Message><Redirect>")
        second = made.ask(first.redirect, CallSid=None, MessageSid="SM1", Body="c")
        assert second.twiml == "<Message>Hello Ann. C?</Message>"
        assert texted(made, "c", "SM2") == "<Message>Fine.</Message>"


class TestRepeats:
    @pytest.mark.parametrize("token", ["", "T1"])
    def test_a_message_that_twilio_sends_again_answers_once(self, line, token):
        made = line(
            f="channel: messaging\nsteps: {a: [{gather: {say: One?, save: x}}, {gather: {say: 'Two, {{ x }}?', save: y}}]}"
        )
        texted(made, "hi", "SM1", token=token)
        assert texted(made, "a", "SM2", token=f"{token}2") == "<Message>Two, a?</Message>"
        assert texted(made, "a", "SM2", token=f"{token}2") == "<Message>Two, a?</Message>"
        assert session(made).turn == 2

    def test_the_same_words_again_are_another_message(self, line):
        made = line(
            f="channel: messaging\nsteps: {a: [{gather: {say: One?, save: x}}, {gather: {say: 'Two, {{ x }}?', save: y}}]}"
        )
        texted(made, "hi", "SM1")
        texted(made, "a", "SM2")
        assert texted(made, "a", "SM3") == ""
        assert session(made).variables == {"x": "a", "y": "a"}


def connected(line, result: Result, flow: str, hold: asyncio.Event | None = None):
    """A line to a desk that performs requests: each comes to `result`, once `hold` is set."""

    async def perform(effect):
        if hold is not None:
            await hold.wait()
        return result

    made = line(f=flow)
    made.desk = Desk(made.library, made.store, world=World({HttpCall: perform}))
    return made


class TestTwoMessagesAtOnce:
    def test_the_second_waits_for_the_answer_to_the_first(self, line):
        """Whoever writes twice in a row means both: the second answers what the first led to, and asks nothing twice."""
        hold = asyncio.Event()
        made = connected(line, Result("200", {"body": "Ann"}), SLOW, hold)

        async def both() -> list[str]:
            sent = [{"CallSid": None, "MessageSid": sid, "Body": body} for sid, body in (("SM1", "hi"), ("SM2", "c"))]
            tasks = [asyncio.create_task(made.hear("f", **each)) for each in sent]
            await asyncio.sleep(0)
            hold.set()
            return [(await task).twiml for task in tasks]

        assert asyncio.run(both()) == ["<Message>Hello Ann. C?</Message>", "<Message>Fine.</Message>"]

    def test_it_waits_for_the_next_document_too(self, line):
        made = connected(
            line, Result("200", {"body": "Ann"}), SLOW.replace("- request", "- message: One moment.\n    - request")
        )

        async def both() -> tuple[str, str]:
            first = await made.hear("f", CallSid=None, MessageSid="SM1", Body="hi")
            waiting = asyncio.create_task(made.hear("f", CallSid=None, MessageSid="SM2", Body="c"))
            await asyncio.sleep(0)
            second = await made.hear(first.redirect, CallSid=None, MessageSid="SM1", Body="hi")
            return second.twiml, (await waiting).twiml

        assert asyncio.run(both()) == ("<Message>Hello Ann. C?</Message>", "<Message>Fine.</Message>")

    def test_a_document_that_nobody_asks_for_is_not_waited_for_long(self, line):
        made = connected(
            line, Result("200", {"body": "Ann"}), SLOW.replace("- request", "- message: One moment.\n    - request")
        )
        texted(made, "hi")
        made.later(seconds=FETCH_SECONDS)
        assert texted(made, "c", "SM2").startswith("<Message>One moment.</Message>")


class TestTheSession:
    def test_it_can_be_read_by_a_person(self, line):
        made = line(f=OLD)
        texted(made, "hi")
        assert b'"question":{"place":["f","menu","0"],"again":0,"frame":""' in session(made).to_json()

    def test_it_is_kept_as_long_as_the_question_is_open(self, line):
        made = line(f=OLD.replace("say: Old menu.", "say: Old menu., timeout: 7d"))
        texted(made, "hi")
        made.later(days=6, hours=23)
        assert texted(made, "b", "SM2") == "<Message>Old gone.</Message>"

    def test_a_flow_without_questions_keeps_none(self, load):
        program = load(
            f="channel: messaging\nsteps: {a: [{message: Hello.}]}",
            g=OLD,
            r="channel: messaging\nsteps: {a: [{redirect: g/}]}",
        )
        assert [(name, flow.keeps) for name, flow in program.flows.items()] == [("f", False), ("g", True), ("r", True)]

    def test_what_asks_in_a_call_alone_needs_none(self):
        program = load_sources({"f.yaml": "steps: {a: [{gather: {say: One?, branch: {1: a, else: a}}}]}"}).program
        assert program is not None
        assert not program.flows["f"].keeps
