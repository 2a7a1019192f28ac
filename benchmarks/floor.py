"""The floor: the least that an answer to Twilio can cost in an ASGI application, nothing of it for a flow."""

import hmac
import os
from hashlib import sha1

from starlette.types import Receive, Scope, Send

KEY = hmac.new(os.environ.get("TWILIO_AUTH_TOKEN", "").encode(), digestmod=sha1)
ANSWER = b"x" * int(os.environ.get("BENCH_ANSWER_LENGTH", "0"))
HEADERS = [(b"content-type", b"text/xml; charset=utf-8"), (b"content-length", b"%d" % len(ANSWER))]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body, splits it by hand, computes one keyed hash, and answers a constant."""
    if scope["type"] != "http":
        return
    body = (await receive())["body"]
    text = body.decode("ascii").replace("%2B", "+")
    dict([field.split("=", 1) for field in text.split("&")])
    keyed = KEY.copy()
    keyed.update(body)
    keyed.digest()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})
