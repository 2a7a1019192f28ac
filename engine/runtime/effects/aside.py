"""A loop in a thread of its own, for coroutines that nobody vouches for: one that blocks keeps others of its kind waiting, not the calls."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

STUCK = 0.1  # seconds after which a loop that has not begun its work is reckoned stuck


class Aside:
    """Runs coroutines beside the server. All share one loop, as the connections that they keep from call to call must.

    A loop in which work was not even begun when it was given up, after STUCK seconds or more, is replaced.
    """

    __slots__ = ("_loop", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` comes to or raises, in the context of the caller. Whoever is cancelled while waiting cancels it."""
        loop = self._loop = self._loop or self._begin()
        begun, since = False, time.monotonic()

        async def do() -> T:
            nonlocal begun
            begun = True
            return await work()

        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(do(), loop))
        except asyncio.CancelledError:
            if not begun and self._loop is loop and time.monotonic() - since > STUCK:
                self._loop = None
            raise

    def _begin(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name=self._name, daemon=True).start()
        return loop
