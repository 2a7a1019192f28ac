"""Checks every request to the page: cookie, Host, Origin, and size; and sets the security headers of every response."""

import asyncio
import hmac
import json
import logging
from html import escape
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.page.answers import Refused, error_answer

LARGEST: Final = 256 * 1024  # bytes of a body
SECONDS: Final = 10.0  # for the whole body to come
LONGEST_QUERY: Final = 4096

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), usb=(), payment=()",
}
OPEN: Final = "Open the address that `touchtone dev` printed: it has the token that lets this page in."

WRONG: Final = "Something went wrong in Touchtone. The terminal of `touchtone dev` shows the error."

log = logging.getLogger("touchtone.page")


class Guard:
    """Lets a request through only if it comes from this page, in a browser that was opened with the token.

    Its Host must be a loopback name with the page's `port` (against DNS rebinding), its Origin this page, and it must have the
    cookie with the `key`, which a browser gets in exchange for the token. The key itself is never part of an address.
    """

    def __init__(self, app: ASGIApp, *, token: str, key: str, port: int) -> None:
        self._app, self._token, self._key = app, token.encode(), key.encode()
        self._hosts = frozenset(f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]"))
        self._cookie = f"touchtone_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or lets it through."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                given = {name for name, _ in message["headers"]}
                added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *(one for one in added if one[0] not in given)]
                if b"cache-control" not in given:
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        try:
            answer = self._admit(scope)
            if answer is None and scope["method"] == "POST":
                receive = await _whole(scope, receive)
            await (answer or self._app)(scope, receive, guarded)
        except Refused as refused:
            await _refusal(scope, refused)(scope, receive, guarded)
        except Exception:
            log.exception("the page could not be answered: %s %r", scope["method"], scope["path"][:200])
            if not begun:
                await error_answer(500, WRONG)(scope, receive, guarded)

    def _admit(self, scope: Scope) -> Response | None:
        """None for a request that is let through; raises Refused for one that is not; or the answer to a token."""
        headers, method = Headers(scope=scope), scope["method"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise Refused(403, "This page is only available at its loopback address.")
        if method not in ("GET", "HEAD", "POST"):
            raise Refused(405, "The page supports GET and POST only.")
        if len(scope["query_string"]) > LONGEST_QUERY:
            raise Refused(414, "The address is too long.")
        origins = headers.getlist("origin")
        foreign = any(origin != f"http://{hosts[0].lower()}" for origin in origins)
        if foreign or (method == "POST" and len(origins) != 1):
            raise Refused(403, "The request comes from another page.")
        site = headers.get("sec-fetch-site", "none")
        if scope["path"] == "/" and method != "POST" and b"token=" in scope["query_string"]:
            return self._opened(scope, site)
        if site not in ("same-origin", "none"):
            raise Refused(403, "The request comes from another page.")
        if not self._knows(headers):
            raise Refused(403, OPEN)
        if method == "POST" and headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refused(415, "The content type must be application/json.")
        return None

    def _opened(self, scope: Scope, site: str) -> Response:
        """Trades the token for the cookie."""
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        if not hmac.compare_digest(query.get("token", "").encode("utf-8", "replace"), self._token):
            raise Refused(403, f"This token is not valid, or no longer valid. {OPEN}")
        if site in ("none", "same-origin"):
            answer = Response(status_code=303, headers={"location": "/"})
        else:
            # Followed from another page, such as a terminal in a browser: after a redirect the strict cookie would not be sent.
            answer = HTMLResponse(
                '<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>Touchtone</title>'
            )
        answer.set_cookie(self._cookie, self._key.decode(), httponly=True, samesite="strict", path="/")
        return answer

    def _knows(self, headers: Headers) -> bool:
        """Whether one of the cookies is ours; a page on another port of this machine can set more of the same name."""
        known = False
        for header in headers.getlist("cookie"):
            for part in header.split(";"):
                name, _, value = part.strip().partition("=")
                if name == self._cookie:
                    known = hmac.compare_digest(value.encode("utf-8", "replace"), self._key) or known
        return known


def _refusal(scope: Scope, refused: Refused) -> Response:
    """The sentence as JSON, or as a page where somebody opens the address in a browser."""
    accepted = Headers(scope=scope).get("accept", "")
    if scope["method"] != "GET" or not accepted.startswith("text/html"):
        return error_answer(refused.status, refused.sentence)
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Touchtone</title><p>{escape(refused.sentence)}</p></html>'
    return HTMLResponse(page, refused.status)


async def _whole(scope: Scope, receive: Receive) -> Receive:
    """Reads the body first, within LARGEST and SECONDS; gives a `receive` that tells it again. Raises Refused."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    if not told.isdigit() or int(told[:12]) > LARGEST:
        raise Refused(413, f"The request is larger than {LARGEST // 1024} kB.")
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "The request ended early.")
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > LARGEST:
                    raise Refused(413, f"The request is larger than {LARGEST // 1024} kB.")
    except TimeoutError:
        raise Refused(408, f"The request took longer than {SECONDS:g} seconds.") from None
    try:
        json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Refused(400, "The request body is not valid JSON.") from None
    told_again = False

    async def again() -> Message:
        nonlocal told_again
        if told_again:
            return await receive()
        told_again = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return again
