"""Of a request that Twilio signed nothing may change: each way to spoil one is refused, and refusing costs little."""

import string
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from engine.server import signature as judging
from engine.server.form import Form
from engine.server.signature import Judge, Refusal, SharedKey
from engine.server.sparing import LINES, PERIOD

Exchange = Callable[..., Any]

PUBLIC = "https://example.com"
TARGET = "/flows/clinic/menu?_a=0&_v=07b75db7&who=me"
FIELDS = (("CallSid", "CA1"), ("Digits", "12"), ("From", "+15550001111"), ("SpeechResult", "café, please"), ("To", ""))
RIGHT = RequestValidator("12345").compute_signature(PUBLIC + TARGET, ImmutableMultiDict(FIELDS))


def signatures() -> Iterator[tuple[str, str]]:
    """Signatures that are not the right one."""
    letters = string.ascii_letters + string.digits + "+/="
    for at, letter in enumerate(RIGHT):
        yield f"letter {at}", RIGHT[:at] + letters[(letters.index(letter) + 7) % len(letters)] + RIGHT[at + 1 :]
        yield f"without letter {at}", RIGHT[:at] + RIGHT[at + 1 :]
    yield "in small letters", RIGHT.lower()
    yield "in capitals", RIGHT.upper()
    yield "cases swapped", RIGHT.swapcase()
    yield "backwards", RIGHT[::-1]
    yield "twice", RIGHT + RIGHT
    yield "in quotes", f'"{RIGHT}"'
    yield "without its padding", RIGHT.rstrip("=")
    yield "with more padding", RIGHT + "="
    yield "in hexadecimal", b64decode(RIGHT).hex()
    yield "for addresses", RIGHT.replace("+", "-").replace("/", "_") + "x"
    yield (
        "of SHA-256",
        RequestValidator("12345").compute_signature(PUBLIC + TARGET, ImmutableMultiDict(FIELDS), "HMAC_SHA256"),
    )
    yield "of no parameters", RequestValidator("12345").compute_signature(PUBLIC + TARGET, {})
    yield "of zeros", b64encode(bytes(20)).decode()
    yield "of another token", RequestValidator("123456").compute_signature(PUBLIC + TARGET, ImmutableMultiDict(FIELDS))
    for token in ("", " 12345", "12345 ", "1234", "TOKEN"):
        made = RequestValidator(token).compute_signature(PUBLIC + TARGET, ImmutableMultiDict(FIELDS))
        yield f"of the token {token!r}", made


