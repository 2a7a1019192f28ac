"""Hands a message to Twilio, and tells what became of it."""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.account.errors import sid_of
from engine.account.messages import wanted
from engine.runtime.effects.effect import TextMessage

if TYPE_CHECKING:  # it takes a second to import
    from twilio.rest import Client

LONGEST = 1600  # characters of a message (Twilio, error 21617)
MOST_MEDIA = 10  # pictures of a message (error 21623)

_TEMPLATE, _SERVICE = re.compile(r"HX[0-9a-fA-F]{32}"), re.compile(r"MG[0-9a-fA-F]{32}")

# Twilio, "Messages resource", message status values: after these nothing more comes.
_DELIVERED = frozenset(("delivered", "read", "received"))
_LOST = frozenset(("undelivered", "failed", "canceled"))


@dataclass(frozen=True, slots=True)
class MessageState:
    """How a message stands: `status` in Twilio's words, and the code of the error that kept it from being delivered, 0 for none."""

    sid: str
    status: str
    error_code: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in _DELIVERED or self.lost

    @property
    def lost(self) -> bool:
        """Whether it was not delivered."""
        return self.status in _LOST

    @classmethod
    def of(cls, message: Any) -> "MessageState":
        """The state in a message resource of the `twilio` library."""
        return cls(sid_of(message), str(message.status or ""), int(message.error_code or 0))


def message_fault(message: TextMessage) -> str:
    """What Twilio would refuse, in one sentence; "" if nothing is known to be wrong."""
    if not (message.body or message.media_url or message.content_sid):
        return "there is nothing to send: give a text, a picture or a content template"
    channel = _channel(message.to)
    if message.from_ and not message.from_.startswith("MG") and _channel(message.from_) != channel:
        plain = message.from_.rpartition(":")[2]
        return f"`{message.from_}` cannot text `{message.to}`, which is on another channel: send from {channel}{plain}"
    if message.body and message.content_sid:
        return "a content template has its own text: give one or the other"
    if len(message.body) > LONGEST:
        return f"the text has {len(message.body)} characters, and Twilio takes {LONGEST}: send two"
    if len(message.media_url) > MOST_MEDIA:
        return f"a message carries {MOST_MEDIA} pictures at most, not {len(message.media_url)}"
    if message.content_sid and not _TEMPLATE.fullmatch(message.content_sid):
        return f"`{message.content_sid}` is not the SID of a content template: write HX and 32 hexadecimal digits"
    if message.messaging_service_sid and not _SERVICE.fullmatch(message.messaging_service_sid):
        return f"`{message.messaging_service_sid}` is not the SID of a messaging service: write MG and 32 hexadecimal digits"
    if message.content_variables and not _is_object_of_texts(message.content_variables):
        return 'content variables are a JSON object of texts, such as {"1": "Ann"}'
    if message.content_variables and not message.content_sid:
        return "content variables fill a content template, and none is named"
    return ""


def send(client: "Client", message: TextMessage) -> MessageState:
    """Hands over the message; raises what the `twilio` library or the network raises (see `engine.account.errors`)."""
    return MessageState.of(client.messages.create(**wanted(message, "")))


def look_up(client: "Client", sid: str) -> MessageState:
    """How a message stands now; raises as `send`."""
    return MessageState.of(client.messages(sid).fetch())


def _channel(number: str) -> str:
    """`whatsapp:` and the like, "" for a phone number."""
    before, colon, _ = number.partition(":")
    return before + colon if colon else ""


def _is_object_of_texts(text: str) -> bool:
    try:
        read = json.loads(text)
    except ValueError:
        return False
    return isinstance(read, dict) and all(isinstance(value, str) for value in read.values())
