"""Servers that mean no good, or nothing at all: a call to them ends with a sentence, soon, and the terminal stays as it is."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from starlette.responses import Response

from engine.phone import Phone, PhoneCall, over_http, transcript
from engine.phone.cookies import Jar
from engine.phone.document import Trouble, read_twiml
from engine.phone.events import Heard, Requested
from engine.phone.story import Story
from engine.phone.terminal import Screen
from engine.phone.transport import Response as Answer
from engine.phone.transport import address_fault, ascii_url, encode, is_private

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
HELLO = b"<Response><Say>hello</Say></Response>"
Serve = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server of bytes: what it does with each connection once a request has come; gives its address."""
    listening: list[socket.socket] = []

    def make(answer: Callable[[socket.socket], None]) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def live() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    with suppress(OSError):  # the telephone had enough
                        answer(connection)
                        # Closing at once would reset the connection if anything of the request is not read yet.
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(65536):
                            pass

        threading.Thread(target=live, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    yield make
    for server in listening:
        server.close()


def ring(url: str, timeout: float = 2.0) -> PhoneCall:
    transport = over_http(timeout=timeout)
    call = Phone(transport).ring(url)
    transport.close()
    return call


def errors(call: PhoneCall) -> list[int]:
    return [warning.code for warning in call.warnings if warning.error]


def drip(connection: socket.socket, first: bytes = b"") -> None:
    connection.sendall(first)
    while True:
        connection.sendall(b" ")
        time.sleep(0.02)


@pytest.mark.parametrize(
    "first", [b"", HEAD + b"\r\n<Response>", b"HTTP/1.1 200 OK\r\nX: "], ids=["nothing", "body", "header"]
)
def test_an_answer_that_drips_is_waited_for_no_longer_than_the_rest(serve, first):
    """Twilio, error 11203: the time is for all of an answer, not for each of its bytes."""
    began = time.monotonic()
    call = ring(serve(lambda connection: drip(connection, first)), timeout=0.4)
    assert errors(call) in ([11203], [11206])
    assert time.monotonic() - began < 5


def test_of_a_body_without_end_no_more_is_read_than_matters(serve):
    """Twilio, error 11750."""

    def endless(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"\r\n<Response><Say>")
        while True:
            connection.sendall(b"a" * 65536)

    assert errors(ring(serve(endless))) == [11750]


@pytest.mark.parametrize("length", ["500", "9" * 20])
def test_a_body_that_breaks_off_is_an_error_whatever_length_it_claims(serve, length):
    """Twilio, error 11206."""
    answer = HEAD + f"Content-Length: {length}\r\n\r\n".encode() + HELLO
    assert errors(ring(serve(lambda connection: connection.sendall(answer)))) == [11206]


def test_a_kept_connection_has_its_whole_time_again(serve):
    """The second request over a connection does not inherit what the first one left of its time."""
    answer = HEAD + b"Content-Length: %d\r\n\r\n" % len(HELLO) + HELLO

    def twice(connection: socket.socket) -> None:
        time.sleep(0.3)
        connection.sendall(answer)
        connection.recv(65536)
        time.sleep(0.3)
        connection.sendall(answer)

    transport, url = over_http(timeout=0.5), serve(twice)
    phone = Phone(transport)
    assert [phone.ring(url).heard, phone.ring(url).heard] == [("hello",), ("hello",)]
    transport.close()


@pytest.mark.parametrize("host", ["a..b.example", f"{'a' * 70}.example"])
def test_a_name_that_cannot_be_looked_up_is_no_host(host):
    """Twilio, error 11210."""
    assert errors(ring(f"http://{host}/")) == [11210]


# Addresses


@pytest.mark.parametrize("where", ["http://[", "http://[::1", "http://ex\u2100mple.com/", "//["])
@pytest.mark.parametrize(
    "verbs",
    [
        "<Redirect>{}</Redirect>",
        "<Gather numDigits='1' action='{}'/>",
        "<Play>{}</Play>",
        "<Dial action='{0}'><Number url='{0}' statusCallback='{0}'>+1</Number></Dial>",
        "<Dial><Conference waitUrl='{0}' statusCallback='{0}' statusCallbackEvent='join'>a</Conference></Dial>",
        "<Enqueue waitUrl='{0}' action='{0}'>q</Enqueue>",
        "<Record action='{0}' recordingStatusCallback='{0}' transcribe='true' transcribeCallback='{0}'/>",
        "<Start><Stream url='wss://x.example/y' statusCallback='{0}'/></Start><Pay action='{0}' statusCallback='{0}'/>",
        "<Start><Transcription statusCallbackUrl='{0}'/></Start><Say>x</Say>",
    ],
)
def test_an_address_that_cannot_even_be_parsed_is_one_that_is_none(site, verbs, where):
    """Twilio, error 11100."""
    call = site({"/": verbs.format(where)}).ring(answers={"dial": "completed", "record": "3", "pay": "success"})
    if not call.over:
        call.silence() if "Gather" not in verbs else call.press("1")
    assert 11100 in [warning.code for warning in call.warnings]


def test_a_server_may_redirect_to_an_address_that_is_none(site):
    """Twilio, error 11100."""
    call = site({"/": Response(status_code=302, headers={"location": "http://[::1"})}).ring()
    assert errors(call) == [11100]


def test_letters_of_any_alphabet_go_over_the_line_in_percent_signs(site):
    """RFC 3987, "3.1": also where a server redirects to them."""
    page = site({"/": "<Gather numDigits='1' action='/caf\u00e9?q=\u202e'/>", "/caf\u00e9": "<Say>hello</Say>"})
    call = page.ring().press("1")
    assert call.heard == ("hello",)
    assert call.requests[-1].url == "https://example.com/caf%C3%A9?q=%E2%80%AE"
    assert ascii_url("https://example.com/a%20b?c=%41") == "https://example.com/a%20b?c=%41"


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("127.1", True),
        ("0x7f000001", True),
        ("localhost", True),
        ("shop.localhost", True),
        ("10.1.2.3", True),
        ("169.254.169.254", True),
        ("::1", True),
        ("::ffff:10.0.0.1", True),
        ("fd00::1", True),
        ("8.8.8.8", False),
        ("::ffff:8.8.8.8", False),
        ("example.com", False),
        ("caf\u00e9.example", False),
        ("", False),
    ],
)
def test_addresses_of_ones_own_network_are_told_from_others(host, private):
    assert is_private(host) is private


