"""What goes wrong with the account is told in a sentence, with what to do, and never as if nothing had been sent."""

import socket
import threading

import pytest

from engine.account.client import Credentials, open_client
from engine.account.errors import FIXES, explain, told

# Twilio's Error Dictionary, as far as a program that calls and texts meets it.
MET = (
    *(20003, 20404, 20429),
    *(21201, 21203, 21205, 21206, 21208, 21210, 21211, 21212, 21213, 21214, 21215, 21216, 21217, 21218, 21219, 21220),
    *(21234, 21262, 21263, 21264, 21266, 21267),
    *(21408, 21602, 21603, 21604, 21606, 21608, 21609, 21610, 21611, 21612, 21614, 21617, 21619, 21620, 21623, 21635),
    *(21402, 21404, 21405, 21406, 21421, 21422, 21450, 21451, 21452, 21454),
    *(30001, 30002, 30003, 30004, 30005, 30006, 30007, 30008, 30034, 63016, 13805, 10002, 14111),
)


@pytest.mark.parametrize("code", MET)
def test_each_error_that_a_caller_meets_says_what_to_do(code):
    assert told(code)


def test_what_to_do_is_one_line():
    for fix in FIXES.values():
        assert fix == " ".join(fix.split())
        assert not fix.endswith(".")


def asked(port: int, seconds: float = 5.0) -> Exception:
    """What comes of a call that is placed at a port of the loopback."""
    client = open_client(Credentials("AC" + "1" * 32, "SECRET"), api=f"http://127.0.0.1:{port}", seconds=seconds)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        client.calls.create(to="+15550101", from_="+15550100", twiml="<Response/>")
    return caught.value


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def test_where_nobody_listens_nothing_was_sent():
    problem = explain(asked(closed_port()), "the call is placed")
    assert problem.sentence == "Twilio cannot be reached: the connection is refused"
    assert problem.fix == "check the connection to the network, and try again"
    assert not problem.unknown


def test_a_name_that_is_not_found_is_told_so(monkeypatch):
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror("nowhere is not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    client = open_client(Credentials("AC" + "1" * 32, "SECRET"), api="https://nowhere.invalid")
    with pytest.raises(Exception) as caught:  # noqa: PT011
        client.calls("CA1").fetch()
    assert explain(caught.value).sentence == "Twilio cannot be reached: its name is not found"


def test_a_connection_that_breaks_leaves_open_what_was_done():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def close() -> None:
            connection, _ = server.accept()
            connection.recv(65536)
            connection.close()

        closing = threading.Thread(target=close)
        closing.start()
        problem = explain(asked(server.getsockname()[1]), "the call is placed")
        closing.join()
    assert problem.text == "the connection to Twilio broke: whether the call is placed is not known"
    assert problem.unknown


def test_a_time_out_leaves_open_what_was_done():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        problem = explain(asked(server.getsockname()[1], seconds=0.2), "the call is placed")
    assert problem.text == "Twilio did not answer in time: whether the call is placed is not known"
    assert problem.unknown


def test_what_is_no_error_of_the_account_is_raised():
    with pytest.raises(KeyError):
        explain(KeyError("a"))
