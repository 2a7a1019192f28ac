"""The recordings of a Twilio account: which there are, their audio, and how they are deleted.

Twilio, "Recordings resource".
"""

import base64
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from engine.account.client import Credentials
from engine.account.errors import sid_of
from engine.account.fetching import PORTS, Exchange, FetchError, opened

if TYPE_CHECKING:
    from twilio.rest import Client

SID = re.compile(r"RE[0-9a-f]{32}")
FORMATS = ("wav", "mp3")
LARGEST = 1024 * 1024 * 1024  # bytes of a recording: four hours on two channels are 460 MB
SECONDS = 20.0  # without a byte
WHOLE_SECONDS = 3600.0  # for all of it
HOPS = 4  # redirects to where the audio is kept
_PIECE = 64 * 1024
_API = "https://api.twilio.com"
_ELSEWHERE = (301, 302, 303, 307, 308)


class RecordingError(Exception):
    """A recording cannot be fetched: one sentence that says why, and where one is known a line with the fix."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording: when it was made (None if Twilio does not say), its `seconds` (None until it is finished), and its call."""

    sid: str
    at: datetime | None
    seconds: int | None
    call: str
    status: str = ""


def list_recordings(client: "Client", *, call: str = "", most: int = 50) -> tuple[Recording, ...]:
    """The newest recordings, or those of a call. Raises what the `twilio` client raises."""
    options: dict[str, Any] = {"call_sid": call} if call else {}
    return tuple(_read(one) for one in client.recordings.list(limit=most, **options))


def get_recording(client: "Client", sid: str) -> Recording:
    """One recording. Raises what the `twilio` client raises."""
    return _read(client.recordings(sid).fetch())


def delete_recording(client: "Client", sid: str) -> None:
    """Deletes a recording with its audio. Raises what the `twilio` client raises."""
    client.recordings(sid).delete()


def save_audio(
    client: "Client", credentials: Credentials, sid: str, path: Path, *, form: str, api: str = "", replace: bool = False
) -> int:
    """Writes the audio of a recording to a file of this user alone; its size in bytes.

    `form` is one of FORMATS, `api` the base URL of a stand-in. Only the host of the API is sent the login: where the audio is kept
    elsewhere, that host is asked without it. Raises RecordingError, FileExistsError where a file is there and `replace` is false, and
    OSError where it cannot be written; then no file is left behind.
    """
    if not replace and path.exists():
        raise FileExistsError(path)
    base = api or client.get_hostname(_API)
    url = f"{base}/2010-04-01/Accounts/{credentials.account_sid}/Recordings/{sid}.{form}"
    try:
        with _audio(url, credentials.login, trusted=api) as response, _fresh(path, replace) as file:
            return _copied(response, file)
    except FetchError as error:
        raise RecordingError(f"the audio of {sid} cannot be had: {error}") from None


@contextmanager
def _audio(url: str, login: tuple[str, str], trusted: str) -> Iterator[Exchange]:
    """The answer that holds the audio."""
    own = _origin(url)
    word = base64.b64encode(":".join(login).encode()).decode("ascii")
    for _ in range(HOPS + 1):
        parts = urlsplit(url)
        if parts.scheme not in PORTS or (parts.scheme == "http" and not trusted) or "@" in parts.netloc:
            raise RecordingError("the audio is kept at an address that is not asked: it must begin with https://")
        headers = {"Authorization": f"Basic {word}"} if _origin(url) == own else {}
        with opened(
            "GET", url, headers=headers, seconds=SECONDS, whole=WHOLE_SECONDS, loopback=bool(trusted)
        ) as response:
            if response.status == 200:
                kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                if not kind.startswith("audio/") and kind != "application/octet-stream":
                    raise RecordingError(f"the answer is not audio but {kind[:40] or 'of no known kind'}")
                yield response
                return
            if response.status not in _ELSEWHERE:
                raise RecordingError(_why(response.status))
            url = urljoin(url, response.headers.get("location", ""))
    raise RecordingError("the audio is kept behind too many redirects")


@contextmanager
def _fresh(path: Path, replace: bool) -> Iterator[IO[bytes]]:
    """A file that comes to its name once it is whole."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        if replace:
            os.replace(name, path)
        else:
            _link(name, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _link(name: str, path: Path) -> None:
    """Gives a file its name; raises FileExistsError if another one has it by now."""
    try:
        os.link(name, path)
    except FileExistsError:
        raise
    except OSError:  # FAT and some network file systems have no links
        if path.exists():
            raise FileExistsError(path) from None
        os.replace(name, path)


def _copied(response: Exchange, file: IO[bytes]) -> int:
    size = 0
    while piece := response.read(_PIECE):
        size += len(piece)
        if size > LARGEST:
            raise RecordingError(f"the audio is longer than {LARGEST // 1024**2} MB")
        file.write(piece)
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) != size:
        raise RecordingError("the audio broke off; try again")
    return size


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme)


def _why(status: int) -> str:
    words = {401: "the login is not accepted", 403: "this account may not read it", 404: "Twilio has no audio of it"}
    fixes = {
        401: "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
        403: "use the auth token, or a key of the type Main",
        404: "it may not be finished, or was deleted: `touchtone recordings` lists those that exist",
        429: "wait a moment and try again",
    }
    fix = fixes.get(status, "try again later")
    return f"{words.get(status, 'Twilio did not send it')} (HTTP {status})\n  {fix}"


def _read(found: Any) -> Recording:
    at = found.start_time or found.date_created
    if isinstance(at, datetime):
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    else:
        at = None
    length = str(found.duration or "")
    seconds = int(length) if re.fullmatch(r"\d{1,9}", length, re.ASCII) else None
    return Recording(sid_of(found), at, seconds, str(found.call_sid or ""), str(found.status or ""))
