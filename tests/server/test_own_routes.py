"""Somebody's own routes beside the flows take no address of ours, and are signed unless they say that they are not."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from engine.commands.common import utc_now
from engine.runtime.request import Reply
from engine.server.app import assemble
from engine.server.own_routes import unsigned
from engine.server.settings import Settings

Exchange = Callable[..., Any]


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"own {request.url.path}")


async def echo(request: Request) -> JSONResponse:
    return JSONResponse(dict(await request.form()))


async def missing(_: Request) -> PlainTextResponse:
    raise HTTPException(404, "nothing of the kind")


async def broken(_: Request) -> PlainTextResponse:
    raise RuntimeError("own mistake")


class TestTheirPlace:
    def test_they_are_served_beside_the_flows(self, exchange: Exchange) -> None:
        phone = exchange(options={"routes": [unsigned(Route("/hello", hello))]})
        assert phone.ask("/hello", method="GET").body == b"own /hello"
        assert phone.call().status == 200
        assert phone.ask("/else", method="GET").status == 404

    @pytest.mark.parametrize("path", ["/flows", "/flows/clinic", "/flows/{any:path}", "/healthz", "/readyz"])
    def test_one_at_an_address_of_ours_is_refused_at_the_start(self, exchange: Exchange, path: str) -> None:
        for route in (Route(path, hello), unsigned(Route(path, hello)), Mount(path, routes=[Route("/", hello)])):
            with pytest.raises(ValueError, match=f"the route {path} would never be asked".replace("{", r"\{")):
                exchange(options={"routes": [route]})

    @pytest.mark.parametrize(
        "route",
        [
            Mount("/", routes=[Route("/{any:path}", hello, methods=["GET", "POST"])]),
            Route("/{any:path}", hello, methods=["GET", "POST"]),
            Route("/{flows}/{clinic}", hello, methods=["GET", "POST"]),
        ],
    )
    def test_one_for_every_address_takes_none_of_ours(self, exchange: Exchange, route: Any) -> None:
        phone = exchange(options={"routes": [unsigned(route)], "index": lambda: "flows"})
        assert phone.call().body == b"<Response/>"
        assert phone.call("/flows/clinic/menu").body == b"<Response/>"
        assert phone.ask("/flows/clinic").status == 403
        assert phone.ask("/healthz", method="GET").body == b"ok\n"
        assert phone.ask("/other/place", method="GET").body == b"own /other/place"

    def test_the_page_at_the_root_may_be_theirs(self, exchange: Exchange) -> None:
        phone = exchange(options={"routes": [unsigned(Route("/", hello))], "index": lambda: "flows"})
        assert phone.ask("/", method="GET").body == b"own /"

    @pytest.mark.parametrize("seen", ["/hello", "/ivr/hello"])
    def test_a_proxy_may_strip_the_public_path_or_not(self, exchange: Exchange, seen: str) -> None:
        phone = exchange(
            options={"routes": [Route("/hello", hello, methods=["POST"])]}, public_url="https://example.com/ivr"
        )
        assert phone.call("/ivr/hello", seen=seen).status == 200

    def test_their_addresses_can_be_written(self, exchange: Exchange) -> None:
        app = exchange(options={"routes": [Route("/hello/{name}", hello, name="hello")]}).app
        assert app.url_path_for("hello", name="ann") == "/hello/ann"


class TestTheirSignature:
    def test_one_of_which_nothing_is_said_answers_only_twilio(self, exchange: Exchange) -> None:
        phone = exchange(options={"routes": [Route("/hello", hello, methods=["GET", "POST"])]})
        assert phone.ask("/hello", method="GET").status == 403
        assert phone.ask("/hello").status == 403
        assert phone.call("/hello", signature="bm8=").status == 403
        assert phone.call("/hello").body == b"own /hello"
        assert phone.call("/hello?a=1", method="GET").body == b"own /hello"
        assert phone.call("/hello", public="https://example.org").status == 403

    def test_what_is_refused_is_logged(self, exchange: Exchange, caplog: Any) -> None:
        exchange(options={"routes": [Route("/hello", hello)]}).ask("/hello?pin=1", method="GET")
        assert caplog.messages == ["refused a GET of 'https://example.com/hello': it carries no signature"]

    def test_it_gets_the_form_that_was_checked(self, exchange: Exchange) -> None:
        phone = exchange(options={"routes": [Route("/echo", echo, methods=["POST"])]})
        fields = [("CallSid", "CA1"), ("Digits", "1 2")]
        assert phone.call("/echo", fields).body == b'{"CallSid":"CA1","Digits":"1 2"}'

    def test_a_body_has_the_same_limit_as_that_of_a_flow(self, exchange: Exchange) -> None:
        phone = exchange(options={"routes": [Route("/echo", echo, methods=["POST"])]}, body_limit=1024)
        assert phone.call("/echo", [("Digits", "1" * 2000)]).status == 413

    def test_it_holds_for_all_below_a_mount(self, exchange: Exchange) -> None:
        """The path that the mount takes is no part of the address that stands before the application."""
        mount = Mount("/a", routes=[Mount("/b", routes=[Route("/hello", hello, methods=["POST"])])])
        for public in ("https://example.com", "https://example.com/x/a", "https://example.com/x/a/b"):
            phone = exchange(options={"routes": [mount]}, public_url=public)
            assert phone.call("/a/b/hello", public=public).status == 200
            assert phone.ask("/a/b/hello").status == 403

    def test_nothing_is_signed_where_the_settings_say_so(self, exchange: Exchange) -> None:
        phone = exchange(options={"routes": [Route("/hello", hello)]}, unsigned=True)
        assert phone.ask("/hello", method="GET").status == 200

    def test_a_web_socket_is_for_unsigned_routes_only(self) -> None:
        async def talk(socket: Any) -> None:
            await socket.accept()
            await socket.send_text("hello")
            await socket.close()

        for mark, opens in ((unsigned, True), (lambda route: route, False)):
            routes = [mark(WebSocketRoute("/talk", talk))]
            app = assemble(lambda _: Reply(b""), Settings(tokens=("t",)), clock=utc_now, routes=routes)
            client = TestClient(app)
            if opens:
                with client.websocket_connect("/talk") as socket:
                    assert socket.receive_text() == "hello"
            else:
                with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/talk"):
                    pass
                assert closed.value.code == 1008


class TestTheirMistakes:
    def test_what_they_raise_becomes_a_page(self, exchange: Exchange) -> None:
        phone = exchange(options={"routes": [unsigned(Route("/missing", missing))]})
        answer = phone.ask("/missing", method="GET")
        assert (answer.status, answer.body) == (404, b"nothing of the kind")

    def test_a_fault_is_answered_and_goes_to_the_log_of_the_server(self, exchange: Exchange) -> None:
        client = TestClient(
            exchange(options={"routes": [unsigned(Route("/broken", broken))]}).app, raise_server_exceptions=False
        )
        assert client.get("/broken").status_code == 500

    def test_handlers_of_the_application_come_first(self, exchange: Exchange) -> None:
        phone = exchange(options={"routes": [unsigned(Route("/missing", missing))]})
        app: Starlette = phone.app
        app.add_exception_handler(404, lambda request, fault: PlainTextResponse("own page", 404))
        assert phone.ask("/missing", method="GET").body == b"own page"
