"""What the world answered so far in a turn, which is played again from its start with each answer."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from engine.program.place import Place
from engine.runtime.effects.effect import Effect, Result

NO_RESULTS: Mapping[str, Result] = MappingProxyType({})


class Needs(NamedTuple):
    """An effect that a turn waits for, and the place that asks for it, as a journal knows it; `mask` hides what is secret in the turn."""

    place: str
    effect: Effect
    mask: Callable[[str], str] = str


class Journal:
    """The results by place, as one playing of the turn takes them: a place that is passed twice has two.

    `key` is the same whenever the same turn is played, and another for any other turn.
    """

    __slots__ = ("_passed", "key", "results")

    def __init__(self, results: Mapping[str, Result] = NO_RESULTS, key: str = "") -> None:
        self.results, self.key = results, key
        self._passed: dict[Place, int] = {}

    def next(self, place: Place) -> str:
        """The name of a place at this passing."""
        number = self._passed[place] = self._passed.get(place, 0) + 1
        return f"{place}#{number}"
