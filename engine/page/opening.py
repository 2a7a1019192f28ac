"""Opens a file of the project with the editor command from the settings."""

import os
import subprocess
import threading
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.page.answers import Refused, json_answer, read_object, text_of
from engine.page.desk import PageDesk

ENDINGS: Final = (".yaml", ".po", ".py")  # of files that a project consists of
WAIT: Final = 2.0  # seconds after which an editor that still runs is taken as open


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""

    async def opened(request: Request) -> Response:
        asked = await read_object(request)
        editor = desk.settings.editor
        if not editor.command:
            raise Refused(400, "No editor command is set. Set TOUCHTONE_EDITOR to one.")
        path = inside(desk.folder, text_of(asked, "path"))
        words = editor.words(str(path), _number(asked, "line"), _number(asked, "column"))
        await run_in_threadpool(_run, words)
        return json_answer({"opened": path.name})

    return [Route("/api/open", opened, methods=["POST"])]


def inside(folder: Path, name: str) -> Path:
    """A file of the project: in the folder of flows, or a script beside it. Raises Refused (403, 404) for any other."""
    try:
        path = (folder / name).resolve()
        known = path.is_file()
    except (OSError, ValueError):
        raise Refused(404, "Unknown file.") from None
    home = folder.resolve()
    within = path.is_relative_to(home) or (path.is_relative_to(home.parent) and path.name.endswith(".calls.yaml"))
    if (
        not within
        or path.suffix not in ENDINGS
        or any(part.startswith(".") for part in path.relative_to(home.parent).parts)
    ):
        raise Refused(403, "Only files of this project can be opened.")
    if not known:
        raise Refused(404, f"The file {path.name} no longer exists.")
    return path


def _number(asked: Any, name: str) -> int:
    found = asked.get(name, 1)
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= 10_000_000:
        raise Refused(400, f"`{name}` must be a number from 1 to 10,000,000.")
    return found


def _run(words: list[str]) -> None:
    """Starts the command without a shell; raises Refused with what it says if it fails at once."""
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name == "posix",
        )
    except OSError as error:
        what = (error.strerror or type(error).__name__).lower()
        raise Refused(500, f"The editor `{words[0]}` could not be started: {what}.") from None
    try:
        status = process.wait(WAIT)
    except subprocess.TimeoutExpired:
        threading.Thread(target=process.wait, name="editor", daemon=True).start()  # so that it is not left as a zombie
        return
    if status:
        raise Refused(500, f"The editor `{words[0]}` exited with status {status}.")
