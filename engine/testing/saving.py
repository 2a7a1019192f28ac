"""Writes calls into script files: new ones, or behind the calls that are there."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from engine.document.folder import read_regular


def script_text(path: Path) -> str:
    """The text of a script file; raises OSError, UnicodeDecodeError."""
    return read_regular(path).decode("utf-8")


def write_script(path: Path, change: Callable[[str], str]) -> None:
    """Changes the text of a file, of which only what differs at its end is touched: a full disk takes no call away, nor does
    another telephone that saves there at the same time."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b") as file:
        _lock(file)
        before = file.read().decode("utf-8")
        text, kept = change(before), before.rstrip()
        if not text.startswith(kept):
            kept = ""
        file.seek(len(kept.encode()))
        file.write(text[len(kept) :].encode())
        file.truncate()


def _lock(file: IO[bytes]) -> None:
    """Waits until nobody else writes to the file, where the system knows how."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return
    with suppress(OSError):  # nor on every file system
        fcntl.flock(file, fcntl.LOCK_EX)
