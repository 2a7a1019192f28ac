"""Carries requests that name a host of Twilio to another server."""

import logging
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response


class ElsewhereClient(TwilioHttpClient):
    """The library's own HTTP client, for a stand-in at the base URL `api`: scheme, host and port of each request become those of `api`.

    `timeout` in seconds. It takes no proxy and no login from the environment: neither is meant for a server of one's own.
    """

    def __init__(self, api: str, timeout: float, logger: logging.Logger) -> None:
        super().__init__(timeout=timeout, logger=logger)
        self._api = urlsplit(api)
        assert self.session is not None, "it keeps its connections"
        self.session.trust_env = False

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:  # type: ignore[override]
        there = urlsplit(url)._replace(scheme=self._api.scheme, netloc=self._api.netloc)
        return super().request(method, urlunsplit(there), *args, **options)
