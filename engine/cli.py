"""The command `touchtone`: each subcommand reads its words, calls one room of the house, and prints."""

from pathlib import Path
from typing import Any

import click

from engine.commands import common
from engine.commands.call import call
from engine.commands.common import FOLDER, Failure
from engine.commands.demo import demo
from engine.commands.doctor import doctor
from engine.commands.graph import graph
from engine.commands.key import key
from engine.commands.message import message
from engine.commands.new import new
from engine.commands.numbers import numbers
from engine.commands.phone import phone
from engine.commands.prompts import prompts
from engine.commands.recordings import recordings
from engine.commands.serving import serve_folder
from engine.commands.sessions import sessions
from engine.commands.standin import standin
from engine.commands.test import test
from engine.commands.translations import translations
from engine.commands.twiml import twiml
from engine.diagnostics import FORMATS, Severity, page, shown


@click.group(cls=common.Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(package_name="touchtone", message="touchtone %(version)s")
def main() -> None:
    """Phone menus written in YAML, heard the moment they are saved.

    \b
    touchtone dev            serve the flows here, and hear each save at once
    touchtone check          every mistake, at its line, and how to mend it
    touchtone phone clinic   a telephone that rings the flow `clinic`
    touchtone test           the calls of your scripts, played in no time
    """


def _server_options(command: Any) -> Any:
    moves = ", else the next free one" if command.__name__ == "dev" else ""
    for option in (
        click.option("--host", help="The address to listen on; 127.0.0.1 by default."),
        click.option("--port", type=click.IntRange(0, 65535), help=f"The port; 8000 by default{moves}."),
        click.option("--public-url", help="The address below which Twilio sees /flows, such as https://example.com."),
        click.option("--store", help="Where sessions are kept: memory:, sqlite:///path or redis://host."),
    ):
        command = option(command)
    return command


@main.command()
@click.argument("flows", type=FOLDER, default=Path("flows"))
@_server_options
@click.option(
    "--page-port",
    type=click.IntRange(0, 65535),
    help="Port of the design page; by default the first free port from 8001.",
)
@click.option("--no-page", is_flag=True, help="Do not serve the design page, and record no calls.")
@click.option(
    "--tunnel",
    metavar="CMD",
    help="Start a tunnel for Twilio: cloudflared, ngrok, or a command that prints an https:// address.",
)
def dev(flows: Path, page_port: int | None, no_page: bool, tunnel: str | None, **flags: object) -> None:
    """Design mode: serves FLOWS, and hears each save at once.

    A file with mistakes leaves the last good version in service. Without a token in TWILIO_AUTH_TOKEN requests are not checked
    for Twilio's signature: then only this machine can call, and anyone for whom a tunnel leads here.

    \b
    touchtone dev
    touchtone dev examples --port 8080
    touchtone dev --tunnel cloudflared
    """
    from engine.server.settings import Settings

    settings: Settings = common.settings(**flags)
    if not (settings.tokens or settings.shared_keys or settings.unsigned):
        if settings.host not in ("127.0.0.1", "localhost", "::1"):
            raise Failure(
                f"without TWILIO_AUTH_TOKEN only this machine may call: leave out --host {settings.host}, or set the token"
            )
        settings = common.settings(**{**flags, "unsigned": True})
    serve_folder(flows, settings, follow=True, page=not no_page, page_port=page_port, tunnel=tunnel)


@main.command()
@click.argument("flows", type=FOLDER, default=Path("flows"))
@_server_options
@click.option("--unsigned", is_flag=True, default=None, help="Answer requests that Twilio did not sign: anybody's.")
@click.option("--workers", type=click.IntRange(1, 64), help="So many processes answer on the port; 1 by default.")
def serve(flows: Path, **flags: object) -> None:
    """Production: serves FLOWS to Twilio, and to nobody else.

    Every request must carry Twilio's signature. Calls stay with the version of the flows they began with. Sessions are kept in
    .touchtone/sessions.sqlite unless TOUCHTONE_STORE or --store says otherwise. The signal SIGHUP reads FLOWS anew; with a mistake
    in them the last good version stays in service.

    \b
    TWILIO_AUTH_TOKEN=… touchtone serve --public-url https://example.com
    """
    from engine.server.hangups import held_hangups

    settings = common.production_settings(**flags)
    from engine.server.dotenv import SettingsError

    try:
        settings.demand_secrets()
    except SettingsError as error:
        raise Failure(str(error)) from None
    with held_hangups():
        if settings.workers > 1:
            from engine.commands.supervising import supervise

            supervise(flows, settings)
        else:
            serve_folder(flows, settings, follow=False)


@main.command()
@click.argument("flows", type=FOLDER, default=Path("flows"))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", help="text, or a form for tools.")
@click.option(
    "--fail-on",
    type=click.Choice([each.value for each in Severity]),
    default=Severity.WARNING.value,
    help="The least severe finding that makes the exit status 1; warning by default.",
)
def check(flows: Path, form: str, fail_on: str) -> None:
    """Every error, warning and hint in FLOWS, a folder or a file.

    The exit status is 0 without errors and warnings, 1 with one, 2 when FLOWS could not be read.

    \b
    touchtone check
    touchtone check flows/clinic.yaml --format line
    touchtone check --fail-on hint
    """
    from engine.program.library import load_folder

    folder = flows.parent if flows.suffix in (".yaml", ".po") else flows
    if not flows.exists():
        raise Failure(f"there is no file or folder {flows}")
    known = common.settings()
    loaded = load_folder(
        folder, known.env, allowed=known.allows, signs=bool(known.tokens), unsent=known.unsent(strict=False)
    )
    found = loaded.report.diagnostics
    if folder != flows:
        found = tuple(one for one in found if Path(one.span.source.path) == flows)
    if form == "text":
        common.show(found)
        if not found:
            click.echo(f"{flows}: nothing to say")
    else:
        click.echo(FORMATS[form](found), nl=form != "sarif")
    if any(finding.severity.weight >= Severity(fail_on).weight for finding in found):
        raise click.exceptions.Exit(1)


@main.command()
@click.option("--flows", type=FOLDER, default=Path("flows"), help="The folder whose steps are offered for completion.")
def schema(flows: Path) -> None:
    """The JSON Schema of flow files, for editors.

    \b
    touchtone schema > .touchtone/flow.schema.json
    """
    import json

    from engine.diagnostics import Report
    from engine.document.folder import read_folder
    from engine.grammar.schema import flow_schema
    from engine.program.workspace import Workspace
    from engine.server.editor import languages_of, steps_of

    report = Report()
    # As in `dev`: a file with errors takes no steps of the others away.
    program = Workspace().update(read_folder(flows, report), report).program if flows.is_dir() else None
    made = flow_schema(steps_of(program), languages_of(program)) if program else flow_schema()
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))


