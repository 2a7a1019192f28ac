"""Tells when flow files were saved."""

from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import Change, awatch

SETTLED_MS = 50  # editors save in several strokes; this long without one is a save
LONGEST_MS = 300


def is_flow_file(_: Change, path: str) -> bool:
    """Whether a changed path may matter to flows: editors' backup and swap files do not."""
    return Path(path).suffix == ".yaml"


async def changes(folder: Path) -> AsyncIterator[None]:
    """Yields after each save in the folder. The folder itself is watched, for editors that save by renaming."""
    async for _ in awatch(folder, watch_filter=is_flow_file, step=SETTLED_MS, debounce=LONGEST_MS, recursive=False):
        yield
