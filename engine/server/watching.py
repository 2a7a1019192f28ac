"""Tells when flow files were saved."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import Change, awatch

SETTLED_MS = 50  # editors save in several strokes; this long without one is a save
LONGEST_MS = 300
LOOK_MS = 1_000  # a folder that was put in another's place says nothing by itself: so often it is looked at


def is_flow_file(_: Change, path: str) -> bool:
    """Whether a changed path may matter to flows: editors' backup and swap files do not."""
    return Path(path).suffix == ".yaml"


async def changes(folder: Path, look_ms: int = LOOK_MS) -> AsyncIterator[None]:
    """Yields after each save in the folder, and when it vanishes or comes back; never ends by itself.

    The folder itself is watched, for editors that save by renaming.
    """
    while True:
        watched = _identity(folder)
        if watched is None:
            # Nothing can be watched: its parent may be gone as well.
            await asyncio.sleep(look_ms / 1000)
            if _identity(folder) is not None:
                yield
            continue
        try:
            async for seen in awatch(
                folder,
                watch_filter=is_flow_file,
                step=SETTLED_MS,
                debounce=LONGEST_MS,
                rust_timeout=look_ms,
                yield_on_timeout=True,
                recursive=False,
            ):
                replaced = _identity(folder) != watched
                if seen or replaced:
                    yield
                if replaced:
                    break
        except FileNotFoundError:  # it vanished between two looks
            continue


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one in its place; None if there is none."""
    try:
        state = folder.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino
