"""Threads for work that blocks: so many and no more, and none that keeps the process from ending."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


class Workers:
    """Runs functions in at most `most` threads, which are begun when they are needed and used again.

    Unlike those of `ThreadPoolExecutor` they are daemons: a function that never ends cannot keep the server from stopping.
    """

    __slots__ = ("_idle", "_lock", "_most", "_name", "_threads", "_waiting")

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._lock = threading.Condition()
        self._waiting: deque[Callable[[], None]] = deque()
        self._threads = self._idle = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, in the context of the caller.

        Whoever is cancelled while waiting does not wait any more; work that has not begun by then is not done.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        context = copy_context()

        def finish(outcome: T | None, fault: BaseException | None) -> None:
            if done.done():
                return
            if fault is None:
                done.set_result(outcome)  # type: ignore[arg-type]
            else:
                done.set_exception(fault)

        def job() -> None:
            if done.cancelled():
                return
            outcome: T | None = None
            fault: BaseException | None = None
            try:
                outcome = context.run(work)
            except StopIteration as error:  # a future cannot hold it
                fault = RuntimeError(f"StopIteration: {error}")
            except BaseException as error:
                fault = error
            with suppress(RuntimeError):  # the loop has ended: nobody waits
                loop.call_soon_threadsafe(finish, outcome, fault)

        self._take(job)
        return await done

    def _take(self, job: Callable[[], None]) -> None:
        with self._lock:
            self._waiting.append(job)
            if self._idle >= len(self._waiting):
                self._lock.notify()
            elif self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._serve, name=f"{self._name}-{self._threads}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
                while not self._waiting:
                    self._lock.wait()
                self._idle -= 1
                job = self._waiting.popleft()
            job()
            del job  # what it holds is not needed while the next one is waited for
