"""Where sessions are kept between turns: one class for each kind of place."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from engine.diagnostics.suggest import nearest
from engine.runtime.stores.contract import Clock, SessionTooLarge, Store, StoreBusy, StoreError, WrittenLater
from engine.runtime.stores.memory import MemoryStore
from engine.runtime.stores.redis import RedisStore
from engine.runtime.stores.redis_address import SCHEMES
from engine.runtime.stores.sqlite import SqliteStore

__all__ = ["STORES", "SessionTooLarge", "Store", "StoreBusy", "StoreError", "WrittenLater", "open_store"]

STORES: Mapping[str, Callable[[str, Clock], Store]] = MappingProxyType(
    {
        "memory": MemoryStore.at,
        "sqlite": SqliteStore.at,
        **{scheme: partial(RedisStore.at, scheme) for scheme in SCHEMES},
    }
)
"""Scheme of a URL -> what makes a store of the rest of it."""
_TOLD = ("memory", "sqlite", "redis", "valkey")


def open_store(url: str, clock: Clock) -> Store:
    """The store of a URL: `memory:`, `sqlite:///relative/path`, `sqlite:////absolute/path`, `redis://host`; its `start` opens it.

    `clock` gives the Unix time in seconds by which sessions expire. Raises StoreError for a URL that names no store.
    """
    scheme, colon, address = url.partition(":")
    if colon and scheme in STORES:
        return STORES[scheme](address, clock)
    known = ", ".join(f"`{name}:`" for name in _TOLD)
    near = nearest(scheme, STORES)
    hint = f"; did you mean `{near}:`?" if near else ""
    # What follows the scheme may hold a password, and without a colon anything may stand there.
    what = f"`{scheme}:`" if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) else "this URL"
    raise StoreError(f"{what} names no store: known are {known}{hint}")
