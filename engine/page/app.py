"""Puts the page together: its files, its state and events, and the addresses of each part."""

from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.page import calls, opening, phone, pictures, scripts, sources, static_files, twiml
from engine.page.answers import Refused, error_answer, json_answer
from engine.page.desk import PageDesk
from engine.page.guard import WRONG, Guard
from engine.page.state import State

PARTS: Final[tuple[Callable[[PageDesk], list[Route]], ...]] = (
    *(pictures.routes, sources.routes, twiml.routes, calls.routes, phone.routes, scripts.routes, opening.routes),
)


def page_app(desk: PageDesk, *, token: str, key: str, port: int) -> ASGIApp:
    """The ASGI application of the page on `port`. A browser that opens it with the `token` gets a cookie with the `key`.

    Call `desk.hub.open()` in the event loop that serves it.
    """
    state = State(desk)
    desk.hub.greeting = lambda: [("state", state.whole())]

    async def whole(request: Request) -> Response:
        return json_answer(state.whole())

    routes: list[BaseRoute] = [*static_files.routes(), Route("/api/state", whole), _Events(desk)]
    for part in PARTS:
        routes += part(desk)
    app = Starlette(routes=routes, exception_handlers={Refused: _refused, HTTPException: _http, Exception: _failed})
    app.router.redirect_slashes = False
    return Guard(app, token=token, key=key, port=port)


class _Events(BaseRoute):
    """`/events`: the response stays open."""

    def __init__(self, desk: PageDesk) -> None:
        self._hub = desk.hub

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        known = scope["type"] == "http" and scope["path"] == "/events" and scope["method"] == "GET"
        return (Match.FULL if known else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._hub.serve(scope, receive, send)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return error_answer(error.status, error.sentence)


def _failed(request: Request, error: Exception) -> Response:
    """Says so; what it was goes to the log, by the guard."""
    return error_answer(500, WRONG)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = {404: "Unknown address.", 405: "This address does not support that method."}
    return error_answer(error.status_code, sentence.get(error.status_code, str(error.detail)))
