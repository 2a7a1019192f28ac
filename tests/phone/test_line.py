"""The line: signatures, cookies, passwords, transports; a server that is not ours."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import Response as Answer
from starlette.routing import Route
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse
from uvicorn import Config, Server

from engine.phone import Phone, Request, Response, Unreachable, in_process, over_http
from engine.phone.signing import signature

TOKEN = "12345"
PARAMS = (
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
)
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"


@pytest.mark.parametrize(
    ("url", "params", "expected"),
    [
        (URL, PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL.replace(".com", ".com:443"), PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://user:pass@" + URL[8:], PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL + "#rc=2", PARAMS, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", PARAMS, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        (
            URL,
            (("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")),
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
)
def test_signatures_are_twilios(url, params, expected):
    """Twilio, "Webhooks security", and the vectors of its libraries."""
    assert signature(TOKEN, url, params) == expected


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_library_of_twilio_accepts_what_the_phone_signs(method):
    verdicts = []

    async def judge(request: Asked) -> Answer:
        sent = dict((await request.form()).items()) if request.method == "POST" else {}
        signed = request.headers["x-twilio-signature"]
        verdicts.append(RequestValidator(TOKEN).validate(str(request.url), sent, signed))
        return Answer("<Response><Hangup/></Response>", media_type="text/xml")

    app = Starlette(routes=[Route("/{path:path}", judge, methods=["GET", "POST"])])
    phone = Phone(in_process(app), token=TOKEN)
    phone.ring("https://example.com/a?x=1&y=a%20b", from_="+1 (555) é", method=method)
    Phone(in_process(app), token="other").ring("https://example.com/a", method=method)
    assert verdicts == [True, False]


def test_cookies_are_kept_for_the_length_of_a_call():
    """Twilio, "Webhooks: HTTP cookies"."""
    seen = []

    def server(request: Request) -> Response:
        seen.append(dict(request.headers).get("Cookie", ""))
        cookies = [
            ("Set-Cookie", "a=1; Path=/; HttpOnly"),
            ("Set-Cookie", "gone=1; Max-Age=0"),
            ("Set-Cookie", "deep=1; Path=/deep"),
            ("Set-Cookie", "other=1; Domain=other.example"),
        ]
        return Response(200, (("Content-Type", "text/xml"), *cookies), b"<Response><Gather numDigits='1'/></Response>")

    phone = Phone(server)
    phone.ring("https://example.com/").press("1")
    phone.ring("https://example.com/")
    assert seen == ["", "a=1", ""]


def test_a_password_in_the_address_is_sent_when_it_is_asked_for():
    """Twilio, "Webhooks security", HTTP authentication: the first request comes without it."""
    asked = []

    def server(request: Request) -> Response:
        asked.append((request.url, dict(request.headers).get("Authorization")))
        return Response(200 if asked[-1][1] else 401, (("Content-Type", "text/xml"),), b"<Response/>")

    call = Phone(server).ring("https://ada:s%40cret@example.com/")
    assert asked == [("https://example.com/", None), ("https://example.com/", "Basic YWRhOnNAY3JldA==")]
    assert call.warnings == ()


def test_every_request_has_a_token_of_its_own():
    """Twilio, "Webhooks: Connection overrides", I-Twilio-Idempotency-Token."""
    tokens = []

    def server(request: Request) -> Response:
        tokens.append(dict(request.headers)["I-Twilio-Idempotency-Token"])
        return Response(200, (("Content-Type", "text/xml"),), b"<Response><Gather numDigits='1'/></Response>")

    Phone(server).ring("https://example.com/").press("1").press("2")
    assert len(set(tokens)) == 3


def test_a_server_that_cannot_be_reached_is_an_error_of_the_call():
    """Twilio, error 11200 and its relatives."""

    def nobody(request: Request) -> Response:
        raise Unreachable(11205, "nobody there")

    call = Phone(nobody).ring("https://example.com/")
    assert [(warning.code, warning.text) for warning in call.warnings] == [(11205, "nobody there")]
    assert call.requests[0].status == 0


@pytest.mark.parametrize("fault", ["raises", "silent"])
def test_an_application_that_fails_is_an_error_of_the_call(fault):
    async def app(scope, receive, send):
        if fault == "raises":
            raise ValueError("broken")

    call = Phone(in_process(app)).ring("https://example.com/")
    assert [warning.code for warning in call.warnings] == [11200]


def test_in_process_only_its_own_address_is_reached():
    async def app(scope, receive, send):
        raise AssertionError("nobody asks here")

    call = Phone(in_process(app, "https://example.com")).ring("https://other.example/")
    assert call.warnings[0].text.startswith("https://other.example is another server")


def test_in_process_starts_and_stops_the_application():
    states = []

    async def app(scope, receive, send):
        assert scope["type"] == "lifespan"
        assert (await receive())["type"] == "lifespan.startup"
        states.append("up")
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        states.append("down")
        await send({"type": "lifespan.shutdown.complete"})

    with in_process(app):
        assert states == ["up"]
    assert states == ["up", "down"]


def test_an_application_that_does_not_start_says_why():
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no store"})

    transport = in_process(app)
    with pytest.raises(RuntimeError, match="no store"), transport:
        pass
    transport.close()


def test_a_phone_can_ring_an_application_on_the_loop_of_another_thread():
    loops = []

    async def app(scope, receive, send):
        loops.append(asyncio.get_running_loop())
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/xml")]})
        await send({"type": "http.response.body", "body": b"<Response/>"})

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    call = Phone(in_process(app, loop=loop)).ring("https://example.com/")
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert call.ended_by == "end"
    assert loops == [loop]


# A server that is not ours: ten lines of Starlette and Twilio's own library.


async def voice(request: Asked) -> Answer:
    form = await request.form()
    response = VoiceResponse()
    if "Digits" in form:
        response.say(f"You pressed {form['Digits']}")
    else:
        response.gather(num_digits=1).say("Press a key")
        response.redirect("/voice")
    return Answer(str(response), media_type="text/xml")


@pytest.fixture(scope="module")
def foreign() -> Iterator[str]:
    """The address of that server, on a port of its own."""
    app = Starlette(routes=[Route("/voice", voice, methods=["POST"])])
    server = Server(Config(app, port=0, log_level="error", ws="none", lifespan="off"))
    listening = server.config.bind_socket()
    listening.listen()  # who connects before the server runs waits for it
    port = listening.getsockname()[1]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
    listening.close()


def test_it_plays_a_server_that_is_not_ours(foreign):
    transport = over_http()
    call = Phone(transport, base=foreign, token=TOKEN).ring("/voice")
    assert call.heard == ("Press a key",)
    assert call.silence().heard == ("Press a key",)
    assert call.press("7").heard == ("You pressed 7",)
    assert call.ended_by == "end"
    transport.close()


def test_it_rings_a_server_under_an_address_that_does_not_exist_yet(foreign):
    transport = over_http({"https://clinic.example": foreign})
    call = Phone(transport).ring("https://clinic.example/voice").press("2")
    assert call.heard == ("You pressed 2",)
    assert call.url == "https://clinic.example/voice"
    transport.close()


def test_a_server_that_is_not_running_refuses_the_connection():
    """Twilio, error 11202."""
    call = Phone(over_http()).ring("http://127.0.0.1:9/voice")
    assert [warning.code for warning in call.warnings] == [11202]
    assert "is the server running?" in call.warnings[0].text
