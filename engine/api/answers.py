"""What a program is answered."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec


class Answer(NamedTuple):
    """JSON with an HTTP status, headers by name, and its media type."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    media_type: str = "application/json"

    @classmethod
    def of(cls, status: int, value: Any, **headers: str) -> "Answer":
        """The answer that holds a value."""
        return cls(status, msgspec.json.encode(value), headers)
