"""Calls the clinic over signed requests, as Twilio does: knowing nothing of the flow but the TwiML it is sent."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element, fromstring

import pytest
from twilio.request_validator import RequestValidator

from engine.diagnostics import render_text
from engine.program.library import Library, load_folder
from engine.runtime.desk import Desk
from engine.runtime.stores import open_store
from engine.server.app import create_app
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
VOICEMAIL = "Leave your name and number after the tone. To finish, press pound."
THANKS = "Thank you. We will call you back. Goodbye."


class Exchange:
    """The whole server for a folder of flows, spoken to over ASGI."""

    def __init__(self, folder: Path) -> None:
        loaded = load_folder(folder)
        assert loaded.program is not None, render_text(loaded.report.diagnostics)
        store = open_store("memory:", clock=MORNING.timestamp)
        desk = Desk(Library(loaded.program), store)
        self.app: Any = create_app(
            desk.answer, Settings(public_url=PUBLIC, tokens=(TOKEN,)), clock=lambda: MORNING, audio=folder / "audio"
        )

    def post(self, url: str, body: str, token: str = TOKEN) -> tuple[int, bytes]:
        """Status and body that answer a form posted to a public address, signed with `token`."""
        parts = urlsplit(url)
        sent = dict(parse_qsl(body, keep_blank_values=True, errors="replace"))
        validator: Any = RequestValidator
        signature = validator(token).compute_signature(url, sent)
        scope = {
            "type": "http",
            "method": "POST",
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [
                (b"host", b"127.0.0.1:8000"),
                (b"content-type", b"application/x-www-form-urlencoded"),
                (b"x-twilio-signature", signature.encode()),
            ],
        }
        answer: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body.encode(), "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            answer.append(message)

        asyncio.run(self.app(scope, receive, send))
        return answer[0]["status"], b"".join(message["body"] for message in answer[1:])


class Caller:
    """Somebody at a telephone: `heard` is what was said since the last thing they did, `at` the verb that waits for them.

    `at` is None when the call is over, and "ended" tells which verb ended it: "Hangup", or "" when the TwiML ran out.
    """

    def __init__(self, exchange: Exchange, url: str, sid: str = "CA1", **params: str) -> None:
        self.exchange, self.url = exchange, url
        self.params = {
            "CallSid": sid,
            "From": "+15550001111",
            "To": "+15550002222",
            "CallStatus": "in-progress",
        } | params
        self.heard: list[str] = []
        self.at: Element | None = None
        self.rest: Sequence[Element] = ()
        self.ended: str | None = None
        self.follow("")

    def press(self, keys: str) -> None:
        self.answer("Gather", Digits=keys)

    def speak(self, words: str) -> None:
        self.answer("Gather", SpeechResult=words, Confidence="0.9")

    def wait(self) -> None:
        """Says nothing until the question gives up: the document goes on behind it."""
        self.waiting("Gather")
        self.heard = []
        self.play(self.rest)

    def leave_message(self, url: str, seconds: int) -> None:
        self.answer("Record", RecordingUrl=url, RecordingDuration=str(seconds), Digits="#")

    def stay_silent(self) -> None:
        """The recording is over, and holds nothing."""
        self.answer("Record", RecordingDuration="0", Digits="")

    def dialled(self, status: str, bridged: bool = False) -> None:
        """The dial is over, and how."""
        self.answer("Dial", DialCallStatus=status, DialBridged=str(bridged).lower(), DialCallSid="CA2")

    def pick_up(self) -> "Caller":
        """Whoever is dialled picks up: the other leg, and what it hears before it is connected."""
        number = self.waiting("Dial").find("Number")
        assert number is not None, "a number is dialled"
        to = number.text or ""
        url = urljoin(self.url, number.get("url"))
        return Caller(self.exchange, url, "CA2", ParentCallSid=self.params["CallSid"], To=to)

    def waiting(self, tag: str) -> Element:
        assert self.at is not None, f"the call is over, after {self.heard}"
        assert self.at.tag == tag, f"the call is at a {self.at.tag}"
        return self.at

    def answer(self, tag: str, **params: str) -> None:
        """What the verb that waits came to is posted to its action."""
        verb = self.waiting(tag)
        self.heard = []
        self.follow(verb.get("action", ""), **params)

    def follow(self, address: str, **params: str) -> None:
        self.url = urljoin(self.url, address)
        status, body = self.exchange.post(self.url, urlencode(self.params | params))
        assert status == 200
        response = fromstring(body)
        assert response.tag == "Response"
        self.play(list(response))

    def play(self, verbs: Sequence[Element]) -> None:
        """Lives through the verbs until one waits for somebody, or the call is over."""
        self.at = None
        for index, verb in enumerate(verbs):
            self.rest = verbs[index + 1 :]
            if verb.tag in ("Gather", "Dial", "Record"):
                self.heard += [text(said) for said in verb.iter("Say")]
                self.at = verb
                return
            if verb.tag == "Redirect":
                self.follow(verb.text or "")
                return
            if verb.tag == "Hangup":
                self.ended = "Hangup"
                return
            assert verb.tag in ("Say", "Pause"), f"this caller does not know {verb.tag}"
            self.heard += [text(verb)] if verb.tag == "Say" else []
        self.ended = ""


def text(element: Element) -> str:
    return "".join(element.itertext())


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    return Exchange(FLOWS)


@pytest.fixture
def caller(exchange: Exchange, request: pytest.FixtureRequest) -> Caller:
    """A caller who was just put through to the clinic; each test is a call of its own."""
    return Caller(exchange, f"{PUBLIC}/flows/clinic", f"CA-{request.node.name}")


def test_from_the_first_ring_to_voicemail(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    assert caller.heard == [GREETING, MENU]

    caller.press("2")
    assert caller.heard == ["Enter the 6 digits of your account number."]
    caller.press("123")
    assert caller.heard == ["That was not 6 digits.", "Your account number has 6 digits. Enter it now."]
    caller.press("123456")
    assert caller.heard == ["Your account is 1 2 3 4 5 6. If that is right, press 1. To enter it again, press 2."]
    caller.press("2")
    assert caller.heard == ["Enter the 6 digits of your account number."]
    caller.press("654321")
    caller.press("1")
    assert caller.heard == ["One moment for billing."]

    caller.dialled("no-answer")
    assert caller.heard == [VOICEMAIL]
    with caplog.at_level(logging.INFO, "touchtone"):
        caller.leave_message("https://api.twilio.com/recordings/RE1", 12)
    assert caller.heard == [THANKS]
    assert caller.ended == "Hangup"
    assert "+15550001111 left a message: https://api.twilio.com/recordings/RE1" in caplog.text


def test_the_menu_gets_shorter_each_time_and_ends_with_a_person(caller: Caller) -> None:
    shorter = "For appointments, 1. Billing, 2. A message, 3. The front desk, 0."
    caller.wait()
    assert caller.heard == ["Sorry, I did not hear anything.", shorter]
    caller.press("7")
    assert caller.heard == ["Sorry, that is not one of the choices.", "If you are not sure, press 0."]
    caller.wait()
    assert caller.heard == ["One moment for the front desk."]
    assert text(caller.waiting("Dial")) == "+15550100"


def test_every_sentence_is_spoken_by_the_same_voice(caller: Caller) -> None:
    caller.press("7")
    assert {said.get("voice") for said in caller.waiting("Gather").iter("Say")} == {"Polly.Joanna"}


def test_star_says_the_menu_again_from_its_beginning(caller: Caller) -> None:
    caller.press("7")
    for _ in range(4):
        caller.press("*")
        assert caller.heard == [MENU]
    caller.press("7")
    assert caller.heard[-1].startswith("For appointments, 1."), "the count of mistakes began anew"


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        ("Billing, please.", "Enter the 6 digits of your account number."),
        ("the front desk", "One moment for the front desk."),
        ("can I leave a message", VOICEMAIL),
    ],
)
def test_the_menu_takes_words(caller: Caller, words: str, heard: str) -> None:
    caller.speak(words)
    assert caller.heard == [heard]


def test_appointments_tell_the_hours_and_lead_back_to_the_menu(caller: Caller) -> None:
    caller.press("1")
    assert caller.heard[0].startswith("To book a visit, press 1.")
    caller.press("3")
    assert caller.heard == ["We are open Monday to Friday, 9 to 5, and Saturday, 9 to noon.", MENU]
    caller.speak("appointments")
    caller.press("9")
    assert caller.heard == [MENU]
    caller.press("1")
    caller.press("2")
    assert caller.heard == ["One moment for the front desk."]


def test_three_wrong_account_numbers_lead_to_a_person(caller: Caller) -> None:
    caller.press("2")
    for keys in ("1", "12", "123"):
        caller.press(keys)
    assert caller.heard == ["One moment for the front desk."]
    assert caller.pick_up().heard == ["A call for Riverside Clinic. To accept, press 1."], "nothing was confirmed"


def test_the_operator_accepts_with_1_and_the_two_are_joined(caller: Caller) -> None:
    caller.press("0")
    operator = caller.pick_up()
    assert operator.heard == ["A call for Riverside Clinic. To accept, press 1."]
    operator.press("1")
    assert (operator.heard, operator.ended) == ([], ""), "TwiML that runs out joins them"
    caller.dialled("completed", bridged=True)
    assert (caller.heard, caller.ended) == ([], "Hangup")


def test_billing_hears_the_account_of_the_caller(caller: Caller) -> None:
    caller.press("2")
    caller.press("123456")
    caller.press("1")
    assert caller.pick_up().heard == ["A call for Riverside Clinic, account 1 2 3 4 5 6. To accept, press 1."]


@pytest.mark.parametrize("keys", ["", "2"])
def test_an_operator_who_does_not_press_1_sends_the_caller_to_voicemail(caller: Caller, keys: str) -> None:
    caller.press("0")
    operator = caller.pick_up()
    if keys:
        operator.press(keys)
    else:
        operator.wait()
    assert operator.ended == "Hangup"
    caller.dialled("completed", bridged=False)
    assert caller.heard == ["Everyone is helping somebody else right now.", VOICEMAIL]


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_nobody_there_sends_the_caller_to_voicemail(caller: Caller, status: str) -> None:
    caller.press("0")
    caller.dialled(status)
    assert caller.heard == [VOICEMAIL]


def test_a_message_of_silence_is_no_message(caller: Caller) -> None:
    caller.press("3")
    caller.stay_silent()
    assert caller.heard == ["I did not hear a message. Call again any time. Goodbye."]
    assert caller.ended == "Hangup"


def test_a_fault_sends_the_caller_to_voicemail_with_an_apology(exchange: Exchange) -> None:
    """An address that no flow writes any more stands for whatever may go wrong in a step."""
    lost = Caller(exchange, f"{PUBLIC}/flows/clinic/menu?_i=99", "CA-lost")
    assert lost.heard == ["Sorry, something went wrong on our side.", VOICEMAIL]


def test_a_turn_asked_twice_is_answered_alike(caller: Caller) -> None:
    caller.press("2")
    address = caller.waiting("Gather").get("action", "")
    body = urlencode(caller.params | {"Digits": "123"})
    url = urljoin(caller.url, address)
    assert caller.exchange.post(url, body) == caller.exchange.post(url, body)


def test_a_request_signed_with_another_token_is_refused(exchange: Exchange) -> None:
    status, body = exchange.post(f"{PUBLIC}/flows/clinic", "CallSid=CA1", token="another")
    assert status == 403
    assert b"Response" not in body


ECHO = """
steps:
  start:
    - gather:
        say: "{{ call.caller_name }}"
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

