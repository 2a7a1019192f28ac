"""`touchtone standin`: runs a stand-in of Twilio's REST API on this machine, and prints a line for each event."""

import secrets
import sys
import textwrap
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import click

from engine.commands import common
from engine.commands.common import Failure

PORT = 8010
WIDTH = 80
_INDENT = " " * 10  # the width of a time and two spaces
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command()
@click.option("--host", default="127.0.0.1", help="The address to listen on; this machine only by default.")
@click.option("--port", type=click.IntRange(0, 65535), help=f"The port; that of TOUCHTONE_TWILIO_API, else {PORT}.")
@click.option("--number", "numbers", multiple=True, help="A number of the account; TOUCHTONE_FROM by default.")
@click.option("--trial", is_flag=True, help="A trial account: only verified numbers can be called and texted.")
@click.option("--person", "given", multiple=True, help="Who is at a number, such as '+15550103: busy'.")
@click.option("--speed", type=click.FloatRange(0.1, 1000), default=4.0, help="Seconds of a call in one; 4 by default.")
@click.option("--allow", multiple=True, metavar="URL[=URL]", help="Another machine's server; = the one asked instead.")
@click.option("--rate", type=click.FloatRange(0, 1e6), default=0.0, help="Requests a second before error 20429.")
def standin(
    host: str,
    port: int | None,
    numbers: tuple[str, ...],
    trial: bool,
    given: tuple[str, ...],
    speed: float,
    allow: tuple[str, ...],
    rate: float,
) -> None:
    """Stands in for Twilio: try an account without having one.

    Answers Twilio's REST API as Twilio does, and plays the calls and messages: it asks your flows, signed, and reports what becomes of
    them. Nothing costs money, and no real phone rings. It prints what to set, then a line for each thing that happens. Without
    TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN it makes an account up.

    What happened is also at http://127.0.0.1:8010/. Play the people at the other end, who call, text, or are busy:

    \b
    touchtone standin --person '+15550103: busy' --person '+15550104: press 1'
    curl -d From=+15550101 http://127.0.0.1:8010/standin/calls
    curl -d From=+15550101 -d Body=Hi http://127.0.0.1:8010/standin/texts
    curl http://127.0.0.1:8010/standin
    """
    from engine.account.client import Credentials
    from engine.server.running import PortTaken, bind, run
    from engine.standin.app import standin_app
    from engine.standin.driver import telephone
    from engine.standin.opening import NUMBER, open_account
    from engine.standin.people import read_people
    from engine.standin.reach import Reach

    settings = common.settings()
    common.log_to_stderr(settings)
    own = [_number(one) for one in numbers or (settings.from_ or NUMBER,)]
    try:
        people = read_people(given)
    except ValueError as error:
        raise Failure(f"--person: {error}") from None
    origins = [_origins(one) for one in allow]
    known_servers = [there for there, _ in origins] + ([settings.public_url] if settings.public_url else [])
    reach = Reach(known_servers, {there: here for there, here in origins if here})
    known = Credentials.of(settings)
    sid = known.account_sid or f"AC{secrets.token_hex(16)}"
    made_up = "" if known.token else secrets.token_hex(16)
    # Access tokens for browsers are signed with an API key, which an account that is made up has too.
    key, secret = (known.api_key, known.api_secret) if known.api_key or not made_up else _made_up_key()
    credentials = Credentials(sid, known.token or made_up, key, secret)
    try:
        listener = bind(host, _port(settings.twilio_api) if port is None else port, strict=True)
    except PortTaken as error:
        raise Failure(f"{error}: choose another with --port") from None
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host) or (f"[{host}]" if ":" in host else host)
    base = f"http://{shown}:{listener.getsockname()[1]}"
    records = open_account(credentials, numbers=own, trial=trial, base=base, clock=common.utc_now, told=_tell)

    def started() -> None:
        click.echo(f"A stand-in of Twilio answers at {base}. No real phone rings.")
        if trial:
            click.echo("The account is a trial account: only verified numbers can be called.")
        if host not in LOOPBACK:
            click.echo(f"Anyone who reaches port {listener.getsockname()[1]} can see what happens here.")
        click.echo("Set these for touchtone, in .env or in the environment:\n")
        click.echo(f"  TOUCHTONE_TWILIO_API={base}")
        click.echo(f"  TWILIO_ACCOUNT_SID={sid}")
        click.echo(f"  TWILIO_AUTH_TOKEN={made_up}" if made_up else "  (TWILIO_AUTH_TOKEN as it is set already)")
        if key and not known.api_key:
            click.echo(f"  TWILIO_API_KEY={key}\n  TWILIO_API_SECRET={secret}")
        click.echo(f"  TOUCHTONE_FROM={own[0]}\n")

    driver = telephone(people=people, reach=reach, speed=speed)
    run(standin_app(records, driver, rate=rate, local=host in LOOPBACK), listener, grace=2.0, started=started)


def _made_up_key() -> tuple[str, str]:
    """The SID and the secret of an API key."""
    return f"SK{secrets.token_hex(16)}", secrets.token_hex(16)


def _port(api: str) -> int:
    """The port of the address that clients are told, if it is one of this machine."""
    parts = urlsplit(api)
    return parts.port or PORT if parts.hostname in LOOPBACK else PORT


def _origins(said: str) -> tuple[str, str]:
    """A server that may be asked, and the one that is asked instead ("" for itself)."""
    there, _, here = said.partition("=")
    for url in (there, *([here] if here else [])):
        try:
            parts = urlsplit(url)
            right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            right = False
        if not right:
            raise Failure(f"--allow is the address of a server, such as https://example.com; not {url}")
    return there, here


def _number(said: str) -> str:
    from engine.standin.phone_numbers import normal

    number = normal(said)
    if not number:
        raise Failure(f"{said} is not a phone number: write it with its country, such as +15550002222")
    return number


def _tell(event: Any) -> None:
    """Prints what happened."""
    lines = textwrap.wrap(event.text, WIDTH - len(_INDENT), break_long_words=False, break_on_hyphens=False)
    refused = event.text.startswith("refused")
    time = click.style(f"{event.at.astimezone():%H:%M:%S}", dim=True)
    said = [click.style(line, fg="yellow") if refused else line for line in lines]
    with suppress(OSError):  # nobody reads it any more, or the disk is full: calls go on
        click.echo(f"{time}  " + f"\n{_INDENT}".join(said))
        sys.stdout.flush()
