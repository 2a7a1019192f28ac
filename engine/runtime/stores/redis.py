"""Sessions in Redis or Valkey, which any number of processes on any number of machines may share."""

import asyncio
import heapq
import re
import secrets
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Self
from weakref import WeakValueDictionary

from engine.runtime.session import Session
from engine.runtime.stores.contract import (
    PATIENCE,
    Clock,
    Play,
    StoreBusy,
    StoreError,
    T,
    WrittenLater,
    read,
    read_all,
    shown,
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
from engine.runtime.stores.redis_address import Address, read_address
from engine.runtime.stores.redis_records import RedisRecords
from engine.runtime.stores.redis_script import Step

if TYPE_CHECKING:  # these need redis-py, an extra, which is imported when such a store is started
    from engine.runtime.stores.redis_client import Client
    from engine.runtime.stores.redis_lanes import Lanes

LONGEST_LIFE = 10 * 365 * 86400 * 1000
"""Milliseconds after which every session is gone."""
DROPPED_LIFE = 60_000
"""Milliseconds for which it is remembered who dropped a session: when the answer is lost, the next try must know."""
PORTION = 500
"""Sessions that are looked at in one round when all are listed."""

FORGET = "if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1])) == tonumber(ARGV[2]) then redis.call('ZREM', KEYS[1], ARGV[1]) end"
"""Takes a note from the list of timers, unless it was made anew for another time."""


class RedisStore:
    """A session is a hash that Redis itself lets expire: `session` holds its JSON, `writes` the marks of its latest writes.

    A turn reads it, is played, and writes it if `writes` is still what was read; otherwise it is played again. Turns of
    one key in this process wait for each other, so that only other processes can come between.
    """

    def __init__(self, address: Address, clock: Clock) -> None:
        self._address = address
        self._clock = clock
        self._client: Client | None = None
        self._sessions = f"{address.prefix}session:".encode()
        self._manifests, self._texts, self._good = (
            f"{address.prefix}{kind}:".encode() for kind in ("manifest", "text", "good")
        )
        self._timers = f"{address.prefix}timers".encode()
        self._hashes = Hashes()
        self._written: dict[str, float] = {}  # texts by hash, and when this process wrote them
        self._alone: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._turns = 0
        self._mark, self._marks = secrets.token_hex(4), count(1)
        self.records = RedisRecords(f"{address.prefix}record:".encode(), lambda: self._opened()[1], self._next_mark)

    @classmethod
    def at(cls, scheme: str, address: str, clock: Clock) -> Self:
        """The store of a URL, whose scheme says what it leads to (see `read_address`)."""
        return cls(read_address(scheme, address), clock)

    async def start(self) -> None:
        """Connects, and reads once; raises StoreError if that cannot be done, at once where nobody is there."""
        assert self._client is None, "a store is started once"
        try:
            from engine.runtime.stores.redis_client import connect
            from engine.runtime.stores.redis_lanes import Lanes
        except ModuleNotFoundError as fault:
            if (fault.name or "").partition(".")[0] != "redis":
                raise
            raise StoreError(
                "sessions in Redis need the package `redis`: pip install 'touchtone[redis]' brings it"
            ) from None
        client = connect(self._address)
        lanes = Lanes(client, self._address)
        try:
            await lanes.probe(Step(self._sessions), PATIENCE)
        except BaseException:
            await client.close()
            raise
        self._client, self._lanes, self._idle = client, lanes, asyncio.Event()

    async def stop(self) -> None:
        """Finishes the turns that were taken, and disconnects; nothing happens the second time."""
        if self._client is not None:
            client, self._client = self._client, None
            while self._turns:
                self._idle.clear()
                await self._idle.wait()
            await self._lanes.drain()
            await client.close()

    def _opened(self) -> "tuple[Client, Lanes]":
        if self._client is None:
            raise StoreError(f"the store in `{self._address}` is not open")
        return self._client, self._lanes

    def _next_mark(self) -> str:
        return f"{self._mark}-{next(self._marks):x}"

    async def turn(self, key: str, play: Play[T]) -> T:
        """Plays one turn (see `Store.turn`)."""
        _, lanes = self._opened()
        alone = self._alone.get(key)
        if alone is None:
            alone = self._alone[key] = asyncio.Lock()
        self._turns += 1
        try:
            async with alone:
                return await self._turn(lanes, key, play)
        finally:
            self._turns -= 1
            if not self._turns:
                self._idle.set()

    async def _turn(self, lanes: "Lanes", key: str, play: Play[T]) -> T:
        now = asyncio.get_running_loop().time
        name, until = self._sessions + key.encode("utf-8", "surrogatepass"), now() + PATIENCE
        found = await lanes.ask(Step(name), until)
        assert found is not None, "what is read is found, if only to be absent"
        while True:
            before, readable = None, True
            if found.session is not None:
                before, readable = read(key, found.session, self._clock())
            result, after = play(before)
            if after is before and readable:
                return result
            text, life = b"", DROPPED_LIFE
            if after is not None:
                text = written(after)
                life = max(1, int(min((after.expires - self._clock()) * 1000, LONGEST_LIFE)))
            if after is not None and after.due:
                await self._note_due(key, after.due)
            seen, mine = str(found.writes or b"", "utf-8", "replace"), self._next_mark()
            another = await lanes.ask(Step(name, seen, mine, text, life), until)
            if another is None:
                return result
            if now() > until:
                raise StoreBusy(f"other processes kept writing the session `{shown(key)}` for {PATIENCE:g} seconds")
            found = another

    async def _note_due(self, key: str, due: float) -> None:
        """Notes in the list of timers that a session may have something to do, before the session says so.

        In a cluster one script cannot write both. A note without a timer is looked at once and taken away; a timer without a note would never be followed.
        """
        client, lanes = self._opened()
        words = ("ZADD", self._timers, repr(due), key.encode("utf-8", "surrogatepass"))
        await lanes.patiently(lambda: client.run(words))

    async def due(self, until: float, limit: int) -> list[tuple[str, float]]:
        """The sessions in which something is due by then, the earliest first; notes of others are taken from the list."""
        client, lanes = self._opened()
        due: dict[str, float] = {}
        seen, more = 0, True  # notes that stay
        while more and len(due) < limit:
            words = ("ZRANGEBYSCORE", self._timers, "-inf", repr(until), "WITHSCORES", "LIMIT", seen, limit)
            (found,) = await lanes.patiently(lambda words=words: client.run(words))  # type: ignore[misc]
            more = len(found) == 2 * limit
            for name, score in zip(found[::2], found[1::2], strict=True):
                key, at = str(name, "utf-8", "surrogatepass"), float(score)
                seen += 1
                try:
                    session = await self.turn(key, lambda session: (session, session))
                except WrittenLater:  # another process knows what to do
                    continue
                if session is not None and session.due:
                    if session.due <= until:
                        due[key] = session.due
                    if session.due != at:
                        await self._note_due(key, session.due)
                        seen -= session.due > until
                elif at <= self._clock():  # a session that is being written has a later time
                    gone = ("EVAL", FORGET, 1, self._timers, name, repr(at))
                    await lanes.patiently(lambda gone=gone: client.run(gone))  # type: ignore[misc]
                    seen -= 1
        return list(due.items())[:limit]

    async def drop(self, key: str) -> bool:
        """Drops the session of `key`; whether there was one."""
        return await self.turn(key, lambda session: (session is not None, None))

    async def sessions(self, limit: int) -> list[tuple[str, Session]]:
        """Up to `limit` living sessions with their keys, the last to expire first; 0 asks only whether the server answers."""
        client, lanes = self._opened()
        if limit < 1:
            await lanes.probe(Step(self._sessions))
            return []
        names = await lanes.patiently(lambda: self._longest_living(client, limit))
        listed: list[tuple[str, bytes]] = []
        for number in range(0, len(names), PORTION):
            some = names[number : number + PORTION]
            founds = await lanes.patiently(lambda some=some: client.run(*[("HGET", name, "session") for name in some]))  # type: ignore[misc]
            for name, text in zip(some, founds, strict=True):
                if text is not None:
                    listed.append((name.removeprefix(self._sessions).decode("utf-8", "surrogatepass"), text))
        return read_all(listed, self._clock())

    async def _longest_living(self, client: "Client", limit: int) -> list[bytes]:
        """The names of the sessions that Redis will keep longest."""
        pattern = re.sub(rb"([*?\[\]\\^-])", rb"\\\1", self._sessions) + b"*"
        names = [name async for name in client.keys(pattern)]
        names = list(dict.fromkeys(names))
        lives: list[tuple[int, bytes]] = []
        for number in range(0, len(names), PORTION):
            some = names[number : number + PORTION]
            answers = await client.run(*[("PTTL", name) for name in some])
            lives = heapq.nlargest(limit, [*lives, *zip(answers, some, strict=True)])
        return [name for _, name in lives]

    async def sweep(self, now: float) -> int:
        """Drops nothing: Redis lets sessions and versions expire by itself."""
        self._opened()
        return 0

    async def keep_version(self, version: str, sources: Mapping[str, str]) -> None:
        """Keeps the files of a version, or says again that it is in use."""
        client, lanes = self._opened()
        now = self._clock()
        manifest, texts = self._hashes.manifest(sources)
        # What this process wrote not long ago lives longer than any manifest of today: it need not be looked for.
        lacking = {known: text for known, text in texts.items() if self._written.get(known, 0.0) <= now - SPARE}
        for some in portions(lacking):
            words = [("SET", self._texts + known.encode(), encoded(text), "EX", int(TEXT_LIFE)) for known, text in some]
            await lanes.patiently(lambda words=words: client.run(*words))  # type: ignore[misc]
            self._written.update((known, now) for known, _ in some)
        self._written = {known: since for known, since in self._written.items() if since > now - SPARE}
        name, kept = self._manifests + encoded(version), written_manifest(manifest)
        # One that is there stays as it is: a later version of this program may have written it.
        await lanes.patiently(
            lambda: client.run(("SET", name, kept, "EX", int(LIFE), "NX"), ("EXPIRE", name, int(LIFE)))
        )

    async def version(self, version: str) -> Mapping[str, str] | None:
        """The files of a version that was kept; None for an unknown one."""
        client, lanes = self._opened()
        name = self._manifests + encoded(version)
        (kept,) = await lanes.patiently(lambda: client.run(("GET", name)))
        manifest = read_manifest(version, kept) if kept is not None else None
        if manifest is None:
            return None
        texts: dict[str, str] = {}
        for some in portions(dict.fromkeys(manifest.files.values(), "")):
            names = [self._texts + known.encode() for known, _ in some]
            words = [*[("GET", one) for one in names], *[("EXPIRE", one, int(TEXT_LIFE)) for one in names]]
            found = await lanes.patiently(lambda words=words: client.run(*words))  # type: ignore[misc]
            texts |= {
                known: decoded(text)
                for (known, _), text in zip(some, found[: len(some)], strict=True)
                if text is not None
            }
        sources = manifest.sources(texts)
        if sources is None:
            self._written.clear()  # a Redis that throws things away: what is kept next is written whole
        else:
            await lanes.patiently(lambda: client.run(("EXPIRE", name, int(LIFE))))
        return sources

    async def keep_good(self, folder: str, version: str) -> None:
        """Notes that a version is the last good one of a folder."""
        client, lanes = self._opened()
        words = ("SET", self._good + encoded(folder), encoded(version), "EX", int(LIFE))
        await lanes.patiently(lambda: client.run(words))

    async def good(self, folder: str) -> str | None:
        """The last good version of a folder; None if none was noted."""
        client, lanes = self._opened()
        (version,) = await lanes.patiently(lambda: client.run(("GET", self._good + encoded(folder))))
        return decoded(version) if version is not None else None
