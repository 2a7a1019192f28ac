"""Threads for what blocks: bounded, used again, and no burden when the server stops."""

import asyncio
import subprocess
import sys
import threading

import pytest

from engine.runtime.effects.workers import Workers


def test_what_is_returned_and_what_is_raised_comes_back():
    async def play():
        workers = Workers(2, "test")
        with pytest.raises(ZeroDivisionError):
            await workers.run(lambda: 1 // 0)
        return await workers.run(lambda: 5)

    assert asyncio.run(play()) == 5


def test_no_more_threads_than_there_may_be_and_each_is_used_again():
    names: set[str] = set()

    async def play():
        workers = Workers(3, "test")
        gate = threading.Barrier(3, timeout=5)

        def work():
            names.add(threading.current_thread().name)
            gate.wait()  # three are at work at once, or nobody gets on

        await asyncio.gather(*(workers.run(work) for _ in range(12)))

    asyncio.run(play())
    assert names == {"test-1", "test-2", "test-3"}


def test_threads_that_have_not_started_yet_are_counted(monkeypatch):
    """Whoever asks twelve times before the first thread runs gets three threads, not twelve."""
    begun: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", lambda thread: begun.append(thread))

    async def play():
        workers = Workers(3, "test", ceiling=12)
        asked = [asyncio.create_task(workers.run(int)) for _ in range(12)]
        await asyncio.sleep(0)
        assert [thread.name for thread in begun] == ["test-1", "test-2", "test-3"]
        monkeypatch.undo()
        for thread in begun:
            thread.start()
        assert await asyncio.gather(*asked) == [0] * 12

    asyncio.run(play())


def test_one_after_another_needs_one_thread():
    async def play():
        workers = Workers(8, "test")
        return {await workers.run(lambda: threading.current_thread().name) for _ in range(20)}

    assert asyncio.run(play()) == {"test-1"}


def test_work_that_nobody_waits_for_any_more_is_not_begun():
    done: list[str] = []

    async def play():
        workers = Workers(1, "test")
        gate = threading.Event()
        first = asyncio.ensure_future(workers.run(gate.wait))
        second = asyncio.ensure_future(workers.run(lambda: done.append("second")))
        await asyncio.sleep(0)
        second.cancel()
        gate.set()
        await first
        await workers.run(lambda: done.append("third"))

    asyncio.run(play())
    assert done == ["third"]


def test_a_thread_that_never_ends_does_not_keep_the_process():
    """As `ThreadPoolExecutor` would: it waits for its threads when Python ends."""
    program = """
import asyncio, threading
from engine.runtime.effects.workers import Workers

async def play():
    try:
        async with asyncio.timeout(0.1):
            await Workers(1, "test").run(threading.Event().wait)
    except TimeoutError:
        print("left")

asyncio.run(play())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "left\n"
