"""Does what is asked of a SQLite connection within one tick of the event loop in one transaction."""

import asyncio
import errno
import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from engine.runtime.stores.contract import PATIENCE, StoreBusy, StoreError

R = TypeVar("R")

BATCH = 64
"""So many works share a transaction at most: other processes cannot write meanwhile."""


class Batches:
    """A queue in front of a connection, which must be in autocommit mode and never wait for locks by itself.

    While another process writes, the queue is left alone for a moment that grows, and the event loop is free.
    `name` stands for the file in messages; `committed` is called after each transaction with the number of rows changed
    so far.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, committed: Callable[[int], None]) -> None:
        self.execute = connection.cursor().execute
        self._connection = connection
        self._name = name
        self._committed = committed
        self._queue: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        self._scheduled = False
        self._tries = 0
        self._busy_since = 0.0

    def ask(self, work: Callable[[], R]) -> "asyncio.Future[R]":
        """Queues `work`; the future gets what it returns or raises, once the transaction is committed.

        A `sqlite3.Error` out of `work` undoes the whole transaction; any other exception must leave nothing written.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._queue.append((work, future))
        if not self._scheduled:
            self._scheduled = True
            loop.call_soon(self._flush)
        return future

    async def drain(self) -> None:
        """Returns when the queue is empty: everything is done or given up."""
        while self._queue:
            await asyncio.sleep(pause(self._tries))

    def _flush(self) -> None:
        """Does the next batch; `_scheduled` stays true until the queue is empty."""
        try:
            self.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as fault:
            self._postpone(fault)
            return
        self._tries = 0
        queue = self._queue
        batch = [queue.popleft() for _ in range(min(BATCH, len(queue)))]
        outcomes: list[tuple[asyncio.Future[Any], Any, Exception | None]] = []
        try:
            for work, future in batch:
                if future.done():  # whoever asked has gone away
                    continue
                try:
                    outcomes.append((future, work(), None))
                except sqlite3.Error:
                    raise
                except Exception as fault:
                    outcomes.append((future, None, fault))
            self.execute("COMMIT")
        except BaseException as fault:
            if self._connection.in_transaction:
                self.execute("ROLLBACK")
            self._give_up([future for _, future in batch], self._broken(fault))
            if not isinstance(fault, Exception):
                raise
        else:
            for future, result, raised in outcomes:
                if raised is None:
                    future.set_result(result)
                else:
                    future.set_exception(raised)
            self._committed(self._connection.total_changes)
        finally:
            self._go_on(0.0)

    def _postpone(self, fault: sqlite3.Error) -> None:
        """Tries again after a pause when others hold the lock and patience lasts; otherwise gives the queue up."""
        now = asyncio.get_running_loop().time()
        if self._tries == 0:
            self._busy_since = now
        self._tries += 1
        if busy(fault) and now - self._busy_since < PATIENCE:
            self._go_on(pause(self._tries))
            return
        self._tries = 0
        given_up, self._queue = self._queue, deque()
        self._scheduled = False
        self._give_up([future for _, future in given_up], self._broken(fault))

    def _go_on(self, seconds: float) -> None:
        """Comes back for the rest of the queue."""
        if not self._queue:
            self._scheduled = False
        elif seconds:
            asyncio.get_running_loop().call_later(seconds, self._flush)
        else:
            asyncio.get_running_loop().call_soon(self._flush)

    def _broken(self, fault: BaseException) -> Callable[[], StoreError]:
        """Makes the exception for one asker: shared by several, its traceback would grow with each."""

        def broken() -> StoreError:
            if busy(fault):
                return StoreBusy(f"`{self._name}` was locked by other processes for {PATIENCE:g} seconds")
            return StoreError(f"sessions cannot be kept in `{self._name}`: {fault}")

        return broken

    def _give_up(self, futures: list["asyncio.Future[Any]"], broken: Callable[[], StoreError]) -> None:
        for future in futures:
            if not future.done():
                future.set_exception(broken())


def busy(fault: BaseException) -> bool:
    """Whether SQLite refused because another connection holds a lock."""
    return isinstance(fault, sqlite3.Error) and getattr(fault, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def full(fault: BaseException) -> bool:
    """Whether there is no room on the disk: there may be some later."""
    if isinstance(fault, sqlite3.Error):
        return getattr(fault, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT)


def pause(tries: int) -> float:
    """Seconds until the next try after so many in vain: 1 ms, up to 5 ms."""
    return min(0.001 * 1.3**tries, 0.005)
