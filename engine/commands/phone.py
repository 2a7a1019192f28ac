"""`touchtone phone`: a telephone in the terminal."""

import json
import re
import shutil
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import click

from engine.commands import saving
from engine.commands.common import FOLDER, Failure, moment, outside, pairs, settings, show, utc_now

# The clock in an expression: `now.hour`, `now | time`, `hours.desk.open`; not what a flow says ("Enter it now.").
_CLOCK = re.compile(r"\bhours(\.[a-z_]|\[)|\bnow\s*(\.[a-z_]|[|<>=+)}-])|[{(<>=]\s*now\b")

# What a terminal would obey, and JSON need not escape.
_UNSEEN = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@click.command()
@click.argument("flow", metavar="FLOW")
@click.option("--from", "from_", metavar="NUMBER", help="Who calls.")
@click.option("--to", metavar="NUMBER", help="The number that is called.")
@click.option("--at", metavar="TIME", help="When: 2026-12-24T18:00 (UTC).")
@click.option(
    "--answer", "-a", "answers", multiple=True, metavar="VERB=OUTCOME", help="How a verb goes: dial=busy, record=12."
)
@click.option(
    "--param", "-p", "params", multiple=True, metavar="NAME=VALUE", help="What Twilio sends: FromCity=Boston."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for everything that happens.")
@click.option(
    "--url", metavar="URL", help="Ring a server that runs: /flows/FLOW of that host, or the address as it is."
)
@click.option("--text", is_flag=True, help="Write messages, to a flow that answers both, or with --url.")
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
    params: tuple[str, ...],
    as_json: bool,
    url: str | None,
    text: bool,
    save: Path | None,
    flows: Path,
) -> None:
    """Rings FLOW: you hear its words as text, and press keys, speak, or say nothing.

    In a terminal keys are pressed at once, words are typed (after ' anything is words), Enter alone is silence, Ctrl-D
    hangs up. While it dials, type what happens: busy, no-answer, pick up. From a pipe come the same, parted by blanks.
    To a flow that answers messages each line is a text. What the flow asks of the world is really asked; texts that it
    sends are only shown.

    \b
    touchtone phone clinic
    echo "1 2 silence 'book an appointment'" | touchtone phone clinic
    echo "0" | touchtone phone clinic --answer dial=busy --answer record=12
    touchtone phone clinic --save tests/calls/clinic.calls.yaml
    touchtone phone clinic --url https://example.com
    """
    from engine.phone import Conversation, PhoneCall
    from engine.phone.handset import play_lines
    from engine.phone.phone import CALLER, NUMBER
    from engine.phone.terminal import HELP, Screen, play_keys, single_keys, summary
    from engine.phone.transcript import visible

    if save and not save.name.endswith(".calls.yaml"):
        raise Failure(f"a call script is named *.calls.yaml, not {save.name}")
    if save:
        saving.check_place(save, flow)
    line = _Line(flow, flows, url, moment("--at", at), _outcomes(answers))
    if text and not (url or "messaging" in line.channels):
        raise Failure(f"`{flow}` answers calls, not messages; leave out --text")
    messages = text or line.channels == ("messaging",)
    numbers = (from_ or CALLER, to or NUMBER)
    sent = pairs("--param", params, "Digits=1")
    alone = sys.stdin.isatty() and not as_json

    def write(text: str) -> None:
        click.echo(text, nl=False)

    screen = Screen((lambda text: None) if as_json else write, width=shutil.get_terminal_size().columns, hints=alone)
    story: PhoneCall | Conversation
    if messages:
        story = line.phone.write(line.entry, *numbers, params=sent)
    else:
        story = line.phone.ring(line.entry, *numbers, params=sent)
    if alone and isinstance(story, PhoneCall):
        with single_keys() as keys:
            screen.begin(flow, HELP)
            screen.catch_up(story)
            play_keys(keys, story, screen, write)
    else:
        if alone:
            screen.begin(flow, "each line is a text; Ctrl-D ends")
        screen.catch_up(story)
        for amiss in play_lines(sys.stdin, story):
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
        click.echo(summary(story))
    if save and isinstance(story, Conversation) and not story.events:
        raise Failure(f"nothing was written to `{flow}`: there is nothing to save")
    if save:
        when = line.when.isoformat(timespec="minutes") if at or line.tells_time else None
        known = {"from": from_, "to": to, "at": when, "params": sent}
        saving.save(save, flow, story, [(name, value) for name, value in known.items() if value], line.answered(story))
    if story.requests and not any(asked.status for asked in story.requests):
        raise click.exceptions.Exit(2)  # nobody was there: what is shown says why


