"""Holds requests and answers against Twilio's description of its REST API; shares no code with the stand-in."""

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator, FormatChecker

PATHS = json.loads((Path(__file__).parents[2] / "engine/standin/twilio-api.json").read_text())
API = "/2010-04-01/"
ERROR = {
    "type": "object",
    "required": ["code", "message", "more_info", "status"],
    "additionalProperties": False,
    "properties": {
        "code": {"type": "integer", "minimum": 10000, "maximum": 99999},
        "message": {"type": "string", "minLength": 1},
        "more_info": {"type": "string", "pattern": r"^https://www\.twilio\.com/docs/errors/\d{5}$"},
        "status": {"type": "integer"},
    },
}
formats = FormatChecker(())


@formats.checks("date-time-rfc-2822", raises=ValueError)
def _rfc_2822(value: object) -> bool:
    return not isinstance(value, str) or parsedate_to_datetime(value).tzinfo is not None


@formats.checks("uri", raises=ValueError)
def _uri(value: object) -> bool:
    """An address, or a path of the API: Twilio's own are paths. An address that is not set is empty."""
    if not isinstance(value, str) or not value:
        return True
    parts = urlsplit(value)
    return value.startswith(API) or (parts.scheme in ("http", "https") and bool(parts.hostname))


@formats.checks("phone-number")
def _phone_number(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"([a-z]+:)?\+[1-9]\d{6,14}|[\w -]{1,11}", value) is not None


@formats.checks("currency")
def _currency(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch("[A-Z]{3}", value) is not None


class Exchange(NamedTuple):
    """A request that was sent, and its answer; `by_client` tells one of the `twilio` library."""

    method: str
    path: str
    query: str
    request: bytes
    status: int
    answer: bytes
    by_client: bool = False


def operation(method: str, path: str) -> Mapping[str, Any]:
    """What the description says of a request; fails for one that it does not know."""
    for template, methods in PATHS.items():
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path) and method.lower() in methods:
            found: Mapping[str, Any] = methods[method.lower()]
            return found
    raise AssertionError(f"Twilio knows no {method} {path}")


def assert_described(exchange: Exchange) -> None:
    """Fails unless a request that was taken is one of Twilio's, and its answer, of success or an error, is too."""
    where = f"{exchange.method} {exchange.path}?{exchange.query}"
    if exchange.status >= 400:
        body = json.loads(exchange.answer)
        Draft202012Validator(ERROR).validate(body)
        assert body["status"] == exchange.status, where
        assert str(body["code"]) in body["more_info"], where
        return
    known = operation(exchange.method, exchange.path)
    assert [str(exchange.status)] == list(known["responses"]), f"{where}: {exchange.status}"
    _assert_parameters(known, exchange, where)
    if exchange.status == 204:
        assert exchange.answer == b"", where
        return
    validator = Draft202012Validator(strict(known["responses"][str(exchange.status)]), format_checker=formats)
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(json.loads(exchange.answer))]
    assert not faults, (where, faults)


def assert_requested(exchange: Exchange) -> None:
    """Fails unless a request is one of Twilio's, whatever it was answered."""
    where = f"{exchange.method} {exchange.path}?{exchange.query}"
    _assert_parameters(operation(exchange.method, exchange.path), exchange, where)


def _assert_parameters(known: Mapping[str, Any], exchange: Exchange, where: str) -> None:
    query = {one["name"]: one["schema"] for one in known.get("parameters", ()) if one["in"] == "query"}
    for name, value in parse_qsl(exchange.query, keep_blank_values=True):
        assert name in query, f"{where}: Twilio knows no {name} here"
        _assert_value(query[name], value, f"{where}: {name}")
    form = known.get("form", {})
    sent = parse_qsl(exchange.request.decode(), keep_blank_values=True)
    for name, value in sent:
        assert name in form.get("properties", {}), f"{where}: Twilio knows no {name} in the form"
        schema = form["properties"][name]
        _assert_value(schema.get("items", schema), value, f"{where}: {name}")
        assert schema["type"] == "array" or [given for given, _ in sent].count(name) == 1, f"{where}: {name} twice"
    missing = set(form.get("required", ())) - {name for name, _ in sent}
    assert not missing, f"{where}: without {missing}"


def _assert_value(schema: Mapping[str, Any], text: str, where: str) -> None:
    """A parameter is text; the description says which type is meant."""
    value: object = text
    if schema["type"] == "integer":
        value = int(text)
    elif schema["type"] == "number":
        value = float(text)
    elif schema["type"] == "boolean":
        assert text.lower() in ("true", "false"), f"{where} is {text}"
        return
    elif not text or schema.get("format") == "phone-number":
        return  # an empty one clears the field; a number may be written in several ways
    faults = [fault.message for fault in Draft202012Validator(schema, format_checker=formats).iter_errors(value)]
    assert not faults, (where, faults)


def strict(schema: Any) -> Any:
    """A schema in which all fields are needed and no other is allowed, and which says null as JSON Schema does."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items() if key != "nullable"}
    if isinstance(schema.get("properties"), dict):
        made["properties"] = {name: strict(each) for name, each in schema["properties"].items()}
        made["required"] = list(schema["properties"])
        made["additionalProperties"] = False
    if schema.get("nullable") is True and isinstance(schema.get("type"), str):
        made["type"] = [schema["type"], "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    return made
