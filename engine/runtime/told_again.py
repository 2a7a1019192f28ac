"""What Twilio only told a process that had to stop is kept, and played by another: no TwiML would have Twilio tell it again."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from engine.runtime.request import Reply, Request
from engine.runtime.stores import StoreError
from engine.runtime.stores.records import Records

KEY = "told"
"""The record of all that is to be played: no other key of ours is a bare word."""
KEPT_SECONDS = 24 * 60 * 60.0  # as long as callbacks of a call may come

log = logging.getLogger("touchtone")


async def keep_for_later(request: Request, records: Records) -> None:
    """Keeps a request as it came; raises StoreError, or ValueError where there is no room for more."""
    ours = _written(request)

    def added(record: bytes | None) -> tuple[None, bytes | None]:
        kept = _read(record)
        return None, record if ours in kept else json.dumps([*kept, ours]).encode()

    await records.change(KEY, added, KEPT_SECONDS)


async def play_kept(
    records: Records, answer: Callable[[Request], Reply | Awaitable[Reply]], clock: Callable[[], datetime]
) -> None:
    """Plays each request that was kept; raises StoreError.

    Another process may do so at the same time: it is the same turn. One is dropped when it was played, so that none is lost. Where this
    process stops meanwhile, the answer takes the cancellation and keeps the request again: it stays for the next process.
    """
    for one in await records.change(KEY, lambda record: (_read(record), record), KEPT_SECONDS):
        request = Request(**one, at=clock())
        log.info("what was told to a process that stopped is played: %s/%s", request.flow, request.step)
        try:
            reply = answer(request)
            taken = (reply if isinstance(reply, Reply) else await reply).status == 200
        except StoreError:
            raise
        except Exception:  # it would not go better the next time
            log.exception(
                "what was told to a process that stopped could not be played: %s/%s", request.flow, request.step
            )
            taken = True
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError
        if taken:
            await records.change(KEY, lambda record, one=one: _without(record, one), KEPT_SECONDS)  # type: ignore[misc]


def _written(request: Request) -> dict[str, Any]:
    names = ("flow", "step", "params", "asked", "entry", "base", "token", "folder")
    return {name: value if isinstance(value := getattr(request, name), str) else dict(value) for name in names}


def _read(record: bytes | None) -> list[dict[str, Any]]:
    return json.loads(record) if record else []


def _without(record: bytes | None, one: dict[str, Any]) -> tuple[None, bytes | None]:
    left = [each for each in _read(record) if each != one]
    return None, json.dumps(left).encode() if left else None
