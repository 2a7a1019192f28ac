"""Sessions in this process's memory, gone when it ends."""

import heapq
from collections.abc import Mapping
from threading import Lock
from typing import Self

from engine.runtime.session import Session
from engine.runtime.stores.contract import VERSION_DAYS, Clock, Play, StoreError, T, read, read_all, written
from engine.runtime.stores.records import MemoryRecords

SESSIONS = 50_000
"""So many sessions are kept; then the hundredth part that expires first is dropped to make room."""
BYTES = 256 * 1024 * 1024
"""So much memory they take; then the largest are dropped until a tenth of it is free."""


class MemoryStore:
    """Keeps each session as its JSON, as the other stores do: what one of them cannot keep, none can."""

    def __init__(self, clock: Clock, limit: int = SESSIONS, bytes_limit: int = BYTES) -> None:
        self._clock = clock
        self.records = MemoryRecords(clock)
        self._limit, self._bytes_limit = limit, bytes_limit
        self._bytes = 0
        self._sessions: dict[str, tuple[float, bytes]] = {}
        self._due: dict[str, float] = {}  # of those sessions in which something is
        # Texts and names are those of the version before where they are the same.
        self._versions: dict[str, tuple[float, tuple[str, ...], tuple[str, ...]]] = {}
        self._latest: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._good: dict[str, tuple[float, str]] = {}
        self._lock = Lock()

    @classmethod
    def at(cls, address: str, clock: Clock) -> Self:
        """The store of `memory:`, which has no further address."""
        if address:
            raise StoreError("the store `memory:` has no address behind it: write `memory:`")
        return cls(clock)

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self) -> None:
        """Nothing to close."""

    async def turn(self, key: str, play: Play[T]) -> T:
        """Plays one turn at once (see `Store.turn`)."""
        with self._lock:
            now = self._clock()
            expires, text = self._sessions.get(key, (now, b""))
            before = read(key, text, now)[0] if expires > now else None
            result, after = play(before)
            if after is None:
                if before is not None:
                    self._remove(key)
            elif after is not before:
                text = written(after)
                if key not in self._sessions and len(self._sessions) >= self._limit:
                    self._make_room()
                self._remove(key)
                self._bytes += _size(key, text)
                self._sessions[key] = (after.expires, text)
                if after.due:
                    self._due[key] = after.due
                if self._bytes > self._bytes_limit:
                    self._shrink(key)
            return result

    def _remove(self, key: str) -> None:
        """Drops a session if there is one."""
        _, text = self._sessions.pop(key, (0.0, None))
        if text is not None:
            self._bytes -= _size(key, text)
            if self._due:
                self._due.pop(key, None)

    def _make_room(self) -> None:
        """Drops a portion, so that the search is paid for once in many turns."""
        first = heapq.nsmallest(max(1, self._limit // 100), self._sessions, key=lambda key: self._sessions[key][0])
        for key in first:
            self._remove(key)

    def _shrink(self, latest: str) -> None:
        """Drops the largest sessions, but the latest: whoever sends much must not push out the many that hold little."""
        for key in sorted(self._sessions, key=lambda key: -_size(key, self._sessions[key][1])):
            if self._bytes <= 0.9 * self._bytes_limit:
                break
            if key != latest:
                self._remove(key)

    async def due(self, until: float, limit: int) -> list[tuple[str, float]]:
        """The sessions in which something is due by then, the earliest first."""
        with self._lock:
            due = [(at, key) for key, at in self._due.items() if at <= until]
        return [(key, at) for at, key in heapq.nsmallest(limit, due)]

    async def drop(self, key: str) -> bool:
        """Drops the session of `key`; whether there was one."""
        return await self.turn(key, lambda session: (session is not None, None))

    async def sessions(self, limit: int) -> list[tuple[str, Session]]:
        """Up to `limit` living sessions with their keys, the last to expire first."""
        with self._lock:
            now = self._clock()
            living = [(expires, key, text) for key, (expires, text) in self._sessions.items() if expires > now]
        return read_all([(key, text) for _, key, text in heapq.nlargest(limit, living)], now)

    async def sweep(self, now: float) -> int:
        """Drops what has expired at `now`; the number of sessions dropped."""
        with self._lock:
            gone = [key for key, (expires, _) in self._sessions.items() if expires <= now]
            for key in gone:
                self._remove(key)
            unused = now - VERSION_DAYS * 86400
            self._versions = {name: kept for name, kept in self._versions.items() if kept[0] > unused}
            self._good = {name: kept for name, kept in self._good.items() if kept[0] > unused}
            self.records.sweep(now)
        return len(gone)

    async def keep_version(self, version: str, sources: Mapping[str, str]) -> None:
        """Keeps the files of a version, or says again that it is in use."""
        names, texts = self._latest
        known = dict(zip(texts, texts, strict=True))
        if tuple(sources) != names:
            names = tuple(sources)
        self._latest = names, tuple([known.get(text, text) for text in sources.values()])
        self._versions[version] = (self._clock(), *self._latest)

    async def version(self, version: str) -> Mapping[str, str] | None:
        """The files of a version that was kept; None for an unknown one."""
        if version not in self._versions:
            return None
        _, names, texts = self._versions[version]
        self._versions[version] = (self._clock(), names, texts)
        return dict(zip(names, texts, strict=True))

    async def keep_good(self, folder: str, version: str) -> None:
        """Notes that a version is the last good one of a folder."""
        self._good[folder] = (self._clock(), version)

    async def good(self, folder: str) -> str | None:
        """The last good version of a folder; None if none was noted."""
        return self._good[folder][1] if folder in self._good else None


def _size(key: str, text: bytes) -> int:
    """Bytes that a session takes at most, its key and its place included."""
    return 4 * len(key) + len(text) + 400
