"""A browser gets a token of its own: who it is, where its calls go, for how long; signed with the API key, which stays here."""

from datetime import UTC, datetime

import jwt
import pytest

from engine.account.client import Credentials
from engine.account.tokens import TokenError, voice_token
from engine.server.dotenv import SettingsError
from engine.server.settings import read_settings

ACCOUNT, KEY, SECRET, APP = "AC" + "0" * 32, "SK" + "1" * 32, "s" * 32, "AP" + "2" * 32
OWN = Credentials(ACCOUNT, "token", KEY, SECRET)
AT = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)


def claims(token: str) -> dict[str, object]:
    """What a token says, with its signature checked; its times are those of the test."""
    return jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_nbf": False})


def test_a_client_that_calls_and_is_called():
    token = voice_token(OWN, "front_desk", at=AT, app=APP, seconds=600)
    said = claims(token)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "cty": "twilio-fpa;v=1"}
    assert (said["iss"], said["sub"]) == (KEY, ACCOUNT)
    assert (said["nbf"], said["exp"]) == (AT.timestamp(), AT.timestamp() + 600)
    voice = {"incoming": {"allow": True}, "outgoing": {"application_sid": APP}}
    assert said["grants"] == {"identity": "front_desk", "voice": voice}


def test_a_client_that_is_only_called():
    assert claims(voice_token(OWN, "desk", at=AT))["grants"] == {
        "identity": "desk",
        "voice": {"incoming": {"allow": True}},
    }


def test_a_client_that_only_calls():
    said = claims(voice_token(OWN, "desk", at=AT, app=APP, incoming=False))
    assert said["grants"] == {"identity": "desk", "voice": {"outgoing": {"application_sid": APP}}}


@pytest.mark.parametrize("identity", ["", "front desk", "desk@example.com", "a" * 122, "é", "desk\n"])
def test_identities_that_the_sdk_does_not_take(identity):
    with pytest.raises(TokenError, match="letters, digits and underscores"):
        voice_token(OWN, identity, at=AT)


@pytest.mark.parametrize("seconds", [0, -1, 24 * 3600 + 1])
def test_times_that_twilio_does_not_take(seconds):
    with pytest.raises(TokenError, match="86400"):
        voice_token(OWN, "desk", at=AT, seconds=seconds)


@pytest.mark.parametrize("own", [Credentials(ACCOUNT, "token"), Credentials("", "", KEY, SECRET)])
def test_without_an_api_key_it_says_how_to_get_one(own):
    with pytest.raises(TokenError, match="TWILIO_API_KEY") as error:
        voice_token(own, "desk", at=AT)
    assert SECRET not in str(error.value)


def test_the_settings_say_which_app_belongs_to_which_flow():
    text = f"clinic={APP}, AP{'3' * 32}"
    assert read_settings({}, {"TOUCHTONE_APPS": text}, {}).apps == {"clinic": APP, "": "AP" + "3" * 32}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("clinic", "write flow=AP…"),
        (f"={APP}", "write flow=AP…"),
        ("clinic=AC1", "write flow=AP…"),
        (f"clinic={APP},clinic={APP}", "names the flow clinic twice"),
        (f"{APP},{APP}", "names an app for any flow twice"),
    ],
)
def test_apps_that_cannot_be_read(text, sentence):
    with pytest.raises(SettingsError, match=sentence):
        read_settings({}, {"TOUCHTONE_APPS": text}, {})
