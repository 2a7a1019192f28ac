"""Spares the garbage collector what stays for long: programs are large, and a walk over them holds up every call.

Nothing in a program leads back to itself, so it is freed without the collector once nobody holds it.
"""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

YOUNG = 5_000
"""New objects after which the young are looked at, in a millisecond or two; so many may come of a save, and are then left to the collector."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Collects nothing while a program is read, and if it is large leaves it out of all later collections."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > YOUNG:
            gc.freeze()
        if collecting:
            gc.enable()


_M_ARENA_MAX = -8  # mallopt(3)


def begin() -> None:
    """Leaves out what there is when the server starts, and has the collector look often at few objects."""
    if sys.platform == "linux":
        # By itself glibc keeps a heap for each thread: what a save frees in one is not used again by the next, and the process grows.
        with suppress(OSError, AttributeError):  # other C libraries keep one
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 2, 1_000)
