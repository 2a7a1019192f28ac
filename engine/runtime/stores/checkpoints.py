"""Moves what SQLite wrote ahead into the database file, in a thread beside the event loop."""

import logging
import sqlite3
from pathlib import Path
from threading import Event, Thread

_LOG = logging.getLogger(__name__)

LONGEST_LOG = 16_000
"""Pages in the write-ahead log (64 MB) from which writers are held up for a moment, so that it begins anew."""


class Checkpoints:
    """A thread with a connection of its own, asleep until it is woken.

    A checkpoint copies pages and syncs two files, which takes milliseconds: done by the connection that commits
    (SQLite's own habit, every 1,000 pages) it would hold up every call that is waiting in the event loop.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._due = Event()
        self._ended = False
        self._thread = Thread(target=self._work, name="checkpoints", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """A checkpoint is due."""
        self._due.set()

    def stop(self) -> None:
        """Ends the thread, after the checkpoint it is at."""
        self._ended = True
        self._due.set()
        self._thread.join()

    def _work(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=1.0)
        try:
            while self._due.wait() and not self._ended:
                self._due.clear()
                try:
                    _checkpoint(connection)
                except sqlite3.Error as fault:
                    _LOG.warning("no checkpoint of `%s`: %s", self._path, fault)
        finally:
            connection.close()


def _checkpoint(connection: sqlite3.Connection) -> None:
    """Copies without disturbing anybody.

    What is written meanwhile stays in the log, which so grows for ever under constant load. Past LONGEST_LOG the rest
    is copied again and again, as it gets less each time, and at last while writers wait: the next begins the log anew.
    """
    passive = "PRAGMA wal_checkpoint(PASSIVE)"
    _, pages, _ = connection.execute(passive).fetchone()
    if pages > LONGEST_LOG:
        for last in (passive, passive, passive, "PRAGMA wal_checkpoint(RESTART)"):
            connection.execute(last).fetchone()
