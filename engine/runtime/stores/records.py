"""What is kept beside sessions, each record for a time of its own: answers that a program was given, the trails of calls."""

import heapq
from collections.abc import Callable
from threading import Lock
from typing import Protocol, TypeVar

T = TypeVar("T")

Change = Callable[[bytes | None], tuple[T, bytes | None]]

LARGEST_RECORD = 256 * 1024
"""Bytes of a record."""
MOST_RECORDS = 50_000
"""So many records are kept in one place; then the hundredth part that expires first is dropped. Redis has bounds of its own."""
MOST_BYTES = 128 * 1024 * 1024
"""Bytes that the records of this process's memory take."""


class Records(Protocol):
    """Short texts by key, apart from the sessions. They are opened and closed with the store that has them."""

    async def change(self, key: str, change: Change[T], life: float) -> T:
        """Changes one record as if alone in the world, also among processes, and gives the result.

        `change` is pure and synchronous: it gets the record (None if there is none), and returns its result and the record from now
        on, which is kept for `life` seconds unless it is the very object that came in; None drops it. It may be called again when another
        process was faster: only the last call counts. What it raises comes out here, and nothing is written. Raises ValueError for
        a record longer than LARGEST_RECORD, StoreBusy and StoreError as `Store.turn` does.
        """


def checked(record: bytes) -> bytes:
    """The record; raises ValueError if it is too long."""
    if len(record) > LARGEST_RECORD:
        raise ValueError(f"a record holds {LARGEST_RECORD // 1024} kB at most, not {len(record) // 1024} kB")
    return record


class MemoryRecords:
    """Records in this process's memory."""

    def __init__(self, clock: Callable[[], float], most: int = MOST_RECORDS, most_bytes: int = MOST_BYTES) -> None:
        self._clock, self._most, self._most_bytes = clock, most, most_bytes
        self._kept: dict[str, tuple[float, bytes]] = {}
        self._bytes = 0
        self._lock = Lock()

    async def change(self, key: str, change: Change[T], life: float) -> T:
        """Changes one record (see `Records.change`)."""
        with self._lock:
            now = self._clock()
            expires, kept = self._kept.get(key, (now, b""))
            before = kept if expires > now else None
            result, after = change(before)
            if after is None:
                self._drop(key)
            elif after is not before:
                checked(after)
                self._drop(key)
                self._kept[key] = (now + life, after)
                self._bytes += len(after)
                self._make_room(key)
            return result

    def sweep(self, now: float) -> None:
        """Drops what has expired."""
        with self._lock:
            for key in [key for key, (expires, _) in self._kept.items() if expires <= now]:
                self._drop(key)

    def _drop(self, key: str) -> None:
        _, kept = self._kept.pop(key, (0.0, b""))
        self._bytes -= len(kept)

    def _make_room(self, latest: str) -> None:
        """Drops a portion of what expires first, when there is too much."""
        while len(self._kept) > self._most or (self._bytes > self._most_bytes and len(self._kept) > 1):
            portion = max(1, len(self._kept) // 100)
            for key in heapq.nsmallest(portion + 1, self._kept, key=lambda key: self._kept[key][0]):
                if key != latest:
                    self._drop(key)
