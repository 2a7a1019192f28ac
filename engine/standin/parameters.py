"""Reads the parameters of a request by Twilio's description: their types, allowed values and limits."""

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from engine.server.form import Form
from engine.standin.description import Operation, Schema
from engine.standin.driving import Order
from engine.standin.refusal import Refused

# What Twilio's pages say beyond the description: "Call resource", "Message resource", "OutgoingCallerIds".
LIMITS: Mapping[str, tuple[int, int]] = {
    "Timeout": (1, 600),
    "TimeLimit": (1, 86_400),
    "MachineDetectionTimeout": (3, 59),
    "MachineDetectionSpeechThreshold": (1000, 6000),
    "MachineDetectionSpeechEndThreshold": (500, 5000),
    "MachineDetectionSilenceTimeout": (2000, 10_000),
    "ValidityPeriod": (1, 36_000),
    "CallDelay": (0, 60),
}
VALUES: Mapping[str, tuple[str, ...]] = {
    "MachineDetection": ("Enable", "DetectMessageEnd"),
    "AsyncAmd": ("true", "false"),
    "RecordingChannels": ("mono", "dual"),
    "RecordingTrack": ("inbound", "outbound", "both"),
    "Trim": ("trim-silence", "do-not-trim"),
    "StatusCallbackEvent": ("initiated", "ringing", "answered", "completed"),
    "RecordingStatusCallbackEvent": ("in-progress", "completed", "absent"),
}
# The code of a bad value: by parameter, else by kind of resource and what is wrong.
_CODES: Mapping[str, int] = {
    "SendDigits": 21206,
    "Timeout": 21208,
    "ApplicationSid": 21218,
    "MachineDetection": 21234,
    "CallDelay": 21454,
    "MediaUrl": 21620,
}
_URLS: Mapping[str, int] = {"Calls": 21205, "Messages": 21609}
_METHODS: Mapping[str, int] = {"Calls": 21209, "Messages": 21403}
_DIGITS = re.compile(r"[0-9A-D#*wW]{1,32}")


def read_order(operation: Operation, form: Form) -> tuple[Order, list[str]]:
    """The form of a request, by name: lists where Twilio takes several values; and the names that Twilio ignores.

    Raises Refused for a value that Twilio does not take; whether a parameter is missing is for the resource to say.
    """
    order: dict[str, str | list[str]] = {}
    ignored: list[str] = []
    for name, value in form.pairs:
        schema = operation.form.get(name)
        if schema is None:
            ignored.append(name)
        elif schema.get("type") == "array":
            held = order.setdefault(name, [])
            assert isinstance(held, list), "an array is held as a list"
            held.append(value)
        else:
            order[name] = value
    for name, given in order.items():
        schema = operation.form[name]
        for value in given if isinstance(given, list) else [given]:
            if value:  # an empty one clears a field; where one is required the resource says so
                _check(operation.kind, name, value, schema["items"] if isinstance(given, list) else schema)
    return order, ignored


def read_query(operation: Operation, query: Form) -> Mapping[str, str]:
    """The query of a request, by name: of several values the last. Raises Refused for a value that Twilio does not take."""
    known = {name: value for name, value in query.last.items() if name in operation.query and value}
    for name, value in known.items():
        _check(operation.kind, name, value, operation.query[name])
    return known


def _check(kind: str, name: str, value: str, schema: Schema) -> None:
    """Raises Refused for a value that does not fit its schema."""
    fault = _fault(name, value, schema)
    if not fault:
        return
    if name in _CODES:
        raise Refused(_CODES[name], value)
    if name.startswith("MachineDetection"):
        raise Refused(21263, name, value)
    if fault == "url":
        raise Refused(_URLS.get(kind, 21402), name, value)
    if fault == "method":
        raise Refused(_METHODS.get(kind, 21403), name, value)
    raise Refused(20422, f"{name} is {fault}: {value}")


def _fault(name: str, value: str, schema: Schema) -> str:
    """What is wrong with a value; "" for nothing."""
    match schema.get("type"), schema.get("format"):
        case _, "uri":
            return "" if is_url(value) else "url"
        case _, "http-method":
            return "" if value.upper() in schema["enum"] else "method"
        case "integer", _:
            if not re.fullmatch(r"[+-]?[0-9]{1,18}", value, re.ASCII):
                return "not a whole number"
            least, most = LIMITS.get(name, (-(10**18), 10**18))
            return "" if least <= int(value) <= most else f"not from {least} to {most}"
        case "number", _:
            return "" if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value, re.ASCII) else "not a number"
        case "boolean", _:
            return "" if value.lower() in ("true", "false") else "neither true nor false"
        case _, "date-time":
            return "" if moment(value) else "not a date and time"
    if "enum" in schema and value not in schema["enum"]:
        return f"not one of {', '.join(schema['enum'])}"
    if name in VALUES and any(one not in VALUES[name] for one in value.split()):
        return f"not one of {', '.join(VALUES[name])}"
    if "pattern" in schema and not re.fullmatch(schema["pattern"].strip("^$"), value):
        return "not a SID"
    if name == "SendDigits" and not _DIGITS.fullmatch(value):
        return "not allowed"
    return ""


def is_url(text: str) -> bool:
    """Whether Twilio could ask this address; unlike Twilio, the stand-in also takes addresses of one's own machine."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return (
        parts.scheme in ("http", "https")
        and bool(host)
        and "_" not in host
        and port != 0
        and re.fullmatch(r"[\x21-\x7e\x80-\U0010ffff]+", text) is not None
    )


def moment(text: str) -> datetime | None:
    """The date, or the date and time, of a parameter; None for other text."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def one(order: Order, name: str, default: str = "") -> str:
    """A parameter's value, of several the first; `default` where it is missing or empty."""
    value = order.get(name) or default
    return value if isinstance(value, str) else value[0]


def several(order: Order, name: str) -> list[str]:
    """The values of a parameter that may be given several times."""
    value = order.get(name, [])
    return [value] if isinstance(value, str) else [each for each in value if each]
