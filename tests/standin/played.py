"""What tests of live calls share: servers on sockets, and the words for what happens."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.server.running import bind
from engine.standin.driver import telephone
from engine.standin.people import read_people
from tests.standin_server import StandinServer

CLINIC = Path(__file__).parents[2] / "flows"
FAST = 200.0  # seconds of a call in one
SLOW = 3.0  # for calls that are moved or ended by hand
PERSON = "+15550101"
EVENTS = ["initiated", "ringing", "answered", "completed"]


@contextmanager
def serving(app: Any) -> Iterator[tuple[str, uvicorn.Server, threading.Thread]]:
    """An application on a port of loopback."""
    listener = bind("127.0.0.1", 0, strict=True)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield base, server, thread
    finally:
        server.should_exit = True
        thread.join(20)


class Callbacks:
    """A server that keeps what is reported to it, and answers with TwiML by path."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, str]]] = []
        self.pages: dict[str, str] = {}
        self.base = ""
        self.app = Starlette(routes=[Route("/{path:path}", self.take, methods=["GET", "POST"])])

    async def take(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        assert request.headers["x-twilio-signature"]
        self.told.append((request.url.path, form))
        return Response(f"<Response>{self.pages.get(request.url.path, '')}</Response>", media_type="text/xml")

    def at(self, path: str, name: str) -> list[str]:
        return [form.get(name, "") for asked, form in list(self.told) if asked == path]


def playing(*people: str, speed: float = FAST) -> Any:
    return telephone(people=read_people(people), speed=speed)


def until(done: Callable[[], object], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := done():
            return result
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def over(server: StandinServer, sid: str) -> Any:
    return until(lambda: server.records.calls[sid] if server.records.calls[sid].over else None)


def control(server: StandinServer, path: str, **form: str) -> Any:
    """What a control of the stand-in answers."""
    with urllib.request.urlopen(f"{server.base}{path}", urlencode(form).encode(), timeout=20) as answer:
        return json.loads(answer.read())


def told(server: StandinServer, words: str) -> bool:
    return any(words in line for line in server.told())
