"""What plays the calls and messages that the stand-in takes: the REST half only keeps the resources."""

from collections.abc import Mapping
from typing import Protocol

from engine.standin.records import Records
from engine.standin.resources import CallResource, MessageResource

Order = Mapping[str, str | list[str]]
"""The form parameters of a request, by Twilio's names; those that may be given several times are lists."""


class Driver(Protocol):
    """Plays calls and messages, and writes what becomes of them into the records.

    Each method returns at once, and raises nothing but what it says: the work is done beside the request, whose answer does not wait for it.
    """

    def place(self, call: CallResource, order: Order) -> None:
        """Plays an outbound call that was taken (201) and is queued."""

    def redirect(self, sid: str, url: str, method: str, twiml: str = "") -> None:
        """Moves a live call to another document: an address and the method to ask it with, or `twiml` as text."""

    def hangup(self, sid: str) -> None:
        """Ends a live call (`Status=completed`), or one that has not been answered."""

    def cancel(self, sid: str) -> None:
        """Ends a call that is queued or rings (`Status=canceled`)."""

    def send(self, message: MessageResource, order: Order) -> None:
        """Delivers an outbound message that was taken (201) and is queued or accepted."""

    def call_number(self, from_: str, to: str, does: str = "") -> str:
        """Somebody calls a number of the account; returns the SID of the inbound call.

        `does` is what they do, one thing after another, as in `touchtone phone`: `press 1, say billing, hang up`; "" for what is known of
        them. Raises ValueError with a sentence for words that cannot be read.
        """

    def text_number(self, from_: str, to: str, body: str) -> str:
        """Somebody texts a number of the account; returns the SID of the inbound message."""

    def expect(self, number: str, does: str) -> None:
        """Says who is behind a number from now on: `busy`, `no-answer`, `machine`, or what they do. Raises ValueError as above."""

    def verifies(self, number: str) -> bool:
        """Whether somebody answers at a number, and so would type the code that verifies it."""

    def does(self, sid: str, words: str) -> bool:
        """The person of a live call does something now; False if the call is not live. Raises ValueError as above."""

    def close(self) -> None:
        """Ends what is being played: the stand-in stops."""


class Silent:
    """Plays nothing: outbound calls and messages stay queued, and nobody calls or texts."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def place(self, call: CallResource, order: Order) -> None:
        """Leaves it queued."""

    def redirect(self, sid: str, url: str, method: str, twiml: str = "") -> None:
        """No call is ever live."""

    def hangup(self, sid: str) -> None:
        """The call is over at once."""
        self._records.update_call(sid, status="completed")

    def cancel(self, sid: str) -> None:
        """The call is over at once."""
        self._records.update_call(sid, status="canceled")

    def send(self, message: MessageResource, order: Order) -> None:
        """Leaves it queued."""

    def call_number(self, from_: str, to: str, does: str = "") -> str:
        """Nobody calls."""
        return ""

    def text_number(self, from_: str, to: str, body: str) -> str:
        """Nobody texts."""
        return ""

    def expect(self, number: str, does: str) -> None:
        """Nobody is called."""

    def verifies(self, number: str) -> bool:
        """Everybody types the code."""
        return True

    def does(self, sid: str, words: str) -> bool:
        """No call is ever live."""
        return False

    def close(self) -> None:
        """There is nothing to end."""
