"""`touchtone demo`: calls a sample flow in the browser, without a project."""

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
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port of the server; by default the first free port from 8000."
)
@click.option("--no-browser", is_flag=True, help="Print the address of the page without opening a browser.")
def demo(folder: Path | None, port: int | None, no_browser: bool) -> None:
    """Calls a sample flow in the browser. No project or account is needed.

    The flow is in a temporary folder. The folder is deleted at the end unless you change a file in it. With FOLDER, the flow is
    written there and kept.

    \b
    touchtone demo
    touchtone demo spokes --no-browser
    """
    # SIGTERM exits through `finally`, so that the folder is deleted.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    root = folder or Path(tempfile.mkdtemp(prefix="touchtone-demo-"))
    written = _write(root)
    try:
        click.echo(f"Change the flow, save, and call again:  {root / 'flows' / FLOW}.yaml\n")
        # Unsigned requests are fine: the server listens on loopback only. Sessions of an earlier demo are not needed.
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
    """Opens the page in a browser with a call to the flow; without a browser, the printed address is used instead."""
    webbrowser.open(f"{address}#{FLOW}!call")


def _clean(root: Path, written: dict[Path, str]) -> None:
    """Deletes the folder unless a file in it was changed."""
    if all(_text(path) == text for path, text in written.items()):
        shutil.rmtree(root, ignore_errors=True)
    else:
        click.echo(f"\nYour changes are in {root}", err=True)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
