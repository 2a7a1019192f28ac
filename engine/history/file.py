"""The file that calls are kept in: made where there is none, and kept within its bounds."""

import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

APPLICATION = 0x546F7543
SCHEMA = 1
CALLS = 2000  # that are kept; as many more as SLACK come before the oldest are dropped
SLACK = 500
AGE = 30 * 86400.0  # seconds that a call is kept
BYTES = 256 * 1024 * 1024  # of the file, in which the oldest calls make room
TURNS = 20  # bits of the number of a turn: above them is the number of its call
PATIENCE = 5.0  # seconds to wait for another process that writes

TABLES = (
    "CREATE TABLE calls (number INTEGER PRIMARY KEY, key TEXT NOT NULL, origin TEXT NOT NULL, channel TEXT NOT NULL,"
    " flow TEXT NOT NULL, caller TEXT NOT NULL, called TEXT NOT NULL, first REAL NOT NULL, last REAL NOT NULL,"
    " seen REAL NOT NULL, version TEXT NOT NULL, here TEXT NOT NULL, turns INTEGER NOT NULL, faults INTEGER NOT NULL,"
    " ended TEXT NOT NULL, until REAL NOT NULL, flows TEXT NOT NULL)",
    "CREATE INDEX calls_key ON calls (key)",
    "CREATE TABLE turns (number INTEGER PRIMARY KEY, turn BLOB NOT NULL)",
    "CREATE TABLE versions (version TEXT PRIMARY KEY, saved REAL NOT NULL, manifest TEXT NOT NULL)",
    "CREATE TABLE texts (hash TEXT PRIMARY KEY, text TEXT NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {SCHEMA}",
)


class Unusable(Exception):
    """The file cannot be used; the sentence says why."""


def open_calls(path: Path) -> sqlite3.Connection:
    """A connection to write by; the file is made for its owner alone. Raises OSError, sqlite3.Error or Unusable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if not path.is_file():
        raise Unusable("it is not a file")
    connection = _connected(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        if not _made(connection):
            for statement in TABLES:
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def reading(path: Path) -> sqlite3.Connection:
    """A connection to read by; an empty one where nothing was written yet. Raises as `open_calls`."""
    if path.exists():
        connection = _connected(path)
        try:
            if _made(connection):
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in TABLES:
        connection.execute(statement)
    return connection


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.text_factory = _decoded
    return connection


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _made(connection: sqlite3.Connection) -> bool:
    """Whether the tables are there; raises Unusable for the file of another program, or of a later version of this one."""
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        return False
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise Unusable("it is the database of another program")
    if schema != SCHEMA:
        raise Unusable(f"another version of touchtone wrote it (schema {schema}, here {SCHEMA})")
    return True


def end_simulated(path: Path, now: float) -> None:
    """Ends the simulated calls of a process that has exited: they cannot continue. Raises as `open_calls`."""
    if path.exists():
        connection = _connected(path)
        try:
            if _made(connection):
                connection.execute(
                    "UPDATE calls SET until = ? WHERE origin = 'simulated' AND ended = '' AND until > ?", (now, now)
                )
        finally:
            connection.close()


def keep_version(
    connection: sqlite3.Connection,
    version: str,
    saved: float,
    sources: Mapping[str, str],
    manifest: Mapping[str, str],
) -> None:
    """Keeps the texts of a version, each text once; `manifest` has their hashes."""
    known = connection.execute("SELECT 1 FROM versions WHERE version = ?", (version,)).fetchone()
    if known is not None:
        return
    texts = ((manifest[name], text.encode("utf-8", "replace").decode()) for name, text in sources.items())
    connection.executemany("INSERT OR IGNORE INTO texts VALUES (?, ?)", texts)
    connection.execute("INSERT OR IGNORE INTO versions VALUES (?, ?, ?)", (version, saved, json.dumps(dict(manifest))))


def sources_of_version(connection: sqlite3.Connection, version: str) -> dict[str, str]:
    """The texts of a version by file name; none of one that is not kept."""
    row = connection.execute("SELECT manifest FROM versions WHERE version = ?", (version,)).fetchone()
    if row is None:
        return {}
    manifest: dict[str, str] = json.loads(row[0])
    hashes = json.dumps(list(manifest.values()))
    texts: dict[str, Any] = dict(
        connection.execute("SELECT hash, text FROM texts WHERE hash IN (SELECT value FROM json_each(?))", (hashes,))
    )
    return {name: texts[one] for name, one in manifest.items() if one in texts}


def prune(connection: sqlite3.Connection, now: float) -> bool:
    """Drops calls that are too old or too many, with the versions that no other ran on; whether any was."""
    (count, newest) = connection.execute("SELECT count(*), coalesce(max(number), 0) FROM calls").fetchone()
    last = 0  # the last call that is dropped
    if count > CALLS + SLACK:
        (last,) = connection.execute(
            "SELECT number FROM calls ORDER BY number DESC LIMIT 1 OFFSET ?", (CALLS,)
        ).fetchone()
    (old,) = connection.execute(
        "SELECT coalesce(min(number), ?) - 1 FROM calls WHERE seen > ?", (newest + 1, now - AGE)
    ).fetchone()
    last = max(last, old)
    if _used(connection) > BYTES:
        (tenth,) = connection.execute(
            "SELECT coalesce(max(number), 0) FROM (SELECT number FROM calls ORDER BY number LIMIT ?)",
            (max(count // 10, 1),),
        ).fetchone()
        last = max(last, tenth)
    if not last:
        return False
    dropped = connection.execute("DELETE FROM calls WHERE number <= ?", (last,)).rowcount
    connection.execute("DELETE FROM turns WHERE number < ?", ((last + 1) << TURNS,))
    if dropped > 0:
        _drop_versions(connection)
    return dropped > 0


def _drop_versions(connection: sqlite3.Connection) -> None:
    """Drops versions on which no call ended that is kept, but for the newest."""
    connection.execute(
        "DELETE FROM versions WHERE version NOT IN (SELECT version FROM calls)"
        " AND saved < (SELECT max(saved) FROM versions)"
    )
    connection.execute("DELETE FROM texts WHERE hash NOT IN (SELECT value FROM versions, json_each(versions.manifest))")


def _used(connection: sqlite3.Connection) -> int:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)
