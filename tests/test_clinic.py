"""Calls the clinic over signed requests, as Twilio does: knowing nothing of the flow but the TwiML it is sent."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from engine.diagnostics import render_text
from engine.phone import Phone, PhoneCall, Request, Response, Transport, in_process
from engine.phone.events import Bridged, Dialled, Heard, HungUp
from engine.program.library import Library, load_folder
from engine.runtime.desk import Desk
from engine.runtime.stores import open_store
from engine.server.app import assemble
from engine.server.settings import Settings

FLOWS = Path(__file__).parents[1] / "flows"
PUBLIC = "https://example.com"
TOKEN = "12345"
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

GREETING = "Thank you for calling Riverside Clinic."
MENU = (
    "For appointments, press 1. For billing, press 2. To leave a message, press 3. "
    "To talk to the front desk, press 0. To hear this again, press star."
)
ACCOUNT = "Enter the 6 digits of your account number."
SCREEN = "A call for Riverside Clinic. To accept, press 1."
FRONT_DESK = "One moment for the front desk."
VOICEMAIL = "Leave your name and number after the tone. To finish, press pound."
THANKS = "Thank you. We will call you back. Goodbye."


class Garbled(Request):
    """A request as the telephone cannot make it: its unknown characters (U+FFFD) are bytes that are no UTF-8."""

    @property
    def body(self) -> bytes:
        unknown = b"%EF%BF%BD"
        form = super().body.replace(unknown * 3, b"%ED%A0%80").replace(unknown * 2, b"%FF%FE")
        assert unknown not in form, "none is left that would arrive as text"
        return form


class Exchange:
    """A telephone line to a server; the last request that went over it, and its answer."""

    def __init__(self, carry: Transport) -> None:
        self.carry = carry
        self.phone = Phone(self, base=PUBLIC, token=TOKEN)

    def __call__(self, request: Request) -> Response:
        self.request = Garbled(request.method, request.url, request.params, request.headers)
        self.answer = self.carry(self.request)
        return self.answer

    @property
    def twiml(self) -> list[Element]:
        """The elements of the last answer, from its root on."""
        return list(fromstring(self.answer.body).iter())


@contextmanager
def exchange_of(folder: Path) -> Iterator[Exchange]:
    loaded = load_folder(folder)
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    desk = Desk(Library(loaded.program), open_store("memory:", clock=MORNING.timestamp))
    settings = Settings(public_url=PUBLIC, tokens=(TOKEN,))
    with in_process(assemble(desk.answer, settings, clock=lambda: MORNING, audio=folder / "audio"), PUBLIC) as carry:
        yield Exchange(carry)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with exchange_of(FLOWS) as clinic:
        yield clinic


@pytest.fixture
def caller(exchange: Exchange) -> PhoneCall:
    """A caller who was just put through to the clinic; each test is a call of its own."""
    return exchange.phone.ring("/flows/clinic")


def test_from_the_first_ring_to_voicemail(caller: PhoneCall, caplog: pytest.LogCaptureFixture) -> None:
    assert list(caller.heard) == [GREETING, MENU]

    assert caller.press("2").heard == (ACCOUNT,)
    assert caller.press("123").heard == ("That was not 6 digits.", "Your account number has 6 digits. Enter it now.")
    read_back = "Your account is 1 2 3 4 5 6. If that is right, press 1. To enter it again, press 2."
    assert caller.press("123456").heard == (read_back,)
    assert caller.press("2").heard == (ACCOUNT,)
    assert caller.press("654321").press("1").heard == ("One moment for billing.",)

    assert caller.dial("no-answer").heard == (VOICEMAIL,)
    with caplog.at_level(logging.INFO, "touchtone"):
        caller.record(12, key="#")
    assert (caller.heard, caller.ended_by) == ((THANKS,), "flow")
    recording = dict(caller.requests[-1].params)["RecordingUrl"]
    assert f"+15550001111 left a message: {recording}" in caplog.text
    assert caller.warnings == ()


def test_the_menu_gets_shorter_each_time_and_ends_with_a_person(caller: PhoneCall) -> None:
    shorter = "For appointments, 1. Billing, 2. A message, 3. The front desk, 0."
    assert caller.silence().heard == ("Sorry, I did not hear anything.", shorter)
    assert caller.press("7").heard == (
        "Sorry, that is not one of the choices.",
        "If you are not sure, press 0.",
    )
    assert caller.silence().heard == (FRONT_DESK,)
    assert isinstance(caller.waiting_for, Dialled)
    assert caller.waiting_for.to == "+15550100"


def test_every_sentence_is_spoken_by_the_same_voice(caller: PhoneCall) -> None:
    caller.press("7")
    assert {event.voice for event in caller.events if isinstance(event, Heard)} == {"Polly.Joanna"}


def test_star_says_the_menu_again_from_its_beginning(caller: PhoneCall) -> None:
    caller.press("7")
    for _ in range(4):
        assert caller.press("*").heard == (MENU,)
    assert caller.press("7").heard[-1].startswith("For appointments, 1."), "the count of mistakes began anew"


@pytest.mark.parametrize(
    ("words", "heard"),
    [("Billing, please.", ACCOUNT), ("the front desk", FRONT_DESK), ("can I leave a message", VOICEMAIL)],
)
def test_the_menu_takes_words(caller: PhoneCall, words: str, heard: str) -> None:
    assert caller.say(words).heard == (heard,)


def test_appointments_tell_the_hours_and_lead_back_to_the_menu(caller: PhoneCall) -> None:
    assert caller.press("1").heard[0].startswith("To book a visit, press 1.")
    assert caller.press("3").heard == ("We are open Monday to Friday, 9 to 5, and Saturday, 9 to noon.", MENU)
    assert caller.say("appointments").press("9").heard == (MENU,)
    assert caller.press("1").press("2").heard == (FRONT_DESK,)


def test_three_wrong_account_numbers_lead_to_a_person(caller: PhoneCall) -> None:
    assert caller.press("2").press("1").press("12").press("123").heard == (FRONT_DESK,)
    assert caller.pick_up().callee.heard == (SCREEN,), "nothing was confirmed"


def test_the_operator_accepts_with_1_and_the_two_are_joined(caller: PhoneCall) -> None:
    assert caller.press("0").pick_up().callee.heard == (SCREEN,)
    caller.callee.press("1")
    assert caller.callee.heard == ()
    assert isinstance(caller.waiting_for, Bridged), "TwiML that runs out joins them"
    caller.dial("completed")
    assert (caller.heard, caller.ended_by) == ((), "flow")


def test_billing_hears_the_account_of_the_caller(caller: PhoneCall) -> None:
    caller.press("2").press("123456").press("1").pick_up()
    assert caller.callee.heard == ("A call for Riverside Clinic, account 1 2 3 4 5 6. To accept, press 1.",)


@pytest.mark.parametrize("keys", ["", "2"])
def test_an_operator_who_does_not_press_1_sends_the_caller_to_voicemail(caller: PhoneCall, keys: str) -> None:
    operator = caller.press("0").pick_up().callee
    _ = operator.press(keys) if keys else operator.silence()
    assert [moment.event for moment in caller.news if moment.side == "callee"][-1] == HungUp("flow")
    assert caller.heard == ("Everyone is helping somebody else right now.", VOICEMAIL)


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_nobody_there_sends_the_caller_to_voicemail(caller: PhoneCall, status: str) -> None:
    assert caller.press("0").dial(status).heard == (VOICEMAIL,)


def test_a_message_of_silence_is_no_message(caller: PhoneCall) -> None:
    caller.press("3").silence()
    assert caller.heard == ("I did not hear a message. Call again any time. Goodbye.",)
    assert caller.ended_by == "flow"


def test_a_fault_sends_the_caller_to_voicemail_with_an_apology(exchange: Exchange) -> None:
    """An address that no flow writes any more stands for whatever may go wrong in a step."""
    lost = exchange.phone.ring("/flows/clinic/menu?_i=99")
    assert lost.heard == ("Sorry, something went wrong on our side.", VOICEMAIL)


def test_a_turn_asked_twice_is_answered_alike(exchange: Exchange, caller: PhoneCall) -> None:
    caller.press("2").press("123")
    assert exchange.carry(exchange.request) == exchange.answer


def test_a_request_signed_with_another_token_is_refused(exchange: Exchange) -> None:
    call = Phone(exchange, base=PUBLIC, token="another").ring("/flows/clinic")
    assert (call.round_trips, exchange.answer.status, call.ended_by) == (1, 403, "error")
    assert b"Response" not in exchange.answer.body


ECHO = """
steps:
  start:
    - gather:
        say: "{{ call.caller_name }}"
        input: dtmf speech
        save: {kept: answer}
    - say: "{{ speech }}|{{ digits }}"
    - gather: {say: "{{ kept }}", hints: "{{ kept }}"}
    - say: Bye.
