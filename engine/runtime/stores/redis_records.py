"""Records beside the sessions in Redis or Valkey, written by the same script."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.runtime.stores.contract import PATIENCE, StoreBusy, shown
from engine.runtime.stores.records import Change, T, checked
from engine.runtime.stores.redis_script import Step

if TYPE_CHECKING:  # it needs redis-py, an extra, which is imported when such a store is started
    from engine.runtime.stores.redis_lanes import Lanes

DROPPED_LIFE = 60_000
"""Milliseconds for which it is remembered who dropped a record: when the answer is lost, the next try must know."""


class RedisRecords:
    """A record is a hash as a session is; `opened` gives the queue of the store, and raises StoreError while it is closed.

    `mark` gives a mark for each write, no two of them alike.
    """

    def __init__(self, prefix: bytes, opened: "Callable[[], Lanes]", mark: Callable[[], str]) -> None:
        self._prefix, self._opened, self._mark = prefix, opened, mark

    async def change(self, key: str, change: Change[T], life: float) -> T:
        """Changes one record (see `Records.change`)."""
        lanes, now = self._opened(), asyncio.get_running_loop().time
        name, until = self._prefix + key.encode("utf-8", "surrogatepass"), now() + PATIENCE
        found = await lanes.ask(Step(name), until)
        assert found is not None, "what is read is found, if only to be absent"
        while True:
            before = found.session
            result, after = change(before)
            if after is before:
                return result
            text, milliseconds = (b"", DROPPED_LIFE) if after is None else (checked(after), max(1, int(life * 1000)))
            seen = str(found.writes or b"", "utf-8", "replace")
            another = await lanes.ask(Step(name, seen, self._mark(), text, milliseconds), until)
            if another is None:
                return result
            if now() > until:
                raise StoreBusy(f"other processes kept writing the record `{shown(key)}` for {PATIENCE:g} seconds")
            found = another
