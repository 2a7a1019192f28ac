"""`touchtone phone`: a telephone in the terminal."""

import io
import json
import os
import re
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from engine.commands import saving
from engine.commands.calling import Files, Server
from engine.commands.common import FOLDER, Failure, moment, pairs
from engine.commands.given import answer_option, given_by, given_option

# What a terminal would obey, and JSON need not escape.
_UNSEEN = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@click.command()
@click.argument("flow", metavar="FLOW")
@click.option("--from", "from_", metavar="NUMBER", help="Who calls.")
@click.option("--to", metavar="NUMBER", help="The number that is called.")
@click.option("--at", metavar="TIME", help="When: 2026-12-24T18:00 (UTC).")
@answer_option
@given_option
@click.option(
    "--param", "-p", "params", multiple=True, metavar="NAME=VALUE", help="What Twilio sends: FromCity=Boston."
)
@click.option("--json", "as_json", is_flag=True, help="Everything that happens, as JSON lines.")
@click.option("--url", metavar="URL", help="Call a server: a host, or a whole address.")
@click.option("--no-server", is_flag=True, help="Play the files, whether dev runs or not.")
@click.option("--text", is_flag=True, help="Text a flow that answers both, or with --url.")
@click.option(
    "--save", type=click.Path(path_type=Path), metavar="FILE", help="Write the call as a script: *.calls.yaml."
)
@click.option("--flows", type=FOLDER, default=Path("flows"), help="The folder of flows.")
def phone(
    flow: str,
    from_: str | None,
    to: str | None,
    at: str | None,
    answers: tuple[str, ...],
    given_file: Path | None,
    params: tuple[str, ...],
    as_json: bool,
    url: str | None,
    no_server: bool,
    text: bool,
    save: Path | None,
    flows: Path,
) -> None:
    """Calls FLOW: read what it says; press keys, or speak.

    Keys work at once, words need Enter (' makes words of anything), Enter is silence, Ctrl-D hangs up. A dial takes
    busy, no-answer, pick up. A pipe takes the same. Messages are lines; `later 4h` passes time.

    If `touchtone dev` runs here, it is called. Otherwise, and with --at, --given or --save, the files are played:
    requests and functions really run, unless answers are given for that kind; texts are only shown.

    \b
    touchtone phone clinic
    echo "1 2 silence 'book an appointment'" | touchtone phone clinic
    echo "0" | touchtone phone clinic --answer dial=busy --answer record=12
    touchtone phone clinic --save tests/calls/clinic.calls.yaml
    touchtone phone clinic --url https://example.com
    touchtone phone "message?Message[0]=Hello+World" --flows examples/twimlets
    """
    from engine.phone import Conversation, PhoneCall
    from engine.phone.handset import play_lines
    from engine.phone.phone import CALLER, NUMBER
    from engine.phone.terminal import HELP, Screen, play_keys, single_keys, summary
    from engine.phone.transcript import visible
    from engine.phone.transport import encode, params_of

    if save and not save.name.endswith(".calls.yaml"):
        raise Failure(f"a call script is named *.calls.yaml, not {save.name}")
    if save:
        saving.check_place(save, flow)
    flow, _, query = flow.partition("?")
    given = _given(
        given_file,
        answers,
        from_=from_,
        to=to,
        at=moment("--at", at),
        params=pairs("--param", params, "Digits=1"),
        query=params_of(query),
    )
    line = _line(flow, flows, url, given, alone="--no-server" if no_server else "--save" if save else "")
    click.get_current_context().call_on_close(line.close)
    if text and not (url or "messaging" in line.channels):
        raise Failure(f"`{flow}` answers calls, not messages; leave out --text")
    messages = text or line.channels == ("messaging",)
    numbers = (given.from_ or CALLER, given.to or NUMBER)
    alone = sys.stdin.isatty() and not as_json

    doing = "Texting" if messages else "Calling"
    with suppress(OSError):  # that nobody can read it is no reason not to call
        click.echo(textwrap.fill(f"{doing} {visible(flow)} {line.name}", 80, break_on_hyphens=False), err=True)
        for why in line.older():
            click.echo(_warning(visible(why)), err=True)

    def write(text: str) -> None:
        click.echo(text, nl=False)

    screen = Screen((lambda text: None) if as_json else write, width=shutil.get_terminal_size().columns, hints=alone)
    story: PhoneCall | Conversation
    if messages:
        story = line.phone.write(line.entry, *numbers, params=given.params)
    else:
        story = line.phone.ring(line.entry, *numbers, params=given.params)
    if alone and isinstance(story, PhoneCall):
        with single_keys() as keys:
            screen.begin(flow, HELP)
            screen.catch_up(story)
            play_keys(keys, story, screen, write, time.monotonic)
    else:
        if alone:
            screen.begin(flow, "each line is a text; later 4h lets time pass; Ctrl-D ends")
        screen.catch_up(story)
        for amiss in play_lines(_lines(sys.stdin, story), story):
            screen.catch_up(story)
            if amiss:
                click.echo(f"! {visible(amiss)}", err=True)
        if isinstance(story, PhoneCall) and not story.over:
            story.hang_up()
            screen.catch_up(story)
    if as_json:
        for one in story.moments:
            told = {"at": round(one.at, 1), "side": one.side, "event": type(one.event).__name__.lower()}
            click.echo(_UNSEEN.sub(_escaped, json.dumps({**told, **asdict(one.event)}, ensure_ascii=False)))
    else:
        for fault in line.faults():
            click.echo(f"! {visible(str(fault))}", err=True)
        if advice := line.advice(story):
            click.echo(_warning(advice), err=True)
        for stub in line.unused(story):
            click.echo(f"! given, but never asked for: {visible(stub)}", err=True)
        click.echo(summary(story))
    if save and isinstance(story, Conversation) and not story.events:
        raise Failure(f"nothing was written to `{flow}`: there is nothing to save")
    if save:
        when = line.when.isoformat(timespec="minutes") if given.at or line.tells_time else None
        known = {"from": given.from_, "to": given.to, "at": when, "step": given.step}
        known |= {"params": given.params, "takes": given.takes, "query": encode(tuple(given.query.items()))}
        given_first = [(name, value) for name, value in known.items() if value]
        saving.save(save, flow, story, given_first, line.answered(story), line.mask)
    if story.requests and not any(asked.status for asked in story.requests):
        raise click.exceptions.Exit(2)  # nobody was there: what is shown says why


