"""`touchtone serve --workers N`: several processes that answer on one port."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands import common
from engine.commands.common import Failure

if TYPE_CHECKING:
    from engine.program.workspace import Loaded
    from engine.server.loading import FolderLoader
    from engine.server.worker import VersionTexts

# By its path, and with nothing of where it lies or of where it is started in Python's path: a `queue.py` there is not Python's.
COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("worker.py")))


def supervise(flows: Path, settings: Any) -> None:
    """Serves `flows` with as many processes as the settings say, until it is told to stop."""
    from engine.server.banner import Banner
    from engine.server.loading import FolderLoader
    from engine.server.running import PortTaken, bind
    from engine.server.supervisor import CannotServe, Supervisor
    from engine.server.worker import Start

    common.log_to_stderr(settings)
    if sys.platform == "win32":
        raise Failure("several workers cannot share a port on Windows: leave --workers out")
    if settings.store == "memory:":
        raise Failure(
            "the store `memory:` is inside one process, and several workers answer for the same calls: "
            "use  --store sqlite:///sessions.sqlite  or  --store redis://localhost"
        )
    loader = FolderLoader(flows, settings, strict=True)
    loaded = loader.load_whole()
    with suppress(OSError):  # a full disk is no reason not to answer calls
        common.show(loaded.report.diagnostics, err=True)
    if loaded.program is None:
        raise click.exceptions.Exit(1 if flows.is_dir() else 2)
    try:
        listener = bind(settings.host, settings.port, strict=True)
    except PortTaken as error:
        raise Failure(str(error)) from None
    banner = Banner(flows, settings, listener.getsockname()[1], follow=False)
    program, texts = loaded.program, _texts(loader, loaded)

    def read() -> "VersionTexts | None":
        loaded = loader.load_whole()
        banner.reloaded(loaded)
        return None if loaded.program is None else _texts(loader, loaded)

    try:
        Supervisor(
            COMMAND,
            settings.workers,
            Start(0, flows, settings, texts, texts),
            listener,
            read=read,
            answers=lambda: banner.show(program, loaded.report.diagnostics),
        ).run()
    except CannotServe as error:
        raise Failure(str(error)) from None


def _texts(loader: "FolderLoader", loaded: "Loaded") -> "VersionTexts":
    from engine.server.worker import VersionTexts

    assert loaded.program is not None
    assert loader.reading is not None
    functions = loader.reading.folder.functions
    return VersionTexts(loaded.program.version, loaded.program.sources, functions.text if functions else None)
