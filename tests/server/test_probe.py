"""Who knows a secret of the server is told how a request arrived; to everybody else the probe is no address at all."""

import json
from hashlib import sha256

import pytest
from twilio.request_validator import RequestValidator

from engine.server.keys import SharedKey
from engine.server.probe import FRESH, PLACE, PROOF, proof
from engine.server.settings import Settings
from tests.server.conftest import NOON, TOKEN, Exchange

URL = "https://example.com"
NOW = int(NOON.timestamp())
NONCE = "0123456789abcdef" * 2
KEY = SharedKey("KS1", "shared-secret")
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
BODY = b"CallSid=CA1&From=%2B15550100"
SETTINGS = Settings(public_url=URL, tokens=("older", TOKEN), shared_keys=(KEY,))


def signed(url: str, token: str = TOKEN) -> tuple[str, str]:
    params = {"CallSid": "CA1", "From": "+15550100"}
    return ("X-Twilio-Signature", RequestValidator(token).compute_signature(url, params))


def ask(exchange: Exchange, target: str, *headers: tuple[str, str], **options: object):
    response = exchange.ask(target, body=BODY, headers=(*FORM, *headers), **options)
    assert response is not None
    return response


def proven(secret: str = TOKEN, seconds: int = NOW) -> tuple[str, str]:
    return (PROOF, proof(secret, seconds, NONCE))


@pytest.mark.parametrize("secret", ["older", TOKEN, "shared-secret"])
def test_who_knows_any_secret_is_told_what_was_seen(secret):
    response = ask(Exchange(SETTINGS), f"{PLACE}?a=b%20c", proven(secret), signed(f"{URL}{PLACE}?a=b%20c"))
    seen = json.loads(response.body)
    assert response.status == 200
    assert response.headers["cache-control"] == "no-store"
    assert (seen["refused"], seen["url"], seen["path"]) == ("", f"{URL}{PLACE}?a=b%20c", PLACE)
    assert (seen["query"], seen["method"], seen["scheme"], seen["time"]) == ("a=b%20c", "POST", "https", NOW)
    assert seen["body"] == {"bytes": len(BODY), "sha256": sha256(BODY).hexdigest()}
    assert seen["headers"]["content-type"] == "application/x-www-form-urlencoded"


def test_what_is_told_holds_no_secret_and_nothing_of_the_body():
    response = ask(Exchange(SETTINGS), PLACE, proven(), signed(f"{URL}{PLACE}"))
    for secret in (TOKEN.encode(), b"older", b"shared-secret", b"15550100"):
        assert secret not in response.body


def test_a_wrong_signature_is_told_with_the_address_that_it_was_judged_by():
    seen = json.loads(ask(Exchange(SETTINGS), PLACE, proven(), signed(f"http://other.example.com{PLACE}")).body)
    assert seen["url"] == f"{URL}{PLACE}"
    assert seen["refused"].startswith("the signature is of another address")


@pytest.mark.parametrize(
    "header",
    [
        (PROOF, ""),
        (PROOF, "yes"),
        proven("guess"),
        proven(""),
        proven(seconds=NOW - int(FRESH) - 1),
        proven(seconds=NOW + int(FRESH) + 1),
        (PROOF, proof(TOKEN, NOW, NONCE).replace("v=", "v=0")),
        (PROOF, proof(TOKEN, NOW, NONCE).replace(NONCE, NONCE[::-1])),
        (PROOF, proof(TOKEN, NOW, NONCE) + "x" * 60_000),
        ("X-Other", proof(TOKEN, NOW, NONCE)),
    ],
)
def test_to_others_it_is_no_address(header):
    exchange = Exchange(SETTINGS)
    strangers = exchange.ask("/flows/-other", body=BODY, headers=FORM)
    response = ask(exchange, PLACE, header)
    assert strangers is not None
    assert (response.status, response.body) == (strangers.status, strangers.body) == (403, strangers.body)
    assert exchange.turns == []


def test_a_proof_given_twice_is_none():
    assert ask(Exchange(SETTINGS), PLACE, proven(), proven("guess")).status == 403


def test_a_server_without_secrets_tells_nobody():
    exchange = Exchange(Settings(unsigned=True, tokens=("",)))
    assert ask(exchange, PLACE, proven("")).body == b"<Response/>"
    assert [turn.flow for turn in exchange.turns] == ["-doctor"]


def test_a_probe_plays_no_turn():
    exchange = Exchange(SETTINGS)
    ask(exchange, PLACE, proven(), signed(f"{URL}{PLACE}"))
    assert exchange.turns == []


def test_the_path_is_told_as_it_arrived():
    exchange = Exchange(Settings(public_url=f"{URL}/phone", tokens=(TOKEN,)))
    for path in (f"/phone{PLACE}", PLACE):
        seen = json.loads(ask(exchange, path, proven(), signed(f"{URL}/phone{PLACE}")).body)
        assert (seen["refused"], seen["url"], seen["path"]) == ("", f"{URL}/phone{PLACE}", path)


def test_without_a_public_address_that_of_the_request_counts():
    exchange = Exchange(Settings(tokens=(TOKEN,)))
    seen = json.loads(ask(exchange, PLACE, proven(), ("Host", "inner:8000"), scheme="http").body)
    assert (seen["url"], seen["public_url"]) == (f"http://inner:8000{PLACE}", "")
    assert seen["refused"] == "it carries no signature"


def test_a_shared_key_signs_as_configured():
    url = f"{URL}{PLACE}"
    params = {"CallSid": "CA1", "From": "+15550100"}
    made = RequestValidator("shared-secret").compute_signature(url, params, "HMAC_SHA256")
    how = ("X-Twilio-Webhooks-Signature-Settings", "key=KS1,algorithm=HMAC_SHA256")
    assert json.loads(ask(Exchange(SETTINGS), PLACE, proven(), ("X-Twilio-Signature", made), how).body)["refused"] == ""


def test_a_body_that_is_too_long_is_refused_though_proven():
    exchange = Exchange(Settings(public_url=URL, tokens=(TOKEN,), body_limit=1024))
    response = exchange.ask(PLACE, body=b"a" * 2000, headers=(*FORM, proven()))
    assert response is not None
    assert response.status == 413
