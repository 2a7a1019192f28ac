"""Answers the addresses below `/api`: who asks is judged before anything is read, and everything is answered in JSON."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from time import monotonic

from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from engine.api.answers import Answer
from engine.api.bodies import Nothing
from engine.api.checks import Asked
from engine.api.keys import Keys
from engine.api.limiting import Limits
from engine.api.once import Once, idempotency_key
from engine.api.operations import Operation, operations_at
from engine.api.problems import Problem
from engine.runtime.stores import StoreError
from engine.server.address import Address, local_path
from engine.server.body import Bodies
from engine.server.keys import ApiKey
from engine.server.pages import PlainRoute, Rejected
from engine.server.settings import Settings
from engine.server.sparing import Sparing

Do = Callable[[Asked], Awaitable[Answer]]

log = logging.getLogger("touchtone.server")

LARGEST_BODY = 64 * 1024  # bytes; the settings may say less
BODY_SECONDS = 10.0  # in which it must come
_REALM = 'Bearer realm="touchtone"'
_REJECTED = {408: "body-too-late", 413: "body-too-large", 503: "busy"}


class ApiRoute(PlainRoute):
    """Everything below `/api`. It exists only where there are keys. `operations` do what is asked, by their names in OPERATIONS."""

    path = "/api"

    def __init__(
        self, operations: Mapping[str, Do], once: Once, settings: Settings, clock: Callable[[], datetime]
    ) -> None:
        self._operations, self._once, self._clock = operations, once, clock
        self._keys, self._limits = Keys(settings.api_keys), Limits(settings.api_rate)
        self._address = Address(settings.public_url)
        self._bodies = Bodies(min(settings.body_limit, LARGEST_BODY), BODY_SECONDS)
        self._refusals, self._faults = Sparing(log, monotonic), Sparing(log, monotonic)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = local_path(scope) if scope["type"] == "http" else ""
        return (Match.FULL if path == self.path or path.startswith(f"{self.path}/") else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; what goes wrong in it is a problem too."""
        path, headers = local_path(scope), _Headers(scope)
        standing: Mapping[str, str] = {}
        operation: Operation | None = None
        unread = scope["method"] not in ("GET", "HEAD")
        try:
            key = self._admitted(scope, headers)
            limit = self._limits.ask(key.name, self._clock().timestamp())
            standing = limit.headers
            if not limit.allowed:
                raise Problem(
                    429, "too-many-requests", "this key has asked too often", "wait as long as Retry-After says"
                )
            operation, parts = _operation(scope["method"], path)
            kind = headers.get(b"content-type")
            if operation.body is not None and kind and kind.partition(b";")[0].strip().lower() != b"application/json":
                raise Problem(
                    415, "unsupported-media-type", "the body is not JSON", "send Content-Type: application/json"
                )
            folder, _, _ = self._address.locate(scope)
            body = await self._bodies.read(receive) if operation.body is not None else b""
            unread = False
            asked = Asked(key, folder.removesuffix("/flows/"), parts, body)
            answer = await self._answer(operation, asked, headers, path)
        except ClientDisconnect:
            return
        except Problem as problem:
            answer = problem.answer(path)
        except Rejected as rejected:
            name = _REJECTED.get(rejected.status, "not-found")
            answer = Problem(rejected.status, name, rejected.text).answer(path)
        except asyncio.CancelledError:  # the server has waited long enough: it stops
            unread = True
            answer = _cut_off(operation).answer(path)
        except StoreError as fault:
            self._faults.warning("the API cannot use the store: %s", fault)
            answer = Problem(503, "busy", "the store cannot be used now", "repeat the request").answer(path)
        except Exception:
            log.exception("a request to the API failed")
            answer = Problem(500, "failed", "the server failed", "its log says more").answer(path)
        await _send(scope, send, answer, standing, close=unread)

    def _admitted(self, scope: Scope, headers: "_Headers") -> ApiKey:
        """The key that is shown; raises Problem (401, or 429 for an address that has shown too many wrong ones)."""
        shown = headers.get(b"authorization")
        key = self._keys.find(shown) if headers.count(b"authorization") == 1 else None
        if key is not None:
            return key
        client = (scope.get("client") or ("",))[0]
        limit = self._limits.wrong(client, self._clock().timestamp())
        self._refusals.warning("refused a request to the API from %s: %s", client, "wrong key" if shown else "no key")
        if not limit.allowed:
            wait = {"retry-after": limit.headers["retry-after"]}
            raise Problem(429, "too-many-requests", "too many wrong keys came from this address", headers=wait)
        realm = f'{_REALM}, error="invalid_token"' if shown else _REALM
        raise Problem(
            401,
            "unauthorized",
            "this key is not known" if shown else "no key was sent",
            "send Authorization: Bearer KEY, with a key that `touchtone key` made",
            headers={"www-authenticate": realm},
        )

    async def _answer(self, operation: Operation, asked: Asked, headers: "_Headers", path: str) -> Answer:
        do = self._operations[operation.name]
        if operation.body is None or not operation.once or not (count := headers.count(b"idempotency-key")):
            return await do(asked)
        # Of two keys neither is taken: a client that repeats the request may send them in another order. Nor is an empty one left out.
        header = headers.get(b"idempotency-key") if count == 1 else b""

        async def settled() -> Answer:
            try:
                return await do(asked)
            except Problem as problem:
                if not problem.settled:
                    raise
                return problem.answer(path)

        same = _canonical(asked.body) if operation.body is not Nothing else b""
        what = b"\0".join((operation.name.encode(), path.encode("utf-8", "surrogatepass"), same))
        return await self._once.answer(asked.key.name, idempotency_key(header.decode("latin-1")), what, settled)


class _Headers:
    """The headers of a request: the value of the last of a name, b"" for none."""

    __slots__ = ("_every",)

    def __init__(self, scope: Scope) -> None:
        self._every: list[tuple[bytes, bytes]] = list(scope["headers"])

    def get(self, name: bytes) -> bytes:
        return next((value.strip() for known, value in reversed(self._every) if known == name), b"")

    def count(self, name: bytes) -> int:
        return sum(known == name for known, _ in self._every)


def _operation(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation at a path; raises Problem (404, 405)."""
    found = operations_at(path)
    if not found:
        raise Problem(404, "not-found", "there is no such address", "GET /api/openapi.json lists them")
    for operation, parts in found:
        if operation.method == method:
            return operation, parts
    allowed = ", ".join(operation.method for operation, _ in found)
    raise Problem(
        405, "method-not-allowed", f"{method:.20} is not allowed here", f"use {allowed}", headers={"allow": allowed}
    )


def _cut_off(operation: Operation | None) -> Problem:
    """The problem of a request whose answer is not waited for any more."""
    if operation is None or operation.body is None:
        return Problem(503, "busy", "the server is stopping", "repeat the request")
    return Problem(
        504,
        "outcome-unknown",
        "the server is stopping: whether the request was carried out is not known",
        "repeat it with the same Idempotency-Key, or look into the log of the account",
    )


def _canonical(body: bytes) -> bytes:
    """The body as one of several that mean the same; as it is if it is no JSON."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body


async def _send(scope: Scope, send: Send, answer: Answer, more: Mapping[str, str], *, close: bool) -> None:
    headers = {
        "content-type": answer.media_type,
        "content-length": str(len(answer.body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        **more,
        **answer.headers,
    }
    if close:  # what is left of the body is not waited for
        headers["connection"] = "close"
    encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": HTTPStatus(answer.status).value, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})
