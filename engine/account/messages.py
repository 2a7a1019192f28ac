"""Sends text messages through the account."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.runtime.effects.effect import Result, TextMessage
from engine.runtime.effects.workers import Workers

if TYPE_CHECKING:  # it takes a second to import, and most servers never need it
    from twilio.http import HttpClient
    from twilio.rest import Client

SEND_SECONDS = 8.0  # that Twilio may take to accept a message; the whole turn has 15
AT_ONCE = 16  # messages handed over at once
_NO_NUMBER = "no number to send from is known: write `from`, or set TOUCHTONE_FROM"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who sends: an account, and a token of it, or an API key in its place."""

    account_sid: str
    token: str = field(default="", repr=False)
    api_key: str = ""
    api_secret: str = field(default="", repr=False)

    @property
    def complete(self) -> bool:
        """Whether they can be used."""
        return bool(self.account_sid and (self.token or (self.api_key and self.api_secret)))


class Messages:
    """Hands text messages to Twilio.

    `from_` is the number for messages that name none; `http` carries the requests, by default the library's own.
    """

    __slots__ = ("_client", "_credentials", "_from", "_http", "_seconds", "_workers")

    def __init__(
        self,
        credentials: Credentials,
        *,
        from_: str = "",
        http: "HttpClient | None" = None,
        seconds: float = SEND_SECONDS,
    ) -> None:
        self._credentials, self._from, self._http, self._seconds = credentials, from_, http, seconds
        self._workers = Workers(AT_ONCE, "message")
        self._client: Client | None = None

    async def perform(self, message: TextMessage) -> Result:
        """Whether Twilio took the message: "sent" with its SID, or "error" and why; never raises but when it is cancelled.

        It is sent once: when nobody knows whether Twilio took it, it is not sent again.
        """
        if not self._credentials.complete:
            return _failed("no message can be sent: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")
        if not (message.from_ or self._from):
            return _failed(_NO_NUMBER)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._workers.run(lambda: self._send(message))
        except TimeoutError:
            return _failed(
                f"Twilio did not answer within {self._seconds:g} s: whether the message is sent is not known"
            )

    def _send(self, message: TextMessage) -> Result:
        from requests import RequestException
        from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

        wanted: dict[str, Any] = {"to": message.to, "from_": message.from_ or self._from}
        if str(wanted["from_"]).startswith("MG"):
            wanted["messaging_service_sid"] = wanted.pop("from_")
        if message.body:
            wanted["body"] = message.body
        if message.media_url:
            wanted["media_url"] = list(message.media_url)
        try:
            sent = self._opened().messages.create(**wanted)
        except TwilioRestException as error:
            return _failed(_told(error.code, error.status, error.msg))
        except TwilioServiceException as error:
            return _failed(_told(error.code, error.status, error.detail or error.title))
        except (TwilioException, ValueError):
            return _failed("Twilio's answer cannot be read: whether the message is sent is not known")
        except (RequestException, OSError) as error:  # its own words hold the address, and may hold more
            return _failed(f"Twilio cannot be reached: {type(error).__name__}")
        return Result("sent", {"sid": sent.sid})

    def _opened(self) -> "Client":
        if self._client is None:
            from twilio.http.http_client import TwilioHttpClient
            from twilio.rest import Client

            own = self._credentials
            http = self._http or TwilioHttpClient(timeout=self._seconds)
            user, word = (
                (own.api_key, own.api_secret) if own.api_key and own.api_secret else (own.account_sid, own.token)
            )
            self._client = Client(user, word, own.account_sid, http_client=http)
        return self._client


def _told(code: int | None, status: int, said: str) -> str:
    """An error of Twilio in one sentence; its code has a page, https://www.twilio.com/docs/errors/21211."""
    words = " ".join((said or "").split()).removeprefix("Unable to create record").removeprefix(": ")
    # Where Twilio gave no code, the library puts the status in its place.
    what = f"Twilio error {code}" if code and code != status else f"Twilio answered {status}"
    return f"{what}: {words}" if words else what


def _failed(problem: str) -> Result:
    return Result("error", {"sid": None}, problem)
