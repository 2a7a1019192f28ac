"""Requests with a login, and those signed as Twilio signs its own: what the server gets, and what another one does not."""

import asyncio
from base64 import b64encode
from typing import Any

import pytest
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator

from engine.runtime.effects.effect import HttpCall, Login, Result
from engine.runtime.effects.signing import signature
from tests.runtime.effects.conftest import Asked, Shop, answer, client
from tests.runtime.effects.test_redirects import moved

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = (
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
)


def test_a_signature_is_that_of_twilio() -> None:
    """Twilio, "Webhooks security": the example of its libraries."""
    assert signature(TOKEN, URL, FORM) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert signature(TOKEN, URL, reversed(FORM)) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    repeated = (("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"))
    assert signature(TOKEN, URL, repeated) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


def play(
    *answers: bytes, token: str = TOKEN, path: str = "/", elsewhere: str = "", **call: Any
) -> tuple[Result, list[Asked], list[Asked], str]:
    """What came of a call, what the shop was asked and what another server was, and the address of the shop."""

    async def playing() -> tuple[Result, list[Asked], list[Asked], str]:
        async with Shop([answer("x")]) as other:
            first = [moved(elsewhere.format(other.port), 307)] if elsewhere else list(answers)
            async with Shop(first or [answer("x")]) as shop:
                asker = client("other.example", token=token)
                result = await asker.perform(HttpCall(**{"method": "GET", "url": shop.url(path), **call}))
                await asker.close()
                return result, shop.asked, other.asked, shop.url("")

    return asyncio.run(playing())


@pytest.mark.parametrize(
    ("user", "password"), [("ann", "hunter2"), ("key", ""), ("", "token"), ("ünï", "pä:ss wörd"), ("a@b", "%40")]
)
def test_a_login_is_http_basic(user: str, password: str) -> None:
    """RFC 7617, with UTF-8."""
    _, (asked,), _, _ = play(auth=Login(user, password))
    assert asked.headers["authorization"] == f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
    assert asked.target == "/"


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"path": "/lookup?a=1&b=%C3%A9"},
        {"params": (("number", "+1 555"), ("a", "1"))},
        {"method": "POST", "form": FORM},
        {"method": "POST", "form": (("Digits", "2"), ("Digits", "1"), ("Empty", ""), ("Umlaut", "\u00fc"))},
        {"method": "POST", "path": "/lookup?a=1", "form": FORM},
        {"method": "POST"},
    ],
)
def test_a_signed_request_is_accepted_by_twilios_own_library(call: dict[str, Any]) -> None:
    _, (asked,), _, origin = play(auth="twilio", **call)
    validator = RequestValidator(TOKEN)  # type: ignore[no-untyped-call]
    form = FormData(list(call.get("form", ())))
    assert validator.validate(origin + asked.target, form, asked.headers["x-twilio-signature"])  # type: ignore[no-untyped-call]


def test_a_body_of_json_is_signed_by_its_hash() -> None:
    """Twilio, "Webhooks security", "Validating application/json requests"."""
    _, (asked,), _, origin = play(method="POST", path="/x?a=1", json={"a": 1}, has_json=True, auth="twilio")
    assert asked.target.startswith("/x?a=1&bodySHA256=")
    validator = RequestValidator(TOKEN)  # type: ignore[no-untyped-call]
    assert validator.validate(origin + asked.target, asked.body.decode(), asked.headers["x-twilio-signature"])  # type: ignore[no-untyped-call]


def test_without_a_token_nothing_is_asked() -> None:
    result, asked, _, _ = play(auth="twilio", token="")
    assert (result.answer, asked) == ("error", [])
    assert "TWILIO_AUTH_TOKEN" in result.problem


@pytest.mark.parametrize("auth", [Login("ann", "hunter2"), "twilio"])
@pytest.mark.parametrize("host", ["other.example", "shop.example"])  # another host, and another port of the same
def test_another_origin_does_not_get_it(auth: Any, host: str) -> None:
    _, (first,), (second,), _ = play(elsewhere=f"http://{host}:{{}}/x", auth=auth, method="POST", form=FORM)
    mark = "x-twilio-signature" if auth == "twilio" else "authorization"
    assert mark in first.headers
    assert not {"authorization", "x-twilio-signature"} & second.headers.keys()


def test_at_the_same_origin_the_new_address_is_signed() -> None:
    _, (first, second), _, origin = play(moved("/new?b=2", 307), answer("x"), auth="twilio", method="POST", form=FORM)
    assert first.headers["x-twilio-signature"] == signature(TOKEN, f"{origin}/", FORM)
    assert second.headers["x-twilio-signature"] == signature(TOKEN, f"{origin}/new?b=2", FORM)
    _, (_, third), _, origin = play(moved("/new", 303), answer("x"), auth="twilio", method="POST", form=FORM)
    assert third.headers["x-twilio-signature"] == signature(TOKEN, f"{origin}/new")


@pytest.mark.parametrize("auth", [Login("ann", "hunter2"), "twilio"])
def test_no_problem_and_no_repr_shows_a_secret(auth: Any) -> None:
    result, _, _, _ = play(answer(status=401), auth=auth)
    assert "hunter2" not in str(result)
    assert "hunter2" not in repr(HttpCall("GET", "https://x.example/", auth=auth))
