"""Holds SIGHUP back until somebody takes it: by itself it would end a process that reads its flows for the first time."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_hangups() -> Iterator[None]:
    """Keeps a SIGHUP waiting until `take_hangups`, and what is not taken by then until the end. Windows has none."""
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_hangups() -> None:
    """Lets one come that was held back; to be called in the main thread, once there is a handler."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
