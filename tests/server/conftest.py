"""A telephone exchange in a few lines: signs requests as Twilio does and hands them to an ASGI application, without a socket."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from engine.runtime.request import Reply, Request
from engine.server.app import assemble
from engine.server.settings import Settings

TOKEN = "12345"
NOON = datetime(2026, 12, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Exchange:
    """An application whose answers are known, and what came in."""

    settings: Settings
    answer: Callable[[Request], Any] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    turns: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app: Any = assemble(self._play, self.settings, clock=lambda: NOON, **self.options)

    def _play(self, turn: Request) -> Any:
        self.turns.append(turn)
        return Reply(b"<Response/>") if self.answer is None else self.answer(turn)

    def ask(
        self,
        target: str = "/flows/clinic",
        *,
        method: str = "POST",
        body: bytes | Sequence[bytes] = b"",
        headers: Iterable[tuple[str, str]] = (),
        root_path: str = "",
        **scope: Any,
    ) -> Response | None:
        """The answer to one request, None if there was none; a body in several parts that ends in None is cut off."""
        raw_path, _, query = target.partition("?")
        whole: dict[str, Any] = {
            "type": "http",
            "method": method,
            "scheme": "https",
            "path": unquote(raw_path, errors="replace"),
            "raw_path": raw_path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": root_path,
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            "server": ("127.0.0.1", 8000),
            **scope,
        }
        parts = [body] if isinstance(body, bytes) else list(body)
        incoming = [
            {"type": "http.disconnect"}
            if part is None
            else {"type": "http.request", "body": part, "more_body": number < len(parts)}
            for number, part in enumerate(parts, start=1)
        ]
        outgoing: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if not incoming:
                await asyncio.Event().wait()  # nothing more is said
            return incoming.pop(0)

        async def send(message: dict[str, Any]) -> None:
            outgoing.append(message)

        asyncio.run(self.app(whole, receive, send))
        if not outgoing:
            return None
        start, *rest = outgoing
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return Response(start["status"], found, b"".join(message["body"] for message in rest))

    def call(
        self,
        target: str = "/flows/clinic",
        fields: Sequence[tuple[str, str]] = (("CallSid", "CA1"),),
        *,
        method: str = "POST",
        public: str = "https://example.com",
        signature: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
        **scope: Any,
    ) -> Response:
        """The answer to a request that Twilio signed for the address `public` and `target` (or with the signature that is given)."""
        seen = scope.pop("seen", target)
        if signature is None:
            params = ImmutableMultiDict(list(fields)) if method == "POST" else {}
            signature = RequestValidator(TOKEN).compute_signature(public + target, params)
        form = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
        every = [form, ("Host", "127.0.0.1:8000"), ("X-Twilio-Signature", signature), *headers]
        body = urlencode(fields).encode() if method == "POST" else b""
        response = self.ask(seen, method=method, body=body, headers=every, **scope)
        assert response is not None, "a whole request is always answered"
        return response


def open_exchange(
    answer: Callable[[Request], Any] | None = None, *, options: dict[str, Any] | None = None, **settings: Any
) -> Exchange:
    chosen = {"public_url": "https://example.com", "tokens": (TOKEN,), **settings}
    return Exchange(Settings(**chosen), answer, options or {})


@pytest.fixture(scope="session")
def exchange() -> Callable[..., Exchange]:
    """Makes an exchange: `exchange(answer, options={…of assemble}, **settings)`."""
    return open_exchange
