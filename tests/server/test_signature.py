"""The judge accepts what Twilio's own library accepts, and refuses everything else without raising."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from engine.server.form import Form
from engine.server.signature import Judge, Refusal, SharedKey

U = "https://mycompany.com/myapp.php?foo=1&bar=2"
P = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
DOCS = [
    *[("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675310")],
    ("Digits", "1234"),
    ("From", "+14158675310"),
    P[4],
]
REPEATED = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
ADDRESSES = [("MessagingBinding.Address", "+1325xxxxxxx"), ("MessagingBinding.Address", "+1415xxxxxxx")]
HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
EMPTY_HASH = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
JSON = b'{"property": "value", "boolean": true}'
SHA256_OF_U_P = b"033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="

FORMS = {
    "U with P": (U, P, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    "signed with its port": (U, P, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    "asked with the port, signed with it": (U.replace(".com", ".com:443"), P, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    "http, signed with its port": (U.replace("https", "http"), P, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    "http on another port": (
        U.replace("https", "http").replace(".com", ".com:1234"),
        P,
        "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
    ),
    "another port, signed without": (U.replace(".com", ".com:1234"), P, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    "repeated values": (U, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    "distinct values in order": (U, ADDRESSES, "83O6e2vORAoJHUNzJjDWN1jz+BA="),
    "distinct values in another order": (U, ADDRESSES[::-1], "83O6e2vORAoJHUNzJjDWN1jz+BA="),
    "name and password as written": (U.replace("//", "//user:pass@"), P, "CukzLTc1tT5dXEDIHm/tKBanW10="),
    "name as written": (U.replace("//", "//user@"), P, "2YRLlVAflCqxaNicjMpJcSTgzSs="),
    "name, password and port": (U.replace("//", "//user:pass@"), P, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
    "an escaped quote in the query": (U + "&Body=It%27s+amazing", P, "TfZzewPq8wqrGlMfyAud8+/IvJ0="),
    "the example of the documentation": (
        "https://example.com/myapp.php?foo=1&bar=2",
        DOCS,
        "L/OH5YylLD5NRKLltdqwSvS0BnU=",
    ),
}
BODIES = {
    "hash behind other parameters": (f"{U}&bodySHA256={HASH}", JSON, "a9nBmqA0ju/hNViExpshrM61xv4="),
    "hash alone": (f"https://mycompany.com/myapp.php?bodySHA256={HASH}", JSON, "y77kIzt2vzLz71DgmJGsen2scGs="),
    "hash and port": (f"{U}&bodySHA256={EMPTY_HASH}", b"{}", "Ldidvp12m26NI7eqEvxnEpkd9Hc="),
}

judge = Judge(["12345"])


def form(pairs: list[tuple[str, str]]) -> Form:
    return Form(pairs, dict(pairs))


@pytest.mark.parametrize("name", FORMS)
def test_each_published_signature_of_a_form_is_accepted(name: str) -> None:
    url, pairs, signature = FORMS[name]
    assert judge.refusal(url, form(pairs), signature.encode()) is None
    assert RequestValidator("12345").validate(url, ImmutableMultiDict(pairs), signature)


@pytest.mark.parametrize("name", FORMS)
def test_each_spoiled_request_is_refused(name: str) -> None:
    url, pairs, signature = FORMS[name]
    assert judge.refusal(url + "x", form(pairs), signature.encode()) is Refusal.WRONG
    assert judge.refusal(url, form([*pairs, ("Extra", "")]), signature.encode()) is Refusal.WRONG
    assert judge.refusal(url, form(pairs), signature.swapcase().encode()) is Refusal.WRONG
    assert Judge(["54321"]).refusal(url, form(pairs), signature.encode()) is Refusal.WRONG


@pytest.mark.parametrize("name", BODIES)
def test_a_body_counts_by_its_hash_in_the_address(name: str) -> None:
    url, body, signature = BODIES[name]
    assert judge.refusal(url, body, signature.encode()) is None
    assert judge.refusal(url, body + b" ", signature.encode()) is Refusal.WRONG
    assert judge.refusal(url, b"\xff", signature.encode()) is Refusal.WRONG


def test_a_body_without_a_hash_in_the_address_is_refused() -> None:
    signature = RequestValidator("12345").compute_signature(U, {})
    assert judge.refusal(U, JSON, signature.encode()) is Refusal.WRONG


def test_any_of_several_tokens_may_have_signed() -> None:
    signature = FORMS["U with P"][2].encode()
    assert Judge(["new", "12345"]).refusal(U, form(P), signature) is None
    assert Judge(["new", "newer"]).refusal(U, form(P), signature) is Refusal.WRONG


def test_without_a_signature_or_without_a_token_nothing_is_accepted() -> None:
    assert judge.refusal(U, form(P), b"") is Refusal.UNSIGNED
    assert Judge([]).refusal(U, form(P), b"x") is Refusal.NO_TOKEN


def test_an_empty_token_is_no_token() -> None:
    signature = RequestValidator("").compute_signature(U, dict(P)).encode()
    assert Judge([""]).refusal(U, form(P), signature) is Refusal.NO_TOKEN
    assert Judge(["x"], [SharedKey("K", "", "HMAC_SHA1")]).refusal(U, form(P), signature, b"key=K") is Refusal.KEY


class TestSharedKeys:
    keys = Judge(["token"], [SharedKey("K1", "12345"), SharedKey("K2", "12345", "HMAC_SHA1")])
    sha1 = FORMS["U with P"][2].encode()

    def test_the_key_that_the_request_names_decides(self) -> None:
        assert self.keys.refusal(U, form(P), SHA256_OF_U_P, b"key=K1,algorithm=HMAC_SHA256") is None
        assert self.keys.refusal(U, form(P), self.sha1, b" algorithm = HMAC_SHA1 , key = K2 ") is None
        assert self.keys.refusal(U, form(P), self.sha1, b"key=K2") is None

    @pytest.mark.parametrize(
        ("settings", "refusal"),
        [
            (b"key=K1,algorithm=HMAC_SHA1", Refusal.ALGORITHM),
            (b"key=K1", Refusal.ALGORITHM),
            (b"key=K2,algorithm=HMAC_SHA256", Refusal.ALGORITHM),
            (b"key=K1,algorithm=HMAC_MD5", Refusal.ALGORITHM),
            (b"key=K3,algorithm=HMAC_SHA256", Refusal.KEY),
            (b"algorithm=HMAC_SHA1", Refusal.KEY),
            (b"key=K1,algorithm=HMAC_SHA256,algorithm=HMAC_SHA1", Refusal.SETTINGS),
            (b"key=K1,key=K2", Refusal.SETTINGS),
            (b"nonsense", Refusal.SETTINGS),
            (b"\xff\x00", Refusal.SETTINGS),
        ],
    )
    def test_what_is_not_configured_fails_closed(self, settings: bytes, refusal: Refusal) -> None:
        for signature in (self.sha1, SHA256_OF_U_P):
            assert self.keys.refusal(U, form(P), signature, settings) is refusal

    def test_an_auth_token_does_not_stand_in_for_a_shared_key(self) -> None:
        signature = RequestValidator("token").compute_signature(U, dict(P)).encode()
        assert self.keys.refusal(U, form(P), signature) is None
        assert self.keys.refusal(U, form(P), signature, b"key=K2,algorithm=HMAC_SHA1") is Refusal.WRONG

    def test_a_secret_never_shows(self) -> None:
        assert "12345" not in repr(SharedKey("K1", "12345"))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
urls = st.builds(
    "{}://example.com{}/flows/{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["", ":80", ":443", ":8443"]),
    st.sampled_from(["clinic", "a%20b", "%C3%A9", "x/", "a%2Fb"]),
    st.sampled_from(["", "?a=1", "?b=%27&a=+", "?Body=caf%C3%A9"]),
)


@given(
    urls,
    st.lists(st.tuples(texts, texts), max_size=6),
    st.text(min_size=1, max_size=100),
    st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]),
    st.sampled_from(["as asked", "with port", "without port", "tampered"]),
)
def test_judge_and_library_agree(url: str, pairs: list[tuple[str, str]], token: str, algorithm: str, how: str) -> None:
    token = token.encode("utf-8", "replace").decode()
    library = RequestValidator(token)
    host = "example.com:443" if url.startswith("https") else "example.com:80"
    bare = url.replace(":8443", "").replace(":443", "").replace(":80/", "/")
    signed = {
        "as asked": url,
        "with port": bare.replace("example.com", host),
        "without port": bare,
        "tampered": url + "x",
    }[how]
    params = ImmutableMultiDict(pairs)
    signature = library.compute_signature(signed, params, algorithm)
    ours = Judge([token], [SharedKey("K", token, algorithm)])
    settings = f"key=K,algorithm={algorithm}".encode()
    verdict = ours.refusal(url, form(pairs), signature.encode(), settings)
    assert (verdict is None) == library.validate(url, params, signature, algorithm)
    if algorithm == "HMAC_SHA1":
        assert ours.refusal(url, form(pairs), signature.encode()) == verdict


@given(st.binary(max_size=80), st.binary(max_size=40), st.binary(max_size=40), st.text(max_size=40))
def test_the_judge_never_raises(body: bytes, signature: bytes, settings: bytes, url: str) -> None:
    assert judge.refusal(url, body, signature, settings) is not None
    hashed = f"https://example.com/?bodySHA256={sha256(body).hexdigest()}"
    assert judge.refusal(hashed, body, signature, settings) is not None
