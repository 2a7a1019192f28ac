"""The page's own files: its HTML, style sheets and modules."""

import hashlib
import re
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.page.answers import Refused

_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "woff2": "font/woff2",
}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*\.(?P<kind>[a-z0-9]+)")
_OUTSIDE: Final = {"picture.css": "engine.picture"}  # files that other rooms own


def routes() -> list[Route]:
    """`/`, `/static/NAME` and the icon."""
    return [Route("/", _index), Route("/static/{name}", _static), Route("/favicon.ico", _icon)]


def _index(request: Request) -> Response:
    return _file(request, "index.html")


def _icon(request: Request) -> Response:
    return Response(status_code=204)


def _static(request: Request) -> Response:
    return _file(request, request.path_params["name"])


def _file(request: Request, name: str) -> Response:
    """A file as it is now; 304 for a browser that has it. Never one outside the two folders: a name has no slash."""
    found = _NAME.fullmatch(name)
    if found is None or found["kind"] not in _TYPES:
        raise Refused(404, "Unknown file.")
    room = files(_OUTSIDE[name]) if name in _OUTSIDE else files("engine.page") / "static"
    try:
        content = (room / name).read_bytes()
    except OSError:
        raise Refused(404, "Unknown file.") from None
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"etag": etag, "cache-control": "no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=_TYPES[found["kind"]])
