"""A message is known by its MessageSid: sent again, by a fallback address or later, it gets its answer again and does nothing."""

import asyncio

import pytest

from engine.program.library import Library
from engine.runtime.desk import Desk
from engine.runtime.effects.effect import HttpCall, Result
from engine.runtime.effects.world import World
from engine.runtime.repeats import MESSAGES_KEPT, TEXT_KEPT
from engine.runtime.stores import open_store
from tests.runtime.conftest import NOON, Line

KEY = "+15550001111>+15550002222"
ASKS = """
channel: messaging
vars: {n: 0}
steps:
  ask:
    - set: {n: "{{ n + 1 }}"}
    - gather: {say: "First name? ({{ n }})", save: name}
    - gather: {say: "Thanks {{ name }}. Which day?", save: day}
    - message: "{{ name }}, see you on {{ day }}."
"""
ECHO = """
channel: messaging
vars: {n: 0}
steps:
  ask: [{set: {n: "{{ n + 1 }}"}}, {gather: {say: "Go on.", save: x}}, {redirect: echo}]
  echo: [{set: {n: "{{ n + 1 }}"}}, {gather: {say: "{{ n }}: {{ x }}", save: x}}, {redirect: echo}]
"""
FALLBACK = {"ErrorCode": "11205", "ErrorUrl": "https://example.com/flows/f"}


def texted(made, body, sid, token="", address="f", **sent):
    return made.ask(address, token, CallSid=None, MessageSid=sid, Body=body, **sent).twiml


def kept(made):
    return asyncio.run(made.store.turn(KEY, lambda session: (session, session)))


def begun(line):
    made = line(f=ASKS)
    texted(made, "hi", "SM1")
    return made


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ({}, {}),
        ({}, FALLBACK),
        ({}, {**FALLBACK, "ErrorCode": "11200"}),
        ({"token": "T1"}, FALLBACK),
        ({"token": "T1"}, {**FALLBACK, "token": "T2"}),
        ({}, {"token": "T2"}),
        ({"token": "T1"}, {}),
        ({"NumSegments": "1"}, {"NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01"}),
        ({}, {"MessageSid": None, "SmsSid": "SM2"}),
        ({}, {"address": "sorry", **FALLBACK}),
        ({}, {"address": "f/ask"}),
    ],
)
def test_the_same_sid_is_the_same_message(line, first, again):
    made = line(f=ASKS, sorry="channel: messaging\nvars: {n: 0}\nsteps: {a: [{message: 'Sorry {{ n }}.'}]}")
    texted(made, "hi", "SM1")
    assert texted(made, "Ann", "SM2", **first) == "<Message>Thanks Ann. Which day?</Message>"
    before = kept(made)
    sent = {"CallSid": None, "MessageSid": "SM2", "Body": "Ann", **again}
    assert (
        made.ask(sent.pop("address", "f"), sent.pop("token", ""), **sent).twiml
        == "<Message>Thanks Ann. Which day?</Message>"
    )
    assert kept(made) == before
    assert texted(made, "Monday", "SM3") == "<Message>Ann, see you on Monday.</Message>"


def test_a_fallback_flow_answers_what_was_never_answered(line):
    made = line(f=ASKS, sorry="channel: messaging\nvars: {n: 0}\nsteps: {a: [{message: 'Sorry {{ n }}.'}]}")
    assert texted(made, "hi", "SM1", address="sorry", **FALLBACK) == "<Message>Sorry 0.</Message>"


def test_it_comes_again_after_later_messages(line):
    made = begun(line)
    texted(made, "Ann", "SM2")
    texted(made, "Monday", "SM3")
    assert texted(made, "hello", "SM4") == "<Message>First name? (1)</Message>"
    assert texted(made, "Ann", "SM2") == "<Message>Thanks Ann. Which day?</Message>"
    assert texted(made, "hi", "SM1", **FALLBACK) == "<Message>First name? (1)</Message>"
    assert texted(made, "Bob", "SM5") == "<Message>Thanks Bob. Which day?</Message>"


