"""What stands around the flows: health, recordings, the life of the server, other people's middleware."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import NoMatchFound
from starlette.testclient import TestClient

from engine.commands.common import utc_now
from engine.runtime.request import Reply
from engine.server.app import assemble
from engine.server.settings import Settings

Exchange = Callable[..., Any]


class TestHealth:
    def test_a_server_is_ready_when_it_says_so(self, exchange: Exchange) -> None:
        states = [False, True]
        phone = exchange(options={"ready": lambda: states.pop(0)})
        assert [phone.ask("/readyz", method="GET").status for _ in range(2)] == [503, 200]
        assert phone.ask("/healthz", method="GET").body == b"ok\n"

    def test_a_server_may_have_to_ask_whether_it_is_ready(self, exchange: Exchange) -> None:
        async def ready() -> bool:
            return False

        assert exchange(options={"ready": ready}).ask("/readyz", method="GET").status == 503

    def test_the_page_at_the_root_is_there_for_who_may_see_it(self, exchange: Exchange) -> None:
        phone = exchange(options={"index": lambda: "clinic  A clinic"})
        for method in ("GET", "POST"):
            response = phone.ask("/", method=method)
            assert (response.status, response.body) == (200, b"clinic  A clinic\n")
            assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert phone.ask("/", method="PUT").status == 405
        assert exchange().ask("/", method="GET").status == 404

    def test_health_is_read_only(self, exchange: Exchange) -> None:
        phone = exchange()
        assert phone.ask("/healthz", method="HEAD").body == b""
        response = phone.ask("/healthz", method="POST")
        assert (response.status, response.headers["allow"]) == (405, "GET, HEAD")
        assert phone.ask("/healthz/", method="GET").status == 404

    def test_health_is_found_below_a_prefix(self, exchange: Exchange) -> None:
        assert exchange().ask("/ivr/healthz", method="GET", root_path="/ivr").status == 200


class TestRecordings:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "secret.txt").write_text("secret")
        audio = tmp_path / "audio"
        (audio / "en").mkdir(parents=True)
        (audio / "hello.mp3").write_bytes(b"sound")
        (audio / "en" / "good day.wav").write_bytes(b"more sound")
        (audio / "outside.txt").symlink_to(tmp_path / "secret.txt")
        return audio

    def test_a_recording_is_sent_without_a_signature(self, exchange: Exchange, folder: Path) -> None:
        phone = exchange(options={"audio": folder})
        response = phone.ask("/flows/audio/hello.mp3", method="GET")
        assert (response.status, response.body, response.headers["content-type"]) == (200, b"sound", "audio/mpeg")
        assert response.headers["cache-control"] == "no-cache"
        assert phone.ask("/flows/audio/hello.mp3", method="HEAD").headers["content-length"] == "5"
        assert phone.ask("/flows/audio/en/good%20day.wav", method="GET").body == b"more sound"
        assert phone.ask("/ivr/flows/audio/hello.mp3", method="GET", root_path="/ivr").body == b"sound"

    def test_a_recording_that_twilio_has_is_not_sent_again(self, exchange: Exchange, folder: Path) -> None:
        phone = exchange(options={"audio": folder})
        etag = phone.ask("/flows/audio/hello.mp3", method="GET").headers["etag"]
        again = phone.ask("/flows/audio/hello.mp3", method="GET", headers=[("If-None-Match", etag)])
        assert (again.status, again.body) == (304, b"")

    @pytest.mark.parametrize(
        "path",
        [
            "../secret.txt",
            "..%2Fsecret.txt",
            "%2e%2e/secret.txt",
            "en/../../secret.txt",
            "/etc/passwd",
            "%2Fetc%2Fpasswd",
            "outside.txt",
            "",
            "en",
            "none.mp3",
            "%00",
            "x" * 5000,
            "..%5Csecret.txt",
            "hello.mp3/x",
            "%ED%A0%80",
        ],
    )
    def test_nothing_else_is_sent(self, exchange: Exchange, folder: Path, path: str) -> None:
        response = exchange(options={"audio": folder}).ask("/flows/audio/" + path, method="GET")
        assert (response.status, response.body) == (404, b"Not found\n")

    def test_recordings_are_read_only(self, exchange: Exchange, folder: Path) -> None:
        response = exchange(options={"audio": folder}).ask("/flows/audio/hello.mp3")
        assert (response.status, response.headers["allow"]) == (405, "GET, HEAD")

    def test_recordings_may_come_while_the_server_runs(self, exchange: Exchange, tmp_path: Path) -> None:
        audio = tmp_path / "audio"
        phone = exchange(options={"audio": audio}, unsigned=True)
        assert phone.ask("/flows/audio/menu", method="GET").status == 404
        audio.mkdir()
        (audio / "menu").write_bytes(b"sound")
        assert phone.ask("/flows/audio/menu", method="GET").body == b"sound"


class TestLife:
    def test_the_hooks_stand_around_the_life_of_the_server(self) -> None:
        seen: list[str] = []

        async def start() -> None:
            seen.append("start")

        async def stop() -> None:
            seen.append("stop")

        def answer(turn: object) -> Reply:
            seen.append("turn")
            return Reply(b"<Response/>")

        app = assemble(answer, Settings(unsigned=True), clock=utc_now, on_start=start, on_stop=stop)
        with TestClient(app) as client:
            assert client.post("/flows/clinic").text == "<Response/>"
        assert seen == ["start", "turn", "stop"]

    def test_a_turn_happens_at_the_time_of_the_clock(self) -> None:
        turns: list[Any] = []
        noon = datetime(2026, 12, 24, 12, 0, tzinfo=UTC)
        app = assemble(lambda turn: turns.append(turn) or Reply(b""), Settings(unsigned=True), clock=lambda: noon)
        TestClient(app).get("/flows/clinic")
        assert turns[0].at is noon
        assert utc_now().tzinfo is UTC

    def test_middleware_and_handlers_of_others_are_kept(self, exchange: Exchange) -> None:
        class Layer:
            def __init__(self, app: Any, name: str) -> None:
                self.app, self.name = app, name

            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                seen.append(self.name)
                await self.app(scope, receive, send)

        seen: list[str] = []
        phone = exchange(unsigned=True)
        phone.app.add_middleware(Layer, name="inner")
        phone.app.add_middleware(Layer, name="outer")
        phone.app.add_exception_handler(404, lambda request, error: None)
        assert isinstance(phone.app, Starlette)
        assert phone.ask().status == 200
        assert seen == ["outer", "inner"]

    def test_a_web_socket_is_closed(self, exchange: Exchange) -> None:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        scope = {"type": "websocket", "path": "/flows/clinic", "headers": []}
        asyncio.run(exchange().app(scope, receive, send))
        assert sent == [{"type": "websocket.close", "code": 1000}]

    def test_no_flow_has_a_url_to_build(self, exchange: Exchange) -> None:
        with pytest.raises(NoMatchFound):
            exchange().app.url_path_for("clinic")
