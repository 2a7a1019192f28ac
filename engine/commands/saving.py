"""What `touchtone phone --save` writes: a call as a script, in a new file or behind the calls of one that is there."""

from collections.abc import Callable, Sequence
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


def save(
    path: Path,
    flow: str,
    story: Any,
    given: Given,
    world: Sequence[str] = (),
    mask: Callable[[str], str] = str,
) -> None:
    """Writes the call; `world` are lines of what the world answered in it, `mask` hides secrets of the settings in a text.

    Where that fails its script is printed, so that it is not lost, and what was in the file stays.
    """
    from engine.phone.discreet import masked
    from engine.phone.scripts.write import add_call, new_script, title, written_call
    from engine.testing.saving import write_script

    moments = masked(story.moments, mask)
    new = new_script(flow, written_call(title(moments), moments, given, world))

    def with_it(before: str) -> str:
        text = add_call(before, flow, moments, given, world) if before.strip() else new
        if text is None:
            raise _no_place(path, flow)
        return text

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            _script(path)  # a pipe or a device is not opened to be written to
        write_script(path, with_it)
    except (OSError, Failure) as error:
        click.echo(f"\n# the call, which is not saved:\n{new}", err=True)
        raise Failure(f"{path}: {sentence(error)}" if isinstance(error, OSError) else error.message) from None
    click.echo(f"written to {path}", err=True)


def _script(path: Path) -> str:
    from engine.testing.saving import script_text

    try:
        return script_text(path)
    except UnicodeDecodeError:
        raise Failure(f"{path} is not UTF-8; save to another file") from None


def _no_place(path: Path, flow: str) -> Failure:
    return Failure(f"{path} is no script of calls to `{flow}` that ends with its calls; save to another file")
