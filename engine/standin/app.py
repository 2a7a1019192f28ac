"""The stand-in as an ASGI application: the REST API of one account, and its own pages."""

import json
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from engine.server.body import Bodies
from engine.server.form import Form, read_form
from engine.server.pages import Rejected
from engine.standin import media
from engine.standin.controls import Controls
from engine.standin.description import VERSION
from engine.standin.driving import Driver, Silent
from engine.standin.limits import Limits
from engine.standin.records import Records
from engine.standin.refusal import Refused
from engine.standin.rest import Asked, RestApi

log = logging.getLogger("touchtone")

BODY_LIMIT = 256 * 1024
_FORM = "application/x-www-form-urlencoded"
_MEDIA = re.compile(rf"/{VERSION}/Accounts/(\w+)/Recordings/(\w+)(\.wav|\.mp3)?")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def standin_app(
    records: Records,
    driver_of: Callable[[Records], Driver] = Silent,
    *,
    rate: float = 0,
    local: bool = True,
    seconds: Callable[[], float] | None = None,
) -> Starlette:
    """The stand-in over `records`; `driver_of` makes what plays the calls and messages, by default nothing does.

    Unless `local`, other machines may see its pages and use its controls. `rate` is how many requests a second the REST API takes (0: any number), by a clock `seconds` that only runs forward.
    """
    driver = driver_of(records)
    limits = Limits(rate, seconds or time.monotonic)
    endpoint = Endpoint(records, RestApi(records, driver, limits), Controls(records, driver, limits), local)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            driver.close()

    return Starlette(routes=[Route("/{path:path}", endpoint)], lifespan=life)


class Endpoint:
    """Answers every request, whatever its method and path."""

    def __init__(self, records: Records, api: RestApi, controls: Controls, local: bool) -> None:
        self._records, self._api, self._controls, self._local = records, api, controls, local
        self._bodies = Bodies(BODY_LIMIT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            body = await self._bodies.read(receive)
            answer = self._answer(request, body)
        except ClientDisconnect:
            return
        except Rejected as rejected:
            answer = _refused(Refused(20422, rejected.text, status=rejected.status))
            answer.headers["connection"] = "close"
        except Exception:
            log.exception("the stand-in could not answer %s %r", request.method, str(scope.get("path"))[:200])
            answer = _refused(Refused(20500))
        if request.method == "HEAD":
            answer.body = b""
        await answer(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        path = request.scope["path"]
        query = read_form(request.scope.get("query_string", b""))
        kind = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
        form = read_form(body) if kind == _FORM else Form((), {})
        if request.method in ("GET", "HEAD") and (found := _MEDIA.fullmatch(path)):
            return self._sound(path, *found.groups(default=""))
        if path in ("", "/", "/standin") or path.startswith("/standin/"):
            return self._own(request, path, query, form)
        asked = Asked(request.method, path, query, form, request.headers.get("authorization", ""))
        status, content = self._api.answer(asked)
        headers = {"www-authenticate": 'Basic realm="Twilio API"'} if status == 401 else {}
        if content is None:
            return Response(status_code=status, headers=headers)
        return _json(status, content, headers)

    def _own(self, request: Request, path: str, query: Form, form: Form) -> Response:
        """A page or control of the stand-in: for this machine's programs, not for web pages of others that a browser shows."""
        host = request.headers.get("host", "")
        origin = request.headers.get("origin", "")
        if (self._local and _hostname(host) not in _LOOPBACK) or (origin and origin != f"http://{host}"):
            return Response("The stand-in is for programs on this machine only.\n", 403, media_type="text/plain")
        status, text, kind = self._controls.answer(request.method, path, query, form)
        return Response(text.encode("utf-8", "replace"), status, {"content-type": kind, "cache-control": "no-store"})

    def _sound(self, path: str, account: str, sid: str, ending: str) -> Response:
        recording = self._records.recordings.get(sid)
        if recording is None or account != self._records.account.sid:
            return _refused(Refused(20404, path))
        if ending == ".mp3":
            return Response(media.mp3(recording.duration or 0), media_type="audio/mpeg")
        return Response(media.wave(recording.duration or 0), media_type="audio/x-wav")


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _refused(refused: Refused) -> Response:
    return _json(refused.status, refused.body, {})


def _json(status: int, content: object, headers: dict[str, str]) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(text, status, {**headers, "content-type": "application/json", "cache-control": "no-store"})