@pytest.mark.parametrize("where", ["http://169.254.169.254/latest", "http://127.0.0.1:9/x", "http://[::1]/"])
def test_a_server_elsewhere_cannot_lead_to_a_private_address(site, where):
    """Twilio, error 11205: "URLs that reference private IP addresses or localhost"."""
    redirecting = Response(status_code=302, headers={"location": where})
    for page in (redirecting, f"<Redirect>{where}</Redirect>"):
        call = site({"/": page}).ring()
        assert errors(call) == [11205]
        assert [event.status for event in call.events if isinstance(event, Requested)] == [
            200 if page != redirecting else 302,
            0,
        ]


def test_a_server_at_home_leads_anywhere(serve):
    """While a flow is designed its server is this machine."""
    there = serve(lambda connection: connection.sendall(HEAD + b"Connection: close\r\n\r\n" + HELLO))
    redirect = f"<Response><Redirect>{there}</Redirect></Response>".encode()
    here = serve(lambda connection: connection.sendall(HEAD + b"Connection: close\r\n\r\n" + redirect))
    assert ring(here).heard == ("hello",)


def test_an_answer_after_a_redirect_is_told_with_where_it_came_from(site):
    """Twilio, error 11200: what was asked for first did answer."""
    call = site({"/": Response(status_code=302, headers={"location": "/b"}), "/b": Response(status_code=500)}).ring()
    said = "POST https://example.com/ redirects to https://example.com/b, which answers with 500"
    assert [warning.text for warning in call.warnings] == [said]


# Documents


