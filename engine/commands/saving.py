"""What `touchtone phone --save` writes: a call as a script, in a new file or behind the calls of one that is there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from engine.commands.common import Failure, sentence

Given = Sequence[tuple[str, Any]]


def check_place(path: Path, flow: str) -> None:
    """Fails if a call to `flow` cannot be written into this file: better said before it is made than after."""
    from engine.phone.scripts.write import add_call

    if path.is_symlink() or path.exists():
        text = _script(path)
        if text.strip() and add_call(text, flow, ()) is None:
            raise _no_place(path, flow)


def save(path: Path, flow: str, story: Any, given: Given, world: Sequence[str] = ()) -> None:
    """Writes the call; `world` are lines of what the world answered in it. Where that fails its script is printed, so that it is not lost, and what was in the file stays."""
    from engine.phone.scripts.write import add_call, new_script, title, written_call

    call = written_call(title(story.moments), story.moments, given, world)
    try:
        before = _script(path) if path.exists() else ""
        if before.strip():
            text = add_call(before, flow, story.moments, given, world)
            if text is None:
                raise _no_place(path, flow)
        else:
            text = new_script(flow, call)
            path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, before, text)
    except (OSError, Failure) as error:
        click.echo(f"\n# the call, which is not saved:\n{new_script(flow, call)}", err=True)
        raise Failure(f"{path}: {sentence(error)}" if isinstance(error, OSError) else error.message) from None
    click.echo(f"written to {path}", err=True)


def _script(path: Path) -> str:
    from engine.document.folder import read_regular

    try:
        return read_regular(path).decode("utf-8")
    except UnicodeDecodeError:
        raise Failure(f"{path} is not UTF-8; save to another file") from None


def _write(path: Path, before: str, text: str) -> None:
    """Writes a text over the one before, of which only what differs at the end is touched: a full disk takes no call away."""
    kept = before.rstrip() if text.startswith(before.rstrip()) else ""
    with path.open("r+b" if before else "wb") as file:
        file.seek(len(kept.encode()))
        file.write(text[len(kept) :].encode())
        file.truncate()


def _no_place(path: Path, flow: str) -> Failure:
    return Failure(f"{path} is no script of calls to `{flow}` that ends with its calls; save to another file")
