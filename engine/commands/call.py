"""`touchtone call`: places a call through the account that runs a flow."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands.common import INTERRUPTED, settings
from engine.commands.outgoing import (
    Account,
    Folded,
    Lines,
    Places,
    dry_run_option,
    flows_option,
    json_option,
    not_entered,
    public_option,
    recipient,
    sender,
    show_unsent,
    variables,
    warn,
    with_option,
)

if TYPE_CHECKING:
    from engine.account.calls import CallState

LOOK_SECONDS = 1.0  # between two looks at a call
SELDOM_SECONDS = 5.0  # the same of one that lasts
SELDOM_AFTER = 120  # looks
LOOK_NEAR_SECONDS = 0.1  # the same at a stand-in
LONGEST_SECONDS = 90_000.0  # that a call is looked at: the longest lasts for a day
SECOND_THOUGHT = 3.0  # seconds in which a second Ctrl-C hangs up


@click.command()
@click.argument("to", metavar="TO")
@click.argument("flow", metavar="[FLOW[/STEP]]", required=False)
@click.option("--from", "from_", metavar="NUMBER", help="The caller ID; TOUCHTONE_FROM by default.")
@with_option
@click.option("--url", metavar="URL", help="Run the TwiML at this address, not a flow.")
@click.option("--method", type=click.Choice(["GET", "POST"]), default="POST", help="How --url is asked for it.")
@click.option("--twiml", metavar="TEXT", help="Run this TwiML: <Response>…</Response>.")
@click.option(
    "--machine-detection",
    type=click.Choice(["Enable", "DetectMessageEnd"]),
    metavar="MODE",
    help="Enable or DetectMessageEnd: see who answers.",
)
@click.option("--answered-by", metavar="FLOW/STEP", help="… during the call, and tell this step.")
@click.option("--timeout", type=int, metavar="SECONDS", help="How long it rings; 60 by default.")
@click.option("--time-limit", type=int, metavar="SECONDS", help="How long it may last.")
@click.option("--send-digits", metavar="KEYS", help="Keys to press first; w waits half a second.")
@click.option("--record", is_flag=True, help="Record the call.")
@click.option("--status", metavar="FLOW/STEP", help="A step that gets the final status.")
@public_option
@flows_option
@dry_run_option
@json_option
@click.option("--no-wait", is_flag=True, help="Do not follow the call to its end.")
def call(
    to: str,
    flow: str | None,
    from_: str | None,
    given: tuple[str, ...],
    url: str | None,
    method: Any,
    twiml: str | None,
    machine_detection: Any,
    answered_by: str | None,
    timeout: int | None,
    time_limit: int | None,
    send_digits: str | None,
    record: bool,
    status: str | None,
    public_url: str | None,
    flows: Path,
    dry_run: bool,
    as_json: bool,
    no_wait: bool,
) -> None:
    """Calls TO from your Twilio account, and runs FLOW.

    TO is +15550101, client:NAME or sip:NAME@HOST. The exit status is 0 if the call was completed, 1 if it was busy, not
    answered, failed or canceled, and 2 if it could not be placed.

    \b
    touchtone call +15550101 clinic
    touchtone call +15550101 appointment -v name=Ann --machine-detection Enable
    touchtone call +15550101 "message?Message=Hello" --flows examples/twimlets
    touchtone call +15550101 --twiml "<Response><Say>Hello</Say></Response>"
    """
    from engine.account.calls import CallOrder, hang_up, place

    known = settings(public_url=public_url)
    account = Account(known, dry_run=dry_run, as_json=as_json)
    places = Places(flows, known)
    order = CallOrder(
        recipient(to, "voice"),
        sender(from_, known, "voice"),
        url=_runs(flow, url, twiml, variables(given), places),
        method=method,
        twiml=twiml or "",
        machine_detection=machine_detection or "",
        answered_by_url=places.callback(answered_by, "--answered-by", variables(given)),
        ring_seconds=timeout,
        limit_seconds=time_limit,
        record=record,
        send_digits=send_digits or "",
        status_url=places.callback(status, "--status", variables(given)),
    )
    if order.fault:
        raise Folded(order.fault)
    if dry_run:
        return show_unsent([account.rehearse(lambda client: place(client, order))], as_json=as_json)
    if not as_json:
        click.echo(f"Calling {order.to} from {order.from_}: {order.url or 'your TwiML'}", err=True)
    lines = Lines(as_json=as_json)
    state = account.ask(lambda client: place(client, order), "the call is placed", "calls")
    if no_wait:
        return _show(lines, state)
    try:
        state = _follow(account, state, lines)
    except KeyboardInterrupt:
        _interrupted(state.sid, lambda: account.ask(lambda client: hang_up(client, state.sid)))
    if not state.completed:
        raise click.exceptions.Exit(1)


def _runs(flow: str | None, url: str | None, twiml: str | None, given: dict[str, str], places: Places) -> str:
    """The address of what the call runs; "" for a text of TwiML."""
    from engine.account.entry import NotEntered, foreign_url

    if sum(one is not None for one in (flow, url, twiml)) != 1:
        raise Folded("a call runs one thing: name a FLOW, or give --url URL or --twiml TEXT")
    if flow is not None:
        return places.entry(flow, given, "voice")
    if given:
        raise Folded("--with gives variables to a flow, and no flow is named")
    try:
        return foreign_url(url, places.api) if url is not None else ""
    except NotEntered as error:
        raise not_entered(error, "--url") from None


def _follow(account: Account, first: "CallState", lines: Lines) -> "CallState":
    """Shows what becomes of a call until it is over."""
    from engine.account.calls import look_up
    from engine.account.following import followed

    looks, looked = 0, 0.0

    def pause(_: object) -> bool:
        nonlocal looks, looked
        looks += 1
        far = LOOK_SECONDS if looks < SELDOM_AFTER else SELDOM_SECONDS
        far = LOOK_NEAR_SECONDS if account.api else far
        time.sleep(far)
        looked += far
        return looked < LONGEST_SECONDS

    state = first
    for state in followed(
        first,
        lambda: account.look(lambda client: look_up(client, first.sid), f"the call {first.sid} goes on"),
        pause,
    ):
        _show(lines, state)
    if not state.over:
        warn(f"the call {state.sid} is still {state.status}: look again later")
    return state


def _show(lines: Lines, state: "CallState") -> None:
    words = f"{state.status}  {state.sid}" if not lines.any else state.status
    if state.answered_by:
        words += f", answered by {state.answered_by}"
    if state.seconds is not None:
        words += f" after {state.seconds} s"
    told: dict[str, object] = {"sid": state.sid, "status": state.status}
    told |= {name: value for name, value in (("answered_by", state.answered_by), ("seconds", state.seconds)) if value}
    lines.show(words, told)


def _interrupted(sid: str, hang_up: Any) -> None:
    """Says that the call goes on; hangs up if that is not what was meant."""
    try:
        click.echo(f"\nThe call {sid} goes on. Ctrl-C again hangs it up.", err=True)
        time.sleep(SECOND_THOUGHT)
    except KeyboardInterrupt:
        hang_up()
        click.echo("\nHung up.", err=True)
    raise click.exceptions.Exit(INTERRUPTED)
