"""`touchtone demo`: a flow that is shipped, called in the browser, with no project at all."""

import shutil
import signal
import sys
import tempfile
import webbrowser
from importlib.resources import files
from pathlib import Path

import click

from engine.commands import common
from engine.commands.common import Failure, sentence
from engine.commands.serving import serve_folder

FLOW = "spokes"


@click.command()
@click.argument("folder", type=common.FOLDER, required=False)
@click.option("--port", type=click.IntRange(0, 65535), help="The port; the next free one from 8000 by default.")
@click.option("--no-browser", is_flag=True, help="Print the address of the page, and open no browser.")
def demo(folder: Path | None, port: int | None, no_browser: bool) -> None:
    """Calls a shipped flow in the browser: no project, no account.

    The flow stands in a folder that goes with the demo, unless you change a file in it or name a FOLDER to keep it in.

    \b
    touchtone demo
    touchtone demo spokes --no-browser
    """
    # Told to end, it still takes its folder away.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    root = folder or Path(tempfile.mkdtemp(prefix="touchtone-demo-"))
    written = _write(root)
    try:
        click.echo(f"Change the flow, save, and call again:  {root / 'flows' / FLOW}.yaml\n")
        # Without a token of somebody's account only this machine can call; a session of an earlier demo is of no use.
        settings = common.settings(host="127.0.0.1", port=port, unsigned=True, store="memory:")
        serve_folder(
            root / "flows",
            settings,
            follow=True,
            page=True,
            opened=(lambda address: None) if no_browser else _open,
        )
    finally:
        if folder is None:
            _clean(root, written)


def _write(root: Path) -> dict[Path, str]:
    """Writes the flow and its calls, unless they are there from an earlier demo; what is new, by path."""
    shipped = files("engine.commands").joinpath("templates", "demo")
    wanted = {
        root / "flows" / f"{FLOW}.yaml": "flow.yaml",
        root / "tests" / "calls" / f"{FLOW}.calls.yaml": "calls.yaml",
    }
    written: dict[Path, str] = {}
    try:
        for path, name in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = shipped.joinpath(name).read_text(encoding="utf-8")
            if not path.exists():
                path.write_text(text, encoding="utf-8")
                written[path] = text
    except OSError as error:
        raise Failure(sentence(error)) from None
    return written


def _open(address: str) -> None:
    """Opens the page in a browser, ringing; where there is none, the printed address has to do."""
    webbrowser.open(f"{address}#{FLOW}!call")


def _clean(root: Path, written: dict[Path, str]) -> None:
    """Takes the folder away if nobody changed a file in it."""
    if all(_text(path) == text for path, text in written.items()):
        shutil.rmtree(root, ignore_errors=True)
    else:
        click.echo(f"\nYour changes are in {root}", err=True)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