@pytest.mark.parametrize("tag", ["Say", "p", "emphasis"])
def test_elements_that_nest_without_end_are_no_document(tag):
    """Unverified: Twilio's error for them."""
    deep = f"<Response><Say>{f'<{tag}>' * 3000}{f'</{tag}>' * 3000}</Say></Response>"
    with pytest.raises(Trouble) as raised:
        read_twiml(deep.encode(), "voice")
    assert raised.value.code == 12100


@pytest.mark.parametrize(
    "header",
    ["a=b; Max-Age=" + "9" * 5000, "a=b; Max-Age=\u00b2", 'a="x\r\n y"', "a=\x1b[31m"],
    ids=["long", "superscript", "folded", "control"],
)
def test_no_cookie_breaks_a_call(header):
    """Twilio, "Webhooks: HTTP cookies": one that no header could carry back is not kept."""
    jar = Jar()
    jar.keep("https://example.com/", Answer(200, (("Set-Cookie", header),)))
    assert jar.header("https://example.com/").isprintable()


def test_a_cookie_that_is_over_is_dropped_and_one_that_lasts_is_kept():
    """RFC 6265, "5.2.2 Max-Age"."""
    jar = Jar()
    for header in ("a=1; Max-Age=" + "9" * 30, "b=1", "b=2; Max-Age=0", "c=1", "c=1; Max-Age=-5"):
        jar.keep("https://example.com/", Answer(200, (("Set-Cookie", header),)))
    assert jar.header("https://example.com/") == "a=1"


def test_half_a_letter_is_sent_as_a_question_mark():
    """A lone surrogate is no letter: no form could hold it."""
    assert encode((("a", "x\ud83dy"),)) == "a=x%3Fy"


# The terminal


@pytest.mark.parametrize(
    "page",
    [
        Response("\x1b[31mhello\x1b[2J\x00\x07\r\nworld", media_type="text/plain"),
        Response("x", headers={"content-type": "text/\x1b[31mbad\x07"}),
        Response(status_code=302, headers={"location": "/a\x1b[31m b\x07"}),
        "<Say>\u009b31mred \u202eevil \u2028</Say>",
        "<Dial><Number>+1\u009b31m</Number></Dial>",
        "<Response xmlns:x='http://\u009b/'><x:Say>a</x:Say></Response>",
    ],
)
def test_nothing_that_a_server_says_moves_the_cursor(site, page):
    shown = transcript(site({"/": page}).ring().moments, requests=True)
    assert not [sign for sign in shown if sign != "\n" and not sign.isprintable()], ascii(shown)
    assert "\ufffd" in shown


def test_no_thing_is_shown_longer_than_anybody_reads(site):
    """A Say of 4096 letters, which Twilio takes, is shown whole."""
    assert len(transcript(site(f"<Play digits='{'W' * 60_000}'/>").ring().moments)) < 6_000
    call = site(f"<Say>{'word ' * 800}end.</Say>").ring()
    assert "end." in transcript(call.moments)
    assert isinstance(call.events[1], Heard)


def test_addresses_are_judged_without_a_stack():
    assert address_fault("http://[") == "the host or port is not valid"


def test_whoever_follows_a_call_looks_at_each_moment_once(site, monkeypatch):
    """A call of many turns costs as much for each turn as one of a few."""
    call = site("<Dial>+1</Dial>").ring()
    seen, after = [], Story.after
    monkeypatch.setattr(Story, "after", lambda story, count: seen.append(after(story, count)) or seen[-1])
    monkeypatch.setattr(Story, "moments", property(lambda story: pytest.fail("it looked at the whole call")))
    screen = Screen(lambda text: None)
    for _ in range(5):
        screen.catch_up(call)
        call.press("1")
    screen.catch_up(call)
    assert sum(map(len, seen)) == call.length


def test_nobody_speaks_longer_than_twilio_listens(site):
    """Twilio, TwiML <Gather>, input: speech of at most 60 seconds."""
    assert site({"/": "<Gather input='speech' action='/a'/>"}).ring().say("word " * 10_000).now == 60