# What is sent, as it stands in the form; and the text that comes of it.
HOSTILE = [
    pytest.param("%3C/Say%3E%3CDial%3E%2B19005550100%3C/Dial%3E", "</Say><Dial>+19005550100</Dial>", id="twiml"),
    pytest.param("%7B%7B+7*7+%7D%7D", "{{ 7*7 }}", id="template"),
    pytest.param(
        "%7B%25+for+x+in+range(9)+%25%7Dx%7B%25+endfor+%25%7D", "{% for x in range(9) %}x{% endfor %}", id="block"
    ),
    pytest.param("%22%27%26amp%3B%3C!--%5D%5D%3E", "\"'&amp;<!--]]>", id="markup"),
    pytest.param("a%00%01%08%0B%1Bz", "az", id="control-characters"),
    pytest.param("a%0D%0Ab%09c", "a\r\nb\tc", id="line-breaks"),
    pytest.param("a%EF%BF%BF%EF%BF%BEz", "az", id="noncharacters"),
    pytest.param("a%ED%A0%80z", "a\ufffd\ufffd\ufffdz", id="lone-surrogate"),
    pytest.param("a%FF%FEz", "a\ufffd\ufffdz", id="not-utf-8"),
    pytest.param("%C3%A9%F0%9F%98%80", "é😀", id="unicode"),
]


