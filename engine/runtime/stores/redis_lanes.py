"""Shares rounds to Redis among the turns of a moment, and tries again what may yet work."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import random
from typing import NamedTuple, TypeVar

from engine.runtime.stores.contract import PATIENCE, StoreBusy, StoreError
from engine.runtime.stores.redis_address import Address
from engine.runtime.stores.redis_client import Client
from engine.runtime.stores.redis_faults import AWAY, LOST, trouble
from engine.runtime.stores.redis_script import Found, Step

R = TypeVar("R")

ROUND = 64
"""So many steps share a round at most: while their script runs, the server does nothing else."""
ROUND_SIZE = 1024 * 1024
"""So many characters of sessions are written in a round, but for what the last of them adds."""


class Waiting(NamedTuple):
    """A step that was asked for, and the time of the event loop until which it is tried."""

    step: Step
    until: float
    future: "asyncio.Future[Found | None]"


class Lanes:
    """A queue in front of each server: what is asked for in one tick of the event loop, or while a round is under way, goes together."""

    def __init__(self, client: Client, address: Address) -> None:
        self._client, self._address = client, address
        self._lanes: dict[str, deque[Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, step: Step, until: float) -> "asyncio.Future[Found | None]":
        """What came of a step: None when it was written. The future raises StoreBusy or StoreError."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Found | None] = loop.create_future()
        name = self._client.lane(step.key)
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = deque()
            task = loop.create_task(self._work(name, lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        lane.append(Waiting(step, until, future))
        return future

    async def probe(self, step: Step, patience: float = 0.0) -> None:
        """Plays a step; raises StoreError if that cannot be done now. A server that is there is waited for so many seconds."""
        until, tries = asyncio.get_running_loop().time() + patience, 0
        while True:
            try:
                await self._client.start()
                (answer,) = await self._client.play([step])
            except Exception as fault:
                answer = fault
            if not isinstance(answer, Exception):
                return
            passing, why = trouble(answer)
            if not passing or why.startswith((AWAY, LOST)) or asyncio.get_running_loop().time() >= until:
                break
            tries += 1
            await asyncio.sleep(pause(tries))
        hint = ""
        if passing and self._address.tls:
            hint = " (does it speak TLS?)"
        elif why == LOST:
            hint = " (does it want TLS, as rediss://?)"
        text = str(self.broken(False, why + hint))
        raise StoreBusy(text) if passing else StoreError(text)

    async def patiently(self, work: Callable[[], Awaitable[R]]) -> R:
        """What `work` gives, tried again while it may yet work; it must do no harm twice. Raises StoreBusy or StoreError."""
        until, tries = asyncio.get_running_loop().time() + PATIENCE, 0
        while True:
            try:
                return await work()
            except Exception as fault:
                passing, why = trouble(fault)
                if not passing or asyncio.get_running_loop().time() > until:
                    raise self.broken(passing, why) from None
            tries += 1
            await asyncio.sleep(pause(tries))
            await self._renew()

    async def drain(self) -> None:
        """Returns when nothing waits any more: everything is done or given up."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _work(self, name: str, lane: deque[Waiting]) -> None:
        """Plays rounds until the lane is empty."""
        tries = 0
        while lane:
            some = _round_of(lane)
            if not some:
                continue
            again = await self._round(some, pause(tries))
            tries = tries + 1 if again else 0
            if again:
                lane.extendleft(reversed(again))
                await asyncio.sleep(pause(tries))
                await self._renew()
        del self._lanes[name]

    async def _round(self, some: list[Waiting], rest: float) -> list[Waiting]:
        """Tells everybody what came of their steps, but those whose steps are to be tried again."""
        try:
            answers = await self._client.play([one.step for one in some])
        except Exception as fault:
            answers = [fault] * len(some)
        if len(answers) != len(some):
            answers = [ValueError("it does not answer as a Redis does")] * len(some)
        last = asyncio.get_running_loop().time() + rest
        again = []
        for one, answer in zip(some, answers, strict=True):
            if one.future.done():
                continue
            if not isinstance(answer, Exception):
                one.future.set_result(answer)
                continue
            passing, why = trouble(answer)
            if passing and last < one.until:
                again.append(one)
            else:
                one.future.set_exception(self.broken(passing, why))
        return again

    async def _renew(self) -> None:
        with suppress(Exception):  # the next round will meet it again, and tell those who wait
            await self._client.renew()

    def broken(self, passing: bool, why: str) -> StoreError:
        """The exception for one who asked: shared by several, its traceback would grow with each."""
        if passing:
            return StoreBusy(f"`{self._address}` could not be used for {PATIENCE:g} seconds: {why}")
        return StoreError(f"sessions cannot be kept in `{self._address}`: {why}")


def _round_of(lane: deque[Waiting]) -> list[Waiting]:
    """The next steps that go together, without those of whoever has gone away."""
    some: list[Waiting] = []
    size = 0
    while lane and len(some) < ROUND and size < ROUND_SIZE:
        one = lane.popleft()
        if not one.future.done():
            some.append(one)
            size += len(one.step.text)
    return some


def pause(tries: int) -> float:
    """Seconds until the next try after so many in vain: 10 ms, up to a quarter of a second; never in step with others."""
    return min(0.01 * 1.6**tries, 0.25) * (0.5 + random() / 2)
