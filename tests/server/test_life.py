"""What stands behind an application is open before anything is asked, whoever opens it, and closed once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from engine.commands.common import utc_now
from engine.runtime.request import Reply
from engine.server.app import Application, assemble
from engine.server.settings import Settings


class Kept:
    """Something that is opened and closed; `done` says what was done to it, `failing` raises when it is opened."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failing = False

    @property
    def open(self) -> bool:
        return self.done.count("start") == self.done.count("stop") + 1

    async def start(self) -> None:
        await asyncio.sleep(0.01)  # others may ask meanwhile
        if self.failing:
            raise OSError("the disk is gone")
        assert not self.open, "it is opened once"
        self.done.append("start")

    async def stop(self) -> None:
        self.done.append("stop")


def app_of(kept: Kept) -> Application:
    def answer(_: object) -> Reply:
        return Reply(b"<Response/>" if kept.open else b"<Closed/>")

    return assemble(answer, Settings(unsigned=True), clock=utc_now, on_start=kept.start, on_stop=kept.stop)


async def ask(app: Any, path: str = "/flows/f") -> bytes:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"x")],
    }
    await app(scope, receive, send)
    return b"".join(message.get("body", b"") for message in sent)


def parent_of(app: Application, **options: Any) -> Starlette:
    return Starlette(routes=[Mount("/phone", app)], **options)


class TestMounted:
    def test_the_first_request_opens_it(self) -> None:
        async def play() -> None:
            app = parent_of(app_of(kept))
            assert kept.done == []
            assert await ask(app, "/phone/flows/f") == b"<Response/>"
            assert await ask(app, "/phone/flows/f") == b"<Response/>"
            assert kept.done == ["start"]

        kept = Kept()
        asyncio.run(play())

    def test_all_who_ask_at_once_wait_for_one_opening(self) -> None:
        async def play() -> None:
            app = parent_of(app_of(kept))
            assert await asyncio.gather(*(ask(app, "/phone/flows/f") for _ in range(20))) == [b"<Response/>"] * 20
            assert kept.done == ["start"]

        kept = Kept()
        asyncio.run(play())

    def test_one_who_goes_away_takes_nobodys_opening_along(self) -> None:
        async def play() -> None:
            app = parent_of(app_of(kept))
            first = asyncio.create_task(ask(app, "/phone/flows/f"))
            await asyncio.sleep(0.001)
            second = asyncio.create_task(ask(app, "/phone/flows/f"))
            await asyncio.sleep(0.001)
            first.cancel()
            assert await second == b"<Response/>"
            assert kept.done == ["start"]

        kept = Kept()
        asyncio.run(play())

    def test_what_cannot_be_opened_is_tried_again_and_logged(self, caplog: Any) -> None:
        async def play() -> None:
            app = parent_of(app_of(kept))
            kept.failing = True
            assert await ask(app, "/phone/flows/f") == b"<Closed/>"
            kept.failing = False
            assert await ask(app, "/phone/flows/f") == b"<Response/>"
            assert kept.done == ["start"]

        kept = Kept()
        asyncio.run(play())
        assert caplog.messages == ["the server could not be opened, and answers as far as it can: the disk is gone"]

    def test_a_loop_that_is_gone_is_followed_by_another(self) -> None:
        """A test client runs each request in a loop of its own, unless it is entered."""
        kept = Kept()
        client = TestClient(parent_of(app_of(kept)))
        assert [client.get("/phone/flows/f").content for _ in range(3)] == [b"<Response/>"] * 3
        assert kept.done == ["start", "stop"] * 2 + ["start"]


class TestHandedOver:
    def test_it_begins_and_ends_with_the_application_around_it(self) -> None:
        kept = Kept()
        app = app_of(kept)
        with TestClient(parent_of(app, lifespan=app.lifespan)) as client:
            assert kept.done == ["start"]
            assert client.get("/phone/flows/f").content == b"<Response/>"
        assert kept.done == ["start", "stop"]

    def test_nothing_opens_it_again_behind_its_end(self) -> None:
        async def play() -> None:
            app = app_of(kept)
            async with app.lifespan():
                pass
            assert await ask(app) == b"<Closed/>"
            assert kept.done == ["start", "stop"]

        kept = Kept()
        asyncio.run(play())

    def test_it_may_begin_again(self) -> None:
        kept = Kept()
        app = app_of(kept)
        for _ in range(2):
            with TestClient(app) as client:
                assert client.get("/flows/f").content == b"<Response/>"
        assert TestClient(app).get("/flows/f").content == b"<Response/>"
        assert kept.done == ["start", "stop"] * 2 + ["start"]

    def test_a_request_before_it_opens_it_once(self) -> None:
        async def play() -> None:
            app = app_of(kept)
            asked = asyncio.create_task(ask(app))
            await asyncio.sleep(0)
            async with app.lifespan():
                assert await asked == b"<Response/>"
                assert kept.done == ["start"]

        kept = Kept()
        asyncio.run(play())

    def test_what_opening_raises_stops_the_start(self) -> None:
        kept = Kept()
        kept.failing = True
        with pytest.raises(OSError, match="disk"), TestClient(app_of(kept)):
            pass


def test_an_open_application_has_no_layer_more(exchange: Callable[..., Any]) -> None:
    """Each layer costs every request."""

    async def play() -> None:
        kept = Kept()
        app = app_of(kept)
        async with app.lifespan():
            await ask(app)
            assert app.middleware_stack == app.router.middleware_stack

    asyncio.run(play())
