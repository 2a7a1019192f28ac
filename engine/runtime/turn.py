"""What comes in with one request from Twilio, and what goes back."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

NOTHING: Mapping[str, str] = MappingProxyType({})


class Turn(NamedTuple):  # made for each request, in a third of a frozen dataclass's time
    """One request: Twilio asks for the TwiML of an address.

    `flow` and `step` are the address (`step` is "" at the entry of a flow); `asked` holds the engine's own part of the query (names that
    begin with `_`); `entry` what else stood in the query; `params` everything that Twilio sent, query and body, decoded, in order,
    a repeated name holding the last of its values; `at` is an aware time, the only clock of the turn; `base` is what must stand before
    an address relative to the folder of flows ("" at `/flows/clinic`, "../" at `/flows/clinic/menu`); `token` is the
    `I-Twilio-Idempotency-Token`, "" without one; `folder` is the public address of the folder of flows, with a slash at its end,
    for the few attributes that Twilio wants absolute.
    """

    flow: str
    step: str
    at: datetime
    params: Mapping[str, str] = NOTHING
    asked: Mapping[str, str] = NOTHING
    entry: Mapping[str, str] = NOTHING
    base: str = ""
    token: str = ""
    folder: str = ""


class Reply(NamedTuple):
    """The answer to a turn: `body` is UTF-8 of `media_type`, `status` the HTTP status (200 for every address that exists)."""

    body: bytes
    status: int = 200
    media_type: str = "text/xml; charset=utf-8"
