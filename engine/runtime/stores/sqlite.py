"""Sessions in a SQLite file, which any number of processes may share."""

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Self

from engine.diagnostics.suggest import nearest
from engine.runtime.session import Session
from engine.runtime.stores.batches import Batches, busy, full, pause
from engine.runtime.stores.checkpoints import Checkpoints
from engine.runtime.stores.contract import (
    PATIENCE,
    Clock,
    Play,
    StoreBusy,
    StoreError,
    T,
    expires_of,
    read,
    read_all,
    written,
)
from engine.runtime.stores.manifests import (
    LIFE,
    SPARE,
    TEXT_LIFE,
    Hashes,
    decoded,
    encoded,
    portions,
    read_manifest,
    written_manifest,
)
from engine.runtime.stores.sqlite_file import open_file
from engine.runtime.stores.sqlite_records import SqliteRecords

PORTION = 100
"""So many sessions are swept in one transaction."""
LAG = 3600.0
"""`due` follows `expires` only when that moved by so many seconds, or back: an index entry costs as much as a row."""
CHECKPOINT = 1000
"""A checkpoint is due after so many changed rows."""

CHECKED = 2000
"""So many hashes are looked up at a time."""

READ = "SELECT id, due, timer, session FROM sessions WHERE key = ?"
ADD = "INSERT INTO sessions (key, due, timer, session) VALUES (?, ?, ?, ?)"
WRITE = "UPDATE sessions SET session = ? WHERE id = ?"
WRITE_DUE = "UPDATE sessions SET session = ?, due = ? WHERE id = ?"
WRITE_TIMER = "UPDATE sessions SET timer = ? WHERE id = ?"
TIMERS = "SELECT key, timer FROM sessions WHERE timer <= ? ORDER BY timer LIMIT ?"
MOVE_DUE = "UPDATE sessions SET due = ? WHERE id = ?"
DROP = "DELETE FROM sessions WHERE id = ?"
LIST = "SELECT key, session FROM sessions ORDER BY due DESC LIMIT ?"
DUE = "SELECT id, session FROM sessions WHERE due <= ? ORDER BY due LIMIT ?"
# A text is written again, to live as long as the manifests that will name it, when what is kept of it is older than a given time.
LACKING = "SELECT value FROM json_each(?) LEFT JOIN texts ON hash = value WHERE kept IS NULL OR kept <= ?"
KEEP_TEXT = "INSERT INTO texts VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE SET kept = excluded.kept"
READ_TEXTS = "SELECT hash, text FROM texts WHERE hash IN (SELECT value FROM json_each(?))"
KEEP_MANIFEST = "INSERT INTO manifests VALUES (?, ?, ?) ON CONFLICT (version) DO UPDATE SET kept = excluded.kept"
USE_MANIFEST = "UPDATE manifests SET kept = ? WHERE version = ?"
READ_MANIFEST = "SELECT manifest FROM manifests WHERE version = ?"
KEEP_GOOD = "INSERT OR REPLACE INTO good VALUES (?, ?, ?)"
READ_GOOD = "SELECT version FROM good WHERE folder = ?"
FORGET = {"manifests": LIFE, "good": LIFE, "texts": TEXT_LIFE}


