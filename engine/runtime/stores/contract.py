"""What every store of sessions promises."""

import heapq
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from engine.runtime.formats import LaterFormat
from engine.runtime.session import Session
from engine.runtime.stores.records import Records

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

Play = Callable[[Session | None], tuple[T, Session | None]]
Clock = Callable[[], float]

VERSION_DAYS = 30
"""A version of the flows that nobody kept or asked for during so many days is forgotten."""
PATIENCE = 5.0
"""Seconds that a turn waits for its store, or for other processes there; Twilio gives up a webhook after 15."""
LARGEST = 512 * 1024
"""Bytes of a session's JSON: each turn of its call reads and writes all of it."""


class StoreError(Exception):
    """The store cannot be used; the message is one sentence for the person who runs the server."""


class StoreBusy(StoreError):
    """The store could not be had for PATIENCE; the same turn may succeed later."""


class SessionTooLarge(OverflowError):
    """The session after a turn is longer than LARGEST; the message is one sentence for the author of the flow."""


class WrittenLater(StoreError):
    """What is kept was written by a later version of this program: this one leaves it as it is, and cannot play the turn."""


def written(session: Session) -> bytes:
    """The JSON of a session as every store keeps it; raises SessionTooLarge, and what `Session.to_json` raises."""
    text = session.to_json()
    if len(text) > LARGEST:
        raise SessionTooLarge(_too_large(session, len(text)))
    return text


def read(key: str, kept: bytes, now: float) -> tuple[Session | None, bool]:
    """The living session that is kept under a key, and whether anybody can read it: if not, a line in the log says so.

    Raises WrittenLater for a living one that a later version of this program has written.
    """
    try:
        session = Session.from_json(kept)
    except LaterFormat as fault:
        if _expiry(fault) <= now:
            return None, True
        raise WrittenLater(f"the session `{shown(key)}` is left as it is: {fault}") from None
    except (TypeError, ValueError):
        _LOG.warning("the session `%s` cannot be read and counts as absent: %.100r", shown(key), kept)
        return None, False
    return (session if session.expires > now else None), True


def expires_of(kept: bytes) -> float:
    """When a session expires, also one that a later version has written; 0 for one that nobody can read."""
    try:
        return Session.from_json(kept).expires
    except LaterFormat as fault:
        return _expiry(fault)
    except (TypeError, ValueError):
        return 0.0


def _expiry(later: LaterFormat) -> float:
    expires = later.held.get("expires")
    return expires if isinstance(expires, int | float) else 0.0


def read_all(kept: Iterable[tuple[str, bytes]], now: float) -> list[tuple[str, Session]]:
    """The living sessions among those that are kept, the last to expire first; without those that a later version has written."""
    living = []
    for key, text in kept:
        try:
            session, _ = read(key, text, now)
        except WrittenLater as fault:
            _LOG.warning("%s", fault)
            continue
        if session is not None:
            living.append((key, session))
    return sorted(living, key=lambda one: -one[1].expires)


def shown(key: str) -> str:
    """A key as it may stand in a message: a caller may have chosen it."""
    text = key[:100]
    return text if text.isprintable() else ascii(text)[1:-1]


def _too_large(session: Session, length: int) -> str:
    """Tells which variables there is most in: a tenth of what fits, or more, the largest three."""
    every = [session.variables, *[frame.variables for frame in session.frames]]
    sizes = [(len(json.dumps(value, default=str)), name) for known in every for name, value in known.items()]
    large = [f"`{name}` ({size // 1024} kB)" for size, name in heapq.nlargest(3, sizes) if size > LARGEST / 10]
    most = f", most of it in {', '.join(large)}" if large else ""
    return f"the call would remember {length // 1024} kB{most}; a session may hold {LARGEST // 1024} kB"


class Store(Protocol):
    """Sessions by key, and the texts of the flows they began with; `records` are what else is kept there.

    A store belongs to the event loop that started it. A session whose `expires` has come reads as none.
    """

    @property
    def records(self) -> Records:
        """The records that are kept beside the sessions, for programs that use this one."""

    async def start(self) -> None:
        """Opens what the store needs; raises StoreError when that cannot be done."""

    async def stop(self) -> None:
        """Finishes the turns that were taken, and closes. May be called twice; then the store may be started again."""

    async def turn(self, key: str, play: Play[T]) -> T:
        """Plays one turn of the session of `key`, as if alone in the world, and gives its result.

        `play` is pure and synchronous: it gets the session (None if there is none) and returns its result and the
        session from now on, which is written unless it is the very object that came in; None drops it. When `play`
        raises, or its session holds what JSON cannot or more than LARGEST, nothing of this turn is written and the
        exception comes out here. It is called again, with the session as it is then, when another process was faster:
        only the last call counts. Raises WrittenLater, and then nothing is written; StoreBusy and StoreError when the place cannot be had; of a place that went
        away in the middle nobody knows then whether the turn was written.
        """

    async def due(self, until: float, limit: int) -> list[tuple[str, float]]:
        """The keys of up to `limit` sessions in which something is due by the Unix time `until`, with that time, the earliest first.

        A session may have changed since, or be one that only a later version of this program can read: what is due is told by the
        session itself.
        """

    async def drop(self, key: str) -> bool:
        """Drops the session of `key`; whether there was one."""

    async def sessions(self, limit: int) -> list[tuple[str, Session]]:
        """Up to `limit` living sessions with their keys, the last to expire first."""

    async def sweep(self, now: float) -> int:
        """Drops the sessions that have expired at `now`, giving their number, and forgets versions after VERSION_DAYS.

        A place that does both by itself has nothing left to drop.
        """

    async def keep_version(self, version: str, sources: Mapping[str, str]) -> None:
        """Keeps the files of a version, text by file name; keeping it again says that it is still in use.

        A text that several versions share is kept once, and before the first of them: a version that is known has all its texts.
        """

    async def version(self, version: str) -> Mapping[str, str] | None:
        """The files of a version that was kept, which counts as use; None for an unknown one.

        Raises WrittenLater for one that a later version of this program has kept.
        """

    async def keep_good(self, folder: str, version: str) -> None:
        """Notes that a version, which was kept, is the last good one of a folder; so for VERSION_DAYS, if nobody notes it again."""

    async def good(self, folder: str) -> str | None:
        """The last good version of a folder; None if none was noted."""
