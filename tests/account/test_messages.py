"""Text messages go to Twilio once, and what it says of them comes back in a sentence; Twilio's part is played on the loopback."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from engine.account.client import Credentials
from engine.account.errors import TRIES
from engine.account.messages import AT_ONCE, Messages
from engine.runtime.effects.effect import Result, TextMessage

ACCOUNT = "AC" + "0" * 32
OWN = Credentials(ACCOUNT, "SECRET")
HELLO = TextMessage("+15550101", "Hello", (), "+15550100", "k1")
QUEUED = {"sid": "SM" + "1" * 32, "status": "queued", "error_code": None}


@dataclass
class Twilio:
    """Twilio's REST API: answers one request after another, the last answer for ever."""

    answers: list[tuple[int, str]]
    asked: list[tuple[str, dict[str, list[str]], str]] = field(default_factory=list)
    silence: threading.Event = field(default_factory=threading.Event)

    def client(self, port: int) -> TwilioHttpClient:
        return _Loopback(port)


class _Loopback(TwilioHttpClient):
    """The library's own client, but for the host: nothing leaves this machine."""

    def __init__(self, port: int) -> None:
        super().__init__(timeout=5)
        self._port = port

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        parts = urlsplit(url)
        assert parts.hostname == "api.twilio.com"
        return super().request(method, f"http://127.0.0.1:{self._port}{parts.path}", *args, **options)


@pytest.fixture
def send() -> Iterator[Any]:
    """Sends messages through a Twilio that answers so; the results, and what Twilio was asked."""
    servers: list[tuple[ThreadingHTTPServer, Twilio]] = []

    def sending(
        *answers: tuple[int, str], messages: tuple[TextMessage, ...] = (HELLO,), own: Credentials = OWN, **options: Any
    ) -> tuple[list[Result], list[tuple[str, dict[str, list[str]], str]]]:
        twilio = Twilio(list(answers))

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                login = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
                twilio.asked.append((self.path, parse_qs(body), login))
                if not twilio.answers:
                    twilio.silence.wait(10)
                    return
                status, text = twilio.answers[min(len(twilio.asked), len(twilio.answers)) - 1]
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append((server, twilio))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

        async def play() -> list[Result]:
            client = twilio.client(server.server_address[1])
            sender = Messages(own, http=client, **options)
            try:
                return [await sender.perform(message) for message in messages]
            finally:
                assert client.session is not None
                client.session.close()

        return asyncio.run(play()), twilio.asked

    yield sending
    for server, twilio in servers:
        twilio.silence.set()
        server.shutdown()
        server.server_close()


def test_a_message_is_handed_to_twilio(send):
    results, asked = send((201, json.dumps(QUEUED)))
    assert results == [Result("sent", {"sid": QUEUED["sid"]})]
    assert asked == [
        (
            f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
            {"To": ["+15550101"], "From": ["+15550100"], "Body": ["Hello"]},
            f"{ACCOUNT}:SECRET",
        )
    ]


def test_media_and_a_messaging_service(send):
    picture = ("https://example.com/a.png", "https://example.com/b.png")
    _, asked = send(
        (201, json.dumps(QUEUED)), messages=(HELLO._replace(body="", media_url=picture, from_="MG" + "0" * 32),)
    )
    assert asked[0][1] == {"To": ["+15550101"], "MessagingServiceSid": ["MG" + "0" * 32], "MediaUrl": list(picture)}


def test_a_content_template_with_its_variables_and_a_status_callback(send):
    made = TextMessage(
        "whatsapp:+15550101",
        "",
        (),
        "",
        "k1",
        content_sid="HX" + "0" * 32,
        content_variables='{"1": "Ann"}',
        messaging_service_sid="MG" + "0" * 32,
        status_callback="https://example.com/flows/a/told?_c=CA1",
    )
    asked = send((201, json.dumps(QUEUED)), messages=(made, made._replace(from_="+15550100")), from_="+15550199")[1]
    assert asked[0][1] == {
        "To": ["whatsapp:+15550101"],
        "MessagingServiceSid": ["MG" + "0" * 32],
        "ContentSid": ["HX" + "0" * 32],
        "ContentVariables": ['{"1": "Ann"}'],
        "StatusCallback": ["https://example.com/flows/a/told?_c=CA1"],
    }, "the service chooses the number"
    assert asked[1][1] == {**asked[0][1], "From": ["+15550100"]}, "unless the flow does"


def test_an_api_key_stands_in_for_the_token(send):
    key = Credentials(ACCOUNT, "token", "SK1", "s3cret")
    _, asked = send((201, json.dumps(QUEUED)), own=key)
    assert asked[0][0].startswith(f"/2010-04-01/Accounts/{ACCOUNT}/")
    assert asked[0][2] == "SK1:s3cret"


