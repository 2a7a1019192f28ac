"""The stand-in of Twilio on a real socket of loopback, for every test that has an account.

    def test_a_call(standin):
        server = standin()                              # or standin(trial=True, rate=2, driver=…)
        call = server.client().calls.create(to="+15550101", from_=server.number, url="http://127.0.0.1:8000/flows/clinic")
        assert server.records.calls[call.sid].status == "queued"

`standin(telephone())` really calls (`engine/standin/driver.py`); without it calls and messages stay queued.
`server.settings()` are what the environment needs. Whatever is asked of the REST API, and each answer, is held
against Twilio's description when the test ends.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.account.client import Credentials, open_client
from engine.server.running import bind
from engine.standin.app import standin_app
from engine.standin.driving import Driver, Silent
from engine.standin.opening import open_account
from engine.standin.records import Records
from tests.standin.description import API, Exchange, assert_described, assert_requested

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "token-of-the-stand-in"
API_KEY, API_SECRET = "SK" + "fedcba9876543210" * 2, "secret-of-the-stand-in"


@dataclass
class StandinServer:
    """A stand-in that answers at `base`; `number` is the account's own."""

    base: str
    number: str
    records: Records
    exchanges: list[Exchange] = field(default_factory=list)

    def client(self, **options: Any) -> Any:
        """A `twilio` client of the account."""
        return open_client(Credentials(ACCOUNT_SID, AUTH_TOKEN), api=self.base, **options)

    def settings(self) -> dict[str, Any]:
        """The settings of a server or command that uses the stand-in, as environment variables."""
        return {
            "TOUCHTONE_TWILIO_API": self.base,
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TOUCHTONE_FROM": self.number,
        }

    def told(self) -> list[str]:
        """What happened, a line each, without the times."""
        return [event.text for event in self.records.events()]


class Recorder:
    """Notes what is asked of the REST API, and what is answered."""

    def __init__(self, app: ASGIApp, exchanges: list[Exchange]) -> None:
        self._app, self._exchanges = app, exchanges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, answer, status = bytearray(), bytearray(), 0

        async def hears() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def says(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            answer.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and scope["path"].startswith(API) and ".json" in scope["path"]:
                query = scope["query_string"].decode()
                agent = dict(scope["headers"]).get(b"user-agent", b"")
                by_client = agent.startswith(b"twilio-python")
                self._exchanges.append(
                    Exchange(scope["method"], scope["path"], query, bytes(body), status, bytes(answer), by_client)
                )
            await send(message)

        await self._app(scope, hears, says)


@contextmanager
def served(
    driver: Callable[[Records], Driver] = Silent, *, trial: bool = False, rate: float = 0, number: str = "+15550002222"
) -> Iterator[StandinServer]:
    """A stand-in that answers until the end of the block."""
    listener = bind("127.0.0.1", 0, strict=True)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    records = open_account(
        Credentials(ACCOUNT_SID, AUTH_TOKEN, API_KEY, API_SECRET),
        numbers=[number],
        trial=trial,
        base=base,
        clock=lambda: datetime.now(UTC),
    )
    server = StandinServer(base, number, records)
    app = Recorder(standin_app(records, driver, rate=rate), server.exchanges)
    config = uvicorn.Config(app, lifespan="on", log_config=None, ws="none", timeout_graceful_shutdown=5)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, name="stand-in")
    thread.start()
    try:
        yield server
    finally:
        running.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the stand-in did not stop"


@pytest.fixture
def standin(request: pytest.FixtureRequest) -> Iterator[Callable[..., StandinServer]]:
    """Starts stand-ins; see the top of `tests/standin_server.py`."""
    sends_wrong_ones = request.path.parent.name == "standin"  # the tests of the stand-in itself
    with ExitStack() as stack:
        servers: list[StandinServer] = []

        def start(driver: Callable[[Records], Driver] = Silent, **options: Any) -> StandinServer:
            server = stack.enter_context(served(driver, **options))
            servers.append(server)
            return server

        yield start
        for server in servers:
            for exchange in server.exchanges:
                assert_described(exchange)
                if exchange.by_client and not sends_wrong_ones:  # one that was refused as well
                    assert_requested(exchange)
