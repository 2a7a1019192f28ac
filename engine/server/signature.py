"""Judges whether Twilio signed a request."""

import hmac
from binascii import b2a_base64
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from urllib.parse import parse_qs, urlparse

from twilio.request_validator import HMAC_SHA1, add_port, remove_port

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

    __slots__ = ("_inner", "_outer", "algorithm", "length")

    def __init__(self, text: str, algorithm: str) -> None:
        self.algorithm = algorithm
        new = ALGORITHMS[algorithm]
        key = text.encode()
        block = new().block_size
        key = (new(key).digest() if len(key) > block else key).ljust(block, b"\0")
        self._inner = new(bytes(byte ^ 0x36 for byte in key))
        self._outer = new(bytes(byte ^ 0x5C for byte in key))
        self.length = len(self.sign(b""))

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

    def secrets(self, signature: bytes, settings: bytes = b"") -> "tuple[_Secret, ...] | Refusal":
        """The secrets that may have made a signature, or why none can have: known from the headers, before a body is parsed.

        `signature` is the header X-Twilio-Signature, `settings` X-Twilio-Webhooks-Signature-Settings, both b"" when missing.
        """
        if not signature:
            return Refusal.UNSIGNED
        if settings:
            secret = self._shared_secret(settings.decode("latin-1"))
            return secret if isinstance(secret, Refusal) else (secret,)
        return self._tokens or Refusal.NO_TOKEN

    def refusal(self, url: str, sent: Form | bytes, signature: bytes, settings: bytes = b"") -> Refusal | None:
        """None if Twilio signed this request, else why it is refused; never raises.

        `url` is the whole address as Twilio knows it, with its query; `sent` the form of a POST (an empty one of a
        GET), or the bytes of a body that is no form, whose hash must stand in the address; `signature` and `settings` are
        the headers (see `secrets`). Rules: "Twilio, Security: validating requests", and those of `RequestValidator` in the
        `twilio` library: ports may be signed or left out.

        What is signed is put together once, however many secrets and forms of the address are tried.
        """
        secrets = self.secrets(signature, settings)
        if isinstance(secrets, Refusal):
            return secrets
        secrets = tuple(secret for secret in secrets if secret.length == len(signature))
        if not secrets:
            return Refusal.WRONG
        if isinstance(sent, Form):
            signed = _signed_text(sent)
        elif _hash_agrees(url, sent):
            signed = ""
        else:
            return Refusal.WRONG
        if _agrees(url + signed, secrets, signature):
            return None
        if any(_agrees(address + signed, secrets, signature) for address in _other_forms(url)):
            return None
        return Refusal.WRONG

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


def _agrees(text: str, secrets: Iterable[_Secret], signature: bytes) -> bool:
    message = text.encode("utf-8", "replace")
    return any(hmac.compare_digest(secret.sign(message), signature) for secret in secrets)


def _other_forms(url: str) -> tuple[str, ...]:
    """The forms of an address that Twilio may have signed instead of the one that stands: without its port, and with one."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    below = slash + path
    return tuple([origin + below for origin in _origins(scheme + mark + host)[1:]])


@lru_cache(16)
def _origins(origin: str) -> tuple[str, ...]:
    """The forms of scheme and host, that which stands first. They are few: they do not vary where the public address is known."""
    try:
        parts = urlparse(origin)
        return tuple(dict.fromkeys((origin, remove_port(parts), add_port(parts))))
    except ValueError:  # a host or a port that is none
        return (origin,)


def _hash_agrees(url: str, body: bytes) -> bool:
    """Whether the address carries the hash of a body; one without a hash must be empty."""
    try:
        hashes = parse_qs(urlparse(url).query).get("bodySHA256")
    except ValueError:
        return False
    if hashes is None:
        return not body
    return hmac.compare_digest(sha256(body).hexdigest().encode(), hashes[0].encode("utf-8", "replace"))
