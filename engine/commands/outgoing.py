"""What `touchtone call` and `touchtone message` share: the account, the flow, and how a request and its answer are shown."""

import json
import random
import re
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.commands.common import FOLDER, Failure, pairs, settings, show, show_left_out
from engine.commands.sessions import escaped, shown

if TYPE_CHECKING:
    from engine.account.entry import NotEntered
    from engine.account.errors import Problem
    from engine.account.rehearsal import Unsent

T = TypeVar("T")

WIDTH = 80
CONSOLE = "https://console.twilio.com/us1/monitor/logs"
_PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds between two looks that got no answer
_NOBODY = "AC" + "x" * 32  # shown where no account is set

with_option = click.option(
    "-v", "--with", "given", multiple=True, metavar="NAME=VALUE", help="A variable that the flow `takes`."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Print the request, and send nothing.")
json_option = click.option("--json", "as_json", is_flag=True, help="Each line as a JSON object.")
flows_option = click.option("--flows", type=FOLDER, default=Path("flows"), help="The folder of flows.")
public_option = click.option("--public-url", metavar="URL", help="Where Twilio reaches your flows.")


class Folded(Failure):
    """A failure of several lines, each folded to the width of a page: what is wrong, then what to do."""

    def show(self, file: Any = None) -> None:
        first, *more = self.message.split("\n")
        click.echo(_folded(f"touchtone: {first}"), err=True)
        for line in more:
            click.echo(_folded(f"  {line.strip()}"), err=True)


class NotDone(Folded):
    """Twilio did not do what was asked; where `settled`, it may have done it all the same."""

    settled = False


class Account:
    """The account of the settings, asked with patience; what goes wrong there ends the command with a sentence."""

    def __init__(self, known: Any, *, dry_run: bool = False, as_json: bool = False) -> None:
        """Fails if no account is set, unless nothing is to be sent."""
        from engine.account.client import Credentials

        self.api: str = known.twilio_api
        self._json = as_json
        self._credentials = Credentials.of(known)
        self._client: Any = None
        if not (self._credentials.complete or dry_run):
            raise Folded(
                "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set\n"
                "  write both into .env: they are at https://console.twilio.com; or try everything with `touchtone standin`"
            )

    def ask(self, ask: Callable[[Any], T], done: str = "", look: str = "") -> T:
        """What `ask` gets from the client. A rate limit is waited out; nothing else is asked twice.

        `done` is what the request would have done, and `look` the page of Twilio's console that shows whether it did.
        """
        from engine.account.errors import explain, retried

        try:
            return retried(lambda: ask(self.client), sleep=time.sleep, jitter=random.random)
        except KeyboardInterrupt:
            if done:
                warn(f"interrupted: whether {done} is not known; look at {self._log(look)}")
            raise
        except Exception as error:
            raise self.failure(explain(error, done), look) from None

    def look(self, ask: Callable[[Any], T], meanwhile: str) -> T:
        """The same for a request that changes nothing: it is repeated for a while where no answer comes; `meanwhile` is what goes on."""
        from engine.account.errors import explain, retried

        for pause in (*_PAUSES, None):
            try:
                return retried(lambda: ask(self.client), sleep=time.sleep, jitter=random.random)
            except Exception as error:
                problem = explain(error)
                if pause is None or 0 < problem.status < 500:
                    raise self.failure(problem, more=meanwhile) from None
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def failure(self, problem: "Problem", look: str = "", more: str = "") -> Folded:
        """What went wrong there, as the command ends with it."""
        from engine.account.errors import fix_at

        fix = fix_at(self.api, problem)
        if problem.unknown and look:
            fix = f"look at {self._log(look)} before you try again"
        if self._json:
            told = {"code": problem.code, "status": problem.status, "message": problem.sentence, "fix": fix}
            click.echo(escaped(json.dumps({"error": told}, ensure_ascii=False)))
        failed = NotDone("\n  ".join(line for line in (problem.sentence, fix, more) if line))
        failed.settled = problem.unknown
        return failed

    def _log(self, page: str) -> str:
        """Where it stands what the account has done."""
        return f"{self.api}/" if self.api else f"{CONSOLE}/{page}"

    @property
    def client(self) -> Any:
        """The client of the `twilio` library."""
        if self._client is None:
            from engine.account.client import open_client

            self._client = open_client(self._credentials, api=self.api)
        return self._client

    def rehearse(self, ask: Callable[[Any], object]) -> "Unsent":
        """The request that `ask` would make; without an account with a SID of crosses."""
        from engine.account.client import Credentials
        from engine.account.rehearsal import rehearse

        own = self._credentials
        return rehearse(own if own.complete else Credentials(own.account_sid or _NOBODY, "none"), ask, api=self.api)


def show_unsent(requests: Iterable["Unsent"], *, as_json: bool) -> None:
    """Prints requests that were not sent."""
    for one in requests:
        if as_json:
            told: dict[str, Any] = {"method": one.method, "url": one.url, "params": [list(pair) for pair in one.params]}
            click.echo(escaped(json.dumps(told, ensure_ascii=False)))
            continue
        click.echo(f"{one.method} {one.url}")
        for name, value in one.params:
            value = escaped(value)
            click.echo(textwrap.indent(value, " " * (len(name) + 3)).replace(" " * (len(name) + 3), f"  {name}=", 1))


class Lines:
    """What becomes of a call or a message, a line for each change: the seconds since the first, then the words."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._began: float | None = None

    @property
    def any(self) -> bool:
        """Whether one was written."""
        return self._began is not None

    def show(self, words: str, told: Mapping[str, object]) -> None:
        """Writes one, `words` for people and `told` for programs."""
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        elapsed = now - self._began
        if self._json:
            click.echo(escaped(json.dumps({"after": round(elapsed, 1), **told}, ensure_ascii=False)))
        else:
            click.echo(f"{elapsed:5.0f} s  {shown(words)}")
        sys.stdout.flush()


def sender(from_: str | None, known: Any, channel: Any) -> str:
    """The number to call or text from: the option `--from`, else that of the settings."""
    from engine.account.recipients import sender_fault

    number = from_ or known.from_
    if not number:
        raise Folded(
            "no number to come from is known\n  give --from NUMBER, or set TOUCHTONE_FROM to a number of your account"
        )
    if fault := sender_fault(number, channel):
        raise Folded(fault)
    return str(number)


def recipient(to: str, channel: Any) -> str:
    """Whom to call or text."""
    from engine.account.recipients import recipient_fault

    if fault := recipient_fault(to, channel):
        raise Folded(fault)
    return to


def variables(given: tuple[str, ...]) -> dict[str, str]:
    """What the option `--with` gives."""
    return pairs("--with", given, "name=Ann")


def program_for(flows: Path, flow: str) -> Any:
    """The program of a folder, as far as it is needed for a flow; fails, with its errors shown, if that cannot be served."""
    from engine.program.library import load_for

    if not flows.is_dir():
        raise Folded(f"there is no folder {flows}\n  name yours with --flows FOLDER")
    loaded, wrong = load_for(flows, flow, settings().env)
    if loaded.program is None:
        show(loaded.report.diagnostics, err=True)
        raise Folded(f"`{flow}` has errors: fix them first")
    show_left_out(wrong)
    return loaded.program


def not_entered(error: "NotEntered", option: str = "") -> Folded:
    """Why a flow cannot be entered, as a command ends with it; `option` is the one that names it."""
    sentence = f"{option}: {error.sentence}" if option else error.sentence
    return Folded(sentence + (f"\n  {error.fix}" if error.fix else ""))


def warn(words: str) -> None:
    """Writes a warning, folded to the width of a page."""
    click.echo(_folded(f"! {words}"), err=True)


def _folded(line: str) -> str:
    """A line of the width of a page; a command in backticks is not broken, so that it can be copied."""
    kept = re.sub("`[^`]{1,70}`", lambda found: found[0].replace(" ", "\0"), shown(line))
    folded = textwrap.fill(kept, WIDTH, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
    return folded.replace("\0", " ")


class Places:
    """Where the flows of a folder are reached; the folder is read, and a server looked for, when they are asked for."""

    def __init__(self, flows: Path, known: Any) -> None:
        self._flows, self._known = flows, known
        self._base = ""
        self.api: str = known.twilio_api

    @property
    def base(self) -> str:
        """The address below which Twilio reaches them; fails if it reaches none."""
        from engine.account.entry import NotEntered, public_base
        from engine.server.presence import running

        if not self._base:
            try:
                self._base = public_base(self._known, running(self._flows), self._flows)
            except NotEntered as error:
                raise not_entered(error) from None
        return self._base

    @property
    def near(self) -> str:
        """The loopback address of the server that runs here under `base`; "" if it is another one."""
        from engine.server.presence import running

        found = running(self._flows)
        return found.url if found is not None and self.base in (found.url, found.public_url) else ""

    def entry(self, address: str, given: dict[str, str], channel: Any) -> str:
        """The address of `FLOW`, `FLOW/STEP` or `FLOW?QUERY`, a flow that answers calls or messages, with the variables that it
        is given."""
        from engine.account.entry import NotEntered, check_given, entry_url, find_entry
        from engine.phone.transport import params_of

        address, _, query = address.partition("?")
        asked = params_of(query)
        program = program_for(self._flows, address.partition("/")[0])
        try:
            flow, step = find_entry(program, address, channel)
            if missing := sorted(flow.required - given.keys() - asked.keys()):
                example = " ".join(f"-v {name}=…" for name in missing)
                raise NotEntered(f"`{flow.name}` must be given {', '.join(missing)}", f"add  {example}")
            check_given(flow, given)
        except NotEntered as error:
            raise not_entered(error) from None
        base = self.base
        self._check_served(flow.name)
        return entry_url(base, flow.name, step, {**asked, **given})

    def callback(self, address: str | None, option: str, given: dict[str, str] | None = None) -> str:
        """The address of a step that Twilio reports to, with the variables that the call is given; "" for None."""
        from engine.account.entry import NotEntered, callback_url

        if address is None:
            return ""
        program = program_for(self._flows, address.partition("/")[0])
        try:
            return callback_url(program, self.base, address, given)
        except NotEntered as error:
            raise not_entered(error, option) from None

    def _check_served(self, flow: str) -> None:
        """Fails if the server that runs here does not serve the flow; says so if it serves an older version of its file."""
        from engine.commands.calling import check_served
        from engine.server.presence import running

        found = running(self._flows)
        if found is None or not self.near:
            return
        check_served(flow, found, self._flows)
        if why := found.held.get(f"{flow}.yaml"):
            warn(why)
