"""Whatever answers in Twilio's place: each answer ends in one plain sentence, with bounded time and memory."""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from engine.account.apps import list_apps
from engine.account.callers import list_callers
from engine.account.calls import CallOrder, place
from engine.account.client import Credentials, open_client
from engine.account.errors import Problem, explain
from engine.account.numbers import list_numbers
from engine.account.recordings import get_recording, list_recordings

EVIL = "x\x1b]0;evil\x07\u202e\r\nInjected: line\x9b31m" + "A" * 1000
UNREAD = "Twilio's answer cannot be read"


@contextmanager
def answering(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """The base URL of a server that reads a request, then does `serve` with the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=one, args=(connection,), daemon=True).start()

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.recv(65536)
                serve(connection)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def whole(status: int, body: str | bytes, more: str = "") -> Callable[[socket.socket], None]:
    content = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status} Answer\r\nContent-Length: {len(content)}\r\n{more}Connection: close\r\n\r\n"
    return lambda connection: connection.sendall(head.encode() + content)


def problem_of(api: str, ask: Callable[[object], object], done: str = "", seconds: float = 5.0) -> Problem:
    client = open_client(Credentials("AC" + "1" * 32, "SECRET"), api=api, seconds=seconds)
    try:
        with pytest.raises(Exception) as caught:  # noqa: PT011
            ask(client)
        return explain(caught.value, done)
    finally:
        client.http_client.session.close()  # type: ignore[attr-defined]


def call(client):
    return place(client, CallOrder("+15550101", "+15550100", twiml="<Response/>"))


LISTS = {
    "numbers": list_numbers,
    "callers": list_callers,
    "apps": list_apps,
    "recordings": list_recordings,
    "one recording": lambda client: get_recording(client, "RE" + "1" * 32),
}

KINDS = ("incoming_phone_numbers", "outgoing_caller_ids", "applications", "recordings")
NONSENSE = {
    "html": "<html>hello</html>",
    "nothing": "",
    "a list": "[1, 2]",
    "null": "null",
    "a text": '"x"',
    "nested without end": "[" * 100_000,
    "a number without end": "9" * 100_000,
    "wrong types": json.dumps({"sid": 5, "date_created": 7, "next_page_uri": 7, "meta": 5}),
    "lists of no objects": json.dumps({kind: [5, None, "x", []] for kind in KINDS}),
    "a SID that is a path": json.dumps({"sid": "../../Accounts", **{kind: [{"sid": "RE/../x"}] for kind in KINDS}}),
}


@pytest.mark.parametrize("ask", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_an_answer_of_another_shape_is_told_as_such(body, ask):
    with answering(whole(200, body)) as api:
        assert problem_of(api, ask).sentence == UNREAD


@pytest.mark.parametrize("body", [*NONSENSE.values(), "{}"], ids=[*NONSENSE, "no SID"])
def test_nobody_knows_of_a_call_that_is_answered_with_nonsense(body):
    with answering(whole(201, body)) as api:
        problem = problem_of(api, call, "the call is placed")
    assert problem.sentence == f"{UNREAD}: whether the call is placed is not known"
    assert problem.unknown


def test_an_answer_that_cannot_be_unpacked_leaves_open_whether_the_call_is_placed():
    with answering(whole(201, b"not packed", "Content-Encoding: gzip\r\n")) as api:
        assert problem_of(api, call, "the call is placed").unknown


def test_an_error_of_other_types_is_told_by_its_status():
    with answering(whole(400, json.dumps({"code": "x", "message": {"a": 1}, "status": [5]}))) as api:
        assert problem_of(api, call, "the call is placed").sentence.startswith("Twilio answered 400")


def test_what_twilio_says_is_cut():
    with answering(whole(400, json.dumps({"code": 21211, "message": EVIL, "status": 400}))) as api:
        assert len(problem_of(api, call).sentence) < 600


def drop_by_drop(head: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            gone.wait(0.02)

    gone = threading.Event()
    return serve


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"])
def test_an_answer_that_comes_drop_by_drop_is_given_up(head):
    with answering(drop_by_drop(head)) as api:
        problem = problem_of(api, call, "the call is placed", seconds=0.2)
    assert problem.sentence == "Twilio did not answer in time: whether the call is placed is not known"


def test_an_answer_without_end_is_given_up():
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    with answering(serve) as api:
        assert problem_of(api, list_numbers).sentence == UNREAD


def test_an_answer_that_unpacks_to_very_much_is_given_up():
    packed = gzip.compress(b" " * 64 * 1024 * 1024)
    with answering(whole(200, packed, "Content-Encoding: gzip\r\n")) as api:
        assert problem_of(api, list_numbers).sentence == UNREAD


def test_a_redirect_is_not_followed():
    asked: list[socket.socket] = []
    with answering(asked.append) as there, answering(whole(307, "", f"Location: {there}/\r\n")) as api:
        assert problem_of(api, call).sentence == "Twilio answered 307"
    assert asked == []


def test_a_login_with_characters_that_http_cannot_carry_is_told_as_such():
    client = open_client(Credentials("AC" + "1" * 32, "SECRET\u2603"), api="http://127.0.0.1:9")
    with pytest.raises(UnicodeEncodeError) as caught:
        call(client)
    problem = explain(caught.value, "the call is placed")
    assert problem.sentence == "the request cannot be written"
    assert not problem.unknown


def test_certificates_that_are_not_there_are_told_as_such(monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    client = open_client(Credentials("AC" + "1" * 32, "SECRET"))
    with pytest.raises(OSError, match="bundle") as caught:
        call(client)
    assert explain(caught.value).sentence == (
        "Twilio cannot be reached: REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names no file of certificates"
    )
