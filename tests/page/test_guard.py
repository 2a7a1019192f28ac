"""The page answers a browser that was opened with the token, and nothing else that finds its port."""

import asyncio
import json
import math
from typing import Any

import pytest

from engine.page import guard
from engine.page.answers import encoded
from engine.page.guard import WRONG
from tests.page.conftest import HOST, TOKEN


@pytest.fixture
def page(opened):
    return opened()


def test_the_token_becomes_a_cookie_that_no_script_reads_and_no_other_site_sends(page):
    answer = page.ask("GET", f"/?token={TOKEN}", cookie="-")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("touchtone_8030=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert TOKEN not in cookie


def test_from_a_terminal_in_a_browser_the_token_works_without_a_redirect_which_would_lose_the_strict_cookie(page):
    answer = page.ask("GET", f"/?token={TOKEN}", cookie="-", sec_fetch_site="cross-site")
    assert answer.status_code == 200
    assert "touchtone_8030=" in answer.headers["set-cookie"]
    assert 'http-equiv="refresh"' in answer.text


@pytest.mark.parametrize("token", ["", "a-toke", "a-token2", "A-TOKEN", "%00", "ä", "a-token&token=x"])
def test_a_wrong_token_opens_nothing(page, token):
    answer = page.ask("GET", f"/?token={token}", cookie="-")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/api/state", "/events", "/static/main.js", "/nowhere"])
@pytest.mark.parametrize(
    "cookie", ["-", "touchtone_8030=", "touchtone_8030=a-token", "touchtone_8031=x", '"; ;=,=', "ä=ö"]
)
def test_nothing_is_shown_without_the_cookie(page, path, cookie):
    answer = page.ask("GET", path, cookie=cookie)
    assert answer.status_code == 403
    assert "touchtone dev" in answer.json()["error"]


@pytest.mark.parametrize(
    "host",
    ["evil.example:8030", "127.0.0.1", "127.0.0.1:8000", "127.0.0.1:8030.evil.example", "localhost:8030@evil", ""],
)
def test_a_foreign_name_that_leads_here_is_refused_though_it_has_the_cookie(page, host):
    for path in ("/api/state", f"/?token={TOKEN}", "/events"):
        assert page.ask("GET", path, host=host).status_code == 403


@pytest.mark.parametrize("host", [HOST, "localhost:8030", "[::1]:8030", "LOCALHOST:8030"])
def test_the_names_of_this_machine_are_known(page, host):
    assert page.ask("GET", "/api/state", host=host).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["-", "null", "http://evil.example", "http://127.0.0.1:8000", "https://127.0.0.1:8030", "http://localhost:8030"],
)
def test_a_post_from_another_page_is_refused(page, origin):
    answer = page.ask("POST", "/api/open", body={}, origin=origin)
    assert (answer.status_code, answer.json()["error"]) == (403, "The request comes from another page.")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_calls_foreign_is_refused(page, site):
    """A page on another port of this machine is "same-site": its requests carry the cookie."""
    assert page.ask("GET", "/api/state", sec_fetch_site=site).status_code == 403
    assert page.ask("GET", "/api/state", origin="http://127.0.0.1:3000").status_code == 403
    assert page.ask("GET", "/api/state", sec_fetch_site="same-origin").status_code == 200


@pytest.mark.parametrize("kind", ["-", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_cannot_post(page, kind):
    assert page.ask("POST", "/api/open", body={}, content_type=kind).status_code == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(page, method):
    assert page.ask(method, "/api/state").status_code == 405


def test_every_answer_forbids_what_a_browser_could_do_with_it(page):
    for answer in (
        page.ask("GET", "/api/state"),
        page.ask("GET", "/api/state", cookie="-"),
        page.ask("GET", "/static/main.js"),
        page.ask("GET", f"/?token={TOKEN}"),
        page.ask("GET", "/nowhere"),
    ):
        for name, value in guard.HEADERS.items():
            assert answer.headers[name] == value
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] in ("no-store", "no-cache")


def test_a_body_is_bounded_in_size(page):
    large = b'{"path": "' + b"x" * guard.LARGEST + b'"}'
    assert page.ask("POST", "/api/open", body=large).status_code == 413
    assert page.ask("POST", "/api/open", body=large, content_length="-").status_code == 413
    assert page.ask("POST", "/api/open", body=b"{}", content_length="1e9").status_code == 413


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(page, body):
    assert page.ask("POST", "/api/open", body=body).status_code == 400


def test_a_body_that_does_not_come_is_not_waited_for(page, monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.05)
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {"host": HOST, "origin": f"http://{HOST}", "content-type": "application/json", "cookie": page.cookie}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/open",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(page.app(scope, never, send))
    assert sent[0]["status"] == 408


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "....//app.py",
        "app.py",
        "/etc/passwd",
        "main.js/..",
        "%00",
        ".",
        "x" * 3000,
    ],
)
def test_only_the_pages_own_files_are_given_out(page, name):
    assert page.ask("GET", f"/static/{name}").status_code in (404, 403, 414)


def test_a_websocket_is_refused(page):
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(page.app({"type": "websocket", "path": "/events", "headers": []}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_what_goes_wrong_is_a_sentence_and_stands_in_the_log(page, monkeypatch, caplog):
    monkeypatch.setattr(page.desk, "_saved", None)
    monkeypatch.setattr(type(page.desk), "program", property(lambda _: 1 / 0))
    page.desk.saved = None  # type: ignore[assignment]
    answer = page.ask("GET", "/api/flows/menu/source")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "the page could not be answered" in caplog.text


def test_a_fault_of_the_page_is_answered_with_a_sentence_and_logged(opened, caplog):
    page = opened()
    page.desk.library = None
    answer = page.ask("GET", "/api/flows/menu%0A/counts")
    assert (answer.status_code, answer.json()["error"]) == (500, WRONG)
    assert "the page could not be answered: GET '/api/flows/menu\\n/counts'" in caplog.text


def test_numbers_that_json_lacks_are_answered_as_texts():
    assert json.loads(encoded({"n": [math.inf, {"m": -math.inf}], "x": (math.nan, 1.5)})) == {
        "n": ["inf", {"m": "-inf"}],
        "x": ["nan", 1.5],
    }
