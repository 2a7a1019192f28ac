"""Tells at once which files of a folder were touched, where the system can tell; else why it cannot."""

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from watchfiles import awatch

from engine.document.snapshot import matters

STROKE_MS = 20  # editors save in several strokes; this long without one is a save
LONGEST_MS = 300
AGAIN_SECONDS = 30.0  # after which notification is tried again where it failed

# File systems whose files are written by other machines, or by the host of this one: nobody notifies us of that.
REMOTE = {
    *("nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "gpfs"),
    *(
        "beegfs",
        "9p",
        "v9fs",
        "virtiofs",
        "vboxsf",
        "vmhgfs",
        "prl_fs",
        "drvfs",
        "wslfs",
        "osxfs",
        "fakeowner",
        "fuseblk",
    ),
}

log = logging.getLogger("touchtone")


def why_polling(folder: Path, environ: Mapping[str, str], mounts: str) -> str:
    """Why notification is of no use for a folder, in a few words; "" if it is.

    `mounts` is the text of `/proc/self/mountinfo` (proc(5)), "" where there is none. `WATCHFILES_FORCE_POLLING` is read as the
    library watchfiles reads it.
    """
    forced = environ.get("WATCHFILES_FORCE_POLLING", "").lower()
    if forced and forced not in ("false", "disable", "disabled"):
        return "WATCHFILES_FORCE_POLLING is set"
    kind = _file_system(os.path.realpath(folder), mounts)
    return f"{kind} does not report changes" if kind in REMOTE or kind.startswith("fuse.") else ""


def read_mounts() -> str:
    """The file systems of this machine, as `why_polling` takes them."""
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _file_system(path: str, mounts: str) -> str:
    """The type of the file system that holds a path; the last of those mounted at the longest fitting place."""
    found, longest = "", -1
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        place = fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\").rstrip("/")
        if (path == place or path.startswith(f"{place}/")) and len(place) >= longest:
            found, longest = right.split(" ", 1)[0], len(place)
    return found


class Notifier:
    """Waits for files of a folder to be touched.

    `polling` says why nobody tells of that, "" while somebody does; it is logged once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._touched: set[str] = set()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._again = 0.0  # before this time of the loop notification is not tried again
        self._told = False
        self._useless = why_polling(folder, os.environ, read_mounts())
        self.polling = self._useless

    async def start(self) -> None:
        """Watches the folder that stands there now; to be called again when another one took its place."""
        await self.stop()
        if self.polling:
            self._tell()
        if not self._useless:
            self._task = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        """Ends the watch."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def wait(self, seconds: float) -> frozenset[str]:
        """The names of the files that were touched since the last time, when there are any or the time is over."""
        with suppress(TimeoutError):
            # Not `wait_for`: in Python 3.11 it takes no notice of being cancelled while news comes.
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._news.clear()
        touched = frozenset(self._touched)
        self._touched.clear()
        if self._task is not None and self._task.done() and asyncio.get_running_loop().time() > self._again:
            await self.start()
        return touched

    async def _watch(self) -> None:
        try:
            async for seen in awatch(
                self._folder,
                watch_filter=None,
                step=STROKE_MS,
                debounce=LONGEST_MS,
                recursive=False,
                force_polling=False,
            ):
                self.polling = ""
                self._touched.update(name for _, path in seen if matters(name := Path(path).name))
                self._news.set()
        except FileNotFoundError:  # whoever looks sees that the folder is gone
            return
        except Exception as error:  # such as the limit of inotify(7); of which type is not documented
            self.polling = " ".join(str(error).split()) or type(error).__name__
            self._again = asyncio.get_running_loop().time() + AGAIN_SECONDS
            self._tell()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            log.info("files in %s are checked several times a second: %s", self._folder, self.polling)
