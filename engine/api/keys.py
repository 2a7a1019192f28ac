"""The keys that programs show: made here, and kept as hashes."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from engine.server.keys import ApiKey

PREFIX = "tt_"  # by which scanners for leaked secrets can tell what it is
BYTES = 32  # of chance in a key: nobody guesses one, so a plain hash keeps it
LONGEST = 200  # characters of a key that are looked at
_BEARER = b"bearer "


def new_key() -> str:
    """A key that nobody has seen: `tt_` and 43 characters."""
    return PREFIX + secrets.token_urlsafe(BYTES)


def key_hash(key: str) -> str:
    """The SHA-256 of a key in hexadecimal, as `TOUCHTONE_API_KEYS` keeps it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class Keys:
    """The keys of the settings."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = tuple(keys)

    def find(self, authorization: bytes) -> ApiKey | None:
        """The key that an Authorization header shows (RFC 6750, 2.1); None for another, and for none.

        Every key is compared, each in constant time.
        """
        if authorization[: len(_BEARER)].lower() != _BEARER or len(authorization) > LONGEST:
            return None
        shown = key_hash(authorization[len(_BEARER) :].strip(b" ").decode("latin-1"))
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.hash, shown):
                found = key
        return found
