"""An address is asked over TLS by its name, and why no answer came is told apart."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from engine.account.fetching import FetchError, fetch

PEM = Path(__file__).parents[1] / "runtime" / "effects" / "shop.pem"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode() + b" " + body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def here(*_: object, **__: object) -> list[object]:
    return [(0, 0, 0, "", ("127.0.0.1", 0))]


def ask(port: int, host: str, **options: object) -> object:
    return fetch("POST", f"https://{host}:{port}/a", body=b"x", resolve=here, **options)


@pytest.fixture(autouse=True)
def as_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback address counts as one of the internet."""
    monkeypatch.setattr("engine.account.fetching.judge", lambda _: "")


def test_over_tls_the_answer_comes(port):
    context = ssl.create_default_context(cafile=str(PEM))
    answer = ask(port, "shop.example", context=context)
    assert (answer.status, answer.body) == (200, f"shop.example:{port} x".encode())


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(port):
    with pytest.raises(FetchError, match=r"its certificate is not accepted: self.signed certificate") as caught:
        ask(port, "shop.example")
    assert caught.value.kind == FetchError.CERTIFICATE


def test_a_certificate_of_another_host_is_not_accepted(port):
    with pytest.raises(FetchError, match="its certificate is not accepted: Hostname mismatch"):
        ask(port, "other.example", context=ssl.create_default_context(cafile=str(PEM)))
