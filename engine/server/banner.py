"""What the server prints for the person who started it: the flows and their addresses, and each reload."""

import logging
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path, PurePath

import click

from engine.diagnostics import Diagnostic, Severity, render_text, summary
from engine.program.last_good import HeldBack
from engine.program.program import Program
from engine.program.workspace import Loaded
from engine.server.held import not_live
from engine.server.settings import Settings

log = logging.getLogger("touchtone")

MOST_POINTED = 4  # flows of which it is shown how a number is pointed at them
MOST_HELD = 20  # files that are not live of which each is told by itself


def flow_lines(program: Program, base: str) -> list[str]:
    """The flows, one in a line: name, what it is, and its address below `base`."""
    names = max((len(name) for name in program.flows), default=0)
    width = min(44, max((len(flow.description) for flow in program.flows.values()), default=0))
    lines = []
    for name, flow in program.flows.items():
        what = flow.description if len(flow.description) <= width else flow.description[: width - 1] + "…"
        lines.append(f"{name:{names}}  {what:{width}}  {base}/flows/{name}")
    return lines


def pointing(program: Program, settings: Settings) -> list[str]:
    """How a number is pointed at the flows of a public address: what to type, or to paste into Twilio's console."""
    if not program.flows:
        return []
    base, lines = settings.public_url, [f"Twilio reaches these flows at {settings.public_url}."]
    shown = list(program.flows.values())[:MOST_POINTED]
    if settings.sends:
        number = settings.from_ or "+1…"
        lines += ["To answer a number with a flow, run one of these in another terminal:"]
        lines += [f"  touchtone numbers point {number} {flow.name}" for flow in shown]
    lines += [
        f"{'Or paste' if settings.sends else 'Paste'} into the Twilio Console, at your number (Webhook, HTTP POST):"
    ]
    for channel, comes in (("voice", "A call comes in"), ("messaging", "A message comes in")):
        lines += [f"  {comes:18}  {base}/flows/{flow.name}" for flow in shown if channel in flow.channels]
    if len(program.flows) > len(shown):
        lines += [f"  and the same for {len(program.flows) - len(shown)} more flows"]
    return [*lines, ""]


class Banner:
    """Prints to standard output, mistakes to standard error."""

    def __init__(self, folder: Path, settings: Settings, port: int, *, follow: bool) -> None:
        self._folder, self._settings, self._port, self._follow = folder, settings, port, follow
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._listening = f"http://{host}:{port}"
        # What Twilio can be told of a server in production is its public address alone.
        self._base = settings.public_url or (self._listening if follow else "")
        self.page = ""  # the address of the page, with its token: shown here and nowhere else
        self._mute = False
        self._heard: Mapping[str, str] = {}
        self._held: tuple[HeldBack, ...] = ()
        self._rendered: dict[Diagnostic, str] = {}
        self._found: tuple[Diagnostic, ...] = ()  # at the last reload, or before the first

    def show(self, program: Program, found: tuple[Diagnostic, ...] = (), held: tuple[HeldBack, ...] = ()) -> None:
        """The flows, one in a line: name, what it is, its address; and what callers of it need to know.

        `found` was shown already: a reload repeats none of its warnings and hints. `held` are the files that are not live.
        """
        settings = self._settings
        self._found, self._held = found, held
        if self._port != settings.port and settings.port:
            self._say(f"Port {settings.port} is in use; this is {self._port}.")
        self._heard = program.sources
        self._say(f"Touchtone serves {self._folder} (version {program.version}):\n")
        for line in flow_lines(program, self._base):
            self._say(f"  {line}")
        if not program.flows:
            self._say("  nothing yet: mend the mistakes above, and save")
        self._say_held(held)
        self._say()
        if settings.unsigned:
            self._say(f"Requests are NOT checked for Twilio's signature: {self._callers()}.")
            if self._follow and settings.public_url:
                self._say("Set TWILIO_AUTH_TOKEN, and only Twilio can.")
        if not self._base:
            checked = ", and signatures are checked against the Host header of each request"
            missing = "No public address is set: Twilio cannot be told where these flows are"
            missing += f"{'' if settings.unsigned else checked}. Start with --public-url https://your-host.example"
            self._say(textwrap.fill(missing, 80, break_on_hyphens=False))
        if self._base != self._listening:
            self._say(f"Listening on {self._listening}.")
        if settings.api_keys:
            known = ", ".join(key.name for key in settings.api_keys)
            self._say(
                textwrap.fill(f"Programs may use {self._base or self._listening}/api, with the key of: {known}.", 80)
            )
        if self._follow and settings.public_url:
            for line in pointing(program, settings):
                self._say(line)
        if self.page:
            self._say(f"Design page: {self.page}")
        if self._follow:
            self._say("A saved file is heard at once. Ctrl-C ends this.")

    def _say_held(self, held: tuple[HeldBack, ...]) -> None:
        for each in held[:MOST_HELD]:
            self._say(textwrap.fill(not_live(each, self._folder), 80, break_on_hyphens=False), err=True)
        if len(held) > MOST_HELD:
            self._say(f"{len(held) - MOST_HELD} more files are not live as they are saved.", err=True)

    def _callers(self) -> str:
        """Who can call where nothing is checked."""
        if self._settings.public_url:
            return f"anyone who reaches {self._settings.public_url} can call"
        local = self._settings.host in ("127.0.0.1", "localhost", "::1")
        return "only this machine can call" if local else "anyone who reaches this port can call"

    def _say(self, text: str = "", *, err: bool = False) -> None:
        """Prints a line; where that cannot be done, as on a full disk, calls are answered all the same."""
        try:
            click.echo(text, err=err)
        except OSError as error:
            if not self._mute:
                self._mute = True
                log.warning("what is printed here cannot be written: %s", error.strerror or error)

    def reloaded(self, loaded: Loaded) -> None:
        """One line for a good save; for a bad one its mistakes, and what callers go on hearing; nothing where nothing is new."""
        found = loaded.report.diagnostics
        known, self._found = self._found, found
        if loaded.report.errors:  # then nothing else is looked for: what was told before is still known
            self._found += tuple(one for one in known if one.severity is not Severity.ERROR)
        before = self._heard
        now = loaded.program.sources if loaded.program is not None else {}
        # Errors are shown again when any of them is new: they are what keeps a save from going live.
        rendered = {one: self._rendered.get(one) or render_text((one,)) for one in (*known, *found)}
        self._rendered = {one: rendered[one] for one in self._found}
        told = {rendered[one] for one in known}
        fresh = [one for one in found if rendered[one] not in told]
        shown = [one for one in found if one in fresh or (fresh and one.severity is Severity.ERROR)]
        if shown:
            self._say(render_text(shown, colour=sys.stderr.isatty()), err=True)
        if loaded.program is None:
            self._say(f"{summary(found)}; callers go on hearing the last good version", err=True)
            return
        if loaded.held and (shown or loaded.held != self._held):
            self._say_held(loaded.held)
        self._held = loaded.held
        self._heard = now
        if before == now:
            if any(each.severity is Severity.ERROR for each in known) and not loaded.report.errors:
                self._say(f"Mended: version {loaded.program.version} goes on as it was.")
            return
        for name in sorted(before.keys() | now.keys()):
            if name not in now:
                self._say(f"Gone: {name}")
            elif name not in before and PurePath(name).stem in loaded.program.flows:
                self._say(f"New: {name}, at {self._base}/flows/{PurePath(name).stem}")
            elif before.get(name) != now[name]:
                self._say(f"Saved: {name}")
        self._say(f"Version {loaded.program.version} is heard from now on.")
