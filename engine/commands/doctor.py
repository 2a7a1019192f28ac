"""`touchtone doctor`: whether account, public address, numbers, store and flows fit together."""

import json
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from engine.commands import common
from engine.commands.common import Failure
from engine.commands.numbers import public_address
from engine.commands.outgoing import flows_option, public_option
from engine.commands.sessions import escaped, shown

if TYPE_CHECKING:
    from engine.account.findings import Finding

WIDTH = 80
INDENT = " " * 9


@click.command()
@flows_option
@public_option
@click.option("--store", metavar="URL", help="Where sessions are kept.")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object per line.")
def doctor(flows: Path, public_url: str | None, store: str | None, as_json: bool) -> None:
    """Examines account, address, numbers, clock, store and flows.

    A request signed as Twilio signs goes through the public URL; if the server rejects it, the output shows what was
    signed and what the server saw. Nothing is changed. The exit status is 1 if there is an error.

    \b
    touchtone doctor
    touchtone doctor --public-url https://example.com
    """
    counts = {"ok": 0, "warning": 0, "error": 0}
    for finding in _findings(flows, public_url, store):
        counts[finding.status] += 1
        if as_json:
            told = {"check": finding.check, "status": finding.status, "text": finding.text}
            click.echo(escaped(json.dumps({**told, "fix": finding.fix, "details": list(finding.details)})))
        else:
            _show(finding)
    if not as_json:
        click.echo(f"\n{counts['ok']} ok, {_count(counts['warning'], 'warning')}, {_count(counts['error'], 'error')}")
    if counts["error"]:
        raise click.exceptions.Exit(1)


def _findings(flows: Path, public_url: str | None, store: str | None) -> Iterator["Finding"]:
    """All of them, each as soon as it is known."""
    from engine.account.client import Credentials, open_client
    from engine.account.doctor import (
        examine_account,
        examine_address,
        examine_apps,
        examine_numbers,
        examine_trial,
    )
    from engine.account.fetching import LOOPBACK, fetch
    from engine.account.findings import error
    from engine.commands.checkup import examine_flows, examine_store
    from engine.grammar.hosts import inward

    try:
        known: Any = common.production_settings(public_url=public_url, store=store)
    except Failure as fault:
        yield error("settings", fault.message, "correct it, then run this again")
        return

    def open_as(credentials: Credentials) -> Any:
        return open_client(credentials, api=known.twilio_api)

    url = public_address(known, flows)
    flow_findings, served = examine_flows(flows, known)
    account = examine_account(known, open_as, common.utc_now)
    yield from account.findings
    if account.client is not None and account.trial:
        yield from examine_trial(account.client)
    loopback = inward(urlsplit(url).hostname or "") == LOOPBACK
    yield from examine_address(known, url, partial(fetch, loopback=loopback), common.utc_now)
    if account.client is not None:
        yield from examine_numbers(account.client, known, url, served)
        yield from examine_apps(account.client, known, url, served)
    yield from examine_store(known.store)
    yield from flow_findings


def _show(finding: "Finding") -> None:
    def fold(text: str, first: str, rest: str) -> None:
        wrapped = textwrap.wrap(shown(text), WIDTH, initial_indent=first, subsequent_indent=rest, **_FOLDING)
        click.echo("\n".join(wrapped))

    fold(finding.text, f"{finding.status:7}  {finding.check}: ", INDENT)
    for line in finding.details:
        click.echo(f"{INDENT}{shown(line)}")
    if finding.fix:
        fold(finding.fix, f"{INDENT}fix: ", f"{INDENT}     ")


_FOLDING: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
