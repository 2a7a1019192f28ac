"""The kinds of value in the verbs that reach beyond the call: `request` and `send`."""

from collections.abc import Mapping

from engine.grammar.fields import Address, Choice, Decimal, Field, Text, Whole
from engine.grammar.overlay.common import TEXTED, TEXTED_FROM

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MOST_MEDIA = 10  # Twilio, Messages resource, `MediaUrl`

OUTSIDE: Mapping[str, Mapping[str, Field]] = {
    "request": {
        "url": Address("foreign", absolute=True, any_host=True),
        "method": Choice(METHODS),
        "timeout": Decimal(0.1, 10),
        "retries": Whole(0, 5),
    },
    "send": {
        "to": TEXTED,
        "body": Text(1600),  # Twilio, Messages resource, `Body`; error 21617
        "media_url": Address("media", absolute=True),
        "from": TEXTED_FROM,
    },
}
"""By verb and key; what is not here holds JSON, a mapping of texts, or something of the engine's own."""
