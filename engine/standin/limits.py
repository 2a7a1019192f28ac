"""How many requests the stand-in takes, and those it was told to refuse."""

import threading
from collections import deque
from collections.abc import Callable

from engine.standin.refusal import Refused


class Limits:
    """Refuses requests: more than `rate` a second (0: any number is taken), and those that `refuse_next` names.

    `seconds` is a clock that only runs forward.
    """

    def __init__(self, rate: float, seconds: Callable[[], float]) -> None:
        self._rate, self._seconds = rate, seconds
        self._left, self._since = max(1.0, rate), seconds()
        self._refusals: deque[int] = deque()
        self._lock = threading.Lock()

    def refuse_next(self, count: int, code: int) -> None:
        """The next `count` requests are refused with a code of Twilio's."""
        with self._lock:
            self._refusals.extend([code] * count)

    def take(self) -> None:
        """Takes a request, or raises Refused."""
        with self._lock:
            if self._refusals:
                raise Refused(self._refusals.popleft())
            if not self._rate:
                return
            now = self._seconds()
            self._left = min(max(1.0, self._rate), self._left + (now - self._since) * self._rate)
            self._since = now
            if self._left < 1:
                raise Refused(20429)
            self._left -= 1
