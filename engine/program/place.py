"""Where something stands in the flows."""

from typing import NamedTuple


class Place(NamedTuple):
    """The instruction `at` in a step of a flow, as `2` or `1.0.2`; with "" the step itself."""

    flow: str
    step: str
    at: str = ""

    @property
    def path(self) -> str:
        """The step's address below the folder of flows."""
        return f"{self.flow}/{self.step}"

    def __str__(self) -> str:
        return f"{self.flow}/{self.step}:{self.at}" if self.at else self.path
