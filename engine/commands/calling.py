"""What `touchtone phone` calls: the flows of a folder, in this process, or a server."""

import re
from collections.abc import Sequence
from pathlib import Path
from secrets import randbits
from typing import Any
from urllib.parse import quote, urlsplit

import click

from engine.commands.common import Failure, outside, settings, show, show_left_out, utc_now
from engine.commands.given import check_stubs

# The clock in an expression: `now.hour`, `now | time`, `hours.desk.open`; not what a flow says ("Enter it now.").
_CLOCK = re.compile(r"\bhours(\.[a-z_]|\[)|\bnow\s*(\.[a-z_]|[|<>=+)}-])|[{(<>=]\s*now\b")


class Files:
    """The flows of a folder, answered in this process; `given` is what is known before the call."""

    def __init__(self, flow: str, flows: Path, given: Any) -> None:
        from engine.phone.transport import encode
        from engine.testing.world import OnlyGiven

        self._project = _project(flows, flow)
        _known(flow, self._project.program.flows)
        written = self._project.program.flows[flow]
        _step(given.step, written.steps, flow)
        check_stubs(given, self._project)
        self.name = f"from the files in {flows}/"
        self.channels = written.channels
        # Then a call goes otherwise at another time: a script of it has to say when it was.
        self.tells_time = _CLOCK.search(written.source.text) is not None
        self.when = given.at or utc_now()
        query = f"?{encode(tuple(given.entry.items()))}" if given.entry else ""
        self.entry = self._project.entry(flow) + (f"/{given.step}" if given.step else "") + query
        world = OnlyGiven(_world(flows), given.stubs, self._project.mask)
        self.phone: Any = self._project.phone(self.when, given.outcomes, stubs=given.stubs, world=world)

    def close(self) -> None:
        """Nothing to let go of."""

    def mask(self, text: str) -> str:
        """A text without the secrets of the settings."""
        masked: str = self._project.mask(text)
        return masked

    def answered(self, story: Any) -> tuple[str, ...]:
        """What came back from outside in a call, as lines of a script."""
        from engine.testing.answered import answered_lines

        return answered_lines(self._project, story)

    def older(self) -> Sequence[str]:
        """Nothing: the files are played as they are saved."""
        return ()

    def faults(self) -> Sequence[object]:
        """What went wrong in steps."""
        found: Sequence[object] = self._project.faults
        return found

    def advice(self, story: Any) -> str:
        """Nothing: the flows of this folder take the telephone's signature."""
        return ""

    def unused(self, story: Any) -> list[str]:
        """The answers that were given, and that the flow never asked for."""
        return [f"{stub.kind} {stub.words}".strip() for stub in self._project.idle(story)]


