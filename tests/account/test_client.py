"""The client of the `twilio` library goes to Twilio, or to a stand-in that the settings name."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from engine.account.client import Credentials, open_client
from engine.account.errors import TRIES, explain, retried
from engine.account.messages import AT_ONCE
from engine.server.dotenv import SettingsError
from engine.server.settings import read_settings

ACCOUNT = "AC" + "0" * 32
OWN = Credentials(ACCOUNT, "SECRET")


@pytest.fixture
def standin() -> Iterator[tuple[str, list[str]]]:
    """The base URL of a server that knows every call, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps({"sid": "CA" + "1" * 32, "status": "completed"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def close(client: Client) -> None:
    client.http_client.session.close()  # type: ignore[attr-defined]


def test_every_request_goes_to_the_stand_in(standin, monkeypatch):
    api, asked = standin
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    client = open_client(OWN, api=api)
    try:
        assert client.calls("CA1").fetch().status == "completed"
    finally:
        close(client)
    assert asked == [f"/2010-04-01/Accounts/{ACCOUNT}/Calls/CA1.json"]


def test_without_one_region_and_edge_count(monkeypatch):
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    client = open_client(OWN)
    close(client)
    assert client.get_hostname("https://api.twilio.com/x") == "https://api.dublin.ie1.twilio.com/x"


@pytest.mark.parametrize(
    ("api", "host"), [("", "https://api.twilio.com"), ("http://127.0.0.1:9", "http://127.0.0.1:9")]
)
def test_a_connection_is_kept_for_each_text_that_is_sent_at_once(api, host):
    """One more would be thrown away, with a warning in the log each time."""
    client = open_client(OWN, api=api)
    kept = client.http_client.session.get_adapter(host).poolmanager.connection_pool_kw["maxsize"]  # type: ignore[attr-defined]
    close(client)
    assert kept >= AT_ONCE


def test_an_api_key_is_the_login_of_its_account():
    client = open_client(Credentials(ACCOUNT, "SECRET", "SK1", "hidden"))
    close(client)
    assert (client.username, client.password, client.account_sid) == ("SK1", "hidden", ACCOUNT)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8010", "http://localhost:8010/", "http://[::1]:8010", "https://a.example"]
)
def test_addresses_of_stand_ins(url):
    assert read_settings({}, {"TOUCHTONE_TWILIO_API": url}, {}).twilio_api == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("127.0.0.1:8010", "is no address of a stand-in"),
        ("http://me:hidden@localhost:8010", "is no address of a stand-in"),
        ("http://localhost:8010/2010-04-01", "ends with the host and its port"),
        ("http://a.example", "write https://a.example"),
        ("http://localhost:x", "is no address of a stand-in"),
    ],
)
def test_addresses_that_are_none(url, sentence):
    with pytest.raises(SettingsError, match=sentence) as error:
        read_settings({}, {"TOUCHTONE_TWILIO_API": url}, {})
    assert "hidden" not in str(error.value)


def refused(status: int, code: int | None) -> TwilioRestException:
    return TwilioRestException(status, "/Calls", "Unable to create record: Some words", code)


def test_an_error_says_what_to_do():
    problem = explain(refused(400, 21219))
    assert (problem.code, problem.status) == (21219, 400)
    assert problem.text.startswith("Twilio error 21219: Some words; a trial account calls verified numbers only")


def test_what_is_no_error_of_the_account_is_raised():
    with pytest.raises(KeyError):
        explain(KeyError("x"))


def test_a_rate_limit_is_waited_out():
    answers, pauses = [refused(429, 20429), refused(429, 20429)], list[float]()

    def ask() -> str:
        if answers:
            raise answers.pop()
        return "done"

    assert retried(ask, sleep=pauses.append, jitter=lambda: 0.5) == "done"
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize(("error", "times"), [(refused(429, 20429), TRIES), (refused(400, 21211), 1)])
def test_it_is_not_waited_out_for_ever_and_nothing_else_is(error, times):
    asked = []

    def ask() -> None:
        asked.append(1)
        raise error

    with pytest.raises(TwilioRestException):
        retried(ask, sleep=lambda _: None, jitter=lambda: 0.5)
    assert len(asked) == times