@pytest.fixture
def echo(tmp_path: Path) -> Exchange:
    (tmp_path / "echo.yaml").write_text(ECHO)
    (tmp_path / "reply.yaml").write_text(REPLY)
    return Exchange(tmp_path)


def elements(exchange: Exchange, url: str, body: str) -> list[Element]:
    status, twiml = exchange.post(url, body)
    assert status == 200
    return list(fromstring(twiml).iter())


@pytest.mark.parametrize(("sent", "read"), HOSTILE)
@pytest.mark.parametrize("name", ["SpeechResult", "Digits"])
def test_what_a_caller_answers_comes_back_as_text(echo: Exchange, name: str, sent: str, read: str) -> None:
    first = elements(echo, f"{PUBLIC}/flows/echo", "CallSid=CA1")
    action = urljoin(f"{PUBLIC}/flows/echo", first[1].get("action"))
    response, said, gather, kept, *_ = elements(echo, action, f"CallSid=CA1&{name}={sent}")
    assert [each.tag for each in (response, said, gather, kept)] == ["Response", "Say", "Gather", "Say"]
    assert said.text == (f"{read}|" if name == "SpeechResult" else f"|{read}")
    assert kept.text == read, "also when it was saved first"
    assert gather.get("hints") == read


@pytest.mark.parametrize(("sent", "read"), HOSTILE)
def test_the_name_of_a_caller_comes_back_as_text(echo: Exchange, sent: str, read: str) -> None:
    response, gather, said, *_ = elements(echo, f"{PUBLIC}/flows/echo", f"CallSid=CA1&CallerName={sent}")
    assert [each.tag for each in (response, gather, said)] == ["Response", "Gather", "Say"]
    assert said.text == read


@pytest.mark.parametrize(("sent", "read"), HOSTILE)
def test_the_body_of_a_message_comes_back_as_text(echo: Exchange, sent: str, read: str) -> None:
    body = f"MessageSid=SM1&From=%2B1&To=%2B2&Body={sent}"
    found = elements(echo, f"{PUBLIC}/flows/reply", body)
    assert {each.tag for each in found} <= {"Response", "Message", "Body"}
    assert "".join(each.text or "" for each in found) == read
    assert found[1].get("to") == read
