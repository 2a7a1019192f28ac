"""Sends text messages through the account."""

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any

from engine.account.client import Credentials, open_client
from engine.account.errors import explain, retried, sid_of
from engine.runtime.effects.effect import Result, TextMessage
from engine.runtime.effects.workers import WAITING, Job, Stuck, Workers

if TYPE_CHECKING:  # it takes a second to import, and most servers never need it
    from twilio.http import HttpClient
    from twilio.rest import Client

SEND_SECONDS = 8.0  # that Twilio may take to accept a message; the whole turn has 15
AT_ONCE = 16  # messages handed over at once
LOOK_AGAIN = 0.1  # seconds until it is looked whether another one can be
_NO_NUMBER = "no number to send from is known: write `from` or `messaging_service_sid`, or set TOUCHTONE_FROM"


class Messages:
    """Hands text messages to Twilio.

    `from_` is the number for messages that name none; `api` is the base URL of a stand-in, "" for Twilio; `http` carries the
    requests, by default the library's own.
    """

    __slots__ = ("_api", "_client", "_credentials", "_from", "_http", "_seconds", "_workers")

    def __init__(
        self,
        credentials: Credentials,
        *,
        from_: str = "",
        api: str = "",
        http: "HttpClient | None" = None,
        seconds: float = SEND_SECONDS,
    ) -> None:
        self._credentials, self._from, self._api = credentials, from_, api
        self._http, self._seconds = http, seconds
        self._workers = Workers(AT_ONCE, "message")
        self._client: Client | None = None

    async def perform(self, message: TextMessage) -> Result:
        """Whether Twilio took the message: "sent" with its SID, or "error" and why; never raises but when it is cancelled.

        It is sent once: when nobody knows whether Twilio took it, it is not sent again.
        """
        if not self._credentials.complete:
            return _failed("no message can be sent: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")
        if not (message.from_ or message.messaging_service_sid or self._from):
            return _failed(_NO_NUMBER)
        job = Job()
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    try:
                        return await self._workers.run(lambda: self._send(message), job)
                    except (
                        Stuck
                    ):  # on earlier ones, for which nobody waits any more; Twilio's time for them is over soon
                        await asyncio.sleep(LOOK_AGAIN)
        except TimeoutError:
            if job.state == WAITING:
                return _failed(
                    f"earlier messages wait for Twilio, which did not answer within {self._seconds:g} s: this one is not sent"
                )
            return _failed(
                f"Twilio did not answer within {self._seconds:g} s: whether the message is sent is not known"
            )

    def _send(self, message: TextMessage) -> Result:
        try:
            client, order = self._opened(), wanted(message, self._from)
            sid = sid_of(retried(lambda: client.messages.create(**order), sleep=time.sleep, jitter=random.random))
        except Exception as error:
            return _failed(explain(error, "the message is sent").text)
        return Result("sent", {"sid": sid})

    def _opened(self) -> "Client":
        if self._client is None:
            self._client = open_client(self._credentials, api=self._api, http=self._http, seconds=self._seconds)
        return self._client


def wanted(message: TextMessage, from_: str) -> dict[str, Any]:
    """A message as `client.messages.create` takes it; `from_` is the number for one that names neither a number nor a service.

    A messaging service may stand in place of a number. Both may be given: the service then sends from that number (Twilio,
    Messages resource, `MessagingServiceSid`).
    """
    service, number = message.messaging_service_sid, message.from_
    if not (service or number):
        number = from_
    if number.startswith("MG"):
        service, number = service or number, ""
    given = {
        "from_": number,
        "messaging_service_sid": service,
        "body": message.body,
        "media_url": list(message.media_url),
        "content_sid": message.content_sid,
        "content_variables": message.content_variables,
        "status_callback": message.status_callback,
    }
    return {"to": message.to, **{name: value for name, value in given.items() if value}}


def _failed(problem: str) -> Result:
    return Result("error", {"sid": None}, problem)
