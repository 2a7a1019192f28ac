"""Begins a conversation by text: a flow is entered with a message of ours, and what it says first is sent through the account."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from engine.runtime.effects.effect import TextMessage
from engine.runtime.outcome import apology

MOST_DOCUMENTS = 20  # that a flow may need until it has said all: beyond it is a loop
LARGEST = 256 * 1024  # bytes of a document

Ask = Callable[[str, Mapping[str, str]], Awaitable[bytes]]
"""Asks an absolute address for TwiML as Twilio does: by POST, with these parameters. Raises NotBegun if no TwiML comes."""
Send = Callable[[TextMessage], Awaitable[str]]
"""Hands a message to the account; gives its SID. What it raises ends the start, and is raised on."""


class NotBegun(Exception):
    """The conversation did not begin, and nothing was sent: `sentence` says why, `fix` what to do ("" if unknown)."""

    def __init__(self, sentence: str, fix: str = "") -> None:
        super().__init__(f"{sentence}; {fix}" if fix else sentence)
        self.sentence, self.fix = sentence, fix


@dataclass(frozen=True, slots=True)
class Start:
    """A conversation to begin: between our number `from_` and the person `to`, at the address `url` of a flow (see `entry_url`).

    `sid` is a SID of a message, SM and 32 hexadecimal digits, which nothing else bears: by it the server knows a start that is asked
    for twice. `messaging_service_sid` sends from `from_` by that service; `status_url` is told what becomes of each message.
    """

    from_: str
    to: str
    url: str
    sid: str
    account_sid: str = ""
    messaging_service_sid: str = ""
    status_url: str = ""

    def parameters(self) -> dict[str, str]:
        """What the flow is entered with: like a call that goes out, From is our number and To the person."""
        return _message(self.sid, self.account_sid, self.from_, self.to) | {"Direction": "outbound-api"}

    def ending(self) -> dict[str, str]:
        """What closes the question that the start has opened: as if the person had written STOP, to which nobody replies."""
        return _message("SM" + self.sid[:1:-1], self.account_sid, self.to, self.from_) | {
            "Body": "STOP",
            "NumMedia": "0",
        }


class Begun(NamedTuple):
    """What was sent, with the SID of each."""

    messages: Sequence[TextMessage]
    sids: Sequence[str]


async def begin(start: Start, ask: Ask, send: Send) -> Begun:
    """Plays the entry of the flow, and sends what it says, one message after another.

    The person's next message to that number answers the question that the flow asks. Raises NotBegun if the flow fails or says
    nothing; then nothing was sent. When the first message cannot be sent, the question is closed again and what `send` raised is
    raised on; when a later one cannot, the question stays open. So it does where what was raised has a true `settled`: then the message
    may have been sent.
    """
    messages = await first_words(start, ask)
    sids: list[str] = []
    for message in messages:
        try:
            sids.append(await send(message))
        except Exception as error:
            if not sids and not getattr(error, "settled", False):
                with suppress(NotBegun):  # what was raised says more
                    await ask(start.url, start.ending())
            raise
    return Begun(messages, sids)


async def first_words(start: Start, ask: Ask) -> list[TextMessage]:
    """What the flow says first, as messages to be sent; raises NotBegun.

    The question that it asks is open from now on.
    """
    url, found = start.url, list[TextMessage]()
    for _ in range(MOST_DOCUMENTS):
        body = await ask(url, start.parameters())
        if body == apology("messaging"):
            raise NotBegun("the flow failed before it had said anything", "the server's log says where")
        following = ""
        for element in _read(body):
            if element.tag == "Message":
                found.append(_written(element, start, url))
            elif element.tag == "Redirect":
                following = urljoin(url, (element.text or "").strip())
                break
        if not following:
            break
        if urlsplit(following)[:2] != urlsplit(start.url)[:2]:
            raise NotBegun("the flow redirects to another server, and a conversation cannot begin there")
        url = following
    else:
        raise NotBegun(f"the flow needs more than {MOST_DOCUMENTS} documents to begin: it leads back to itself")
    if not found:
        raise NotBegun(
            "the flow says nothing to begin with", "begin at a step that has a `message` or a `gather`: FLOW/STEP"
        )
    return found


def _message(sid: str, account_sid: str, from_: str, to: str) -> dict[str, str]:
    """The parameters of a message (Twilio, "Messaging webhooks: parameters in Twilio's request")."""
    sent = {"MessageSid": sid, "SmsSid": sid, "AccountSid": account_sid, "From": from_, "To": to}
    return sent | {"ApiVersion": "2010-04-01"}


def _read(body: bytes) -> list[ElementTree.Element]:
    """The verbs of a document."""
    try:
        if len(body) > LARGEST or b"<!DOCTYPE" in body[:1000]:
            raise ElementTree.ParseError
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise NotBegun("the answer of the server is not TwiML") from None
    if root.tag != "Response":
        raise NotBegun("the answer of the server is not TwiML")
    return list(root)


def _written(element: ElementTree.Element, start: Start, url: str) -> TextMessage:
    """A `<Message>` as it is sent through the account."""
    body = "".join([element.text or "", *(one.text or "" for one in element if one.tag == "Body")]).strip()
    media = tuple(urljoin(url, (one.text or "").strip()) for one in element if one.tag == "Media")
    told = element.get("statusCallback") or element.get("action") or ""
    return TextMessage(
        element.get("to") or start.to,
        body,
        media,
        element.get("from") or start.from_,
        "",
        messaging_service_sid=start.messaging_service_sid,
        status_callback=urljoin(url, told) if told else start.status_url,
    )
