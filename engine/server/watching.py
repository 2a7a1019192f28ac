"""Tells when flow files were saved."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import Change, awatch

from engine.document.folder import FUNCTIONS

SETTLED_MS = 50  # editors save in several strokes; this long without one is a save
LONGEST_MS = 300
LOOK_MS = 1_000  # a folder that was put in another's place says nothing by itself: so often it is looked at


def is_flow_file(_: Change, path: str) -> bool:
    """Whether a changed path may matter to flows: editors' backup and swap files do not."""
    return Path(path).suffix in (".yaml", ".po") or Path(path).name == FUNCTIONS


async def changes(folder: Path, look_ms: int = LOOK_MS) -> AsyncIterator[None]:
    """Yields after each save in the folder, and when it vanishes or comes back; never ends by itself.

    The folder itself is watched, for editors that save by renaming.
    """
    unread = False  # whether what stands there now was never told of
    while True:
        try:
            # Held open: a folder that is deleted would give its number to the next one made, and look the same.
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            # Nothing can be watched: its parent may be gone as well.
            unread = True
            await asyncio.sleep(look_ms / 1000)
            continue
        try:
            watched = _identity(held)
            async for seen in awatch(
                folder,
                watch_filter=is_flow_file,
                step=SETTLED_MS,
                debounce=LONGEST_MS,
                rust_timeout=look_ms,
                yield_on_timeout=True,
                recursive=False,
            ):
                here = _identity(folder)
                if here != watched:
                    if here is None:
                        yield
                    unread = True  # told of once it is watched: what is saved meanwhile must not be missed
                    break
                if seen or unread:
                    unread = False
                    yield
        except FileNotFoundError:  # it vanished between two looks
            continue
        finally:
            os.close(held)


def _identity(folder: Path | int) -> tuple[int, int] | None:
    """What tells a folder, by its path or open, from another one in its place; None if there is none."""
    try:
        state = os.stat(folder)
    except OSError:
        return None
    return state.st_dev, state.st_ino
