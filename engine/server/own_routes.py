"""Somebody's own routes beside the flows: signed by Twilio like the flows, unless they are said to be for anybody."""

from collections.abc import Sequence

from starlette.datastructures import URLPath
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.server.address import Address
from engine.server.admission import Admission
from engine.server.body import Bodies
from engine.server.form import Form, read_form
from engine.server.pages import Rejected, send_page
from engine.server.settings import Settings

Routes = Sequence[BaseRoute]

OURS = ("/flows", "/healthz", "/readyz")
API = "/api"  # is ours too, where programs have keys
_ROOT = "touchtone.root_path"  # of the request, before a mount among the routes takes its part of the path
_FORM = b"application/x-www-form-urlencoded"


class OwnRoute(BaseRoute):
    """A route of somebody's own. What it raises becomes a page, as in any application of Starlette."""

    def __init__(self, route: BaseRoute) -> None:
        self.route = route
        self._guarded: ASGIApp = ServerErrorMiddleware(ExceptionMiddleware(route.handle))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = self.route.matches(scope)
        return match, {**child, _ROOT: scope.get("root_path", "")}

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        return self.route.url_path_for(name, **path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The application has layers of its own for that only where somebody gave it handlers.
        handle = self.route.handle if "starlette.exception_handlers" in scope else self._guarded
        await handle(scope, receive, send)


class Unsigned(OwnRoute):
    """A route that answers anybody who asks."""


class SignedRoute(OwnRoute):
    """A route that answers only what Twilio signed."""

    def __init__(self, route: BaseRoute, settings: Settings) -> None:
        super().__init__(route)
        self._address, self._admission = Address(settings.public_url), Admission(settings)
        self._bodies = Bodies(settings.body_limit)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request once its signature is checked, for which its whole body is read; a web socket is closed."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        try:
            body = await self._admitted(scope, receive)
        except Rejected as rejected:
            return await send_page(scope, send, rejected.status, rejected.text)
        except ClientDisconnect:
            return
        unread = [body]

        async def again() -> Message:
            return {"type": "http.request", "body": unread.pop(), "more_body": False} if unread else await receive()

        await super().handle(scope, again, send)

    async def _admitted(self, scope: Scope, receive: Receive) -> bytes:
        """The body of a request that Twilio signed; raises Rejected, or ClientDisconnect."""
        _, origin, path = self._address.locate({**scope, "root_path": scope[_ROOT]})
        headers: dict[bytes, bytes] = dict(scope["headers"])
        self._admission.check_headers(scope, headers, origin + path)
        body, sent = b"", Form((), {})
        if scope["method"] not in ("GET", "HEAD"):
            body = await self._bodies.read(receive)
            kind = headers.get(b"content-type", _FORM).partition(b";")[0].strip().lower()
            self._admission.check(
                scope, headers, origin + path, scope["query_string"], read_form(body) if kind == _FORM else body
            )
            return body
        self._admission.check(scope, headers, origin + path, scope["query_string"], sent)
        return body


def unsigned(route: BaseRoute) -> BaseRoute:
    """A route for anybody, such as a page for people: nobody's signature is asked for."""
    return route if isinstance(route, Unsigned) else Unsigned(route)


def own_routes(routes: Routes, settings: Settings, *, api: bool = False) -> list[BaseRoute]:
    """Somebody's own routes as they are served: signed, but for those that are `unsigned`; as they are where nothing is signed.
    `api` says that programs have theirs.

    Raises ValueError for one at an address of ours, which would never be asked, and TypeError for what is no route.
    """
    for route in routes:
        if not isinstance(route, BaseRoute):
            raise TypeError(f'a route is one of Starlette\'s, such as Route("/orders", orders), not {route!r}')
        path = getattr(route.route if isinstance(route, OwnRoute) else route, "path", "")
        for ours in (*OURS, API) if api else OURS:
            if path == ours or path.startswith(f"{ours}/"):
                raise ValueError(
                    f"the route {path} would never be asked: {ours} and what is below it are Touchtone's own"
                )
    return [
        route if isinstance(route, Unsigned) else OwnRoute(route) if settings.unsigned else SignedRoute(route, settings)
        for route in routes
    ]
