"""A program that uses the API of a served folder, without a socket; each answer is held against the OpenAPI document."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from jsonschema import Draft202012Validator
from twilio.base.exceptions import TwilioRestException

from engine.api.api import Api
from engine.api.asking import AccountClient
from engine.api.keys import key_hash
from engine.api.openapi import describe
from engine.program.library import Library, load_sources
from engine.runtime.stores import Store, open_store
from engine.server.keys import ApiKey
from engine.server.service import Service
from engine.server.settings import Settings

KEY = "tt_" + "k" * 43
SCOPED = "tt_" + "s" * 43
FLOWS = {
    "clinic.yaml": """
takes: {account: required, tries: 3}
vars: {visits: 0}
steps:
  welcome:
    - set: {visits: "{{ visits + 1 }}"}
    - gather: {say: Press 1 for billing., branch: {1: billing, else: billing}}
  billing:
    - log: came to billing
    - say: Billing.
    - pause: 60
  told: [log: "{{ call.status }}"]
""",
    "orders.yaml": "steps: {menu: [{say: Orders.}]}",
    "chat.yaml": "channel: messaging\nsteps: {hello: [{gather: {message: Hello., branch: {else: hello}}}]}",
}
ACCOUNT = "AC" + "a" * 32


class Clock:
    """A clock that is set by the test."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


class FakeAccount(AccountClient):
    """An account that keeps its calls in a dictionary; `fails` is raised in place of the next answers."""

    def __init__(self) -> None:
        super().__init__(Settings(account_sid=ACCOUNT, tokens=("t" * 32,)))
        self.placed: list[dict[str, Any]] = []
        self.updates: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[dict[str, Any]] = []
        self.calls: dict[str, SimpleNamespace] = {}
        self.fails: list[Exception] = []
        self.gate: asyncio.Event | None = None
        client = SimpleNamespace(calls=_Calls(self), messages=SimpleNamespace(create=self._text))
        self._client = client

    async def ask(self, what: Callable[[Any], Any], done: str = "") -> Any:
        if self.gate is not None:
            await self.gate.wait()
        return await super().ask(what, done)

    def call(self, status: str = "in-progress", **more: Any) -> str:
        """A call of the account that somebody else placed."""
        sid = f"CA{len(self.calls) + 1:032x}"
        self.calls[sid] = SimpleNamespace(
            **{"sid": sid, "status": status, "duration": None, "answered_by": None, **more}
        )
        return sid

    def raise_next(self) -> None:
        if self.fails:
            raise self.fails.pop(0)

    def _text(self, **wanted: Any) -> SimpleNamespace:
        self.raise_next()
        self.texts.append(wanted)
        return SimpleNamespace(sid=f"SM{len(self.texts):032x}", status="queued", error_code=None)


class _Calls:
    def __init__(self, account: FakeAccount) -> None:
        self._account = account

    def create(self, **wanted: Any) -> SimpleNamespace:
        self._account.raise_next()
        self._account.placed.append(wanted)
        return self._account.calls[self._account.call("queued")]

    def __call__(self, sid: str) -> SimpleNamespace:
        def fetch() -> SimpleNamespace:
            self._account.raise_next()
            if sid not in self._account.calls:
                raise twilio_error(20404, 404, f"The requested resource /Calls/{sid}.json was not found")
            return self._account.calls[sid]

        def update(**changes: Any) -> SimpleNamespace:
            found = fetch()
            if found.status == "completed":
                raise twilio_error(21220, 400, "Call is not in-progress. Cannot redirect.")
            self._account.updates.append((sid, changes))
            found.status = changes.get("status", found.status)
            return found

        return SimpleNamespace(fetch=fetch, update=update)


