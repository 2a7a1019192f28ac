"""Follows what becomes of something at Twilio, by looking again and again."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar


class State(Protocol):
    """How something stands."""

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""


S = TypeVar("S", bound=State)


def followed(first: S, look: Callable[[], S], pause: Callable[[S], bool]) -> Iterator[S]:
    """The states from `first` to the last, each once.

    `pause` waits before the next look, and says whether to look at all; what was between two looks is not seen.
    """
    state = first
    yield state
    while not state.over and pause(state):
        now = look()
        if now != state:
            state = now
            yield state
