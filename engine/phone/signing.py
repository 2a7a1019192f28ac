"""Signs requests as Twilio does."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

from engine.phone.transport import target


def signature(token: str, url: str, params: Iterable[tuple[str, str]] = ()) -> str:
    """The `X-Twilio-Signature` of a request to `url` whose body holds `params` (Twilio, "Webhooks security").

    The URL is signed without its fragment and without name and password; over https without its port.
    """
    text = signed_url(url) + "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(errors="replace"), hashlib.sha1)).decode("ascii")


def signed_url(url: str) -> str:
    """The address as Twilio signs it."""
    if "#" not in url and "@" not in url and url.count(":") == 1:
        return url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        host = host.removesuffix(f":{parts.port}")
    query = f"?{parts.query}" if parts.query else ""
    # An empty path stays empty: Twilio signs the address as it was configured.
    return f"{parts.scheme}://{host}" + (parts.path + query if not parts.path else target(parts))
