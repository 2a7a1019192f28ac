"""Shows a request to the account as it would be sent, without sending it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from engine.account.client import Credentials, open_client

if TYPE_CHECKING:
    from twilio.rest import Client


@dataclass(frozen=True, slots=True)
class Unsent:
    """A request that was not sent: its method, its URL without a query, and its parameters in order, repeated names included."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...]


def rehearse(credentials: Credentials, ask: Callable[["Client"], object], *, api: str = "") -> Unsent:
    """The first request that `ask` makes of a client, as the `twilio` library would send it; nothing leaves this machine.

    What it holds is no secret: name and password go into a header, which is left out.
    """
    from twilio.http import HttpClient

    class Kept(Exception):
        def __init__(self, unsent: Unsent) -> None:
            self.unsent = unsent

    class Keeping(HttpClient):
        def __init__(self) -> None:
            """It has no connection to set up."""

        def request(self, method: str, uri: str, params: Any = None, data: Any = None, *_: Any, **__: Any) -> Any:
            raise Kept(_unsent(method, uri, api, {**(params or {}), **(data or {})}))

    client = open_client(credentials, http=Keeping())
    client.region = client.edge = None if api else client.region
    try:
        ask(client)
    except Kept as kept:
        return kept.unsent
    raise AssertionError("nothing was asked of the account")


def _unsent(method: str, url: str, api: str, sent: dict[str, Any]) -> Unsent:
    parts = urlsplit(url)
    params = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in sent.items():
        values = value if isinstance(value, list | tuple) else [value]
        params += [(name, str(one)) for one in values]
    there = urlsplit(api) if api else parts
    return Unsent(method, urlunsplit((there.scheme, there.netloc, parts.path, "", "")), tuple(params))