def test_it_comes_again_when_the_conversation_is_over(line):
    made = begun(line)
    texted(made, "Ann", "SM2")
    texted(made, "Monday", "SM3")
    assert texted(made, "Monday", "SM3") == "<Message>Ann, see you on Monday.</Message>"
    assert kept(made).question is None


def test_the_memory_of_messages_is_bounded(line):
    made = line(f=ECHO)
    for number in range(MESSAGES_KEPT + 20):
        texted(made, "x" * 900, f"SM{number}")
    replies = kept(made).replies
    assert len(replies) == MESSAGES_KEPT
    assert sum(len(text) for _, _, text in replies) < TEXT_KEPT + 4 * 1_000
    assert texted(made, "x" * 900, f"SM{MESSAGES_KEPT + 19}").startswith(f"<Message>{MESSAGES_KEPT + 20}:")
    assert texted(made, "x" * 900, "SM30") == "", "it is known, but not what it was answered"
    assert kept(made).turn == MESSAGES_KEPT + 20


def test_short_answers_are_all_kept(line):
    made = line(f=ECHO)
    answers = [texted(made, f"say {number}", f"SM{number}") for number in range(MESSAGES_KEPT)]
    assert [texted(made, f"say {number}", f"SM{number}") for number in range(MESSAGES_KEPT)] == answers


class TestOptingOut:
    def test_a_stop_that_comes_again_ends_nothing_that_began_since(self, line):
        made = begun(line)
        assert texted(made, "STOP", "SM2") == ""
        assert kept(made).question is None
        assert texted(made, "START", "SM3", OptOutType="START") == ""
        assert texted(made, "hi", "SM4") == "<Message>First name? (1)</Message>"
        assert texted(made, "STOP", "SM2", **FALLBACK) == ""
        assert texted(made, "Ann", "SM5") == "<Message>Thanks Ann. Which day?</Message>"

    def test_so_does_one_that_came_first_of_all(self, line):
        made = line(f=ASKS)
        assert texted(made, "STOP", "SM1") == ""
        texted(made, "hi", "SM2")
        assert texted(made, "STOP", "SM1") == ""
        assert texted(made, "Ann", "SM3") == "<Message>Thanks Ann. Which day?</Message>"

    def test_a_second_stop_is_another_message(self, line):
        made = begun(line)
        assert texted(made, "STOP", "SM2") == ""
        texted(made, "hi", "SM3")
        assert texted(made, "STOP", "SM4") == ""
        assert kept(made).question is None

    def test_help_leaves_the_question_open(self, line):
        made = begun(line)
        assert [texted(made, "HELP", "SM2"), texted(made, "HELP", "SM2", **FALLBACK)] == ["", ""]
        assert texted(made, "Ann", "SM3") == "<Message>Thanks Ann. Which day?</Message>"


def test_two_processes_know_the_same_messages(load, tmp_path):
    store = f"sqlite:///{tmp_path}/calls.sqlite"
    lines = [Line(Library(load(f=ASKS)), open_store(store, clock=NOON.timestamp)) for _ in range(2)]

    async def play():
        for each in lines:
            await each.store.start()
        try:
            sent = [("hi", "SM1"), ("Ann", "SM2"), ("Ann", "SM2"), ("Monday", "SM3"), ("Ann", "SM2")]
            return [
                (await lines[turn % 2].hear("f", CallSid=None, MessageSid=sid, Body=body)).twiml
                for turn, (body, sid) in enumerate(sent)
            ]
        finally:
            for each in lines:
                await each.store.stop()

    again = "<Message>Thanks Ann. Which day?</Message>"
    assert asyncio.run(play())[1:] == [again, again, "<Message>Ann, see you on Monday.</Message>", again]


def test_the_fallback_waits_for_the_answer_that_is_late(line):
    """Twilio gave the first request up after 15 seconds, but its turn goes on."""
    hold, asked = asyncio.Event(), []

    async def perform(effect):
        asked.append(effect)
        await hold.wait()
        return Result("200", {"body": "Ann"})

    made = line(
        f="""
        channel: messaging
        vars: {found: ""}
        steps:
          a: [{request: {url: "https://x.example/y", method: POST, save: found}}, {message: "Hello {{ found }}."}]
        """
    )
    made.desk = Desk(made.library, made.store, world=World({HttpCall: perform}))

    async def both():
        sent = {"CallSid": None, "MessageSid": "SM1", "Body": "hi"}
        first = asyncio.create_task(made.hear("f", "T1", **sent))
        await asyncio.sleep(0)
        second = asyncio.create_task(made.hear("f", "T2", **sent, **FALLBACK))
        await asyncio.sleep(0)
        hold.set()
        return [(await first).twiml, (await second).twiml]

    assert asyncio.run(both()) == ["<Message>Hello Ann.</Message>"] * 2
    assert len(asked) == 1


