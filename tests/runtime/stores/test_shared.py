"""Several processes, threads and event loops use one place at a time, and some of them die in the middle of it."""

import asyncio
import signal
import sqlite3
from contextlib import closing
from threading import Thread


def test_two_threads_with_a_loop_each_share_the_place(shared, plays):
    async def story():
        async with shared.open() as store:
            for _ in range(50):
                await asyncio.gather(store.turn("call:1", plays.count), store.turn("call:1", plays.count))

    threads = [Thread(target=lambda: asyncio.run(story())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asyncio.run(shared.counted()) == 200


def test_processes_that_count_on_one_key_lose_nothing(shared):
    """They also open, and where it is a file make, the place at the same time."""
    processes = [shared.counting("call:1", 100, 5) for _ in range(3)]
    numbers = [int(line) for process in processes for line in process.communicate(timeout=60)[0].split()]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(numbers) == list(range(1, 1501)), "no two turns gave the same number"
    assert asyncio.run(shared.counted()) == 1500


def test_a_killed_process_loses_no_acknowledged_turn(shared, plays, tmp_path):
    other = shared.counting("call:2", 200, 1)
    victim = shared.counting("call:1", 1_000_000, 3)
    acknowledged = 0
    with victim.stdout:
        while acknowledged < 1000:
            acknowledged = int(victim.stdout.readline())
        victim.send_signal(signal.SIGKILL)
        rest = victim.stdout.read().splitlines(keepends=True)
    assert victim.wait() == -signal.SIGKILL
    acknowledged = max([acknowledged, *[int(line) for line in rest if line.endswith("\n")]])
    other.communicate(timeout=60)
    assert other.returncode == 0
    if shared.kind == "sqlite":
        with closing(sqlite3.connect(tmp_path / "calls.sqlite")) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    async def story():
        async with shared.open() as store:
            session = await store.turn("call:1", plays.look)
            assert session.variables["n"] >= acknowledged
            assert session.variables["n"] <= acknowledged + 3, "nothing was played twice"
            assert await store.turn("call:2", plays.count) == 201

    asyncio.run(story())


def test_a_turn_that_was_overtaken_is_played_again_with_the_newer_session(shared, plays):
    """Between reading and writing another store writes: what play gave the first time counts for nothing."""
    played = []

    async def story():
        async with shared.open() as one, shared.open() as other:

            def overtaken(before):
                played.append(before)
                if len(played) == 1 and shared.kind != "sqlite":  # which lets nobody write meanwhile
                    Thread(target=lambda: asyncio.run(meanwhile())).start()
                    arrived.acquire()
                return plays.count(before)

            async def meanwhile():
                async with shared.open() as third:
                    await third.turn("call:1", plays.count)
                arrived.release()

            assert await other.turn("call:1", plays.count) == 1
            number = await one.turn("call:1", overtaken)
            assert (number, len(played)) == ((2, 1) if shared.kind == "sqlite" else (3, 2))
            assert (await other.turn("call:1", plays.look)).variables == {"n": number}

    from threading import Semaphore

    arrived = Semaphore(0)
    asyncio.run(story())
