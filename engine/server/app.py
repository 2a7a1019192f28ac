"""Puts the application together: the addresses of flows, recordings, health."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.server.address import local_path
from engine.server.audio import AudioRoute
from engine.server.life import Hook, Life
from engine.server.own_routes import Routes, own_routes
from engine.server.pages import PlainRoute, send_page
from engine.server.prefix import PublicPath
from engine.server.settings import Settings
from engine.server.sparing import Sparing
from engine.server.webhook import Answer, FlowRoute

log = logging.getLogger("touchtone.server")

State = bool | str
"""Of a server: True, or why not in a few words, which anybody may read."""


def assemble(
    answer: Answer,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    audio: Path | None = None,
    on_start: Hook | None = None,
    on_stop: Hook | None = None,
    ready: Callable[[], State | Awaitable[State]] = lambda: True,
    index: Callable[[], str] | None = None,
    routes: Routes = (),
    api: BaseRoute | None = None,
) -> "Application":
    """The application that answers Twilio.

    `answer` gives the reply to a turn, at once or as something to await; what it raises is logged, and the caller
    hears an apology. `clock` gives aware times; `audio` is the folder of recordings; `on_start` and `on_stop` are
    awaited around the life of the server, `on_start` with the first request where the application is mounted in
    another; `ready` tells `/readyz` whether flows are loaded and the store answers.
    `index` is the page at `/`, for eyes that may see every flow; there is none without it.

    `routes` are somebody's own beside ours. They come after ours, but for `index`, so none takes a flow's place, and answer only what
    Twilio signed, unless they are `unsigned`. Raises ValueError for one at an address of ours. `api` is that of programs, which show a
    key of their own; without it there is none.
    """
    served: list[BaseRoute] = [] if audio is None else [AudioRoute(audio)]
    served += [FlowRoute(answer, settings, clock), StateRoute("/healthz", lambda: True), StateRoute("/readyz", ready)]
    if api is not None:
        served.append(api)
    served += own_routes(routes, settings, api=api is not None)
    if index is not None:
        served.append(IndexRoute(index))
    app = Application(served, Life(on_start, on_stop))
    # A redirect would turn a POST of Twilio's into a GET.
    app.router.redirect_slashes = False
    app.router.default = NotFound(settings.public_url)
    if urlsplit(settings.public_url).path.strip("/"):
        app.add_middleware(PublicPath, public_url=settings.public_url, others=bool(routes))
    return app


class Application(Starlette):
    """Starlette without its two layers that turn exceptions into pages, as long as nobody gave it handlers for them.

    The routes here answer every mistake themselves, and the layers would take a tenth of the time of a request.

    Another application may have its `lifespan` as its own, so that this one begins and ends with it.
    """

    def __init__(self, routes: Routes, life: Life) -> None:
        super().__init__(routes=routes, lifespan=self.lifespan)
        self._life = life

    @asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncIterator[None]:
        """The life of the application, whichever is given as argument; it may begin again when it has ended."""
        async with self._life.lifespan():
            try:
                yield
            finally:
                self.middleware_stack = None  # whoever asks next may have to open it again

    def build_middleware_stack(self) -> ASGIApp:
        if self.exception_handlers or self.debug:
            return self._life.waiting(super().build_middleware_stack())
        stack: ASGIApp = self.router.middleware_stack
        for layer, args, kwargs in reversed(self.user_middleware):
            stack = layer(stack, *args, **kwargs)
        return self._life.waiting(stack)


class StateRoute(PlainRoute):
    """A page for load balancers and monitors: 200 while `state` is True, else 503 and why."""

    def __init__(self, path: str, state: Callable[[], State | Awaitable[State]]) -> None:
        self.path = path
        self._state = state

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if scope["type"] == "http" and local_path(scope) == self.path else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            return await send_page(scope, send, 405, "Method not allowed", allow="GET, HEAD")
        try:
            state = self._state()
            if not isinstance(state, State):
                state = await state
        except asyncio.CancelledError:
            state = "the server is stopping"
        if state is True:
            return await send_page(scope, send, 200, "ok")
        await send_page(scope, send, 503, f"not ready: {state}" if state else "not ready")


class IndexRoute(PlainRoute):
    """The page at `/`, for whoever follows the address that the server printed."""

    path = "/"

    def __init__(self, index: Callable[[], str]) -> None:
        self._index = index

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if scope["type"] == "http" and local_path(scope) == self.path else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return await send_page(scope, send, 405, "Method not allowed", allow="GET, HEAD, POST")
        await send_page(scope, send, 200, self._index())


class NotFound:
    """The answer to every other address; one that names a flow behind a path that is not known is explained in the log."""

    def __init__(self, public_url: str) -> None:
        self._public = public_url
        self._log = Sparing(log, monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1000})
        path = local_path(scope)
        if path.startswith("/api/"):  # a server that has a key answers there itself
            why = "the HTTP API is off without TOUCHTONE_API_KEYS; `touchtone key NAME` makes a key"
            self._log.warning("404 for %r: %s", path[:300], why)
        elif "/flows/" in path[1:]:
            known = f"not in the public address {self._public}" if self._public else "set --public-url to include it"
            before = path[: path.index("/flows/", 1)]
            self._log.warning("404 for %r: no flow is served below %r (%s)", path[:300], before[:300], known)
        await send_page(scope, send, 404, "Not found")