def test_the_number_of_the_settings_sends_where_no_other_does(send):
    quiet = HELLO._replace(from_="")
    _, asked = send((201, json.dumps(QUEUED)), messages=(quiet, HELLO), from_="+15550199")
    assert [body["From"] for _, body, _ in asked] == [["+15550199"], ["+15550100"]]
    results, asked = send((201, json.dumps(QUEUED)), messages=(quiet,))
    assert results[0].problem == (
        "no number to send from is known: write `from` or `messaging_service_sid`, or set TOUCHTONE_FROM"
    )
    assert asked == []


@pytest.mark.parametrize(
    ("status", "text", "problem"),
    [
        (
            400,
            '{"code": 21211, "message": "Invalid \'To\' Phone Number: 12", "status": 400}',
            "Twilio error 21211: Invalid 'To' Phone Number: 12; write the number with its country, such as +15550101",
        ),
        (
            400,
            '{"type": "https://x", "title": "Bad", "status": 400, "code": 20422, "detail": "No body"}',
            "Twilio error 20422: No body",
        ),
        (
            401,
            '{"code": 20003, "message": "Authenticate", "status": 401}',
            "Twilio error 20003: Authenticate; check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: they must be of the same account",
        ),
        (503, "<html>", "Twilio answered 503: whether the message is sent is not known"),
        (201, "<html>", "Twilio's answer cannot be read: whether the message is sent is not known"),
    ],
)
def test_what_twilio_refuses_is_told_with_what_to_do(send, status, text, problem):
    results, asked = send((status, text))
    assert results == [Result("error", {"sid": None}, problem)]
    assert len(asked) == 1, "nothing is sent twice"


def test_a_rate_limit_is_waited_out(send, monkeypatch):
    monkeypatch.setattr("engine.account.errors.FIRST_PAUSE", 0.001)
    limited = (429, '{"code": 20429, "message": "Too Many Requests", "status": 429}')
    results, asked = send(limited, limited, (201, json.dumps(QUEUED)))
    assert results == [Result("sent", {"sid": QUEUED["sid"]})]
    assert len(asked) == 3
    results, asked = send(limited)
    assert results[0].problem.startswith("Twilio error 20429: Too Many Requests; wait a moment")
    assert len(asked) == TRIES


def test_when_twilio_does_not_answer_nobody_knows(send):
    results, asked = send(seconds=0.3)
    assert results[0].answer == "error"
    assert "whether the message is sent is not known" in results[0].problem
    assert len(asked) == 1


def test_one_that_never_came_to_be_sent_is_told_as_such():
    """Where Twilio hangs: earlier messages have all the connections there are, and some of them nobody waits for any more."""
    free, asked = threading.Event(), []

    class Hanging(TwilioHttpClient):
        def request(self, *words: Any, **_: Any) -> Any:
            asked.append(words)
            free.wait(30)
            return Response(201, json.dumps(QUEUED))

    async def story() -> None:
        messages = Messages(OWN, http=Hanging(), seconds=0.5)
        at_once = await asyncio.gather(*[messages.perform(HELLO) for _ in range(AT_ONCE)])
        later = await messages.perform(HELLO)
        unknown = "Twilio did not answer within 0.5 s: whether the message is sent is not known"
        unsent = "earlier messages wait for Twilio, which did not answer within 0.5 s: this one is not sent"
        assert [one.problem for one in (*at_once, later)] == [unknown] * AT_ONCE + [unsent]
        waits = asyncio.ensure_future(messages.perform(HELLO))
        await asyncio.sleep(0.05)
        free.set()
        assert (await waits).answer == "sent"
        assert len(asked) == AT_ONCE + 1

    try:
        asyncio.run(story())
    finally:
        free.set()


def test_without_an_account_nothing_is_sent():
    for own in (Credentials(""), Credentials(ACCOUNT), Credentials(ACCOUNT, "", "SK1"), Credentials("", "token")):
        result = asyncio.run(Messages(own).perform(HELLO))
        assert result.problem == "no message can be sent: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set"


def test_a_twilio_that_cannot_be_reached_is_told_without_its_address():
    class Nowhere(TwilioHttpClient):
        def request(self, *_: object, **__: object) -> Any:
            raise ConnectionRefusedError("SECRET")

    result = asyncio.run(Messages(OWN, http=Nowhere()).perform(HELLO))
    problem = "Twilio cannot be reached: ConnectionRefusedError; check the connection to the network, and try again"
    assert result == Result("error", {"sid": None}, problem)


def test_secrets_never_show():
    assert "SECRET" not in repr(Credentials(ACCOUNT, "SECRET", "SK1", "SECRET"))
