"""Reads what stands in the body of a request."""

import asyncio
import json

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from engine.server.pages import Rejected

PATIENCE = 15.0  # seconds; Twilio gives up a request after as many


class Bodies:
    """Reads bodies, and gives up those that do not come; one timer serves them all, since a timer for each would cost
    as much as all else in reading a body.
    """

    __slots__ = ("_late", "_limit", "_seconds", "_since", "_sweeping")

    def __init__(self, limit: int, seconds: float = PATIENCE) -> None:
        self._limit, self._seconds = limit, seconds
        self._since: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._sweeping = False

    async def read(self, receive: Receive) -> bytes:
        """The whole body.

        Raises Rejected once it is longer than the limit (413), when it is not there after so many seconds (408), or when
        the server stops meanwhile (503); ClientDisconnect if it breaks off.
        """
        task = asyncio.current_task()
        assert task is not None, "a request is answered in a task"
        loop = task.get_loop()
        self._since[task] = loop.time()
        if not self._sweeping:
            self._sweeping = True
            loop.call_later(self._seconds / 4, self._sweep, loop)
        try:
            message = await receive()
            body: bytes = message.get("body", b"")
            if message.get("more_body") or message["type"] == "http.disconnect":
                body = await _collect(message, receive, self._limit)
            if len(body) > self._limit:
                raise Rejected(413, f"The body is longer than {self._limit} bytes")
            return body
        except asyncio.CancelledError:
            if task in self._late:
                task.uncancel()
                raise Rejected(408, f"The body did not come within {self._seconds:g} seconds") from None
            # The server has waited long enough. Answered like anybody, since what is left without an answer is logged as a fault.
            raise Rejected(503, "The server is stopping") from None
        finally:
            del self._since[task]
            self._late.discard(task)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        latest = loop.time() - self._seconds
        for task in [task for task, since in self._since.items() if since <= latest]:
            self._late.add(task)
            task.cancel()
        self._sweeping = bool(self._since)
        if self._sweeping:
            loop.call_later(self._seconds / 4, self._sweep, loop)


async def _collect(message: Message, receive: Receive, limit: int) -> bytes:
    """The bytes of a body that comes in parts, of which `message` is the first; no more than one part beyond the limit."""
    collected = bytearray(message.get("body", b""))
    while len(collected) <= limit:
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if not message.get("more_body"):
            break
        message = await receive()
        collected += message.get("body", b"")
    return bytes(collected)


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
