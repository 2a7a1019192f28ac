"""What was written, as nodes with positions.

A thousand flows are a quarter of a million nodes: `Final` keeps them from being changed as `frozen` would, which takes twice
as long to make one.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.diagnostics import Span


@dataclass(slots=True, eq=False)
class Scalar:
    """A text as written; `quoted` if in quotes or a block (`|`, `>`): nobody may take that for a number or a truth value."""

    text: Final[str]
    span: Final[Span]
    quoted: Final[bool]

    @property
    def empty(self) -> bool:
        """Whether nothing was written here, as in `hangup:`."""
        return not self.text and not self.quoted


@dataclass(slots=True, eq=False)
class Sequence:
    """A list, in order."""

    items: Final[tuple["Node", ...]]
    span: Final[Span]


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys with their values, in the author's order; no key stands twice: `again` are the values of those that did."""

    entries: Final[tuple[tuple[Scalar, "Node"], ...]]
    span: Final[Span]
    again: Final[tuple["Node", ...]] = ()

    def get(self, name: str) -> "Node | None":
        """The value of the key `name`."""
        for key, value in self.entries:
            if key.text == name:
                return value
        return None

    def key(self, name: str) -> Scalar | None:
        """The key `name` itself, for its place."""
        for key, _ in self.entries:
            if key.text == name:
                return key
        return None


Node: TypeAlias = Scalar | Sequence | Mapping
