"""Redirects: where they lead, as what the request goes on, and what it carries there (RFC 9110, 15.4)."""

import asyncio

import pytest

from engine.runtime.effects.effect import HttpCall
from tests.runtime.effects.conftest import Shop, answer, client


def moved(location: str, status: int = 302) -> bytes:
    return answer("moved", status, location=location)


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "GET", "GET"),
        (301, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
    ],
)
def test_the_method_is_kept_or_becomes_get(ask, status, before, after):
    call = {"json": {"a": 1}, "has_json": True} if before not in ("GET", "HEAD") else {}
    trial = ask(moved("/new?x=1", status), answer("x"), method=before, key="k1", **call)
    assert trial.result.answer == "200"
    first, second = trial.asked
    assert (second.method, second.target) == (after, "/new?x=1")
    assert second.body == (first.body if after == before else b"")
    assert ("content-type" in second.headers) is bool(second.body)
    assert ("idempotency-key" in second.headers) is (after in ("POST", "PATCH"))


def test_five_are_followed_and_a_sixth_is_not(ask):
    hops = [moved(f"/{number}") for number in range(6)]
    assert ask(*hops[:5], answer("there")).result.values["body"] == "there"
    trial = ask(*hops, answer("there"))
    assert (trial.result.answer, trial.result.problem) == ("error", "shop.example redirects more than 5 times")
    assert len(trial.asked) == 6


@pytest.mark.parametrize("given", [answer("x", 302), answer("x", 304, location="/"), answer("x", 300, location="/")])
def test_what_redirects_nowhere_is_the_answer(ask, given):
    trial = ask(given)
    assert trial.result.answer == given.decode().split()[1]
    assert len(trial.asked) == 1


def test_a_retry_begins_at_the_beginning(ask):
    trial = ask(moved("/new"), answer(status=503), answer("x"))
    assert [asked.target for asked in trial.asked] == ["/", "/new", "/"]


class TestAnotherOrigin:
    SECRETS = (("Authorization", "Bearer x"), ("Cookie", "a=b"), ("X-Api-Key", "x"), ("Accept", "text/plain"))

    def play(self, location, **call):
        """Asks a shop that redirects to another, at `location` with its port; what both were asked."""

        async def play():
            async with Shop([answer("x")]) as other, Shop([moved(location.format(other.port), 307)]) as shop:
                asker = client("other.example")
                await asker.perform(HttpCall("POST", shop.url(), headers=self.SECRETS, **call))
                await asker.close()
                return shop.asked[0], other.asked[0]

        return asyncio.run(play())

    @pytest.mark.parametrize("host", ["other.example", "shop.example"])  # another host, and another port of the same
    def test_what_may_be_secret_is_not_carried_there(self, host):
        first, second = self.play(f"http://{host}:{{}}/x", json=1, has_json=True, key="k1")
        assert {"authorization", "cookie", "x-api-key", "idempotency-key"} <= first.headers.keys()
        assert not {"authorization", "cookie", "x-api-key", "idempotency-key"} & second.headers.keys()
        assert (second.headers["accept"], second.headers["content-type"], second.body) == (
            "text/plain",
            "application/json",
            b"1",
        )
        assert second.headers["host"].startswith(f"{host}:")

    def test_at_the_same_origin_it_is(self, ask):
        trial = ask(moved("/new", 307), answer("x"), headers=self.SECRETS)
        assert trial.asked[1].headers["x-api-key"] == "x"
        assert trial.asked[1].headers["authorization"] == "Bearer x"


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("http://127.0.0.1/admin", "127.0.0.1 is a loopback address"),
        ("http://2130706433/", "2130706433 is a loopback address"),
        ("//169.254.169.254/latest/meta-data", "169.254.169.254 is a link-local address"),
        ("http://inside.example/", "inside.example leads to a loopback address"),
        ("file:///etc/passwd", "an address that begins with `file:` is not asked"),
        ("gopher://shop.example/", "an address that begins with `gopher:` is not asked"),
        ("http://[::1", "shop.example redirects to what is no address"),
        ("http://exa\x01mple/", "shop.example redirects to what is no address"),
    ],
)
def test_no_redirect_leads_inside(ask, location, problem):
    trial = ask(moved(location), answer("x"))
    assert trial.result.answer == "error"
    assert trial.result.problem.startswith(problem)
    assert len(trial.asked) == 1
