"""Who may use the API: it is off without a key, and asks for one before it reads anything."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from engine import create_app, unsigned
from engine.api import limiting, route
from engine.api.keys import key_hash
from engine.server.keys import ApiKey
from tests.api.conftest import KEY, Client, open_client


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


def test_callers_over_ipv4_are_counted_apart_on_a_socket_for_both(tell):
    async def story(client):
        for _ in range(21):
            last = await client.get("/api/openapi.json", key="", client="::ffff:192.0.2.7")
        assert last.status == 429
        assert (await client.get("/api/openapi.json", key="", client="192.0.2.7")).status == 429, "it is the same one"
        assert (await client.get("/api/openapi.json", key="", client="::ffff:192.0.2.8")).status == 401

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


def test_a_body_that_does_not_come_is_given_up(tell, monkeypatch):
    monkeypatch.setattr(route, "BODY_SECONDS", 0.1)

    async def story(client):
        async def never():
            await asyncio.Event().wait()

        sent = {"host": "example.com", "authorization": f"Bearer {KEY}"}
        late = await client._send("POST", "/api/flows/orders/calls", sent, never)
        assert (late.status, late.json["type"]) == (408, "urn:touchtone:problem:body-too-late")
        assert late.headers["connection"] == "close"

    tell(story)


def test_it_is_served_where_the_application_is_mounted(tmp_path, monkeypatch):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "a.yaml").write_text("steps: {a: [{say: Hi.}]}")
    monkeypatch.chdir(tmp_path)
    key = f"backend:{key_hash(KEY)}"
    phone = create_app("flows", public_url="https://example.com", unsigned=True, store="memory:", api_keys=key)
    mounted = Starlette(routes=[Mount("/phone", phone)], lifespan=phone.lifespan)

    async def told():
        async with phone.lifespan():
            client = Client(mounted, None, None, None)
            found = await client._send("GET", "/phone/api/openapi.json", {"authorization": f"Bearer {KEY}"}, None)
            assert found.json["servers"] == [{"url": "https://example.com/phone"}]

    asyncio.run(told())


def test_no_route_of_somebody_else_is_at_its_address(tmp_path):
    (tmp_path / "a.yaml").write_text("steps: {a: [{say: Hi.}]}")
    own = [unsigned(Route("/api/orders", lambda request: None))]
    settings = {"unsigned": True, "store": "memory:", "routes": own}
    create_app(tmp_path, **settings)
    with pytest.raises(ValueError, match="the route /api/orders would never be asked"):
        create_app(tmp_path, **settings, api_keys=f"backend:{key_hash(KEY)}")


texts = st.text(max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(["to", "from", "variables", "timeout", "record", "text", "media_url", "content_variables"])
bodies = st.one_of(
    st.binary(max_size=60),
    json_values,
    st.dictionaries(fields | texts, st.just("+15550101") | json_values, max_size=5),
)
paths = st.sampled_from(
    ["flows/clinic/calls", "flows/chat/messages", f"calls/CA{'0' * 32}/redirect", f"calls/CA{'0' * 32}/hangup"]
)


@given(st.lists(st.tuples(paths, bodies, texts), max_size=8))
def test_whatever_a_program_sends_is_answered_as_described(asked):
    async def told():
        async with open_client(Path("flows")) as client:
            for path, body, key in asked:
                once = {"idempotency-key": key.encode("utf-8", "replace").decode("latin-1")} if key else {}
                answered = await client.post(f"/api/{path}", body, headers=once)
                assert answered.status < 500

    asyncio.run(told())
