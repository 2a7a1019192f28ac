"""Who may use the API: it is off without a key, and asks for one before it reads anything."""

import asyncio
import json

import pytest

from engine.api import limiting
from engine.api.keys import key_hash
from engine.server.keys import ApiKey
from tests.api.conftest import KEY


def test_without_a_key_there_is_no_api(tell):
    async def story(client):
        for method, path in (("GET", "/api/openapi.json"), ("POST", "/api/flows/orders/calls"), ("GET", "/api")):
            answered = await client._send(method, path, {"host": "example.com"}, None)
            assert (answered.status, answered.text) == (404, "Not found\n")

    tell(story, api_keys=())


def test_nothing_is_read_or_told_before_a_key_is_shown(tell):
    async def story(client):
        for path in ("/api/flows/orders/calls", "/api/flows/nothing/calls", "/api/nothing"):
            refused = await client.post(path, {"to": "+15550101"}, key="")
            assert (refused.status, refused.json["type"]) == (401, "urn:touchtone:problem:unauthorized")
            assert refused.headers["www-authenticate"] == 'Bearer realm="touchtone"'
            assert refused.headers["connection"] == "close", "what is left of the body is not waited for"
            assert "ratelimit" not in refused.headers
            assert client.read == 0

    tell(story)


@pytest.mark.parametrize("key", ["wrong", KEY[:-1], KEY + "x", KEY.lower() + "!", "k" * 5000, "é"])
def test_a_wrong_key_is_refused(tell, key):
    async def story(client):
        refused = await client.post("/api/flows/orders/calls", {"to": "+15550101"}, key=key)
        assert refused.status == 401
        assert refused.headers["www-authenticate"] == 'Bearer realm="touchtone", error="invalid_token"'
        assert client.read == 0
        assert key not in refused.text

    tell(story)


@pytest.mark.parametrize("shown", [f"Basic {KEY}", KEY, f"Bearer{KEY}", "Bearer", "", f"Bearer {KEY}, Bearer {KEY}"])
def test_only_a_bearer_key_counts(tell, shown):
    async def story(client):
        assert (await client.get("/api/openapi.json", key="", headers={"authorization": shown})).status == 401

    tell(story)


def test_the_scheme_is_read_case_aside(tell):
    async def story(client):
        assert (await client.get("/api/openapi.json", key="", headers={"authorization": f"bearer {KEY}"})).status == 200

    tell(story)


def test_who_shows_wrong_keys_is_told_to_wait_and_a_right_key_is_let_in(tell):
    async def story(client):
        statuses = [(await client.get("/api/openapi.json", key="wrong")).status for _ in range(25)]
        assert statuses == [401] * 20 + [429] * 5
        refused = await client.get("/api/openapi.json", key="wrong")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await client.get("/api/openapi.json", key="wrong", client="192.0.2.2")).status == 401
        assert (await client.get("/api/openapi.json")).status == 200

    tell(story)


def test_addresses_of_one_subscriber_are_counted_together(tell):
    async def story(client):
        asked = [client.get("/api/openapi.json", key="", client=f"2001:db8:1:2::{number:x}") for number in range(21)]
        assert [answer.status for answer in await asyncio.gather(*asked)][-1] == 429
        assert (await client.get("/api/openapi.json", key="", client="2001:db8:1:3::1")).status == 401

    tell(story)


def test_a_key_that_asks_too_often_is_told_when_to_come_back(tell):
    async def story(client):
        first = await client.get("/api/openapi.json")
        assert first.headers["ratelimit-policy"] == '"key";q=3;w=60'
        assert first.headers["ratelimit"].startswith('"key";r=2;t=')
        answers = [await client.post("/api/flows/orders/calls", {"to": "+15550101"}) for _ in range(3)]
        assert [answer.status for answer in answers] == [201, 201, 429]
        assert answers[-1].json["type"] == "urn:touchtone:problem:too-many-requests"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert answers[-1].headers["ratelimit"].startswith('"key";r=0;t=')
        assert client.read == 0
        assert len(client.account.placed) == 2

    tell(story, api_rate="3/minute")