class Server:
    """A server that runs: `/flows/FLOW` of the host in `url`, or that address as it is."""

    tells_time = False

    def __init__(self, flow: str, url: str, given: Any, found: Any = None, flows: Path | None = None) -> None:
        """`found` is the server that runs here for the folder `flows`, where `url` is its address (see `engine.server.presence`)."""
        from engine.phone import Phone, over_http
        from engine.phone.transport import address_fault, encode

        if not url.startswith(("http://", "https://")):
            bare = re.fullmatch(r"(localhost|[\d.]+|\[[\d:a-f]+\]):\d+(/.*)?", url)
            example = f"http://{url}" if bare else "https://example.com"
            raise Failure(f"--url is the address of a server, such as {example}; not {url}")
        if fault := address_fault(url):
            raise Failure(f"--url is the address of a server, such as https://example.com; not {url}: {fault}")
        seen = found.public_url.rstrip("/") if found and found.public_url else url  # as signatures are judged
        parts = urlsplit(seen)
        as_it_is = found is None and (parts.path.strip("/") or parts.query)
        query = f"?{encode(tuple(given.query.items()))}" if given.query else ""
        self.entry = url if as_it_is else f"{seen.rstrip('/')}/flows/{quote(flow, errors='replace')}{query}"
        self.name = f"on the server at {url}" + (" (touchtone dev)" if found else "")
        self.channels: tuple[str, ...] = ()  # nobody knows
        self._flow, self._held = flow, found.held if found is not None else {}
        if found is not None:
            check_served(flow, found, flows)
            self.name += "; it really sends texts" if found.sends else ""
            self.channels = tuple(found.flows[flow])
        self.when = utc_now()
        tokens = settings().tokens
        self._signed, self._public = bool(tokens), found is not None
        # A server remembers calls by their sid: each needs one of its own.
        self._transport = over_http({seen: url} if found else None)
        self.phone: Any = Phone(
            self._transport,
            token=tokens[0] if tokens else "",
            seed=randbits(32),
            started=self.when,
            answers=given.outcomes,
        )

    def close(self) -> None:
        """Lets go of the connection."""
        self._transport.close()

    def mask(self, text: str) -> str:
        """The text: what a server keeps secret is not known here."""
        return text

    def answered(self, story: Any) -> tuple[str, ...]:
        """Nothing: what a server asked outside is not known here."""
        return ()

    def older(self) -> Sequence[str]:
        """Which files the server answers with as they were before they were saved: that of the flow, and those that all flows share."""
        from engine.document.folder import is_flow

        own = f"{self._flow}.yaml"
        return [why for file, why in self._held.items() if file == own or not is_flow(file)]

    def faults(self) -> Sequence[object]:
        """Nothing: they stand in the server's log."""
        return ()

    def advice(self, story: Any) -> str:
        """What to try where the server rejected the signature (403), in one sentence; "" if it did not."""
        if not any(asked.status == 403 and asked.kind != "media" for asked in story.requests):
            return ""
        if not self._signed:
            return "the server wants Twilio's signature: set TWILIO_AUTH_TOKEN to the auth token it has"
        token = "has another TWILIO_AUTH_TOKEN than the one set here"
        if self._public:
            return f"the server {token}"
        return (
            "the signature was rejected: the server has another public address (its --public-url or "
            f"TOUCHTONE_PUBLIC_URL), which --url must name then, or it {token}"
        )

    def unused(self, story: Any) -> list[str]:
        """Nothing: a server is given no answers."""
        return []


def _world(flows: Path) -> Any:
    """The world as a server would ask it, but that a call which only tries a flow texts nobody: the telephone shows the text."""
    from engine.runtime.effects.effect import Result

    async def show_text(message: Any) -> Any:
        return Result("sent", {"sid": "SM" + "0" * 32})

    asked = outside(flows, settings(), show_text)
    if asked.problem:
        click.echo(f"! {asked.problem}", err=True)
    return asked.world


def _project(flows: Path, flow: str) -> Any:
    from engine.diagnostics import Report
    from engine.testing.project import Project

    project, wrong = Project.load_for(flows, flow, settings().env)
    if isinstance(project, Report):
        show(project.diagnostics, err=True)
        raise click.exceptions.Exit(1 if flows.is_dir() else 2)
    show_left_out(wrong)
    return project


def check_served(flow: str, found: Any, flows: Path | None) -> None:
    """Fails if the server that runs here does not serve the flow; says so if that is for errors in its file, or in others."""
    from engine.program.library import load_for

    if flow not in found.flows and flows is not None and (flows / f"{flow}.yaml").is_file():
        loaded, wrong = load_for(flows, flow, settings().env)
        own = [one for one in loaded.report.diagnostics if Path(one.span.source.path).name == f"{flow}.yaml"]
        if loaded.program is None and own:
            show(own, err=True)
            raise Failure(f"{flows / flow}.yaml has errors, so the server does not serve `{flow}`; fix them first")
        if why := found.held.get(f"{flow}.yaml"):
            raise Failure(f"the server does not serve `{flow}`: {why}")
        if wrong:
            raise Failure(f"the server does not serve `{flow}` yet: there are errors in {', '.join(wrong)}")
    _known(flow, found.flows)


def _known(flow: str, flows: Any) -> None:
    from engine.diagnostics import nearest

    if flow not in flows:
        # Perhaps it is the path of its file, as a shell completes it.
        close = nearest(flow, flows) or nearest(Path(flow).stem, flows)
        hint = f"did you mean `{close}`?" if close else f"there are: {', '.join(flows)}" if flows else "none is served"
        raise Failure(f"there is no flow named `{flow}`; {hint}")


def _step(step: str | None, steps: Any, flow: str) -> None:
    from engine.diagnostics import nearest

    if step and step not in steps:
        close = nearest(step, steps)
        hint = f"did you mean `{close}`?" if close else f"there are: {', '.join(steps)}"
        raise Failure(f"--given: there is no step named `{step}` in `{flow}`; {hint}")
