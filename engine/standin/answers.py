"""Writes resources as Twilio's JSON, by the fields of its description."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from engine.standin.description import VERSION, Operation, Schema, field_name
from engine.standin.resources import AccountResource, RecordingResource, Resource

_HIDDEN = frozenset(("auth_token",))  # Twilio shows it; a log of answers should not hold it


def resource_json(one: Resource, operation: Operation, base: str) -> dict[str, Any]:
    """A resource with all the fields that Twilio has; `base` is the address of the stand-in, for links that are whole."""
    written = {name: _field(one, name, schema) for name, schema in operation.fields.items()}
    path = resource_path(one)
    if "uri" in written:
        written["uri"] = f"{path}.json"
    if "subresource_uris" in written:
        written["subresource_uris"] = {field_name(name): f"{path}/{name}.json" for name in one.subresources}
    if isinstance(one, RecordingResource):
        written["media_url"] = f"{base}{path}"
    return written


def resource_path(one: Resource) -> str:
    """The path of a resource, without `.json`."""
    account = f"/{VERSION}/Accounts/{one.account_sid}"
    return account if isinstance(one, AccountResource) else f"{account}/{one.place}/{one.sid}"


def _field(one: Resource, name: str, schema: Schema) -> Any:
    attribute = {"from": "from_", "to_formatted": "to", "from_formatted": "from_"}.get(name, name)
    value = None if name in _HIDDEN else getattr(one, attribute, None)
    if isinstance(value, datetime):
        return format_datetime(value.replace(microsecond=0))
    if isinstance(value, int) and not isinstance(value, bool) and schema.get("type") == "string":
        return str(value)
    return value


def balance_json(account: AccountResource) -> Mapping[str, Any]:
    """What is left of the account's money: the stand-in takes none."""
    return {"account_sid": account.sid, "balance": account.balance, "currency": account.currency}