def _warning(words: str) -> str:
    return textwrap.fill(f"! {words}", 80, subsequent_indent="  ", break_on_hyphens=False)


def _lines(stream: Any, story: Any) -> Iterator[str]:
    """Lines from a pipe; once a call is over only those that are there already, since who writes may never end."""
    while not getattr(story, "over", False):
        line = stream.readline()
        if not line:
            return
        yield line
    with suppress(OSError, ValueError, TypeError):  # TypeError: of a text stream in which nothing is there yet
        with suppress(io.UnsupportedOperation):  # what is no file never blocks
            os.set_blocking(stream.fileno(), False)
        while line := stream.readline():
            yield line


def _given(file: Path | None, answers: tuple[str, ...], **flags: Any) -> Any:
    """What is known before the call: what the flags say wins over the file."""
    from engine.phone.scripts.script import Given

    return given_by(file, answers).merged(Given(**flags))


def _line(flow: str, flows: Path, url: str | None, given: Any, alone: str) -> Files | Server:
    """What is called, which is said first; `alone` is an option that wants the files played here."""
    from engine.server.presence import running

    if not url:
        found = running(flows)
        stubs = "--given" if given.step or given.takes else "--answer or --given" if given.stubs else ""
        alone = "--at" if given.at else stubs or alone
        if found is not None and not alone:
            return Server(flow, found.url, given, found, flows)
        line, why = Files(flow, flows, given), "no server is running"
        if found is not None:
            why = f"{alone}; not the server at {found.url}"
        line.name += f" ({why})"
        return line
    if given.at:
        raise Failure("--at needs the flows here: a server that runs has its own clock")
    if given.stubs or given.step or given.takes:
        raise Failure("--given and --answer request=… need the flows here: a server asks outside by itself")
    return Server(flow, url, given)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
