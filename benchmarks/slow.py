"""A server that takes its time: what a `request` of a flow waits for."""

import asyncio
from typing import Any

SECONDS = 0.05
_BODY = b'{"name": "Ann"}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers anything with a customer, after SECONDS."""
    if scope["type"] != "http":
        return
    await asyncio.sleep(SECONDS)
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})
