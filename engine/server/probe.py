"""Tells somebody who knows a secret of the server how a request of theirs arrived, so that a rejected signature can be explained.

`touchtone doctor` signs a request as Twilio does, and sends it to PLACE with a proof in PROOF. Who cannot prove it is answered as at
any other address that is no flow.
"""

import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from engine.server.address import Address
from engine.server.body import Bodies
from engine.server.form import Form, read_form
from engine.server.pages import NO_STORE, Rejected, send_page
from engine.server.settings import Settings
from engine.server.signature import Judge

PLACE = "/flows/-doctor"
"""The address of the probe; no flow has such a name."""
PROOF = "X-Touchtone-Proof"
ARRIVED = "touchtone.arrived"
"""In the ASGI scope: the raw path of a request as it came, where the path of the public address was taken off it."""

FRESH = 900.0  # seconds that a proof is good for, by a clock that may be off
LONGEST = 300  # characters of a header that are told
TOLD = (
    *("host", "content-type", "user-agent", "x-twilio-signature", "x-twilio-webhooks-signature-settings"),
    *("x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix", "forwarded", "via"),
)
"""The headers that are told as they came."""

_PROOF = re.compile(rb"t=([0-9]{1,12}),n=([0-9a-f]{32}),v=([0-9a-f]{64})")
_HEADER = PROOF.lower().encode()
_FORM = "application/x-www-form-urlencoded"


def proof(secret: str, seconds: int, nonce: str) -> str:
    """The header that proves that somebody knows a secret, at a time in seconds since 1970; `nonce` is 32 hexadecimal digits.

    HMAC-SHA-256 (RFC 2104) of a text that no signature of Twilio's is made of: those begin with an address.
    """
    return f"t={seconds},n={nonce},v={_proven(secret, str(seconds).encode(), nonce.encode())}"


class Probe:
    """Answers the probes of those who know a token or a shared key of the settings."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        secrets = (*settings.tokens, *(key.secret for key in settings.shared_keys))
        self._secrets = tuple(secret for secret in secrets if secret)
        self._judge = Judge(settings.tokens, settings.shared_keys)
        self._address, self._bodies = Address(settings.public_url), Bodies(settings.body_limit)
        self._public, self._unsigned = settings.public_url, settings.unsigned
        self._clock = clock

    def admits(self, scope: Scope) -> bool:
        """Whether a request proves that it comes from somebody who knows a secret; decided by one header, of bounded length."""
        values = [value for name, value in scope["headers"] if name == _HEADER]
        found = _PROOF.fullmatch(values[0]) if len(values) == 1 else None
        if found is None or abs(self._clock().timestamp() - int(found[1])) > FRESH:
            return False
        return _knows(self._secrets, found[1], found[2], found[3])

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends what was seen, as JSON."""
        try:
            told = await self._seen(scope, receive)
        except Rejected as rejected:
            return await send_page(scope, send, rejected.status, rejected.text)
        except ClientDisconnect:
            return
        body = json.dumps(told).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), NO_STORE]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _seen(self, scope: Scope, receive: Receive) -> dict[str, object]:
        body = await self._bodies.read(receive)
        _, origin, path = self._address.locate(scope)
        query = scope["query_string"].decode("latin-1")
        url = f"{origin}{path}?{query}" if query else origin + path
        headers = _headers(scope)
        kind = headers.get("content-type", _FORM).partition(";")[0].strip().lower()
        sent: Form | bytes = read_form(body) if kind == _FORM else body
        signature, settings = (
            headers.get(name, "").encode("latin-1")
            for name in ("x-twilio-signature", "x-twilio-webhooks-signature-settings")
        )
        arrived = scope.get(ARRIVED) or scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
        return {
            "version": _version(),
            "time": self._clock().timestamp(),
            "unsigned": self._unsigned,
            "public_url": self._public,
            "method": scope["method"],
            "scheme": scope["scheme"],
            "url": url,
            "path": arrived.decode("latin-1"),
            "query": query,
            "body": {"bytes": len(body), "sha256": sha256(body).hexdigest()},
            "headers": {name: headers[name][:LONGEST] for name in TOLD if name in headers},
            "refused": str(self._judge.refusal(url, sent, signature, settings) or ""),
        }


def _headers(scope: Scope) -> Mapping[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _knows(secrets: Iterable[str], seconds: bytes, nonce: bytes, value: bytes) -> bool:
    # All are tried, so that the time tells nothing of which it was.
    return sum(hmac.compare_digest(_proven(secret, seconds, nonce).encode(), value) for secret in secrets) > 0


def _proven(secret: str, seconds: bytes, nonce: bytes) -> str:
    return hmac.digest(secret.encode(), b"touchtone doctor\n" + seconds + b"\n" + nonce, "sha256").hex()


def _version() -> str:
    try:
        return version("touchtone")
    except PackageNotFoundError:
        return ""
