"""The value of the page's cookie, kept from one start of `touchtone dev` to the next, so that an open page can reconnect."""

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from engine.server.presence import note_of, opened

KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def kept_key(folder: Path) -> str:
    """The key of a folder of flows: from a file that only its owner can read, else a new one, which is written there if possible."""
    path = note_of(folder).parent / "page.key"
    with suppress(OSError):
        file = opened(path, os.O_RDONLY)
        try:
            closed = not stat.S_IMODE(os.fstat(file).st_mode) & 0o077
            found = os.read(file, 100).decode("ascii", "replace").strip()
        finally:
            os.close(file)
        if closed and KEY.fullmatch(found):
            return found
    key = secrets.token_urlsafe(32)
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        file = opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            os.write(file, key.encode())
        finally:
            os.close(file)
    return key
