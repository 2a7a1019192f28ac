"""Takes the path of the public address off a request, as far as a proxy has left it on."""

from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from engine.server.address import local_path
from engine.server.probe import ARRIVED
from engine.server.settings import bare

PAGES = ("", "/", "/healthz", "/readyz")
WHOLE = "touchtone.whole"
"""In the scope of a request: the one it was before its path was taken off, where that may have been none of the public address.

Below a public address that ends with `/flows`, `/flows/flows/menu` may be the flow `menu`, and where a proxy has stripped that path the step
`menu` of the flow `flows`. Twilio's signature says which.
"""


class PublicPath:
    """Passes a request on without the path of the public address.

    Proxies differ: one strips that path, another cannot, a third strips a part of it. All three lead to the same place, and
    what Twilio signed is the public address in any case. With `others` there are addresses besides ours, below the whole path.
    """

    __slots__ = ("_app", "_endings", "_others")

    def __init__(self, app: ASGIApp, public_url: str, *, others: bool = False) -> None:
        self._app, self._others = app, others
        segments = unquote(urlsplit(bare(public_url)).path).strip("/").split("/")
        self._endings = tuple("/" + "/".join(segments[number:]) for number in range(len(segments)) if segments[number])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._endings:
            scope = self._stripped(scope)
        await self._app(scope, receive, send)

    def _stripped(self, scope: Scope) -> Scope:
        path = local_path(scope)
        for ending in self._endings:
            if not path.startswith(ending):
                continue
            below = path[len(ending) :]
            if _is_flow(path) and not _is_flow(below) and is_place(below) and _asks_for_twiml(scope, below):
                continue  # the flow `healthz` or `api`, whose path is stripped already
            if is_place(below) or (self._others and ending == self._endings[0] and below.startswith("/")):
                before = scope["path"][: len(scope["path"]) - len(path)]
                raw = scope.get("raw_path")
                if raw:
                    # In the raw path anything may be escaped but the slashes, of which both have as many.
                    cut = path[: len(ending)].count("/") + before.count("/")
                    raw = before.encode("latin-1", "replace") + b"/" + b"/".join(raw.split(b"/")[cut + 1 :])
                whole = {WHOLE: scope} if _is_flow(path) and _is_flow(below) else {}
                return {
                    **scope,
                    "path": before + (below or "/"),
                    "raw_path": raw,
                    ARRIVED: scope.get("raw_path"),
                    **whole,
                }
        return scope


def is_place(path: str) -> bool:
    """Whether something may be served at a path: a flow, a recording, a page, or something of the API."""
    return path in PAGES or _is_flow(path) or (path.startswith("/api/") and path != "/api/")


def _is_flow(path: str) -> bool:
    return path.startswith("/flows/") and path != "/flows/"


def _asks_for_twiml(scope: Scope, below: str) -> bool:
    """Whether what leads to a page or the API may be asked for a flow: neither is signed for, and no page is posted to."""
    signed = any(name == b"x-twilio-signature" for name, _ in scope["headers"])
    return signed or (below in PAGES and scope["method"] == "POST")