def requests() -> Iterator[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Requests of which the right signature is not."""
    for at, (name, value) in enumerate(FIELDS):
        before, after = FIELDS[:at], FIELDS[at + 1 :]
        yield f"without {name}", TARGET, before + after
        yield f"another {name}", TARGET, (*before, (name, value + "0"), *after)
        yield f"{name} in small letters", TARGET, (*before, (name.lower(), value), *after)
        yield f"{name} with a space", TARGET, (*before, (name, value + " "), *after)
        yield f"{name} with another value", TARGET, (*FIELDS, (name, value + "0"))
    yield "one more", TARGET, (*FIELDS, ("Extra", ""))
    yield "values exchanged", TARGET, (("CallSid", "12"), ("Digits", "CA1"), *FIELDS[2:])
    for target in (
        TARGET + "&x=", TARGET + "&", TARGET.replace("who=me", "who=you"), TARGET.replace("_a=0", "_a=1"), TARGET.replace("menu", "Menu"),
        TARGET.replace("menu", "menu/"), TARGET.replace("menu", "%6denu"), TARGET.replace("/menu", ""), TARGET.replace("clinic", "clinics"),
        TARGET.replace("?_a=0&", "?"), TARGET.replace("_a=0&_v=07b75db7", "_v=07b75db7&_a=0"), TARGET.partition("?")[0], TARGET.replace("&", ";"),
    ):  # fmt: skip
        yield f"at {target}", target, FIELDS


SPOILED = [*signatures(), *requests()]


def test_there_are_enough_of_them() -> None:
    assert len(SPOILED) >= 115


def test_the_request_itself_is_answered(exchange: Exchange) -> None:
    phone = exchange()
    assert phone.call(TARGET, FIELDS, signature=RIGHT).status == 200
    assert phone.call(TARGET, (*FIELDS, ("Digits", "12")), signature=RIGHT).status == 200, "a value counts once"
    assert phone.call(TARGET, FIELDS[::-1], signature=RIGHT).status == 200


@pytest.mark.parametrize("tokens", [("12345",), ("old", "12345", "new")])
def test_each_spoiled_request_is_refused(exchange: Exchange, tokens: tuple[str, ...]) -> None:
    phone = exchange(tokens=tokens)
    assert phone.call(TARGET, FIELDS, signature=RIGHT).status == 200
    for name, signature in signatures():
        assert phone.call(TARGET, FIELDS, signature=signature).status == 403, name
    for name, target, fields in requests():
        assert phone.call(target, fields, signature=RIGHT).status == 403, name
    assert len(phone.turns) == 1


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Twilio-Webhooks-Signature-Settings", "key=K1,algorithm=HMAC_SHA1")],
        [("X-Twilio-Webhooks-Signature-Settings", "key=K9")],
        [("X-Twilio-Webhooks-Signature-Settings", ",")],
        [("X-Twilio-Signature", RIGHT)],
        [("X-Twilio-Signature", "")],
    ],
)
def test_a_header_too_many_is_refused(exchange: Exchange, headers: list[tuple[str, str]]) -> None:
    phone = exchange(shared_keys=(SharedKey("K1", "12345"),))
    assert phone.call(TARGET, FIELDS, signature=RIGHT, headers=headers).status == 403


class TestCosts:
    """Nothing is timed here: `python -m benchmarks.refusals` does."""

    @pytest.mark.parametrize("fields", [1, 999])
    @pytest.mark.parametrize("tokens", [1, 3])
    @pytest.mark.parametrize("url", [PUBLIC + "/flows/x", PUBLIC + ":8443/flows/x", "http://[::1]:99999/x", "none"])
    def test_what_is_signed_is_put_together_once_and_hashed_a_few_times(
        self, monkeypatch: pytest.MonkeyPatch, fields: int, tokens: int, url: str
    ) -> None:
        texts, hashes = [], []
        text, sign = judging._signed_text, judging._Secret.sign
        monkeypatch.setattr(judging, "_signed_text", lambda form: texts.append(1) or text(form))  # type: ignore[func-returns-value]
        judge = Judge([f"token {number}" for number in range(tokens)])
        monkeypatch.setattr(judging._Secret, "sign", lambda secret, text: hashes.append(1) or sign(secret, text))  # type: ignore[func-returns-value]
        pairs = [(f"Field{number}", "x") for number in range(fields)]
        assert judge.refusal(url, Form(pairs, dict(pairs)), RIGHT.encode()) is Refusal.WRONG
        assert len(texts) == 1
        assert 1 <= len(hashes) <= 3 * tokens

    @pytest.mark.parametrize("signature", [b"x", b"x" * 27, b"x" * 29, b"x" * 60_000])
    def test_a_signature_of_another_length_is_not_even_compared(
        self, monkeypatch: pytest.MonkeyPatch, signature: bytes
    ) -> None:
        judge = Judge(["12345"])
        monkeypatch.setattr(judging._Secret, "sign", None)
        assert judge.refusal(PUBLIC, Form(FIELDS, dict(FIELDS)), signature) is Refusal.WRONG

    def test_the_fields_of_a_request_without_a_signature_are_not_read(
        self, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("engine.server.webhook.read_form", None)
        phone = exchange()
        assert phone.call(TARGET, FIELDS, signature="").status == 403
        settings = [("X-Twilio-Webhooks-Signature-Settings", "key=unknown")]
        assert phone.call(TARGET, FIELDS, headers=settings).status == 403

    def test_a_flood_of_them_does_not_fill_the_log(
        self, exchange: Exchange, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        seconds = [0.0]
        monkeypatch.setattr("engine.server.admission.monotonic", lambda: seconds[0])
        phone = exchange()
        for _ in range(3 * LINES):
            phone.call(signature="wrong")
        assert len(caplog.records) == LINES
        seconds[0] += PERIOD
        caplog.clear()
        phone.call(signature="wrong")
        first, second = [record.getMessage() for record in caplog.records]
        assert first == f"{2 * LINES} more lines like the next one were left out"
        assert second.startswith("refused a POST of 'https://example.com/flows/clinic'")
