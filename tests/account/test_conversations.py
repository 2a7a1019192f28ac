"""A conversation that we begin: what the flow says first is sent, and the person's answer is the answer to its question."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from engine import create_app, in_process
from engine.account.conversations import NotBegun, Start, begin, first_words
from engine.account.entry import entry_url
from engine.phone import Request, Transport
from engine.phone.transport import FORM
from engine.runtime.effects.effect import TextMessage

BASE = "https://example.com"
OURS, PERSON = "+15550100", "+15550101"

REMINDER = """
channel: messaging
takes: {name: there}
start: incoming
steps:
  incoming: [{message: We send reminders from this number.}]
  remind:
    - message: {body: "Hello {{ name }}.", media: [https://example.com/a.png, /b.png]}
    - gather:
        message: See you tomorrow?
        branch: {yes: [{message: "Thank you, {{ name }}."}], else: [{message: Please call us.}]}
  fetched:
    - message: One moment.
    - request: {url: "https://example.org/day", save: day, branch: {error: []}}
    - message: We have looked.
  silent: [{set: {name: nobody}}]
  fails: [{message: "{{ name + 1 }}"}]
"""


class Server:
    """A server of the flow, asked as Twilio would, and an account that takes what is sent."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.sent: list[TextMessage] = []
        self.refuses_after = 99

    async def ask(self, url: str, params: Mapping[str, str]) -> bytes:
        headers = (("Content-Type", FORM),)
        return await asyncio.to_thread(
            lambda: self.transport(Request("POST", url, tuple(params.items()), headers)).body
        )

    async def send(self, message: TextMessage) -> str:
        if len(self.sent) >= self.refuses_after:
            raise ValueError("Twilio error 21610")
        self.sent.append(message)
        return f"SM{len(self.sent)}"

    def text(self, body: str, number: int = 1) -> bytes:
        params = {"MessageSid": f"SMin{number}", "From": PERSON, "To": OURS, "Body": body}
        return asyncio.run(self.ask(f"{BASE}/flows/reminder", params))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "reminder.yaml").write_text(REMINDER)
    with in_process(create_app(tmp_path, public_url=BASE, unsigned=True, store="memory:"), BASE) as transport:
        yield Server(transport)


def start(step: str = "remind", **changes: str) -> Start:
    url = entry_url(BASE, "reminder", step, {"name": "Ann"})
    return replace(Start(OURS, PERSON, url, "SM" + "0123456789abcdef" * 2), **changes)


def test_what_the_flow_says_first_is_sent_in_order(server):
    begun = asyncio.run(begin(start(), server.ask, server.send))
    assert begun.sids == ["SM1", "SM2"]
    assert server.sent == list(begun.messages)
    assert [(one.to, one.from_, one.body, one.media_url) for one in server.sent] == [
        (PERSON, OURS, "Hello Ann.", ("https://example.com/a.png", "https://example.com/b.png")),
        (PERSON, OURS, "See you tomorrow?", ()),
    ]


def test_the_answer_is_the_answer_to_its_question(server):
    asyncio.run(begin(start(), server.ask, server.send))
    assert b"Thank you, Ann." in server.text("yes")
    assert b"We send reminders" in server.text("and now?", 2), "the conversation is over"


def test_a_start_that_is_asked_for_twice_begins_once(server):
    first = asyncio.run(first_words(start(), server.ask))
    assert b"Thank you" in server.text("yes")
    assert asyncio.run(first_words(start(), server.ask)) == first
    assert b"We send reminders" in server.text("yes", 2), "no question was opened again"


def test_what_comes_after_a_request_is_sent_too(server):
    words = asyncio.run(first_words(start("fetched"), server.ask))
    assert [one.body for one in words] == ["One moment.", "We have looked."]


def test_a_messaging_service_and_reports_go_with_each_message(server):
    told = f"{BASE}/flows/reports"
    words = asyncio.run(first_words(start(messaging_service_sid="MG1", status_url=told), server.ask))
    assert {(one.messaging_service_sid, one.status_callback) for one in words} == {("MG1", told)}


@pytest.mark.parametrize(
    ("step", "why"),
    [("silent", "the flow says nothing to begin with"), ("fails", "the flow failed before it had said")],
)
def test_a_flow_that_says_nothing_begins_nothing(server, step, why):
    with pytest.raises(NotBegun, match=why):
        asyncio.run(begin(start(step), server.ask, server.send))
    assert server.sent == []


def test_when_the_first_message_is_refused_the_question_is_closed(server):
    server.refuses_after = 0
    with pytest.raises(ValueError, match="21610"):
        asyncio.run(begin(start(), server.ask, server.send))
    assert b"We send reminders" in server.text("yes")


def test_when_nobody_knows_whether_it_was_sent_the_question_stays(server):
    class Unknown(Exception):
        settled = True

    async def send(message: TextMessage) -> str:
        raise Unknown

    with pytest.raises(Unknown):
        asyncio.run(begin(start(), server.ask, send))
    assert b"Thank you" in server.text("yes")


def test_when_a_later_one_is_refused_the_question_stays(server):
    server.refuses_after = 1
    with pytest.raises(ValueError, match="21610"):
        asyncio.run(begin(start(), server.ask, server.send))
    assert b"Thank you" in server.text("yes")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>", "not TwiML"),
        (b"<html></html>", "not TwiML"),
        (b"<!DOCTYPE a><Response/>", "not TwiML"),
        (b"<Response><Redirect>https://elsewhere.example/x</Redirect></Response>", "redirects to another server"),
        (b"<Response><Redirect>remind</Redirect></Response>", "leads back to itself"),
        (b"<Response/>", "says nothing to begin with"),
    ],
)
def test_an_answer_that_cannot_be_sent_begins_nothing(body, why):
    async def ask(url: str, params: Mapping[str, str]) -> bytes:
        return body

    with pytest.raises(NotBegun, match=why):
        asyncio.run(first_words(start(), ask))
