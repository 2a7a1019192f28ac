"""What programs may ask: each operation once, from which requests are led and the OpenAPI document is made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from engine.api import bodies

# Statuses that any request may get, and those of one that asks the account or has a body.
ALWAYS = (401, 404, 405, 429, 500, 503)
WITH_BODY = (400, 408, 409, 413, 415, 422)
OF_ACCOUNT = (502, 504)

PARAMETERS: Mapping[str, tuple[str, str]] = {
    "flow": (r"[a-z][a-z0-9_-]*", "The name of a flow"),
    "sid": (r"CA[0-9a-fA-F]{32}", "The SID of a call"),
}
"""Name of what varies in a path -> what it matches, and what it is."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request: `body` is what it sends (None for nothing), `answer` what it gets with `status`; `statuses` are those of problems.

    `once` if its answer is kept for an Idempotency-Key.
    """

    name: str
    method: str
    path: str
    summary: str
    body: type[msgspec.Struct] | None
    status: int
    answer: type[msgspec.Struct] | None
    statuses: tuple[int, ...]
    once: bool = True


POST = (*ALWAYS, *WITH_BODY, *OF_ACCOUNT)

OPERATIONS = (
    Operation(
        "placeCall",
        "POST",
        "/api/flows/{flow}/calls",
        "Places a call that runs the flow",
        bodies.PlaceCall,
        201,
        bodies.PlacedCall,
        POST,
    ),
    Operation(
        "sendMessage",
        "POST",
        "/api/flows/{flow}/messages",
        "Sends a message, or begins a conversation with what the flow says first",
        bodies.SendMessage,
        201,
        bodies.SentMessages,
        POST,
    ),
    Operation(
        "redirectCall",
        "POST",
        "/api/calls/{sid}/redirect",
        "Moves a live call to a flow or a step",
        bodies.RedirectCall,
        200,
        bodies.ChangedCall,
        POST,
    ),
    Operation(
        "hangUpCall",
        "POST",
        "/api/calls/{sid}/hangup",
        "Ends a call, also one that still rings",
        bodies.Nothing,
        200,
        bodies.ChangedCall,
        POST,
    ),
    Operation(
        "getCall",
        "GET",
        "/api/calls/{sid}",
        "How a call stands, and what happened in it",
        None,
        200,
        bodies.Call,
        (*ALWAYS, *OF_ACCOUNT),
    ),
    Operation(
        "makeToken",
        "POST",
        "/api/token",
        "Makes an access token for Twilio's Voice SDK, for a browser or an app",
        bodies.MakeToken,
        201,
        bodies.MadeToken,
        (*ALWAYS, *WITH_BODY),
        once=False,  # a token is a secret, and is not kept
    ),
    Operation("getDescription", "GET", "/api/openapi.json", "This document", None, 200, None, ALWAYS),
)

_PATHS = tuple(
    (re.compile(re.sub(r"\{(\w+)\}", lambda found: rf"(?P<{found[1]}>[^/]+)", one.path)), one) for one in OPERATIONS
)


def operations_at(path: str) -> list[tuple[Operation, dict[str, str]]]:
    """The operations at a path, with what its variable parts are; none for an unknown path."""
    return [(one, match.groupdict()) for pattern, one in _PATHS if (match := pattern.fullmatch(path)) is not None]
