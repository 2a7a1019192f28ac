"""Changes phone numbers, TwiML Apps and verified caller ids."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from engine.standin.description import field_name
from engine.standin.driving import Driver, Order
from engine.standin.parameters import one
from engine.standin.phone_numbers import normal
from engine.standin.records import Records
from engine.standin.refusal import Refused
from engine.standin.resources import ApplicationResource, CallerIdResource, NumberResource, new_sid

_BOOLEANS = frozenset(("VoiceCallerIdLookup", "PublicApplicationConnectEnabled"))
_METHODS = re.compile(r"\w+Method")
_NOT_CHANGED = frozenset(("AccountSid", "ApiVersion"))


def _changes(order: Order) -> dict[str, Any]:
    """The fields of a resource that a form changes."""
    changes: dict[str, Any] = {}
    for name in order:
        if name in _NOT_CHANGED:
            continue
        value: str | bool | None = one(order, name)
        if name in _BOOLEANS:
            value = str(value).lower() == "true"
        elif _METHODS.fullmatch(name):
            value = str(value).upper() or "POST"
        elif name.endswith("Sid"):
            value = value or None
        changes[field_name(name)] = value
    return changes


def update_number(records: Records, number: NumberResource, order: Order) -> NumberResource:
    """Changes what is asked when somebody calls or texts a number; raises Refused for what Twilio does not take."""
    changes = _changes(order)
    for name in ("voice_application_sid", "sms_application_sid"):
        if changes.get(name) and changes[name] not in records.applications:
            raise Refused(21218, changes[name])
    for kind, code in (("voice", 21405), ("sms", 21406)):
        fallback = changes.get(f"{kind}_fallback_url", getattr(number, f"{kind}_fallback_url"))
        if fallback and not changes.get(f"{kind}_url", getattr(number, f"{kind}_url")):
            raise Refused(code)
    changed = records.numbers.update(number.sid, **changes)
    records.note(f"{number.phone_number}  {_told(changes)}", number.sid)
    return changed


def create_application(records: Records, order: Order) -> ApplicationResource:
    """A new TwiML App."""
    application = records.applications.add(ApplicationResource(**records.stamp("AP"), **_changes(order)))
    records.note(f"TwiML App {application.friendly_name or ''} is {application.sid}", application.sid)
    return application


def update_application(records: Records, application: ApplicationResource, order: Order) -> ApplicationResource:
    """Changes a TwiML App."""
    changes = _changes(order)
    changed = records.applications.update(application.sid, **changes)
    records.note(f"{application.sid[:8]}  {_told(changes)}", application.sid)
    return changed


def _told(changes: Mapping[str, Any]) -> str:
    """What was changed, in one line."""
    names = sorted(changes, key=lambda name: (name.partition("_")[0], len(name)))  # an address before its fallback
    shown = [f"{name} {changes[name]}" if changes[name] not in ("", None) else f"no {name}" for name in names]
    return "is set to " + ", ".join(shown) if shown else "is left as it was"


def request_validation(records: Records, driver: Driver, order: Order) -> dict[str, Any]:
    """Asks somebody to verify a number: Twilio calls, and they type the code that this returns.

    If somebody answers there, they type the right code at once; if not, the number is not verified. Nothing is reported to
    `StatusCallback`. Raises Refused for what Twilio does not take.
    """
    said = one(order, "PhoneNumber")
    number = normal(said)
    if not number:
        raise Refused(21401, said)
    if records.verified(number):
        raise Refused(21450, number)
    code = f"{secrets.randbelow(1_000_000):06}"
    friendly_name = one(order, "FriendlyName") or number
    if driver.verifies(number):
        caller_id = CallerIdResource(**records.stamp("PN"), phone_number=number, friendly_name=friendly_name)
        records.caller_ids.add(caller_id)
        records.note(f"{number} is verified: the code {code} was typed", caller_id.sid)
    else:
        records.note(f"{number} is not verified: nobody answered and typed the code {code}")
    return {
        "account_sid": records.account.sid,
        "call_sid": new_sid("CA"),
        "friendly_name": friendly_name,
        "phone_number": number,
        "validation_code": code,
    }
