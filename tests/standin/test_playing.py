"""The stand-in really calls: flows of a real server are played over sockets, and everything is reported."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine import create_app
from engine.server.running import bind
from engine.standin.driver import telephone
from engine.standin.people import read_people
from tests.standin_server import ACCOUNT_SID, AUTH_TOKEN, StandinServer

CLINIC = Path(__file__).parents[2] / "flows"
FAST = 200.0  # seconds of a call in one
SLOW = 1.0  # for calls that are moved or ended by hand
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


@pytest.fixture
def callbacks() -> Iterator[Callbacks]:
    made = Callbacks()
    with serving(made.app) as (base, _, _):
        made.base = base
        yield made


@pytest.fixture
def flows(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Serves a folder of flows, or flows written as `name=text`; requests must be signed."""
    with ExitStack() as stack:

        def serve(folder: Path | None = None, **texts: str) -> str:
            if folder is None:
                folder = tmp_path / "flows"
                folder.mkdir()
                for name, text in texts.items():
                    (folder / f"{name}.yaml").write_text(text)
            app = create_app(folder, tokens=[AUTH_TOKEN], account_sid=ACCOUNT_SID, store="memory:")
            return stack.enter_context(serving(app))[0]

        yield serve


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


def test_a_call_runs_a_flow_to_its_end(standin, flows, callbacks):
    server, base = standin(playing()), flows(CLINIC)
    call = server.client().calls.create(
        to=PERSON,
        from_=server.number,
        url=f"{base}/flows/clinic",
        status_callback=f"{callbacks.base}/status",
        status_callback_event=EVENTS,
    )
    assert over(server, call.sid).status == "completed"
    assert until(lambda: len(callbacks.told) == 4)
    assert callbacks.at("/status", "CallStatus") == ["initiated", "ringing", "in-progress", "completed"]
    assert callbacks.at("/status", "SequenceNumber") == ["0", "1", "2", "3"]
    fetched = server.client().calls(call.sid).fetch()
    assert callbacks.at("/status", "CallDuration")[-1] == fetched.duration
    lines = "\n".join(server.told())
    assert 'hears "Thank you for calling Riverside Clinic."' in lines
    assert "dials +15550100" in lines, "who says nothing is connected with the front desk"
    assert f"{call.sid[:8]} completed after {fetched.duration} s" in lines
    assert all(len(line) <= 80 for line in server.told()), "each line fits a terminal"
    [child] = server.client().calls.list(parent_call_sid=call.sid)
    assert (child.to, child.direction, child.status) == ("+15550100", "outbound-dial", "completed")