def test_keys_are_counted_apart(tell):
    other = "tt_" + "o" * 43

    async def story(client):
        assert [(await client.get("/api/openapi.json")).status for _ in range(3)] == [200, 200, 429]
        assert (await client.get("/api/openapi.json", key=other)).status == 200

    tell(story, api_rate="2/minute", api_keys=(ApiKey("a", key_hash(KEY)), ApiKey("b", key_hash(other))))


def test_a_body_that_is_too_long_is_refused(tell):
    async def story(client):
        long = {"to": "+15550101", "variables": {"account": "x" * 70_000}}
        refused = await client.post("/api/flows/clinic/calls", long)
        assert (refused.status, refused.json["type"]) == (413, "urn:touchtone:problem:body-too-large")
        assert refused.headers["connection"] == "close"

    tell(story)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])
def test_a_body_of_another_kind_is_refused(tell, kind):
    """What a page of somebody else can send without asking first."""

    async def story(client):
        refused = await client.post("/api/flows/orders/calls", {"to": "+15550101"}, headers={"content-type": kind})
        assert (refused.status, refused.json["type"]) == (415, "urn:touchtone:problem:unsupported-media-type")
        assert client.account.placed == []

    tell(story)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/flows/orders/calls", 405),
        ("DELETE", "/api/flows/orders/calls", 405),
        ("OPTIONS", "/api/flows/orders/calls", 405),
        ("POST", "/api/openapi.json", 405),
        ("HEAD", "/api/openapi.json", 405),
    ],
)
def test_what_is_not_served_is_a_problem_too(tell, method, path, status):
    async def story(client):
        answered = await client.ask(method, path)
        assert answered.status == status
        assert ("allow" in answered.headers) == (status == 405)
        assert not [name for name in answered.headers if name.startswith("access-control")]
        assert answered.headers["cache-control"] == "no-store"

    tell(story)


def test_the_api_is_behind_the_path_of_the_public_address(tell):
    async def story(client):
        for path in ("/phone/api/flows/orders/calls", "/api/flows/orders/calls"):
            placed = await client.post(path, {"to": "+15550101"})
            assert placed.status == 201
            assert placed.headers["location"].startswith("https://example.com/phone/api/calls/CA")
        assert {one["url"] for one in client.account.placed} == {"https://example.com/phone/flows/orders"}

    tell(story, public_url="https://example.com/phone")


def test_no_key_is_written_into_the_log(tell, caplog):
    caplog.set_level("DEBUG")

    async def story(client):
        await client.post("/api/flows/orders/calls", {"to": "+15550101"})
        await client.post("/api/flows/orders/calls", {"to": "+15550101"}, key="tt_wrong")

    tell(story)
    assert "API key backend: call CA" in caplog.text
    assert "tt_" not in caplog.text
    assert key_hash(KEY) not in caplog.text


def test_a_fault_of_the_server_tells_nothing(tell, caplog):
    async def story(client):
        client.account.fails = [ZeroDivisionError("secret")]
        broken = await client.post("/api/flows/orders/calls", {"to": "+15550101"})
        assert (broken.status, json.loads(broken.text)["detail"]) == (500, "the server failed")
        assert "secret" not in broken.text

    tell(story)
    assert "a request to the API failed" in caplog.text


def test_many_addresses_take_no_memory_and_nothing_from_the_keys(monkeypatch):
    monkeypatch.setattr(limiting, "_NAMES", 10)
    limits = limiting.Limits("2/minute")
    assert limits.ask("backend", 0).allowed
    for number in range(100):
        limits.wrong(f"192.0.2.{number}", 0)
    assert len(limits._storage.storage) <= 11
    assert [limits.ask("backend", 0).allowed for _ in range(2)] == [True, False]
