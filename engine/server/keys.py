"""The keys that Twilio signs with beside auth tokens, and those of programs; apart from the judges, so that settings load no web framework."""

import re
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


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that a program shows to the API: `hash` is its SHA-256 in hexadecimal; `flows` are those it is for, none for all of them."""

    name: str
    hash: str = field(repr=False)
    flows: frozenset[str] = frozenset()

    @property
    def entry(self) -> str:
        """The key as TOUCHTONE_API_KEYS holds it."""
        return ":".join((self.name, self.hash, *(["+".join(sorted(self.flows))] if self.flows else [])))


_API_KEY = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([0-9a-f]{64})(?::([a-z0-9_-]+(?:\+[a-z0-9_-]+)*))?")


def read_api_key(entry: str) -> ApiKey | None:
    """The key of an entry, `NAME:HASH` or `NAME:HASH:FLOW+FLOW`; None if it is none."""
    match = _API_KEY.fullmatch(entry)
    if match is None:
        return None
    # Where flows are written there is at least one: none at all would make it a key for every flow.
    return ApiKey(match[1], match[2], frozenset(match[3].split("+") if match[3] else ()))
