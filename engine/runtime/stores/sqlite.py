"""Sessions in a SQLite file, which any number of processes may share."""

import asyncio
import errno
import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

from engine.diagnostics.suggest import nearest
from engine.runtime.session import Session
from engine.runtime.stores.batches import Batches, busy, full, pause
from engine.runtime.stores.checkpoints import Checkpoints
from engine.runtime.stores.contract import (
    PATIENCE,
    VERSION_DAYS,
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

PORTION = 100
"""So many sessions are swept in one transaction."""
LAG = 3600.0
"""`due` follows `expires` only when that moved by so many seconds, or back: an index entry costs as much as a row."""
CHECKPOINT = 1000
"""A checkpoint is due after so many changed rows."""

APPLICATION = 0x546F7563
SCHEMA = 1
TABLES = (
    "CREATE TABLE sessions"
    " (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, due REAL NOT NULL, session TEXT NOT NULL)",
    "CREATE INDEX sessions_due ON sessions (due)",
    "CREATE TABLE versions (version TEXT PRIMARY KEY, kept REAL NOT NULL, sources TEXT NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {SCHEMA}",
)
READ = "SELECT id, due, session FROM sessions WHERE key = ?"
ADD = "INSERT INTO sessions (key, due, session) VALUES (?, ?, ?)"
WRITE = "UPDATE sessions SET session = ? WHERE id = ?"
WRITE_DUE = "UPDATE sessions SET session = ?, due = ? WHERE id = ?"
MOVE_DUE = "UPDATE sessions SET due = ? WHERE id = ?"
DROP = "DELETE FROM sessions WHERE id = ?"
LIST = "SELECT key, session FROM sessions ORDER BY due DESC LIMIT ?"
DUE = "SELECT id, session FROM sessions WHERE due <= ? ORDER BY due LIMIT ?"
KEEP_VERSION = "INSERT INTO versions VALUES (?, ?, ?) ON CONFLICT (version) DO UPDATE SET kept = excluded.kept"
USE_VERSION = "UPDATE versions SET kept = ? WHERE version = ?"
READ_VERSION = "SELECT sources FROM versions WHERE version = ?"
FORGET = "DELETE FROM versions WHERE kept <= ?"


class SqliteStore:
    """One connection, used in the event loop's thread; turns of one tick of the loop share one transaction.

    A row holds its session as JSON, and as `due` a time not later than the session's `expires`, from which the sweep
    looks at it.
    """

    def __init__(self, path: Path, clock: Clock, synchronous: str = "normal") -> None:
        self._path = path
        self._clock = clock
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = None

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
                self._connection = _open(path, self._synchronous)
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
            number, due, text = row
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
            pass
        elif after is None:
            self._execute(DROP, (number,))
        elif row is None:
            self._execute(ADD, (bound, after.expires, written(after)))
        elif due <= after.expires < due + LAG:
            self._execute(WRITE, (written(after), number))
        else:
            self._execute(WRITE_DUE, (written(after), after.expires, number))
        return result, None

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
        await self._opened().ask(lambda: self._execute(FORGET, (now - VERSION_DAYS * 86400,)))
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
        """Keeps the flow files of a version, or says again that it is in use."""
        text = json.dumps(dict(sources), ensure_ascii=False, indent=1)
        now = self._clock()
        await self._opened().ask(lambda: self._execute(KEEP_VERSION, (version, now, text)))

    async def version(self, version: str) -> Mapping[str, str] | None:
        """The flow files of a version that was kept; None for an unknown one."""
        now = self._clock()

        def read() -> tuple[bytes] | None:
            self._execute(USE_VERSION, (now, version))
            row: tuple[bytes] | None = self._execute(READ_VERSION, (version,)).fetchone()
            return row

        row = await self._opened().ask(read)
        if row is None:
            return None
        sources: Mapping[str, str] = json.loads(row[0])
        return sources


def _bound(key: str) -> str | bytes:
    """A key as SQLite takes it: one with half of a character in it, which is no text there, as bytes."""
    try:
        key.encode()
        return key
    except UnicodeEncodeError:
        return key.encode("utf-8", "surrogatepass")


def _open(path: Path, synchronous: str) -> sqlite3.Connection:
    """A connection to a file with the tables in it; raises OSError, sqlite3.Error or StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as fault:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from fault
    # Never opened when it exists: closing it would give up the locks that this process has on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    connection = sqlite3.connect(path, timeout=0.0, isolation_level=None)
    try:
        _prepare(connection, path, synchronous)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, synchronous: str) -> None:
    """Makes the settings, and the tables where there are none."""
    connection.text_factory = bytes  # a row that is no UTF-8 must not be an error of SQLite's
    _is_empty(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("BEGIN IMMEDIATE")
    if _is_empty(connection, path):
        for statement in TABLES:
            connection.execute(statement)
    connection.execute("COMMIT")


def _is_empty(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the tables are still to be made; raises StoreError if those in the file are not ours."""
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        return True
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise StoreError(f"sessions cannot be kept in `{path}`: it is the database of another program")
    if schema != SCHEMA:
        raise StoreError(
            f"sessions cannot be kept in `{path}`: it is of another version of touchtone (schema {schema}, here {SCHEMA})"
        )
    return False
