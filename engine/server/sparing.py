"""Writes lines that strangers cause into the log, but no flood of them."""

import logging
from collections.abc import Callable

LINES = 20  # that are written in a period
PERIOD = 10.0  # seconds


class Sparing:
    """At most LINES lines of a kind in PERIOD seconds; how many were left out is said with the next one that is written.

    `clock` gives seconds that only grow.
    """

    __slots__ = ("_clock", "_left_out", "_log", "_since", "_written")

    def __init__(self, log: logging.Logger, clock: Callable[[], float]) -> None:
        self._log, self._clock = log, clock
        self._since = clock()
        self._written = self._left_out = 0

    def warning(self, words: str, *args: object) -> None:
        """Writes a warning, or counts it as left out."""
        now = self._clock()
        if now - self._since >= PERIOD:
            self._since, self._written = now, 0
            if self._left_out:
                self._log.warning("%d more lines like the next one were left out", self._left_out)
                self._left_out = 0
        if self._written < LINES:
            self._written += 1
            self._log.warning(words, *args)
        else:
            self._left_out += 1
