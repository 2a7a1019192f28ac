"""Rounds of waiting: how far a wait document that leads back to itself is played before somebody must act."""

import re

from engine.phone.line import Go
from engine.phone.tape import Tape

SOUNDING = 10  # documents with something to hear in one round, where each has an address of its own

# Touchtone's addresses carry the number of the turn: the same place has another one each time.
_TURN = re.compile(r"(?<=[?&])_t=[^&#]*&?")


class Round:
    """One round of waiting.

    A round is over where the way leads back to a place that was played since, with something to hear on the way. A
    circle with nothing to hear is never over: it counts as `Leg.unasked`, until the telephone gives up.
    """

    __slots__ = ("_begun", "_sounding", "_tape")

    def __init__(self, tape: Tape) -> None:
        self._tape, self._sounding = tape, 0
        self._begun: dict[str, float] = {}  # when each place was first played

    def over(self, go: Go) -> bool:
        """Whether the document at `go` belongs to the next round."""
        begun = self._begun.get(_place(go.url))
        return (begun is not None and self._tape.now > begun) or self._sounding >= SOUNDING

    def begin(self, go: Go) -> None:
        """The document at `go` is played now."""
        self._begun.setdefault(_place(go.url), self._tape.now)

    def sounded(self) -> None:
        """There was something to hear in the document."""
        self._sounding += 1


def _place(url: str) -> str:
    return _TURN.sub("", url).rstrip("?&")
