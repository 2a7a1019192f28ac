"""Results that are remembered for as long as somebody asks for them."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Results by what they were made of; `forget` lets go of those that nobody asked for since it was called last."""

    __slots__ = ("_before", "_now")

    def __init__(self) -> None:
        self._now: dict[K, V] = {}
        self._before: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """What is remembered, which is remembered longer for that."""
        found = self._now.get(key)
        if found is None and (found := self._before.get(key)) is not None:
            self._now[key] = found
        return found

    def now(self, key: K) -> V | None:
        """What was asked for or put in this round; asking here does not count."""
        return self._now.get(key)

    def past(self, key: K) -> V | None:
        """What was remembered in the round before; asking here does not count."""
        return self._before.get(key)

    def put(self, key: K, value: V) -> V:
        """Remembers a result, and gives it back."""
        self._now[key] = value
        return value

    def forget(self) -> None:
        """Begins a new round: only what it asks for outlives it."""
        gone, self._before, self._now = self._before, self._now, {}
        while gone:  # one by one: between two of them other threads have their turn
            gone.popitem()

    def __len__(self) -> int:
        return len(self._now.keys() | self._before.keys())
