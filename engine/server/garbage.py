"""Spares the garbage collector what stays for long: programs are large, and a walk over them holds up every call.

Nothing in a program leads back to itself, so it is freed without the collector once nobody holds it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

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


def begin() -> None:
    """Leaves out what there is when the server starts, and has the collector look often at few objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 2, 1_000)
