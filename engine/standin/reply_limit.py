"""Stops two numbers that answer each other without end."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

MOST = 20  # replies, each soon after the one before (Twilio, error 14107)
SOON = timedelta(seconds=15)
BLOCKED = timedelta(seconds=30)
PAIRS = 1000  # whose replies are counted


class ReplyLimit:
    """Counts the replies from one number to another that follow each other within 15 seconds."""

    def __init__(self) -> None:
        self._counted: OrderedDict[tuple[str, str], tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def takes(self, from_: str, to: str, now: datetime) -> bool:
        """Whether a reply at this time is sent; after 20 rapid ones none is, until there was none for 30 seconds."""
        with self._lock:
            count, last = self._counted.pop((from_, to), (0, now))
            if now - last > (BLOCKED if count > MOST else SOON):
                count = 0
            self._counted[from_, to] = (count + 1, now)
            if len(self._counted) > PAIRS:
                self._counted.popitem(last=False)
            return count < MOST
