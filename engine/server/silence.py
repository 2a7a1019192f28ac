"""Follows silence in conversations at its time, whichever process looks first: what is due is kept with the sessions."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from engine.runtime.stores import Store, StoreError, WrittenLater

log = logging.getLogger("touchtone")

AHEAD = 5.0
"""Seconds between two looks at the store, each for what is due until the next: other processes begin conversations meanwhile."""
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
        self._left: dict[str, float] = {}  # to a later version of this program, with the time that each was due at
        self._at_work: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Follows what is due, for ever; what was begun is followed to its end, also when the server stops."""
        gate = asyncio.Semaphore(TOGETHER)
        try:
            while True:
                began = self._clock().timestamp()
                due = await self._look_up(began + AHEAD)
                self._met = False
                for key, at in due:
                    await self._sleep_until(at)
                    await gate.acquire()
                    self._begin(key, at, gate)
                if len(due) >= AT_ONCE and self._at_work:
                    await asyncio.wait(self._at_work.values(), return_when=asyncio.FIRST_COMPLETED)
                if len(due) < AT_ONCE or not self._met:
                    await self._sleep_until(began + AHEAD)
        except asyncio.CancelledError:
            if at_work := [*self._at_work.values()]:
                _, late = await asyncio.wait(at_work, timeout=LAST_WORDS)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)
            raise

    async def _look_up(self, until: float) -> list[tuple[str, float]]:
        """What is due by then, without what is left to others, which may be in front of all the rest for long."""
        try:
            due = await self._store.due(until, AT_ONCE + len(self._left))
            self._problem = ""
        except StoreError as fault:
            if str(fault) != self._problem:
                self._problem = str(fault)
                log.warning("conversations that nobody answers cannot be looked up: %s", fault)
            return []
        except Exception:
            log.exception("conversations that nobody answers cannot be looked up; it is tried again")
            return []
        self._left = {key: at for key, at in due if self._left.get(key) == at}
        return [(key, at) for key, at in due if key not in self._left]

    def _begin(self, key: str, at: float, gate: asyncio.Semaphore) -> None:
        """Begins to follow a conversation; one that takes long does not hold up the others."""
        if key in self._at_work:
            return gate.release()
        task = self._at_work[key] = asyncio.get_running_loop().create_task(self._follow_one(key, at))

        def ended(_: object) -> None:
            del self._at_work[key]
            gate.release()

        task.add_done_callback(ended)
        return None

    async def _follow_one(self, key: str, at: float) -> None:
        try:
            await self._follow(key, self._clock())
            self._met = True
        except WrittenLater:  # a later version of this program has to look after it
            self._left[key], self._met = at, True
            log.debug("a conversation that nobody answers is left to a later version of touchtone")
        except StoreError as fault:
            log.warning("a conversation that nobody answers is looked at again later: %s", fault)
        except Exception:
            log.exception("a conversation that nobody answers could not be followed")

    async def _sleep_until(self, at: float) -> None:
        """Returns at a Unix time, or when AHEAD seconds are over: a clock may be set back."""
        await asyncio.sleep(min(max(at - self._clock().timestamp(), 0.0), AHEAD))
