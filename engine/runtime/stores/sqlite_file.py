"""The file that sessions are kept in: made where there is none, and brought to the schema of today."""

import errno
import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from engine.runtime.stores.contract import StoreError
from engine.runtime.stores.manifests import Hashes, encoded, written_manifest
from engine.runtime.stores.sqlite_records import TABLE as RECORDS

APPLICATION = 0x546F7563
SCHEMA = 4
"""Goes up with every change of the tables. The file holds it, and the earliest schema whose programs may go on using the file."""
EARLIEST = 2
"""The earliest schema that knows what to do with a file of today's: it goes up only when tables or columns are taken away."""

TIMERS = (
    "ALTER TABLE sessions ADD COLUMN timer REAL",
    "CREATE INDEX sessions_timer ON sessions (timer) WHERE timer IS NOT NULL",
)
VERSIONS = (
    "CREATE TABLE texts (hash TEXT PRIMARY KEY, kept REAL NOT NULL, text TEXT NOT NULL)",
    "CREATE INDEX texts_kept ON texts (kept)",
    "CREATE TABLE manifests (version TEXT PRIMARY KEY, kept REAL NOT NULL, manifest TEXT NOT NULL)",
    "CREATE TABLE good (folder TEXT PRIMARY KEY, kept REAL NOT NULL, version TEXT NOT NULL)",
)
TABLES = (
    "CREATE TABLE sessions"
    " (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, due REAL NOT NULL, session TEXT NOT NULL)",
    "CREATE INDEX sessions_due ON sessions (due)",
    *TIMERS,
    *VERSIONS,
    *RECORDS,
    f"PRAGMA application_id = {APPLICATION}",
)


def open_file(path: Path, synchronous: str) -> sqlite3.Connection:
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
    """Makes the settings, and the tables where there are none, or only those of an earlier schema."""
    connection.text_factory = bytes  # a row that is no UTF-8 must not be an error of SQLite's
    _schema(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("BEGIN IMMEDIATE")
    schema = _schema(connection, path)
    if schema == 0:
        for statement in TABLES:
            connection.execute(statement)
    while 0 < schema < SCHEMA:
        MIGRATIONS[schema](connection)
        schema += 1
    if schema in (0, SCHEMA):
        connection.execute(f"PRAGMA user_version = {EARLIEST * 1000 + SCHEMA}")
    connection.execute("COMMIT")


def _schema(connection: sqlite3.Connection, path: Path) -> int:
    """The schema of a file, 0 for an empty one; raises StoreError for one that this program cannot use."""
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        return 0
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    earliest, schema = divmod(number, 1000)
    if application != APPLICATION:
        raise StoreError(f"sessions cannot be kept in `{path}`: it is the database of another program")
    if schema < 1 or earliest > SCHEMA:
        raise StoreError(
            f"sessions cannot be kept in `{path}`: it is of a later version of touchtone (schema {schema}, here {SCHEMA})"
        )
    return int(schema)


def _share_texts(connection: sqlite3.Connection) -> None:
    """Schema 1 held all texts of each version in one row."""
    for statement in VERSIONS:
        connection.execute(statement)
    hashes = Hashes()
    for version, kept, sources in connection.execute("SELECT version, kept, sources FROM versions").fetchall():
        manifest, texts = hashes.manifest(json.loads(sources))
        for known, text in texts.items():
            connection.execute(
                "INSERT INTO texts VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE SET kept = max(kept, excluded.kept)",
                (known, kept, encoded(text)),
            )
        connection.execute(
            "INSERT INTO manifests VALUES (?, ?, ?)", (str(version, "utf-8"), kept, written_manifest(manifest))
        )
    connection.execute("DROP TABLE versions")


def _add_records(connection: sqlite3.Connection) -> None:
    """Until schema 3 there were sessions and versions alone."""
    for statement in RECORDS:
        connection.execute(statement)


def _add_timers(connection: sqlite3.Connection) -> None:
    """Until schema 4 nothing was ever due in a session."""
    for statement in TIMERS:
        connection.execute(statement)


MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {1: _share_texts, 2: _add_records, 3: _add_timers}
"""What brings a file from a schema to the next."""
