"""Tells when flow files were saved."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from engine.document.snapshot import FOLDER, Snapshot, take_snapshot
from engine.server.notifying import LONGEST_MS, Notifier
from engine.server.steady import Steady

LOOK_MS = 1_000  # what nobody tells of, such as another folder in the place of this one, is found by looking so often
POLL_MS = 300  # and so often where nobody tells of saves: behind links, on network file systems
SETTLED_MS = 50  # without a change, after which a change that nobody told of is whole
HELD_MS = 100  # and so often while a file is in question


async def changes(folder: Path, look_ms: int = LOOK_MS, *, since: Snapshot | None = None) -> AsyncIterator[Snapshot]:
    """Yields after each save in the folder what is to be believed of it: a file in question counts as it was.

    `since` is what was seen of it before it was read; without it what is saved from the first wait on is told.
    What links lead to is followed. It also yields when the folder itself vanishes or comes back, and never ends by itself.
    """
    steady = Steady(take_snapshot(folder) if since is None else since)
    notifier = Notifier(folder)
    await notifier.start()
    try:
        while True:
            links = any(stamp.linked for stamp in steady.believed.values())
            pause = HELD_MS if steady.held else POLL_MS if links or notifier.polling else LOOK_MS
            touched = await notifier.wait(min(pause, look_ms) / 1000)
            now = await asyncio.to_thread(take_snapshot, folder)
            if not touched and now != steady.believed:
                now = await _settled(folder, now)
            if now.get(FOLDER) != steady.believed.get(FOLDER):
                await notifier.start()
            if steady.look(now, touched, asyncio.get_running_loop().time()):
                yield steady.believed
    finally:
        await notifier.stop()


async def _settled(folder: Path, now: Snapshot) -> Snapshot:
    """What is there once nothing has changed for a moment, or after the longest time of waiting for that."""
    for _ in range(LONGEST_MS // SETTLED_MS):
        before = now
        await asyncio.sleep(SETTLED_MS / 1000)
        now = await asyncio.to_thread(take_snapshot, folder)
        if now == before:
            break
    return now
