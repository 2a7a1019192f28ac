"""Calls the clinic over signed requests, as Twilio does: knowing nothing of the flow but the TwiML it is sent."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element, fromstring

import pytest
from twilio.request_validator import RequestValidator

from engine.diagnostics.render import render_text
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
        signature = RequestValidator(token).compute_signature(url, sent)
        scope = {
            "type": "http",
            "method": "POST",
            "scheme": "http",
            "path": unquote_to_bytes(parts.path).decode(),
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
        self.params = {"CallSid": sid, "From": "+15550001111", "To": "+15550002222", "CallStatus": "in-progress"} | params
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
        """Twilio does not ask the action of a recording that holds nothing but silence… unless there is one to ask."""
        self.answer("Record", RecordingDuration="0", Digits="")

    def dialled(self, status: str, bridged: bool = False) -> None:
        """The dial is over, and how."""
        self.answer("Dial", DialCallStatus=status, DialBridged=str(bridged).lower(), DialCallSid="CA2")

    def pick_up(self) -> "Caller":
        """Whoever is dialled picks up: the other leg, and what it hears before it is connected."""
        number = self.waiting("Dial").find("Number")
        assert number is not None, "a number is dialled"
        to = number.text or ""
        return Caller(self.exchange, urljoin(self.url, number.get("url")), "CA2", ParentCallSid="CA1", To=to)

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
    assert caller.heard == [
        "Your account is 1 2 3 4 5 6. If that is right, press 1. To enter it again, press 2."
    ]
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
