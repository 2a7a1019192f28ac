"""A program gets tokens for its browsers: each says who the client is and which flow it calls, and none is kept here."""

import jwt
import pytest

from tests.api.conftest import SCOPED

KEY, SECRET, APP, ANY = "SK" + "1" * 32, "s" * 32, "AP" + "2" * 32, "AP" + "3" * 32
ACCOUNT = {"api_key": KEY, "api_secret": SECRET, "apps": {"clinic": APP, "": ANY}}


def grants(token: str) -> dict[str, object]:
    return jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_nbf": False})["grants"]


def test_a_client_that_calls_a_flow_and_is_called(tell):
    async def story(client):
        made = await client.post("/api/token", {"identity": "front_desk", "flow": "clinic"})
        assert made.status == 201
        assert made.json["until"] == "2026-11-30T13:00:00+00:00"
        assert grants(made.json["token"]) == {
            "identity": "front_desk",
            "voice": {"incoming": {"allow": True}, "outgoing": {"application_sid": APP}},
        }
        assert made.headers["cache-control"] == "no-store"

    tell(story, **ACCOUNT)


def test_a_client_that_is_only_called(tell):
    async def story(client):
        made = await client.post("/api/token", {"identity": "desk", "seconds": 60})
        assert grants(made.json["token"]) == {"identity": "desk", "voice": {"incoming": {"allow": True}}}
        assert made.json["until"] == "2026-11-30T12:01:00+00:00"

    tell(story, **ACCOUNT)


def test_an_app_for_any_flow_serves_keys_for_all_flows_alone(tell):
    async def story(client):
        made = await client.post("/api/token", {"identity": "desk", "flow": "orders", "incoming": False})
        assert grants(made.json["token"]) == {"identity": "desk", "voice": {"outgoing": {"application_sid": ANY}}}
        refused = await client.post("/api/token", {"identity": "desk", "flow": "orders"}, key=SCOPED)
        assert refused.status == 503
        assert refused.json["fix"].startswith("run `touchtone numbers app orders`")
        hidden = await client.post("/api/token", {"identity": "desk", "flow": "clinic"}, key=SCOPED)
        assert (hidden.status, hidden.json["errors"][0]["pointer"]) == (422, "/flow")

    tell(story, **ACCOUNT)


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({}, "/identity", "`identity` is missing"),
        ({"identity": "front desk"}, "/identity", "an identity has up to 121 letters, digits and underscores"),
        ({"identity": "desk", "flow": "clinc"}, "/flow", "there is no flow named `clinc`"),
        ({"identity": "desk", "flow": "chat"}, "/flow", "the flow `chat` answers no calls"),
        ({"identity": "desk", "seconds": 0}, "/seconds", "a whole number, at least 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tell, body, pointer, detail):
    async def story(client):
        refused = await client.post("/api/token", body)
        assert refused.status == 422
        assert refused.json["errors"][0]["pointer"] == pointer
        assert detail in refused.json["detail"]

    tell(story, **ACCOUNT)


def test_without_an_api_key_it_says_how_to_get_one(tell):
    async def story(client):
        refused = await client.post("/api/token", {"identity": "desk"})
        assert refused.status == 503
        assert refused.json["detail"] == "access tokens are signed with an API key"
        assert "TWILIO_API_KEY" in refused.json["fix"]

    tell(story)


def test_no_token_is_kept_for_an_idempotency_key(tell):
    async def story(client):
        first, second = [
            await client.post("/api/token", {"identity": name}, headers={"idempotency-key": '"a"'})
            for name in ("one", "two")
        ]
        assert (first.status, second.status) == (201, 201)
        assert (first.json["identity"], second.json["identity"]) == ("one", "two")

    tell(story, **ACCOUNT)
