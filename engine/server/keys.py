"""The keys that Twilio signs with beside auth tokens; apart from the judge, so that reading settings loads no web framework."""

from dataclasses import dataclass, field
from hashlib import sha1, sha256

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256

ALGORITHMS = {HMAC_SHA1: sha1, HMAC_SHA256: sha256}


@dataclass(frozen=True, slots=True)
class SharedKey:
    """A key of "Twilio, Webhooks shared keys": `id` is the name that requests give, `algorithm` one of ALGORITHMS."""

    id: str
    secret: str = field(repr=False)
    algorithm: str = HMAC_SHA256