class _Line:
    """What is rung: the flows in a folder, in process; or a server that runs."""

    def __init__(self, flow: str, flows: Path, url: str | None, at: datetime | None, answers: dict[str, str]) -> None:
        from engine.phone import Phone, over_http
        from engine.phone.transport import address_fault

        self._project: Any = None
        self.channels: tuple[str, ...] = ()  # that the flow answers; () where nobody knows
        self.tells_time = False
        self.when = at or utc_now()
        if url:
            if not url.startswith(("http://", "https://")):
                bare = re.fullmatch(r"(localhost|[\d.]+|\[[\d:a-f]+\]):\d+(/.*)?", url)
                example = f"http://{url}" if bare else "https://example.com"
                raise Failure(f"--url is the address of a server, such as {example}; not {url}")
            if fault := address_fault(url):
                raise Failure(f"--url is the address of a server, such as https://example.com; not {url}: {fault}")
            if at:
                raise Failure("--at needs the flows here: a server that runs has its own clock")
            tokens = settings().tokens
            parts = urlsplit(url)
            as_it_is = parts.path.strip("/") or parts.query
            self.entry = url if as_it_is else f"{url.rstrip('/')}/flows/{quote(flow, errors='replace')}"
            self.phone: Any = Phone(over_http(), token=tokens[0] if tokens else "", started=self.when, answers=answers)
            return
        self._project = _project(flows)
        _known(flow, self._project.program.flows)
        written = self._project.program.flows[flow]
        self.channels = written.channels
        # Then a call goes otherwise at another time: a script of it has to say when it was.
        self.tells_time = _CLOCK.search(written.source.text) is not None
        self.entry = self._project.entry(flow)
        self.phone = self._project.phone(self.when, answers, world=_world(flows))

    def answered(self, story: Any) -> tuple[str, ...]:
        """What the world answered in a call, as a script tells it; nothing of a server that runs."""
        from engine.testing.answered import answered_lines

        return answered_lines(self._project, story) if self._project else ()

    def faults(self) -> tuple[object, ...]:
        """What went wrong in steps."""
        return tuple(self._project.faults) if self._project else ()


def _world(flows: Path) -> Any:
    """The world as a server would ask it, but that a call which only tries a flow texts nobody: the telephone shows the text."""
    from engine.runtime.effects.effect import Result

    async def show_text(message: Any) -> Any:
        return Result("sent", {"sid": "SM" + "0" * 32})

    asked = outside(flows, settings(), show_text)
    if asked.problem:
        click.echo(f"! {asked.problem}", err=True)
    return asked.world


def _project(flows: Path) -> Any:
    from engine.diagnostics import Report
    from engine.testing.project import Project

    project = Project.load(flows, settings().env)
    if isinstance(project, Report):
        show(project.diagnostics, err=True)
        raise click.exceptions.Exit(1 if flows.is_dir() else 2)
    return project


def _known(flow: str, flows: Any) -> None:
    from engine.diagnostics import nearest

    if flow not in flows:
        # Perhaps it is the path of its file, as a shell completes it.
        close = nearest(flow, flows) or nearest(Path(flow).stem, flows)
        hint = f"did you mean `{close}`?" if close else f"there are: {', '.join(flows)}"
        raise Failure(f"there is no flow named `{flow}`; {hint}")


def _outcomes(answers: tuple[str, ...]) -> dict[str, str]:
    """The outcomes that --answer gives in advance, by verb, each one that the verb can have."""
    from engine.diagnostics import Report, Source, Span, nearest
    from engine.document import Scalar
    from engine.phone.scripts.given import VERBS, read_outcome
    from engine.phone.scripts.reader import Reader

    told = pairs("--answer", answers, "dial=busy")
    for verb, outcome in told.items():
        if verb not in VERBS:
            close = nearest(verb, VERBS)
            hint = f"did you mean `{close}`?" if close else f"there are: {', '.join(VERBS)}"
            raise Failure(f"--answer: nobody waits at the verb `{verb}`; {hint}")
        report = Report()
        read = read_outcome(Reader(report), verb, Scalar(outcome, Span(Source("", outcome), 0, len(outcome)), False))
        if read is None:
            wrong = report.diagnostics[0]
            raise Failure(f"--answer: {wrong.title}; {wrong.hint}")
        told[verb] = read
    return told


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
