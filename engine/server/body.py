"""Reads what stands in the body of a request."""

import json

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from engine.server.pages import Rejected


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body; raises Rejected (413) once it is longer than `limit`, ClientDisconnect if it breaks off."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body") or message["type"] == "http.disconnect":
        collected = bytearray(body)
        while len(collected) <= limit:
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            if not message.get("more_body"):
                break
            message = await receive()
            collected += message.get("body", b"")
        body = bytes(collected)
    if len(body) > limit:
        raise Rejected(413, f"The body is longer than {limit} bytes")
    return body


def read_json(body: bytes) -> dict[str, str]:
    """The texts, numbers and booleans at the top of a JSON object, as written; raises Rejected (400) for anything else."""
    if not body:
        return {}
    try:
        sent = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise Rejected(400, "The body is not a JSON object")
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in sent.items()}
    # JSON can write half of a surrogate pair, which no text that leaves here may hold.
    return {_whole(name): _whole(value) for name, value in texts.items() if isinstance(value, str)}


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