def twilio_error(code: int, status: int, message: str) -> TwilioRestException:
    """An error as the `twilio` library raises it."""
    return TwilioRestException(status, "/Calls.json", message, code)


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Client:
    """Asks the application as a program does, and as Twilio does."""

    app: Any
    account: FakeAccount
    store: Store
    clock: Clock
    key: str = KEY
    read: int = field(default=0, init=False)  # how many times a body was asked for

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        client: str = "192.0.2.1",
        **more: Any,
    ) -> Answered:
        """One request; `key` "" sends none. What comes back fits the OpenAPI document."""
        shown = self.key if key is None else key
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"host": "example.com", "content-type": "application/json", **(headers or {})}
        if shown:
            sent["authorization"] = f"Bearer {shown}"
        self.read = 0

        async def receive() -> dict[str, Any]:
            self.read += 1
            return {"type": "http.request", "body": raw, "more_body": False}

        answered = await self._send(method, path, sent, receive, client=client, **more)
        if path.startswith("/api"):
            hold_against_description(method, path, answered)
        return answered

    async def post(self, path: str, body: Any = None, **more: Any) -> Answered:
        return await self.ask("POST", path, body, **more)

    async def get(self, path: str, **more: Any) -> Answered:
        return await self.ask("GET", path, **more)

    async def twilio(self, path: str, **params: str) -> str:
        """What Twilio is answered when it asks for a document."""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": urlencode(params).encode(), "more_body": False}

        answered = await self._send("POST", path, {"host": "example.com"}, receive)
        assert answered.status == 200, answered.text
        return answered.text

    async def _send(self, method: str, target: str, sent: Mapping[str, str], receive: Any, **more: Any) -> Answered:
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "scheme": "https",
            "path": unquote(path),
            "raw_path": quote(path, safe="/%").encode(),
            "query_string": query.encode(),
            "root_path": more.get("root_path", ""),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
            "client": (more.get("client", "192.0.2.1"), 40000),
            "server": ("127.0.0.1", 8000),
        }
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        return Answered(messages[0]["status"], headers, b"".join(one["body"] for one in messages[1:]).decode())


DESCRIPTION = json.loads(json.dumps(describe("https://example.com")))


def hold_against_description(method: str, path: str, answered: Answered) -> None:
    """Fails for an answer whose status, media type, headers or JSON the OpenAPI document does not tell."""
    below = "/api" + path.partition("/api")[2].partition("?")[0]
    operations = next(
        (one for known, one in DESCRIPTION["paths"].items() if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), below)),
        None,
    )
    operation = (operations or {}).get(method.lower())
    if operation is None:
        assert answered.status in (401, 404, 405, 429), (
            f"{method} {path} is not described, and answers {answered.status}"
        )
        described = {
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
        }
    else:
        assert str(answered.status) in operation["responses"], f"{method} {path}: {answered.status} is not described"
        described = operation["responses"][str(answered.status)]
    assert answered.headers["content-type"] in described["content"]
    for name in described.get("headers", {}):
        assert name.lower() in answered.headers, f"{method} {path}: {answered.status} lacks {name}"
    schema = {
        **described["content"][answered.headers["content-type"]]["schema"],
        "components": DESCRIPTION["components"],
    }
    if method != "HEAD":
        Draft202012Validator(schema).validate(answered.json)


Story = Callable[[Client], Awaitable[None]]


@pytest.fixture
def served(tmp_path: Path) -> Callable[..., Any]:
    """Opens an application with its API: `async with served(**settings) as client`."""
    return lambda **more: open_client(tmp_path, **more)


@asynccontextmanager
async def open_client(folder: Path, *, url: str = "memory:", flows: Mapping[str, str] = FLOWS, **more: Any) -> Any:
    clock, account = Clock(), FakeAccount()
    keys = (ApiKey("backend", key_hash(KEY)), ApiKey("orders", key_hash(SCOPED), frozenset({"orders"})))
    chosen = {
        "unsigned": True,
        "public_url": "https://example.com",
        "from_": "+15550100",
        "api_keys": keys,
        "api_rate": "9999/minute",
        **more,
    }
    settings = Settings(account_sid=ACCOUNT, tokens=("t" * 32,), **chosen)
    store = open_store(url, lambda: clock().timestamp())
    program = load_sources(flows, settings.env).program
    assert program is not None

    def opened(*given: Any, **named: Any) -> Api | None:
        return Api(*given, account=account, **named) if settings.api_keys else None

    service = Service(folder, Library(program), store, settings, clock=clock, api=opened)
    app = service.app()
    async with app.lifespan():
        yield Client(app, account, store, clock)


@pytest.fixture
def tell(served: Callable[..., Any]) -> Callable[..., None]:
    """Runs a story: `tell(story, **settings)`."""

    def run(story: Story, **more: Any) -> None:
        async def told() -> None:
            async with served(**more) as client:
                await story(client)

        asyncio.run(told())

    return run
