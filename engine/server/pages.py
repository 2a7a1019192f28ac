"""Short plain answers for whoever is not a caller."""

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, NoMatchFound
from starlette.types import Scope, Send

NO_STORE = (b"cache-control", b"no-store")
UNREAD = (408, 413, 503)  # said while a body may still be on its way: nothing more is heard on the connection


class Rejected(Exception):
    """A request that gets no answer but a status and a line of plain text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


class PlainRoute(BaseRoute):
    """A route whose addresses Starlette is never asked to write."""

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        raise NoMatchFound(name, path_params)


async def send_page(scope: Scope, send: Send, status: int, text: str, *, allow: str = "") -> None:
    """Sends `text` as a line of plain text, for HEAD only its headers; `allow` holds the methods that a 405 must name."""
    body = text.encode() + b"\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)), NO_STORE]
    if status in UNREAD:
        headers.append((b"connection", b"close"))
    if allow:
        headers.append((b"allow", allow.encode("ascii")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
