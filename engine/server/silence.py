"""Follows silence in conversations at its time, whichever process looks first: what is due is kept with the sessions."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from engine.runtime.stores import Store, StoreError, WrittenLater

log = logging.getLogger("touchtone")

AHEAD = 5.0
"""Seconds after which it is looked what is due in the next so many: others may have begun conversations meanwhile."""
AT_ONCE = 100
"""Conversations that are looked up at a time."""
TOGETHER = 16
"""Conversations that are followed at the same time: each may wait for Twilio."""
LAST_WORDS = 9.0
"""Seconds that are given to what is being sent when the server stops: Twilio has eight to take a text."""

Follow = Callable[[str, datetime], Awaitable[object]]


class SilenceTimers:
    """Looks at what is due in a store, and has it followed by `follow`, which is given the session's key and the time.

    `clock` gives aware times.
    """

    def __init__(self, store: Store, follow: Follow, *, clock: Callable[[], datetime]) -> None:
        self._store, self._follow, self._clock = store, follow, clock
        self._problem = ""  # that was logged last
        self._met = False  # whether some of those that were due are not any more

    async def run(self) -> None:
        """Follows what is due, for ever."""
        while True:
            began = self._clock().timestamp()
            try:
                due = await self._store.due(began + AHEAD, AT_ONCE)
                self._problem = ""
            except StoreError as fault:
                due = []
                if str(fault) != self._problem:
                    self._problem = str(fault)
                    log.warning("conversations that nobody answers cannot be looked up: %s", fault)
            self._met = False
            await self._follow_all(due)
            if len(due) < AT_ONCE or not self._met:
                await self._sleep_until(began + AHEAD)

    async def _follow_all(self, due: list[tuple[str, float]]) -> None:
        """Follows each conversation when it is due; one that was begun is followed to its end, also when the server stops."""
        gate, at_work = asyncio.Semaphore(TOGETHER), set[asyncio.Task[None]]()
        try:
            for key, at in due:
                await self._sleep_until(at)
                await gate.acquire()
                task = asyncio.get_running_loop().create_task(self._follow_one(key))
                at_work.add(task)
                task.add_done_callback(lambda _: gate.release())
            if at_work:
                await asyncio.wait(at_work)
        except asyncio.CancelledError:
            if at_work:
                _, left = await asyncio.wait(at_work, timeout=LAST_WORDS)
                for task in left:
                    task.cancel()
                await asyncio.gather(*left, return_exceptions=True)
            raise

    async def _follow_one(self, key: str) -> None:
        try:
            await self._follow(key, self._clock())
            self._met = True
        except WrittenLater:  # a later version of this program has to look after it
            log.debug("a conversation that nobody answers is left to a later version of touchtone")
        except StoreError as fault:
            log.warning("a conversation that nobody answers is looked at again later: %s", fault)
        except Exception:
            log.exception("a conversation that nobody answers could not be followed")

    async def _sleep_until(self, at: float) -> None:
        """Returns at a Unix time, or when AHEAD seconds are over: a clock may be set back."""
        await asyncio.sleep(min(max(at - self._clock().timestamp(), 0.0), AHEAD))
