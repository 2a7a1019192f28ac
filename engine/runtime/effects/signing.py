"""Signs requests as Twilio signs its own (Twilio, "Webhooks security")."""

import hmac
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha1, sha256

SIGNATURE = "X-Twilio-Signature"
BODY_HASH = "bodySHA256"  # the name in the query under which the hash of a body that is no form is signed


def signature(token: str, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    """The value of `X-Twilio-Signature` for an absolute URL, without a fragment, and the fields of a form."""
    fields = "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(token.encode(), f"{url}{fields}".encode("utf-8", "replace"), sha1)).decode("ascii")


def body_hash(body: bytes) -> str:
    """What stands under `BODY_HASH`: the SHA-256 of a body in hexadecimal digits."""
    return sha256(body).hexdigest()
