"""The example of a telephone in the browser: its back end hands the page a token, and keeps the key to itself."""

import asyncio
import importlib.util
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "browser-phone"
KEY = "tt_hidden"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str, Any]]]:
    """What a server in the place of Touchtone is asked; it answers with a token."""
    seen: list[tuple[str, str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.path, self.headers["Authorization"], body))
            answer = json.dumps({"token": "eyJ", "identity": body["identity"], "until": "…"}).encode()
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("TOUCHTONE_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("TOUCHTONE_API_KEY", KEY)
    yield seen
    server.shutdown()
    server.server_close()


def ask(method: str, path: str) -> httpx2.Response:
    """One request to the example."""
    spec = importlib.util.spec_from_file_location("browser_phone", EXAMPLE / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    async def once() -> httpx2.Response:
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=module.app), base_url="http://127.0.0.1"
        ) as client:
            return await client.request(method, path)

    return asyncio.run(once())


def test_the_page_gets_a_token_and_not_the_key(asked):
    answer = ask("POST", "/token")
    assert (answer.status_code, answer.json()["token"]) == (201, "eyJ")
    assert asked == [("/api/token", f"Bearer {KEY}", {"identity": "desk", "flow": "clinic"})]
    assert KEY not in answer.text


def test_the_page_is_there_but_for_the_part_that_is_twilios():
    page = ask("GET", "/")
    assert page.status_code == 200
    wanted = re.findall(r'src="([^"]+)"', page.text)
    assert wanted == ["twilio.min.js", "phone.js"]
    assert ask("GET", "/phone.js").status_code == 200
    assert ask("GET", "/app.py").status_code == 404
    for told in ("twilio.min.js", "@twilio/voice-sdk"):
        assert told in (EXAMPLE / "app.py").read_text()


def test_every_element_that_the_script_asks_for_is_on_the_page():
    page = (EXAMPLE / "page" / "index.html").read_text()
    asked_for = set(re.findall(r'byId\("([^"]+)"\)', (EXAMPLE / "page" / "phone.js").read_text()))
    assert asked_for
    assert asked_for <= set(re.findall(r'id="([^"]+)"', page))
