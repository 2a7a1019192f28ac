"""Sends messages for programs, and begins conversations with what a flow says first."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from engine.account.conversations import NotBegun, Start, begin
from engine.account.deliveries import MessageState, message_fault, send
from engine.account.entry import NotEntered, entry_url, foreign_url
from engine.api.answers import Answer
from engine.api.asking import AccountClient
from engine.api.bodies import SendMessage, SentMessage, SentMessages
from engine.api.checks import Asked, Entries, check_recipient, check_variables, texts
from engine.api.problems import Problem, invalid
from engine.api.reading import read_body
from engine.model.flow import Flow
from engine.runtime.effects.effect import TextMessage
from engine.runtime.request import Reply, Request
from engine.server.places import read_place, read_query
from engine.server.settings import Settings
from engine.server.webhook import Answer as Answers

log = logging.getLogger("touchtone")


class Texts:
    """Does it through one account. `answers` plays a turn of a flow; `clock` gives aware times."""

    def __init__(
        self,
        settings: Settings,
        entries: Entries,
        account: AccountClient,
        answers: Answers,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings, self._entries, self._account = settings, entries, account
        self._answers, self._clock = answers, clock
        self.operations: Mapping[str, Callable[[Asked], Awaitable[Answer]]] = {"sendMessage": self.send_message}

    async def send_message(self, asked: Asked) -> Answer:
        """Sends a message, or what the flow says first."""
        flow = self._entries.flow(asked, "messaging")
        wanted = read_body(asked.body, SendMessage)
        check_recipient(wanted.to, "messaging")
        written = wanted.text is not None or bool(wanted.media_url) or wanted.content_sid is not None
        states: list[MessageState] = []

        async def hand_over(message: TextMessage) -> str:
            states.append(await self._account.ask(lambda client: send(client, message), "the message is sent"))
            return states[-1].sid

        if written or wanted.content_variables:
            if wanted.variables:
                raise invalid("/variables", "a message of its own words gives a flow nothing", "leave `variables` out")
            if wanted.step is not None:
                raise invalid("/step", "a message of its own words begins at no step", "leave `step` out")
            message = self._message(asked, wanted)
            await hand_over(message)
            sender = message.from_ or message.messaging_service_sid
        else:
            start = self._start(asked, flow, wanted)
            try:
                await begin(start, lambda url, params: self._play(asked.base, url, params), hand_over)
            except NotBegun as error:
                raise Problem(422, "not-begun", error.sentence, error.fix) from None
            except Problem as problem:
                if states:  # of several messages the first are sent
                    problem.settled = True
                raise
            sender = start.from_
        log.info("API key %s: message %s of %s", asked.key.name, ", ".join(one.sid for one in states), flow.name)
        sent = [SentMessage(one.sid, one.status) for one in states]
        return Answer.of(201, SentMessages(flow.name, wanted.to, sender, sent))

    def _message(self, asked: Asked, wanted: SendMessage) -> TextMessage:
        """A message with words of its own; raises Problem (422)."""
        service = wanted.messaging_service_sid or ""
        sender = self._entries.sender(wanted.from_, "messaging") if wanted.from_ or not service else ""
        for number, url in enumerate(wanted.media_url):
            try:
                foreign_url(url, self._settings.twilio_api)
            except NotEntered as error:
                raise invalid(f"/media_url/{number}", error.sentence, error.fix) from None
        variables = texts(wanted.content_variables)
        message = TextMessage(
            wanted.to,
            wanted.text or "",
            tuple(wanted.media_url),
            sender,
            "",
            content_sid=wanted.content_sid or "",
            content_variables=msgspec.json.encode(variables).decode() if variables else "",
            messaging_service_sid=service,
            status_callback=self._entries.callback(asked, "/status_callback", wanted.status_callback),
        )
        if fault := message_fault(message):
            raise invalid("", fault)
        return message

    def _start(self, asked: Asked, flow: Flow, wanted: SendMessage) -> Start:
        """The beginning of a conversation; raises Problem (422)."""
        given = texts(wanted.variables)
        check_variables(flow, given)
        # The conversation is between two numbers: of a service too the one must be known that the person answers.
        sender = self._entries.sender(wanted.from_, "messaging")
        return Start(
            sender,
            wanted.to,
            entry_url(self._entries.base(asked), flow.name, self._entries.step(flow, wanted.step), given),
            f"SM{uuid4().hex}",
            self._settings.account_sid,
            wanted.messaging_service_sid or "",
            self._entries.callback(asked, "/status_callback", wanted.status_callback, given),
        )

    async def _play(self, base: str, url: str, params: Mapping[str, str]) -> bytes:
        """The answer of this server to a request for `url`, an address below its own, with parameters as Twilio sends them."""
        if not url.startswith(f"{base}/flows/"):
            raise NotBegun("the flow goes on at an address that is none of this server's")
        parts = urlsplit(url[len(base) :])
        flow, step, back = read_place(parts.path)
        own, entry = read_query(parts.query.encode())
        request = Request(flow, step, self._clock(), {**entry, **params}, own, entry, back, "", f"{base}/flows/")
        reply = self._answers(request)
        return (reply if isinstance(reply, Reply) else await reply).body
