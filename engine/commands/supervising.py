"""`touchtone serve --workers N`: several processes that answer on one port."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands import common
from engine.commands.common import Failure

if TYPE_CHECKING:
    from engine.document.folder import Folder
    from engine.program.workspace import Loaded
    from engine.server.worker import VersionTexts

COMMAND = (sys.executable, "-m", "engine.commands.worker")


def supervise(flows: Path, settings: Any) -> None:
    """Serves `flows` with as many processes as the settings say, until it is told to stop."""
    from engine.server.banner import Banner
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
    folder, loaded = _read(flows, settings)
    common.show(loaded.report.diagnostics, err=True)
    if loaded.program is None:
        raise click.exceptions.Exit(1 if flows.is_dir() else 2)
    try:
        listener = bind(settings.host, settings.port, strict=True)
    except PortTaken as error:
        raise Failure(str(error)) from None
    banner = Banner(flows, settings, listener.getsockname()[1], follow=False)
    program = loaded.program

    def read() -> "VersionTexts | None":
        folder, loaded = _read(flows, settings)
        banner.reloaded(loaded)
        return None if loaded.program is None else _texts(folder, loaded)

    try:
        Supervisor(
            COMMAND,
            settings.workers,
            Start(0, flows, settings, _texts(folder, loaded)),
            listener,
            read=read,
            answers=lambda: banner.show(program, loaded.report.diagnostics),
        ).run()
    except CannotServe as error:
        raise Failure(str(error)) from None


def _read(flows: Path, settings: Any) -> "tuple[Folder, Loaded]":
    from engine.diagnostics import Report
    from engine.document.folder import read_folder
    from engine.program.library import load_read

    report = Report()
    folder = read_folder(flows, report)
    signs, unsent = bool(settings.tokens), settings.unsent(strict=True)
    return folder, load_read(folder, report, settings.env, allowed=settings.allows, signs=signs, unsent=unsent)


def _texts(folder: "Folder", loaded: "Loaded") -> "VersionTexts":
    from engine.server.worker import VersionTexts

    assert loaded.program is not None
    return VersionTexts(loaded.program.sources, folder.functions.text if folder.functions else None)
