"""What the server prints for the person who started it: the flows and their addresses, and each reload."""

import sys
from collections.abc import Mapping
from pathlib import Path, PurePath

import click

from engine.diagnostics import Diagnostic, Severity, render_text, summary
from engine.program.library import Loaded
from engine.program.program import Program
from engine.server.settings import Settings


def flow_lines(program: Program, base: str) -> list[str]:
    """The flows, one in a line: name, what it is, and its address below `base`."""
    names = max((len(name) for name in program.flows), default=0)
    width = min(44, max((len(flow.description) for flow in program.flows.values()), default=0))
    lines = []
    for name, flow in program.flows.items():
        what = flow.description if len(flow.description) <= width else flow.description[: width - 1] + "…"
        lines.append(f"{name:{names}}  {what:{width}}  {base}/flows/{name}")
    return lines


class Banner:
    """Prints to standard output, mistakes to standard error."""

    def __init__(self, folder: Path, settings: Settings, port: int, *, follow: bool) -> None:
        self._folder, self._settings, self._port, self._follow = folder, settings, port, follow
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._listening = f"http://{host}:{port}"
        self._base = settings.public_url or self._listening
        self._heard: Mapping[str, str] = {}
        self._found: tuple[Diagnostic, ...] | None = None  # at the last reload

    def show(self, program: Program) -> None:
        """The flows, one in a line: name, what it is, its address; and what whoever calls must know."""
        settings = self._settings
        if self._port != settings.port and settings.port:
            click.echo(f"Port {settings.port} is in use; this is {self._port}.")
        self._heard = program.sources
        click.echo(f"Touchtone serves {self._folder} (version {program.version}):\n")
        for line in flow_lines(program, self._base):
            click.echo(f"  {line}")
        if not program.flows:
            click.echo("  nothing yet: mend the mistakes above, and save")
        click.echo()
        local = settings.host in ("127.0.0.1", "localhost", "::1")
        if settings.unsigned:
            who = "only this machine can call" if local else "anybody can call"
            click.echo(f"Requests are NOT checked for Twilio's signature: {who}.")
        if settings.public_url:
            click.echo(f"Listening on {self._listening}.")
        if self._follow:
            click.echo("A saved file is heard at once. Ctrl-C ends this.")

    def reloaded(self, loaded: Loaded) -> None:
        """One line for a good save; for a bad one its mistakes, and what callers go on hearing; nothing where nothing is new."""
        found = loaded.report.diagnostics
        known, self._found = self._found, found
        before = self._heard
        now = loaded.program.sources if loaded.program is not None else {}
        # At the start they were shown as well.
        new = found != known if known is not None else before != now
        if found and (new or loaded.program is None):
            click.echo(render_text(found, colour=sys.stderr.isatty()), err=True)
        if loaded.program is None:
            click.echo(f"{summary(found)}; callers go on hearing the last good version", err=True)
            return
        self._heard = now
        if before == now:
            if any(each.severity is Severity.ERROR for each in known or ()):
                click.echo(f"Mended: version {loaded.program.version} goes on as it was.")
            return
        for name in sorted(before.keys() | now.keys()):
            if name not in now:
                click.echo(f"Gone: {name}")
            elif name not in before and PurePath(name).stem in loaded.program.flows:
                click.echo(f"New: {name}, at {self._base}/flows/{PurePath(name).stem}")
            elif before.get(name) != now[name]:
                click.echo(f"Saved: {name}")
        click.echo(f"Version {loaded.program.version} is heard from now on.")