@pytest.mark.parametrize(
    "steps",
    [
        "[{request: {url: 'https://x.example/y', method: POST}}, {message: Hello.}]",
        "[{message: One.}, {request: {url: 'https://x.example/y', method: POST}}]",
        "[{subflow: {flow: g}}, {message: Hello.}]",
        "[{redirect: g/}]",
    ],
)
def test_without_variables_it_happens_once_too(line, steps):
    asked = []

    async def perform(effect):
        asked.append(effect)
        return Result("200", {"body": ""})

    made = line(
        f=f"channel: messaging\nsteps: {{a: {steps}}}",
        g="channel: messaging\nsteps: {a: [{request: {url: 'https://x.example/y', method: POST}}]}",
    )
    made.desk = Desk(made.library, made.store, world=World({HttpCall: perform}))
    sent = {"CallSid": None, "MessageSid": "SM1", "Body": "hi"}
    first = made.ask("f", **sent)
    if "<Redirect>" in first.twiml:
        made.ask(first.redirect, **sent)
        made.ask(first.redirect, "T2", **sent, **FALLBACK)
    assert made.ask("f", "T3", **sent, **FALLBACK).body == first.body
    assert len(asked) == 1


def test_the_next_document_of_an_answer_is_another_turn(line):
    made = line(
        f="""
        channel: messaging
        vars: {n: 0}
        steps:
          a: [{message: One.}, {request: {url: "https://x.example/y"}}, {set: {n: "{{ n + 1 }}"}}, {message: "Two, {{ n }}."}]
        """
    )

    async def perform(effect):
        return Result("200", {"body": ""})

    made.desk = Desk(made.library, made.store, world=World({HttpCall: perform}))
    first = made.ask("f", CallSid=None, MessageSid="SM1", Body="hi")
    sent = {"CallSid": None, "MessageSid": "SM1", "Body": "hi"}
    assert made.ask(first.redirect, **sent).twiml == "<Message>Two, 1.</Message>"
    assert made.ask(first.redirect, "T2", **sent).twiml == "<Message>Two, 1.</Message>"
    assert made.ask(first.redirect, "T3", **sent, **FALLBACK).twiml == "<Message>Two, 1.</Message>"
    assert made.ask("f", **sent).twiml == first.twiml


class TestCalls:
    COUNTS = """
    vars: {n: 0}
    steps:
      a: [{set: {n: "{{ n + 1 }}"}}, {gather: {num_digits: 1, say: "{{ n }}", branch: {1: b, else: a}}}]
      b: [{set: {n: "{{ n + 10 }}"}}, {say: "{{ n }}"}]
    """

    @pytest.mark.parametrize("tokens", [("", ""), ("T1", "T2"), ("T1", ""), ("", "T2")])
    def test_what_a_fallback_asks_again_counts_once(self, line, tokens):
        made = line(f=self.COUNTS)
        first = made.ask("f", tokens[0])
        assert made.ask("f", tokens[1], **FALLBACK).body == first.body
        answer = made.ask(first.address(), tokens[0] and "T3", Digits="1")
        failed = {**FALLBACK, "ErrorUrl": first.address()}
        assert made.ask(first.address(), tokens[1] and "T4", Digits="1", **failed).body == answer.body
        assert answer.twiml == "<Say>11</Say>"

    def test_the_same_key_in_a_later_turn_is_a_new_answer(self, line):
        made = line(f=self.COUNTS)
        first = made.ask("f")
        second = made.ask(first.address(), Digits="5")
        third = made.ask(second.address(), Digits="5", **{**FALLBACK, "ErrorUrl": second.address()})
        assert ">3<" in third.twiml