class SqliteStore:
    """One connection, used in the event loop's thread; turns of one tick of the loop share one transaction.

    A row holds its session as JSON, and as `due` a time not later than the session's `expires`, from which the sweep
    looks at it; as `timer` the session's own `due`, NULL where nothing is.
    """

    def __init__(self, path: Path, clock: Clock, synchronous: str = "normal") -> None:
        self._path = path
        self._clock = clock
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = None
        self._hashes = Hashes()
        self.records = SqliteRecords(self._opened, clock)

    @classmethod
    def at(cls, address: str, clock: Clock) -> Self:
        """The store of `sqlite:///relative/path` or `sqlite:////absolute/path`.

        With `?synchronous=full` a turn that was answered survives a power failure, at the price of a sync each batch.
        """
        place, _, options = address.partition("?")
        path = place.removeprefix("///")
        if not place.startswith("///") or not path or path.endswith("/"):
            raise StoreError(
                "the store's URL names no file: write `sqlite:///relative/path.sqlite` or `sqlite:////absolute/path.sqlite`"
            )
        synchronous = "normal"
        for option in filter(None, options.split("&")):
            name, _, synchronous = option.partition("=")
            if name != "synchronous":
                hint = "; did you mean `synchronous`?" if nearest(name, ["synchronous"]) else ""
                raise StoreError(f"`sqlite:{place}` has an unknown option: known is `synchronous`{hint}")
            if synchronous not in ("normal", "full"):
                raise StoreError(f"`sqlite:{place}`: `synchronous` must be `normal` or `full`")
        return cls(Path(path), clock, synchronous)

    async def start(self) -> None:
        """Opens the file, made with its folder if missing, for its owner alone; raises StoreError if it cannot be."""
        assert self._connection is None, "a store is started once"
        path = self._path.absolute()
        time = asyncio.get_running_loop().time
        since, tries = time(), 0
        while True:
            try:
                self._connection = open_file(path, self._synchronous)
                break
            except (OSError, sqlite3.Error) as fault:
                if not busy(fault):
                    reason = fault.strerror if isinstance(fault, OSError) else str(fault)
                    text = f"sessions cannot be kept in `{path}`: {reason}"
                    raise (StoreBusy(text) if full(fault) else StoreError(text)) from fault
                if time() - since > PATIENCE:
                    raise StoreBusy(f"`{path}` was locked by other processes for {PATIENCE:g} seconds") from fault
            tries += 1
            await asyncio.sleep(pause(tries))
        self._batches = Batches(self._connection, str(path), self._committed)
        self._execute = self._batches.execute
        self._checkpoints = Checkpoints(path)
        self._checkpointed = 0

    async def stop(self) -> None:
        """Finishes the turns that were taken, and closes the file; nothing happens the second time."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await self._batches.drain()
            self._checkpoints.stop()
            connection.close()

    def _committed(self, changes: int) -> None:
        """Wakes the checkpoints when enough has been written."""
        if changes - self._checkpointed >= CHECKPOINT:
            self._checkpointed = changes
            self._checkpoints.wake()

    def _opened(self) -> Batches:
        if self._connection is None:
            raise StoreError(f"the store in `{self._path}` is not open")
        return self._batches

    async def turn(self, key: str, play: Play[T]) -> T:
        """Plays one turn (see `Store.turn`)."""
        result, raised = await self._opened().ask(partial(self._turn, key, play))
        if raised is not None:
            raise raised
        return result  # type: ignore[return-value]

    def _turn(self, key: str, play: Play[T]) -> tuple[T | None, Exception | None]:
        """The result of `play`, or what it raised: as a value, since an error of SQLite would undo the batch."""
        bound = _bound(key)
        row = self._execute(READ, (bound,)).fetchone()
        before = None
        if row is not None:
            number, due, timer, text = row
            try:
                before, readable = read(key, text, self._clock())
            except StoreError as fault:
                return None, fault
            if not readable:
                self._execute(DROP, (number,))
                row = None
        try:
            result, after = play(before)
        except Exception as fault:
            return None, fault
        if after is before:
            # One that a process of before timers has answered, or that has expired.
            known = before.due if before is not None else 0.0
            if row is not None and (timer or 0.0) != known:
                self._execute(WRITE_TIMER, (known or None, number))
        elif after is None:
            self._execute(DROP, (number,))
        elif row is None:
            self._execute(ADD, (bound, after.expires, after.due or None, written(after)))
        else:
            if due <= after.expires < due + LAG:
                self._execute(WRITE, (written(after), number))
            else:
                self._execute(WRITE_DUE, (written(after), after.expires, number))
            if (timer or 0.0) != after.due:
                self._execute(WRITE_TIMER, (after.due or None, number))
        return result, None

    async def due(self, until: float, limit: int) -> list[tuple[str, float]]:
        """The sessions in which something is due by then, the earliest first."""
        rows = await self._opened().ask(lambda: self._execute(TIMERS, (until, limit)).fetchall())
        return [(str(key, "utf-8", "surrogatepass"), at) for key, at in rows]

    async def drop(self, key: str) -> bool:
        """Drops the session of `key`; whether there was one."""
        return await self.turn(key, lambda session: (session is not None, None))

    async def sessions(self, limit: int) -> list[tuple[str, Session]]:
        """Up to `limit` living sessions with their keys, the last to expire first (LAG apart)."""
        rows = await self._opened().ask(lambda: self._execute(LIST, (limit,)).fetchall())
        return read_all([(str(key, "utf-8", "surrogatepass"), text) for key, text in rows], self._clock())

    async def sweep(self, now: float) -> int:
        """Drops what has expired at `now`, a portion in each transaction; the number of sessions dropped."""
        dropped, found = 0, PORTION
        while found == PORTION:
            found, gone = await self._opened().ask(partial(self._sweep, now))
            dropped += gone
        for table, life in FORGET.items():
            forget = f"DELETE FROM {table} WHERE kept <= ?"
            await self._opened().ask(partial(self._execute, forget, (now - life,)))
        await self.records.sweep(now)
        return dropped

    def _sweep(self, now: float) -> tuple[int, int]:
        """How many sessions were due, and how many of them had expired."""
        rows = self._execute(DUE, (now, PORTION)).fetchall()
        gone = 0
        for number, text in rows:
            expires = expires_of(text)
            if expires <= now:
                self._execute(DROP, (number,))
                gone += 1
            else:
                self._execute(MOVE_DUE, (expires, number))
        return len(rows), gone

    async def keep_version(self, version: str, sources: Mapping[str, str]) -> None:
        """Keeps the files of a version, or says again that it is in use."""
        ask, execute, now = self._opened().ask, self._execute, self._clock()
        manifest, texts = self._hashes.manifest(sources)
        await self._keep_texts(texts, now)
        kept = written_manifest(manifest)
        await ask(lambda: execute(KEEP_MANIFEST, (_bound(version), now, kept)))

    async def _keep_texts(self, texts: Mapping[str, str], now: float) -> None:
        """Keeps those texts, by their hashes, that are not kept or would not be for long enough."""
        ask, execute = self._opened().ask, self._execute
        for known in portions(texts, CHECKED):
            hashes = json.dumps([one for one, _ in known])
            rows = await ask(lambda hashes=hashes: execute(LACKING, (hashes, now - SPARE)).fetchall())  # type: ignore[misc]
            lacking = {str(one, "ascii"): texts[str(one, "ascii")] for (one,) in rows}
            for some in portions(lacking):
                written = [(one, now, encoded(text)) for one, text in some]
                await ask(lambda written=written: [execute(KEEP_TEXT, row) for row in written])  # type: ignore[misc]

    async def version(self, version: str) -> Mapping[str, str] | None:
        """The files of a version that was kept; None for an unknown one."""
        ask, execute, now = self._opened().ask, self._execute, self._clock()
        row = await ask(lambda: execute(READ_MANIFEST, (_bound(version),)).fetchone())
        manifest = read_manifest(version, row[0]) if row is not None else None
        if manifest is None:
            return None
        hashes, texts = dict.fromkeys(manifest.files.values(), ""), dict[str, str]()
        for some in portions(hashes):
            known = json.dumps([one for one, _ in some])
            rows = await ask(lambda known=known: execute(READ_TEXTS, (known,)).fetchall())  # type: ignore[misc]
            texts |= {str(one, "ascii"): decoded(text) for one, text in rows}
        sources = manifest.sources(texts)
        if sources is not None:
            await self._keep_texts(texts, now)
            await ask(lambda: execute(USE_MANIFEST, (now, _bound(version))))
        return sources

    async def keep_good(self, folder: str, version: str) -> None:
        """Notes that a version is the last good one of a folder."""
        row = (_bound(folder), self._clock(), version)
        await self._opened().ask(lambda: self._execute(KEEP_GOOD, row))

    async def good(self, folder: str) -> str | None:
        """The last good version of a folder; None if none was noted."""
        row = await self._opened().ask(lambda: self._execute(READ_GOOD, (_bound(folder),)).fetchone())
        return decoded(row[0]) if row is not None else None


def _bound(key: str) -> str | bytes:
    """A key as SQLite takes it: one with half of a character in it, which is no text there, as bytes."""
    try:
        key.encode()
        return key
    except UnicodeEncodeError:
        return key.encode("utf-8", "surrogatepass")
