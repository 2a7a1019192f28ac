"""Reads what stands in the body of a request."""

import asyncio
import json

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from engine.server.pages import Rejected

PATIENCE = 15.0  # seconds; Twilio gives up a request after as many


async def read_body(receive: Receive, limit: int, seconds: float = PATIENCE) -> bytes:
    """The whole body.

    Raises Rejected once it is longer than `limit` (413), when it is not there after so many `seconds` (408), or when
    the server stops meanwhile (503); ClientDisconnect if it breaks off.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _collect(receive, limit)
    except TimeoutError:
        raise Rejected(408, f"The body did not come within {seconds:g} seconds") from None
    except asyncio.CancelledError:
        # The server has waited long enough. Answered like anybody, since what is left without an answer is logged as a fault.
        raise Rejected(503, "The server is stopping") from None


async def _collect(receive: Receive, limit: int) -> bytes:
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
