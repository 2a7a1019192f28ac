"""`touchtone recordings`: what callers left on the account, listed, saved and deleted."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.commands import common
from engine.commands.outgoing import Account, Folded
from engine.commands.sessions import escaped, shown

if TYPE_CHECKING:
    from engine.account.recordings import Recording

_json_option = click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object per line.")


@click.group(invoke_without_command=True)
@click.pass_context
def recordings(context: click.Context) -> None:
    """Recordings in your Twilio account.

    Without a command it lists the newest.

    \b
    touchtone recordings
    touchtone recordings get RE0123456789abcdef0123456789abcdef
    touchtone recordings delete RE0123456789abcdef0123456789abcdef
    """
    if context.invoked_subcommand is None:
        context.invoke(list_, call="", limit=50, as_json=False)


@recordings.command("list")
@click.option("--call", default="", metavar="SID", help="Only those of a call.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, metavar="N", help="At most.")
@_json_option
def list_(call: str, limit: int, as_json: bool) -> None:
    """Lists recordings, the newest first; times are UTC.

    \b
    touchtone recordings list
    touchtone recordings list --call CA0123456789abcdef0123456789abcdef
    """
    from engine.account.recordings import list_recordings

    account = Account(common.settings())
    found = account.ask(lambda client: list_recordings(client, call=call, most=limit + 1))
    for one in found[:limit]:
        if as_json:
            at = one.at.isoformat() if one.at else None
            told = {"sid": one.sid, "at": at, "seconds": one.seconds, "call": one.call, "status": one.status}
            click.echo(escaped(json.dumps(told)))
        else:
            click.echo(shown(_line(one)))
            click.echo(shown(f"{'':25}of the call {one.call}" if one.call else f"{'':25}of no call"))
    if not found and not as_json:
        click.echo("no recordings")
    if len(found) > limit and not as_json:
        click.echo(f"\nthere are more: --limit {min(limit * 10, 1000)}")


@recordings.command()
@click.argument("sid")
@click.option("--to", type=click.Path(path_type=Path), metavar="FILE", help="Where to: a .wav or .mp3, or a folder.")
@click.option("--overwrite", is_flag=True, help="Replace a file that exists.")
def get(sid: str, to: Path | None, overwrite: bool) -> None:
    """Saves the audio of a recording.

    As SID.wav in this folder; with --to the name of FILE decides the format.

    \b
    touchtone recordings get RE0123456789abcdef0123456789abcdef
    touchtone recordings get RE0123456789abcdef0123456789abcdef --to ann.mp3
    """
    from engine.account.client import Credentials
    from engine.account.recordings import FORMATS, RecordingError, save_audio

    _check(sid)
    path = to or Path()
    if path.is_dir():
        path = path / f"{sid}.wav"
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise Folded(f"--to is a file that ends in .wav or .mp3, or a folder; not {path}")
    if not path.parent.is_dir():
        raise Folded(f"there is no folder {path.parent}")
    known = common.settings()
    client = Account(known).client
    try:
        size = save_audio(client, Credentials.of(known), sid, path, form=form, api=known.twilio_api, replace=overwrite)
    except FileExistsError:
        raise Folded(f"{path} exists already\n  replace it with --overwrite") from None
    except RecordingError as error:
        raise Folded(str(error)) from None
    click.echo(f"{path}: {_size(size)}")


@recordings.command()
@click.argument("sid")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(sid: str, yes: bool) -> None:
    """Deletes a recording from the account, with its audio.

    \b
    touchtone recordings delete RE0123456789abcdef0123456789abcdef
    touchtone recordings delete RE0123456789abcdef0123456789abcdef --yes
    """
    from engine.account.recordings import delete_recording, get_recording

    _check(sid)
    account = Account(common.settings())
    one = account.ask(lambda client: get_recording(client, sid))
    if not yes:
        click.echo(shown(_line(one)))
        try:
            sure = click.confirm("Delete it? It cannot be restored")
        except click.Abort:
            raise Folded("nothing is deleted: the question was not answered\n  --yes deletes without asking") from None
        if not sure:
            click.echo("nothing is deleted")
            return
    account.ask(lambda client: delete_recording(client, sid), "it is deleted")
    click.echo(f"deleted {sid}")


def _check(sid: str) -> None:
    from engine.account.recordings import SID

    if not SID.fullmatch(sid):
        raise Folded(f"{shown(sid[:40])} is not the SID of a recording\n  `touchtone recordings` lists them")


def _line(one: "Recording") -> str:
    at = f"{one.at:%Y-%m-%d %H:%M}" if one.at else "–"
    length = "–" if one.seconds is None else f"{one.seconds // 60}:{one.seconds % 60:02}"
    status = "" if one.status in ("", "completed") else f"  {one.status}"
    return f"{at:16}  {length:>5}  {one.sid}{status}"


def _size(size: int) -> str:
    return f"{size} bytes" if size < 1000 else f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"
