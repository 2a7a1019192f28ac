"""Threads for work that blocks: so many and no more, and none that keeps the process from ending."""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

WAITING, BEGUN, GIVEN_UP, ENDED = range(4)


class Stuck(Exception):
    """Work that is not begun, because as much of the same owner's as may be was given up and has not returned."""

    def __init__(self, name: str, calls: int) -> None:
        super().__init__(f"{calls} calls of {name} have not returned")
        self.name, self.calls = name, calls


class Job:
    """One piece of work: `name` is that of its owner, and `key` tells owners apart where names do not."""

    __slots__ = ("key", "name", "run", "state")

    def __init__(self, name: str = "", key: object = None) -> None:
        self.name, self.key = name, name if key is None else (name, key)
        self.state = WAITING
        self.run: Callable[[], Callable[[], None]]  # does the work, and gives what hands over its result


class Workers:
    """Runs functions in at most `most` threads, which are begun when they are needed and used again.

    A thread cannot be ended from outside. Work whose caller has gone away is given up: its thread does not count any more until
    it returns, and another takes its place, so that work which never returns costs its owner alone. Bounds: an owner has at most
    `share` of the threads at once, and `lost` of those that were given up, after which its work is refused; all together there
    are never more than `ceiling` threads. An owner that has no thread gets one even when `most` are at work.

    Unlike those of `ThreadPoolExecutor` the threads are daemons: a function that never ends cannot keep the server from stopping.
    """

    __slots__ = ("_ceiling", "_idle", "_lock", "_lost", "_lost_most", "_most", "_name", "_named", "_running", "_share", "_starting", "_threads", "_waiting")  # fmt: skip

    def __init__(self, most: int, name: str, *, share: int = 0, lost: int = 0, ceiling: int = 0) -> None:
        self._most, self._name = most, name
        self._share, self._lost_most, self._ceiling = share or most, lost or most, ceiling or 2 * most
        self._lock = threading.Condition()
        self._waiting: deque[Job] = deque()
        self._running: Counter[object] = Counter()  # by owner, of those that are not given up
        self._lost: Counter[object] = Counter()  # by owner, given up and not returned
        self._threads = self._starting = self._idle = self._named = 0

    @property
    def exhausted(self) -> bool:
        """Whether there is no thread left for work, nor may there be another one."""
        with self._lock:
            return self._threads >= self._ceiling and not self._idle and self._lost.total() > 0

    def busy(self) -> list[tuple[str, int]]:
        """The names of owners with the number of threads that each holds, the largest first."""
        with self._lock:
            held: Counter[str] = Counter()
            for key, number in (self._running + self._lost).items():
                held[key[0] if isinstance(key, tuple) else str(key)] += number
        return held.most_common()

    async def run(self, work: Callable[[], T], job: Job | None = None) -> T:
        """What `work` returns or raises, in the context of the caller; raises Stuck.

        Whoever is cancelled while waiting does not wait any more; work that has not begun by then is not done.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        context = copy_context()
        job = job or Job()

        def finish(outcome: T | None, fault: BaseException | None) -> None:
            if done.done():
                return
            if fault is None:
                done.set_result(outcome)  # type: ignore[arg-type]
            else:
                done.set_exception(fault)

        def run() -> Callable[[], None]:
            outcome: T | None = None
            fault: BaseException | None = None
            if not done.cancelled():
                try:
                    outcome = context.run(work)
                except StopIteration as error:  # a future cannot hold it
                    fault = RuntimeError(f"StopIteration: {error}")
                except BaseException as error:
                    fault = error

            def deliver() -> None:
                with suppress(RuntimeError):  # the loop has ended: nobody waits
                    loop.call_soon_threadsafe(finish, outcome, fault)

            return deliver

        job.run = run
        self._take(job)
        try:
            return await done
        except asyncio.CancelledError:
            self._give_up(job)
            raise

    def _take(self, job: Job) -> None:
        with self._lock:
            if self._lost[job.key] >= self._lost_most:
                raise Stuck(job.name, self._lost[job.key])
            self._waiting.append(job)
            self._provide()

    def _give_up(self, job: Job) -> None:
        """Notes that nobody waits for a job any more."""
        with self._lock:
            if job.state == WAITING:
                self._waiting.remove(job)
            elif job.state == BEGUN:
                job.state = GIVEN_UP
                _less(self._running, job.key)
                self._lost[job.key] += 1
                self._provide()

    def _provide(self) -> None:
        """Sees to it that somebody takes what can be begun: wakes a thread, or begins one. To be called with the lock."""
        ready = self._ready()
        if not ready:
            return
        if self._idle:
            self._lock.notify()
        elif self._threads < self._ceiling and (
            self._threads - self._lost.total() < self._most
            # One that is starting may be for this very owner: it looks again once it has taken its work.
            or not (self._starting or self._running[ready.key] or self._lost[ready.key])
        ):
            self._threads += 1
            self._starting += 1
            self._named += 1
            threading.Thread(target=self._serve, name=f"{self._name}-{self._named}", daemon=True).start()

    def _ready(self) -> Job | None:
        """The first job that waits whose owner may have one more thread."""
        return next((job for job in self._waiting if self._running[job.key] < self._share), None)

    def _serve(self) -> None:
        with self._lock:
            self._starting -= 1
            self._idle += 1
        while True:
            with self._lock:
                while not (job := self._ready()):
                    self._lock.wait()
                self._idle -= 1
                self._waiting.remove(job)
                job.state = BEGUN
                self._running[job.key] += 1
                self._provide()
            deliver = job.run()
            with self._lock:
                _less(self._running if job.state == BEGUN else self._lost, job.key)
                job.state = ENDED
                leaves = self._threads - self._lost.total() > self._most  # another has taken its place
                if leaves:
                    self._threads -= 1
                    self._provide()
                else:
                    self._idle += 1
            deliver()  # only now: whoever waited for it finds this thread free
            del job, deliver  # what they hold is not needed while the next job is waited for
            if leaves:
                return


def _less(counter: Counter[object], key: object) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
