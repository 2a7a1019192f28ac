"""Work beside the requests: so many jobs at once, the others wait their turn."""

import logging
import queue
import threading
import time
from collections.abc import Callable

log = logging.getLogger("touchtone")

Job = Callable[[], None]
WAITING = 1000  # jobs that wait their turn; more are refused


class Workers:
    """Up to `most` threads that do jobs in order. They never keep the process from ending."""

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._lock = threading.Lock()
        self._closed = False

    def start(self, job: Job) -> bool:
        """Does a job as soon as a thread is free; False if too many wait, or the work has ended."""
        with self._lock:
            if self._closed or self._jobs.qsize() >= WAITING:
                return False
            self._jobs.put(job)
            if self._idle < self._jobs.qsize() and len(self._threads) < self._most:
                thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._threads.append(thread)
                thread.start()
        return True

    def close(self, seconds: float) -> None:
        """Takes no more jobs, and waits at most so many seconds for those that are being done."""
        with self._lock:
            self._closed = True
        until = time.monotonic() + seconds
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0.0))

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            job = self._jobs.get()
            with self._lock:
                self._idle -= 1
            if job is None:
                return
            if self._closed:
                continue
            try:
                job()
            except Exception:
                log.exception("the stand-in could not play something to its end")
