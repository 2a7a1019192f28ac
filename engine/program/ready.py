"""Documents that depend on nobody, kept as they were made."""

from threading import Lock
from typing import Any

BYTES = 32 * 1024 * 1024
ENTRY = 1_000  # bytes that an entry takes beside its key and its document, roughly


class Ready(dict[object, Any]):
    """What was made, under keys of the machine's choosing; the oldest give way where all together would take more than `most` bytes.

    Who asks for a document chooses its key in part, so the number alone would not bound what strangers can fill. Several threads may
    keep: calls that the design page plays share a program with those of real callers.
    """

    __slots__ = ("_bytes", "_lock", "_most", "_sizes")

    def __init__(self, most: int = BYTES) -> None:
        super().__init__()
        self._most, self._bytes = most, 0
        self._sizes: dict[object, int] = {}
        self._lock = Lock()

    @property
    def most(self) -> int:
        """How many bytes it may hold."""
        return self._most

    def keep(self, key: tuple[object, ...], made: object, body: bytes) -> None:
        """Keeps what was made, of which `body` is the large part."""
        size = len(body) + sum(len(part) for part in key if isinstance(part, str)) * 2 + ENTRY
        with self._lock:
            if key in self._sizes:
                return
            self[key] = made
            self._sizes[key] = size
            self._bytes += size
            while self._bytes > self._most:
                oldest = next(iter(self._sizes))
                self._bytes -= self._sizes.pop(oldest)
                del self[oldest]

    def empty(self, most: int) -> list[object]:
        """Takes no more than `most` bytes from now on, and gives all that was kept: who drops that at once holds up every call."""
        with self._lock:
            kept: list[object] = [*self.items()]
            self.clear()
            self._sizes.clear()
            self._most, self._bytes = most, 0
        return kept
