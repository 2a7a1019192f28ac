"""Judges whether Twilio signed a request."""

import hmac
from binascii import b2a_base64
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import HMAC_SHA1, RequestValidator

from engine.server.form import Form
from engine.server.keys import ALGORITHMS, SharedKey


class Refusal(StrEnum):
    """Why a request is refused; the text completes "refused, because …"."""

    UNSIGNED = "it carries no signature"
    REPEATED = "it carries more than one signature"
    WRONG = "the signature is of another address, other parameters or another token"
    NO_TOKEN = "no auth token is configured"
    SETTINGS = "the settings of its signature cannot be read"
    KEY = "it is signed with a shared key that is not configured"
    ALGORITHM = "it is signed with another algorithm than its shared key is configured for"


class _Secret:
    """A secret whose keyed hash (RFC 2104) is made in advance: to copy its two states costs half of an `hmac` copy."""

    __slots__ = ("_inner", "_outer", "algorithm", "text")

    def __init__(self, text: str, algorithm: str) -> None:
        self.text = text
        self.algorithm = algorithm
        new = ALGORITHMS[algorithm]
        key = text.encode()
        block = new().block_size
        key = (new(key).digest() if len(key) > block else key).ljust(block, b"\0")
        self._inner = new(bytes(byte ^ 0x36 for byte in key))
        self._outer = new(bytes(byte ^ 0x5C for byte in key))

    def sign(self, message: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return b2a_base64(outer.digest(), newline=False)


class Judge:
    """Knows what Twilio may have signed with: auth tokens, of which any will do, and shared keys, chosen by name."""

    __slots__ = ("_shared", "_tokens")

    def __init__(self, tokens: Iterable[str], shared_keys: Iterable[SharedKey] = ()) -> None:
        self._tokens = tuple(_Secret(token, HMAC_SHA1) for token in tokens if token)
        self._shared = {key.id: _Secret(key.secret, key.algorithm) for key in shared_keys if key.secret}

    def refusal(self, url: str, sent: Form | bytes, signature: bytes, settings: bytes = b"") -> Refusal | None:
        """None if Twilio signed this request, else why it is refused; never raises.

        `url` is the whole address as Twilio knows it, with its query; `sent` the form of a POST (an empty one of a
        GET), or the bytes of a body that is no form, whose hash must stand in the address; `signature` is the header
        X-Twilio-Signature, `settings` X-Twilio-Webhooks-Signature-Settings, both b"" when missing. Rules: "Twilio,
        Security: validating requests".
        """
        if not signature:
            return Refusal.UNSIGNED
        if settings:
            secret = self._shared_secret(settings.decode("latin-1"))
            if isinstance(secret, Refusal):
                return secret
            secrets: tuple[_Secret, ...] = (secret,)
        else:
            secrets = self._tokens
            if not secrets:
                return Refusal.NO_TOKEN
        if isinstance(sent, Form):
            message = (url + _signed_text(sent)).encode("utf-8", "replace")
            for secret in secrets:
                if hmac.compare_digest(secret.sign(message), signature):
                    return None
        return None if _library_accepts(secrets, url, sent, signature) else Refusal.WRONG

    def _shared_secret(self, settings: str) -> _Secret | Refusal:
        named: dict[str, str] = {}
        for part in settings.split(","):
            name, equals, value = part.partition("=")
            name, value = name.strip(), value.strip()
            if not equals or not value or name in named:
                return Refusal.SETTINGS
            named[name] = value
        secret = self._shared.get(named.get("key", ""))
        if secret is None:
            return Refusal.KEY
        # What the key is configured for decides; the header may only agree.
        return secret if named.get("algorithm", HMAC_SHA1) == secret.algorithm else Refusal.ALGORITHM


def _signed_text(form: Form) -> str:
    """Names in order of their code points, each with its value, or with each of its distinct values in order."""
    pairs, last, plain = form
    if plain:
        # Sorted as they stand; a NUL between name and value keeps `Media` before `Media0`.
        return "".join(sorted(plain.replace("=", "\0").split("&"))).replace("\0", "")
    if len(pairs) == len(last):
        return "".join([name + last[name] for name in sorted(last)])
    return "".join([name + value for name, value in sorted({(name, value) for name, value in pairs})])


def _library_accepts(secrets: Iterable[_Secret], url: str, sent: Form | bytes, signature: bytes) -> bool:
    """What Twilio's own validator says, which knows the unusual forms: ports signed or left out, and `bodySHA256`."""
    try:
        params = (
            ImmutableMultiDict([(name, value) for name, value in sent.pairs])
            if isinstance(sent, Form)
            else sent.decode()
        )
        text = signature.decode("latin-1")
        validator: Any = RequestValidator
        return any(validator(secret.text).validate(url, params, text, secret.algorithm) for secret in secrets)
    except Exception:  # the library raises for what it cannot read; whatever is not accepted is refused
        return False
