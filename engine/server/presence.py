"""The note that `touchtone dev` leaves beside its flows, by which `touchtone phone` finds the server that runs here."""

import json
import os
import socket
import stat
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from engine.model.flow import Flow
from engine.server.settings import Settings

LARGEST = 1024 * 1024  # bytes of a note that are read
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOCKS = sys.platform != "win32"
_TRIES = 3  # whoever looks at the note holds it for a moment


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers for the flows of a folder on this machine.

    `url` is its loopback address, `public_url` the one that signatures are judged by ("" for the same), `flows` the channels of
    each flow, `sends` whether texts are really sent; `held` are the files that are not live as they are saved, each with a sentence
    that says so.
    """

    url: str
    public_url: str
    flows: Mapping[str, Sequence[str]]
    sends: bool
    held: Mapping[str, str] = field(default_factory=dict)


def local_url(settings: Settings, port: int) -> str:
    """The address of a server that listens on `port`, as this machine reaches it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(settings.host, settings.host)
    return f"http://{host}:{port}"


def note_of(folder: Path) -> Path:
    """Where the note about a folder of flows lies."""
    place = folder.resolve()
    return place.parent / ".touchtone" / f"dev-{place.name}.json"


class Presence:
    """Keeps the note of a server while it runs: the file is locked, so that one left behind by a crash is known as such.

    `address` is a loopback address; of another one nothing is written. That the note cannot be written is no reason to stop.
    """

    def __init__(self, folder: Path, address: str, public_url: str = "", *, sends: bool = False) -> None:
        self._path, self._file = note_of(folder), -1
        self._about = {"url": address, "public_url": public_url, "sends": sends, "pid": os.getpid()}
        if urlsplit(address).hostname in LOOPBACK:
            with suppress(OSError):
                self._path.parent.mkdir(exist_ok=True)
                self._file = _locked(self._path)

    @classmethod
    def of(cls, folder: Path, settings: Settings, port: int, *, follow: bool) -> "Presence":
        """The note of a server that listens on `port`; only one that follows its files (`dev`) leaves one."""
        return cls(
            folder,
            local_url(settings, port) if follow else "",
            settings.public_url,
            sends=settings.sends and not settings.twilio_api,
        )

    def show(self, flows: Mapping[str, Flow], held: Mapping[str, str] = MappingProxyType({})) -> None:
        """Says which flows are served now, with the channels of each, and which files are not live as they are saved, and why."""
        if self._file < 0:
            return
        served = {name: flow.channels for name, flow in flows.items()}
        text = json.dumps({**self._about, "flows": served, "held": dict(held)})
        with suppress(OSError):
            os.lseek(self._file, 0, os.SEEK_SET)
            os.ftruncate(self._file, os.write(self._file, text.encode()))

    def close(self) -> None:
        """Takes the note away."""
        if self._file < 0:
            return
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = -1


def running(folder: Path) -> Running | None:
    """The server that runs for the flows of a folder on this machine; None if there is none."""
    try:
        file = opened(note_of(folder), os.O_RDONLY)
    except OSError:
        return None
    try:
        held = not _lock(file, shared=True)
        found = _read(os.read(file, LARGEST)) if held else None  # what nobody holds is of a server that is gone
    finally:
        os.close(file)
    return found if found is not None and (LOCKS or _answers(found.url)) else None


def opened(path: Path, flags: int) -> int:
    """The file, never one that a link leads to, a pipe, or somebody else's; raises OSError for these.

    In a folder that others may write to, a link would have another file written over, and a note of theirs would have a
    telephone sign requests for them.
    """
    for flag in ("O_NOFOLLOW", "O_NONBLOCK"):  # Windows has neither
        flags |= getattr(os, flag, 0)
    file = os.open(path, flags, 0o600)
    state = os.fstat(file)
    if not stat.S_ISREG(state.st_mode) or (sys.platform != "win32" and state.st_uid != os.geteuid()):
        os.close(file)
        raise PermissionError(f"{path} is no file of this user")
    return file


def _locked(path: Path) -> int:
    """The file, opened and held; raises OSError if another server holds it."""
    for _ in range(_TRIES):
        file = opened(path, os.O_RDWR | os.O_CREAT)
        try:
            # A server that ends takes its note away: what was opened before may lie there no more.
            if _lock(file) and (not LOCKS or os.path.samestat(os.fstat(file), os.stat(path))):
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(file)
            raise
        os.close(file)
        time.sleep(0.05)
    raise BlockingIOError(f"{path} is held by another server")


def _lock(file: int, *, shared: bool = False) -> bool:
    """Whether the file is held now: until it is closed, also by a crash. Where the system knows no locks it always is."""
    if sys.platform == "win32":
        return not shared
    import fcntl

    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _read(text: bytes) -> Running | None:
    """The note in a file; None if it is none, or names an address that is not of this machine."""
    try:
        told: Any = json.loads(text)
        found = Running(
            str(told["url"]),
            str(told["public_url"]),
            {str(name): tuple(map(str, channels)) for name, channels in told["flows"].items()},
            bool(told["sends"]),
            {str(file): str(why) for file, why in told["held"].items()},
        )
        host = urlsplit(found.url).hostname
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return found if host in LOOPBACK else None


def _answers(url: str) -> bool:
    """Whether somebody listens there."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), 0.3):
            return True
    except OSError:
        return False
