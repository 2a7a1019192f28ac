"""Verified caller IDs of a Twilio account: numbers of a person's own that Twilio may call from, and a trial account may call.

Twilio, "OutgoingCallerId resource" and "ValidationRequest resource".
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.account.errors import sid_of

if TYPE_CHECKING:
    from twilio.rest import Client

MOST = 1000  # that are listed


@dataclass(frozen=True, slots=True)
class VerifiedNumber:
    """A verified caller ID."""

    sid: str
    number: str
    name: str = ""


def list_callers(client: "Client", number: str = "") -> tuple[VerifiedNumber, ...]:
    """The verified caller IDs, or that of one number. Raises what the `twilio` client raises."""
    options: dict[str, Any] = {"phone_number": number} if number else {}
    found = client.outgoing_caller_ids.list(limit=MOST, **options)
    listed = (VerifiedNumber(sid_of(one), str(one.phone_number or ""), str(one.friendly_name or "")) for one in found)
    return tuple(sorted(listed, key=lambda one: one.number))


def begin_verification(client: "Client", number: str, name: str = "", extension: str = "") -> str:
    """Has Twilio call a number and ask for a code; the code. Raises what the `twilio` client raises."""
    options: dict[str, Any] = {"friendly_name": name} if name else {}
    if extension:
        options["extension"] = extension
    return str(client.validation_requests.create(phone_number=number, **options).validation_code or "")
