"""Tells the state of each file of a folder of flows without reading it, wherever links lead."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine.document.folder import AUDIO, FUNCTIONS

FOLDER = ""  # the folder itself, among the names of its files


class Stamp(NamedTuple):
    """What differs as soon as a file was written or replaced; `size` is in bytes, 0 for the folder of flows itself."""

    device: int
    inode: int
    size: int
    modified: int = 0  # nanoseconds, as the file system tells them
    changed: int = 0
    linked: bool = False  # whether a link leads to it


Snapshot = Mapping[str, Stamp]

SHRUNK = 0.75  # of its size before: a file with less than that may be cut off, and the rest on its way


def is_gone(before: Stamp | None, now: Stamp | None) -> bool:
    """Whether a file is missing or empty, and was not so before."""
    return before != now and (now is None or (now.size == 0 and bool(now.modified)))


def has_shrunk(before: Stamp | None, now: Stamp | None) -> bool:
    """Whether a file is a good deal smaller than before."""
    return before is not None and now is not None and now.size < before.size * SHRUNK


def matters(name: str) -> bool:
    """Whether a file of that name may change the flows: editors' swap files, backups and lock links do not."""
    return name == FUNCTIONS or (name.lower().endswith((".yaml", ".yml", ".po")) and not name.startswith("."))


def take_snapshot(folder: Path) -> Snapshot:
    """The stamp of every file that matters, by name, and of the folder under FOLDER; empty if there is no folder.

    That of the folder `audio` differs when a recording comes or goes.

    Links are followed to the file that is read in the end. A link to nothing counts as an empty file.
    """
    stamps: dict[str, Stamp] = {}
    try:
        here = os.stat(folder)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == AUDIO:
                    with suppress(OSError):
                        state = entry.stat()
                        stamps[AUDIO] = Stamp(state.st_dev, state.st_ino, 1, state.st_mtime_ns)
                elif matters(entry.name):
                    try:
                        state = entry.stat()
                    except OSError:
                        with suppress(OSError):
                            stamps[entry.name] = _leading_nowhere(entry.stat(follow_symlinks=False))
                        continue
                    stamps[entry.name] = Stamp(
                        state.st_dev,
                        state.st_ino,
                        state.st_size,
                        state.st_mtime_ns,
                        state.st_ctime_ns,
                        entry.is_symlink(),
                    )
    except OSError:
        return {}
    stamps[FOLDER] = Stamp(here.st_dev, here.st_ino, 0, linked=folder.is_symlink())
    return stamps


def _leading_nowhere(link: os.stat_result) -> Stamp:
    """The stamp of a link to nothing, or of a file that nobody may look at."""
    return Stamp(link.st_dev, link.st_ino, 0, link.st_mtime_ns, link.st_ctime_ns, linked=True)
