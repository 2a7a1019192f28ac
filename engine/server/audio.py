"""Serves the recordings in a folder, below `/flows/audio/`."""

import os
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from engine.server.address import local_path
from engine.server.pages import PlainRoute, send_page

PREFIX = "/flows/audio/"


class AudioRoute(PlainRoute):
    """The files of a folder, which may come and go, never outside of it; not signed: Twilio fetches `<Play>` like anybody."""

    path = "/flows/audio/{file:path}"

    def __init__(self, folder: Path) -> None:
        self._files = StaticFiles(directory=folder, check_dir=False)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        below = scope["type"] == "http" and local_path(scope).startswith(PREFIX)
        return (Match.FULL if below else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            return await send_page(scope, send, 405, "Method not allowed", allow="GET, HEAD")
        below = os.path.normpath(os.path.join(*local_path(scope).removeprefix(PREFIX).split("/")))
        try:
            response = await self._files.get_response(below, scope)
        except (HTTPException, OSError):
            return await send_page(scope, send, 404, "Not found")
        # Twilio keeps what it played; a recording that was replaced must be heard.
        response.headers["cache-control"] = "no-cache"
        await response(scope, receive, send)
