"""Work beside the requests: so many jobs at once, the others wait their turn."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

log = logging.getLogger("touchtone")

Job = Callable[[], None]
WAITING = 1000  # jobs that wait their turn; more are refused


class Workers:
    """Up to `most` threads that do jobs in order. They never keep the process from ending."""

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._jobs: deque[Job] = deque()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._change = threading.Condition()
        self._closed = False

    def start(self, job: Job) -> bool:
        """Does a job as soon as a thread is free; False if too many wait, or the work has ended."""
        with self._change:
            if self._closed or len(self._jobs) >= WAITING:
                return False
            self._jobs.append(job)
            if self._idle < len(self._jobs) and len(self._threads) < self._most:
                thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._change.notify()
        return True

    def close(self, seconds: float) -> None:
        """Takes no more jobs, and waits at most so many seconds for those that are being done."""
        with self._change:
            self._closed = True
            self._jobs.clear()
            self._change.notify_all()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0.0))

    def _work(self) -> None:
        while True:
            with self._change:
                self._idle += 1
                while not self._jobs and not self._closed:
                    self._change.wait()
                self._idle -= 1
                if self._closed:
                    return
                job = self._jobs.popleft()
            try:
                job()
            except Exception:
                log.exception("the stand-in could not play something to its end")
