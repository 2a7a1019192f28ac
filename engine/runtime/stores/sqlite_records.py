"""Records beside the sessions of a SQLite file."""

from collections.abc import Callable
from functools import partial

from engine.runtime.stores.batches import Batches
from engine.runtime.stores.contract import Clock
from engine.runtime.stores.records import MOST_RECORDS, Change, T, checked

TABLE = (
    "CREATE TABLE records (key TEXT PRIMARY KEY, expires REAL NOT NULL, record BLOB NOT NULL)",
    "CREATE INDEX records_expires ON records (expires)",
)
PORTION = 1000
"""So many records are dropped in one transaction."""

READ = "SELECT expires, record FROM records WHERE key = ?"
WRITE = "INSERT OR REPLACE INTO records VALUES (?, ?, ?)"
DROP = "DELETE FROM records WHERE key = ?"
EXPIRED = "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE expires <= ? LIMIT ?)"
COUNT = "SELECT count(*) FROM records"
FIRST = "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records ORDER BY expires LIMIT ?)"


class SqliteRecords:
    """Records in the table of a store; `opened` gives its queue, and raises StoreError while it is closed."""

    def __init__(self, opened: Callable[[], Batches], clock: Clock, most: int = MOST_RECORDS) -> None:
        self._opened, self._clock, self._most = opened, clock, most

    async def change(self, key: str, change: Change[T], life: float) -> T:
        """Changes one record (see `Records.change`)."""
        batches = self._opened()
        result, raised = await batches.ask(partial(self._change, batches, key, change, life))
        if raised is not None:
            raise raised
        return result  # type: ignore[return-value]

    def _change(self, batches: Batches, key: str, change: Change[T], life: float) -> tuple[T | None, Exception | None]:
        """The result of `change`, or what it raised: as a value, since an error of SQLite would undo the batch."""
        row = batches.execute(READ, (key,)).fetchone()
        now = self._clock()
        before = bytes(row[1]) if row is not None and row[0] > now else None
        try:
            result, after = change(before)
            if after is not None and after is not before:
                checked(after)
        except Exception as fault:
            return None, fault
        if after is None:
            batches.execute(DROP, (key,))
        elif after is not before:
            batches.execute(WRITE, (key, now + life, after))
        return result, None

    async def sweep(self, now: float) -> None:
        """Drops what has expired at `now`, and what is too much, a portion in each transaction."""
        batches = self._opened()
        while (await batches.ask(lambda: batches.execute(EXPIRED, (now, PORTION)).rowcount)) == PORTION:
            pass
        (kept,) = await batches.ask(lambda: batches.execute(COUNT).fetchone())
        over = kept - self._most
        while over > 0:
            await batches.ask(lambda: batches.execute(FIRST, (PORTION,)))
            over -= PORTION