@main.command()
@click.argument("topic", metavar="[CODE|VERB|NAME|calls]", required=False)
def explain(topic: str | None) -> None:
    """The page of a message, a word of flows, or call scripts.

    CODE is that of a message; NAME is a key, filter, target or known name; `calls` are call scripts. Without a word it lists
    all there is, one in a line.

    \b
    touchtone explain
    touchtone explain F102
    touchtone explain gather
    touchtone explain date
    touchtone explain conditions
    touchtone explain calls
    """
    from engine.diagnostics import codes, nearest

    if topic is None:
        return _list_topics()
    found = shown(page(topic) or "") or None
    if topic == "calls":
        from engine.phone.scripts.reference import reference as calls

        found = calls()
    if found is None:
        from engine.grammar.reference import pages_that_list, reference, topics
        from engine.model.reading.reader import shortened
        from engine.phone.scripts.reference import explains
        from engine.phone.scripts.reference import reference as calls

        found = reference(topic)
        if found is None and (places := pages_that_list(topic)):
            lines = "\n".join(f"touchtone explain {place}" for place in places[:5])
            found = f"`{topic}` is explained on these pages:\n{lines}"
        if found is None and explains(topic):
            found = calls()
        if found is None:
            close = nearest(topic, (*codes(), *topics(), "calls"))
            meant = f"; did you mean `{close}`?" if close else ""
            raise Failure(f"there is nothing to explain about `{shortened(topic)}`{meant}")
    click.echo(found)


def _list_topics() -> None:
    """Each name and each code that has a page, with the first sentence of it."""
    from engine.diagnostics import codes
    from engine.grammar.reference import reference, topics

    def show(text: str) -> None:
        line = " ".join(text.split())
        click.echo(line if len(line) <= 80 else line[:79] + "…")

    click.echo("touchtone explain WORD  shows the page of one of these words.\n\nThe language")
    for name in topics():
        show((reference(name) or name).strip().partition("\n\n")[0])
    click.echo("\nCall scripts\ncalls — how they are written\n\nMessages")
    for code in codes():
        show((page(code) or "").partition("\n")[0].removeprefix("# "))


for command in (
    call,
    demo,
    doctor,
    graph,
    key,
    message,
    new,
    numbers,
    phone,
    prompts,
    recordings,
    sessions,
    standin,
    test,
    translations,
    twiml,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
