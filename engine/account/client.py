"""Opens the `twilio` client: for Twilio, or for a stand-in of its REST API."""

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.server.settings import Settings

if TYPE_CHECKING:  # it takes a second to import, and most servers never need it
    from twilio.http import HttpClient
    from twilio.rest import Client

SECONDS = 8.0  # that Twilio may take for the next piece of an answer
WHOLE = 3  # times as long for all of it
CONNECTIONS = 16  # that are kept to a host: as many as the requests at once (see `engine.account.messages`); one more would be logged

# The library writes every request to its log, with the texts that people send.
log = logging.getLogger("touchtone.twilio")
log.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: an account, and a token of it, or an API key in its place."""

    account_sid: str
    token: str = field(default="", repr=False)
    api_key: str = ""
    api_secret: str = field(default="", repr=False)

    @classmethod
    def of(cls, settings: Settings) -> "Credentials":
        """Those of the settings; of several tokens the first."""
        return cls(settings.account_sid, next(iter(settings.tokens), ""), settings.api_key, settings.api_secret)

    @property
    def complete(self) -> bool:
        """Whether they can be used."""
        return bool(self.account_sid and (self.token or (self.api_key and self.api_secret)))

    @property
    def login(self) -> tuple[str, str]:
        """User name and password for HTTP Basic: the API key with its secret if there is one, else the account with its token.

        Twilio, "Twilio's Request to your Web Application and the REST API: Authenticate with HTTP".
        """
        if self.api_key and self.api_secret:
            return self.api_key, self.api_secret
        return self.account_sid, self.token


def open_client(
    credentials: Credentials, *, api: str = "", http: "HttpClient | None" = None, seconds: float = SECONDS
) -> "Client":
    """A client of the `twilio` library; it connects with its first request. An answer that pauses for `seconds`, or takes three
    times as long, is given up, and so is a boundless one (`carrying`).

    With `api`, the base URL of a stand-in, every request goes there, whatever host of Twilio it names; TWILIO_REGION, TWILIO_EDGE and
    the proxies of the environment then count for nothing. `http` carries the requests in place of the library's own.
    """
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    from engine.account.carrying import BoundedAdapter
    from engine.account.elsewhere import ElsewhereClient

    if http is None:
        http = library = ElsewhereClient(api, seconds, log) if api else TwilioHttpClient(timeout=seconds, logger=log)
        assert library.session is not None, "it keeps its connections"
        for scheme in ("http://", "https://"):
            library.session.mount(scheme, BoundedAdapter(WHOLE * seconds, connections=CONNECTIONS))
    user, password = credentials.login
    client = Client(user, password, credentials.account_sid, http_client=http)
    if api:
        client.region = client.edge = None
    return client
