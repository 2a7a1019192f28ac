"""A Twilio that answers as a test says, on the loopback, for commands that ask the account."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from tests.standin.description import Exchange, assert_requested

ACCOUNT = "AC" + "1" * 32
TOKEN = "token-that-nobody-sees"
API_SECRET = "api-secret-that-nobody-sees"


@dataclass
class Scripted:
    """Answers one request after another, the last answer for ever; a status of 0 closes the connection without an answer."""

    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    asked: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)
    url: str = ""

    def says(self, *answers: tuple[int, dict[str, Any]]) -> None:
        self.answers = list(answers)


@pytest.fixture
def twilio() -> Iterator[Scripted]:
    """Twilio's REST API as far as a test says what it answers."""
    scripted = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            scripted.asked.append((self.command, self.path, parse_qsl(body, keep_blank_values=True)))
            status, told = scripted.answers[min(len(scripted.asked), len(scripted.answers)) - 1]
            if not status:
                self.close_connection = True
                return
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scripted.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield scripted
    server.shutdown()
    server.server_close()
    for method, path, form in scripted.asked:
        where, _, query = path.partition("?")
        assert_requested(Exchange(method, where, query, urlencode(form).encode(), 0, b""))


@pytest.fixture
def account(twilio: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command with an account at `twilio`, and sees to it that nothing secret is printed."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object, **env: str) -> Result:
        own = {name: "" for name in os.environ if name.startswith(("TWILIO", "TOUCHTONE"))}
        own |= {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TOUCHTONE_TWILIO_API": twilio.url,
            "TOUCHTONE_FROM": "+15550100",
            "TOUCHTONE_PUBLIC_URL": "https://example.com",
        }
        result = CliRunner(env=own | env).invoke(main, [str(word) for word in words])
        assert TOKEN not in result.output
        assert API_SECRET not in result.output
        return result

    return run


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A folder with a flow for each channel."""
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "shop.yaml").write_text(
        "takes: {name: required, day: tomorrow}\n"
        "steps:\n"
        "  welcome: [{say: 'Hello {{ name }}, see you {{ day }}.'}]\n"
        "  ended: [{log: '{{ call.status }}'}]\n"
    )
    (folder / "texts.yaml").write_text("channel: messaging\nsteps: {hello: [{message: Hello}]}\n")
    (folder / "broken.yaml").write_text("steps: {hello: [{sya: Hello}]}\n")
    return folder