"""
REPLY = """
channel: messaging
steps:
  start:
    - message: {body: "{{ message.body }}", to: "{{ message.body }}"}
"""

# What a caller says, presses, is called or writes; and the text that comes of it.
HOSTILE = [
    pytest.param("</Say><Dial>+19005550100</Dial>", "</Say><Dial>+19005550100</Dial>", id="twiml"),
    pytest.param("{{ 7*7 }}", "{{ 7*7 }}", id="template"),
    pytest.param("{% for x in range(9) %}x{% endfor %}", "{% for x in range(9) %}x{% endfor %}", id="block"),
    pytest.param("\"'&amp;<!--]]>", "\"'&amp;<!--]]>", id="markup"),
    pytest.param("a\x00\x01\b\v\x1bz", "az", id="control-characters"),
    pytest.param("a\r\nb\tc", "a\r\nb\tc", id="line-breaks"),
    pytest.param("a\uffff\ufffez", "az", id="noncharacters"),
    pytest.param("a\ufffd\ufffd\ufffdz", "a\ufffd\ufffd\ufffdz", id="lone-surrogate"),
    pytest.param("a\ufffd\ufffdz", "a\ufffd\ufffdz", id="not-utf-8"),
    pytest.param("é😀", "é😀", id="unicode"),
]


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Exchange]:
    (tmp_path / "echo.yaml").write_text(ECHO)
    (tmp_path / "reply.yaml").write_text(REPLY)
    with exchange_of(tmp_path) as exchange:
        yield exchange


@pytest.mark.parametrize(("sent", "read"), HOSTILE)
@pytest.mark.parametrize("act", [PhoneCall.say, PhoneCall.press])
def test_what_a_caller_answers_comes_back_as_text(
    echo: Exchange, act: Callable[[PhoneCall, str], PhoneCall], sent: str, read: str
) -> None:
    act(echo.phone.ring("/flows/echo"), sent)
    response, said, gather, kept, *_ = echo.twiml
    assert [each.tag for each in (response, said, gather, kept)] == ["Response", "Say", "Gather", "Say"]
    assert said.text == (f"{read}|" if act is PhoneCall.say else f"|{read}")
    assert kept.text == read, "also when it was saved first"
    assert gather.get("hints") == read


@pytest.mark.parametrize(("sent", "read"), HOSTILE)
def test_the_name_of_a_caller_comes_back_as_text(echo: Exchange, sent: str, read: str) -> None:
    echo.phone.ring("/flows/echo", params={"CallerName": sent})
    response, gather, said, *_ = echo.twiml
    assert [each.tag for each in (response, gather, said)] == ["Response", "Gather", "Say"]
    assert said.text == read


@pytest.mark.parametrize(("sent", "read"), HOSTILE)
def test_the_body_of_a_message_comes_back_as_text(echo: Exchange, sent: str, read: str) -> None:
    echo.phone.write("/flows/reply").text(sent)
    assert {each.tag for each in echo.twiml} <= {"Response", "Message", "Body"}
    assert "".join(each.text or "" for each in echo.twiml) == read
    assert echo.twiml[1].get("to") == read
