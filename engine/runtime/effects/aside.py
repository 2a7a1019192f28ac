"""Loops in threads of their own, for coroutines that nobody vouches for: one that blocks holds up others of its kind, not the calls."""

import asyncio
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import FrameType
from typing import NamedTuple, TypeVar

from engine.runtime.effects.workers import BEGUN, WAITING, Job, Stuck

T = TypeVar("T")

STUCK = 2.0  # seconds after which a loop that has not begun its work is believed to be blocked
PING = 0.1  # seconds in which a loop answers that is not
BLOCKED_MOST = 4  # loops that coroutines of one owner may block; then they are refused
LOOPS_MOST = 32


class Blocker(NamedTuple):
    """The job that holds up a loop, and the frame in which it does."""

    job: Job
    frame: FrameType


class Attempt:
    """One try to begin a job in a loop; `moved` once another loop has it."""

    __slots__ = ("moved",)

    def __init__(self) -> None:
        self.moved = False


class Aside:
    """Runs coroutines beside the server. All share one loop, as the connections that they keep from call to call must.

    A loop that is held up by a coroutine which does not give way is left to it, and another loop takes its place: work that was
    not begun is begun there. Coroutines whose owner blocks BLOCKED_MOST loops are refused.
    """

    __slots__ = ("_blocked", "_lock", "_loop", "_loops", "_name", "_threads")

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads: dict[asyncio.AbstractEventLoop, threading.Thread] = {}
        self._blocked: Counter[object] = Counter()  # loops by owner

    @property
    def exhausted(self) -> bool:
        """Whether the loop may be blocked, and no other one may take its place."""
        return len(self._threads) >= LOOPS_MOST

    def blockers(self) -> list[str]:
        """The names of owners whose coroutines block loops now, those that block most first."""
        with self._lock:
            keys = [key for key, number in self._blocked.most_common() if number and key is not None]
        return [str(key[0] if isinstance(key, tuple) else key) for key in keys]

    async def run(self, work: Callable[[], Awaitable[T]], job: Job | None = None) -> T:
        """What `work` comes to or raises, in the context of the caller; raises Stuck. Whoever is cancelled while waiting cancels it."""
        job = job or Job()
        while True:
            if self._blocked[job.key] >= BLOCKED_MOST:  # also by those that were asked for at the same time
                raise Stuck(job.name, self._blocked[job.key])
            loop = self._loop = self._loop or self._begin()
            attempt = Attempt()
            going = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._do(work, job, attempt), loop))
            try:
                if job.state == WAITING:
                    await asyncio.wait({going}, timeout=STUCK)
                if job.state == WAITING and not self.exhausted and not (self._loop is loop and await _answers(loop)):
                    self._leave(loop)
                    with self._lock:
                        attempt.moved = job.state == WAITING
                    if attempt.moved:
                        going.cancel()
                        continue
                return await going
            except asyncio.CancelledError:
                going.cancel()
                raise

    async def blocker(self) -> Blocker | None:
        """The coroutine that holds up the loop now, which is left to it; None if the loop answers."""
        loop = self._loop
        if loop is None or await _answers(loop):
            return None
        return self._leave(loop)

    async def _do(self, work: Callable[[], Awaitable[T]], job: Job, attempt: Attempt) -> T:
        with self._lock:
            if attempt.moved:
                raise asyncio.CancelledError
            job.state = BEGUN
        return await work()

    def _begin(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_serve, args=(loop,), name=self._name, daemon=True)
        self._threads[loop] = thread
        thread.start()
        return loop

    def _leave(self, loop: asyncio.AbstractEventLoop) -> Blocker | None:
        """Leaves a loop to what blocks it; once it answers again it ends when its work is done."""
        if self._loop is not loop:
            return None
        found = _running(self._threads[loop])
        if self.exhausted:
            return found
        self._loop = None
        key = found.job.key if found else None
        with self._lock:
            self._blocked[key] += 1
        with suppress(RuntimeError):
            asyncio.run_coroutine_threadsafe(self._retire(loop, key), loop)
        return found

    async def _retire(self, loop: asyncio.AbstractEventLoop, key: object) -> None:
        """Ends a loop that answers again."""
        with self._lock:
            self._blocked[key] -= 1
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others)
        self._threads.pop(loop, None)
        loop.stop()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


async def _answers(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a loop in another thread does anything within PING seconds."""

    async def nothing() -> None:
        pass

    ping = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(nothing(), loop))
    await asyncio.wait({ping}, timeout=PING)
    return ping.done() or not ping.cancel()


def _running(thread: threading.Thread) -> Blocker | None:
    """The job whose coroutine a loop runs at this moment."""
    innermost = frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        if frame.f_code is Aside._do.__code__:
            assert innermost is not None, "a frame was found"
            return Blocker(frame.f_locals["job"], innermost)
        frame = frame.f_back
    return None
