"""`touchtone numbers`: where the account's phone numbers go, and which flow answers them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands import common
from engine.commands.caller_ids import verified, verify
from engine.commands.outgoing import Account, Folded, flows_option, not_entered, program_for, public_option
from engine.commands.sessions import escaped, shown

if TYPE_CHECKING:
    from engine.account.earlier_numbers import EarlierNumbers
    from engine.account.numbers import Number
    from engine.model.flow import Flow

NOTES = Path(".touchtone/numbers.json")
NUMBER_COLUMN, NAME_COLUMN, VOICE_COLUMN, WIDTH = 16, 16, 22, 80

_yes_option = click.option("--yes", is_flag=True, help="Replace what was set elsewhere.")
_dry_option = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
_json_option = click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object per line.")


@click.group(invoke_without_command=True)
@_json_option
@click.pass_context
def numbers(context: click.Context, as_json: bool) -> None:
    """The phone numbers of your Twilio account, and where they go.

    Without a command it lists them.

    \b
    touchtone numbers
    touchtone numbers point +15550100 clinic
    touchtone numbers restore +15550100
    touchtone numbers app clinic
    touchtone numbers verify +15550177
    """
    if context.invoked_subcommand is None:
        context.invoke(list_, flows=Path("flows"), public_url=None, as_json=as_json)


@numbers.command("list")
@flows_option
@public_option
@_json_option
def list_(flows: Path, public_url: str | None, as_json: bool) -> None:
    """Lists the numbers: their names, and where calls and messages go.

    \b
    touchtone numbers list
    touchtone numbers list --json
    """
    from engine.account.destinations import CHANNELS, MESSAGING, VOICE
    from engine.account.numbers import list_numbers

    known = common.settings(public_url=public_url)
    account = Account(known)
    found = account.ask(list_numbers)
    apps = _app_names(account, found)
    ours = public_address(known, flows)
    if as_json:
        for one in found:
            goes = {channel: one.destination(channel, ours, apps) for channel in CHANNELS}
            click.echo(escaped(json.dumps({"number": one.number, "sid": one.sid, "name": one.name, **goes})))
        return
    if not found:
        click.echo("the account has no phone numbers; buy one in the Twilio Console")
        return
    rows = [
        (one.number, one.name, one.destination(VOICE, ours, apps), one.destination(MESSAGING, ours, apps))
        for one in found
    ]
    for row in (("number", "name", "calls go to", "messages go to"), *rows):
        click.echo(_row(row))
    if not ours:
        click.echo("\nWhich of them go to your flows is not known: set TOUCHTONE_PUBLIC_URL.")


@numbers.command()
@click.argument("number")
@click.argument("flow")
@click.option("--status", metavar="FLOW/STEP", help="Also report each call's end to this step.")
@flows_option
@public_option
@_yes_option
@_dry_option
def point(
    number: str, flow: str, status: str | None, flows: Path, public_url: str | None, yes: bool, dry_run: bool
) -> None:
    """Points NUMBER at FLOW: its calls, its messages, or both.

    Which of them, the flow's `channel` says; the other stays as it is. The fallback URL is the flow's address too. How the
    number was set before is kept in .touchtone/numbers.json for `touchtone numbers restore`.

    \b
    touchtone numbers point +15550100 clinic
    touchtone numbers point +15550100 clinic --status clinic/ended
    touchtone numbers point +15550100 clinic --dry-run
    touchtone numbers point +15550100 "forward?PhoneNumber=%2B15550101"
    """
    from engine.account.numbers import addresses_of, differing, objections, own_settings, pointed
    from engine.phone.transport import params_of

    known = common.settings(public_url=public_url)
    account = Account(known)
    flow, _, query = flow.partition("?")
    program = program_for(flows, flow)
    meant = _flow(program, flow)
    _check_takes(meant)
    url = _reachable(known, flows)
    callback = _callback(program, url, status) if status is not None else ""
    one = _found(account, number)
    wanted = pointed(url, meant.name, _able(one, meant), callback, params_of(query))
    ours = _ours(one, known.account_sid)
    against = objections(one, wanted, url, ours)
    change = differing(one, wanted)
    _show_change(one, one.changed(wanted), url)
    if not change:
        click.echo(f"{one.number} goes to {flow} already")
        return
    if against and not yes and not dry_run:
        raise Folded(f"{one.number} is in use: {'; '.join(against)}\n  replace that with --yes")
    if dry_run:
        click.echo(f"nothing is changed{': it also needs --yes' if against and not yes else ''} (--dry-run)")
        return
    now = common.utc_now().isoformat(timespec="minutes")
    _notes().note(known.account_sid, one, now, addresses_of(wanted), own_settings(one, url, ours))
    _change(account, one, change)
    click.echo(f"changed; undo it with  touchtone numbers restore {one.number}")


@numbers.command()
@click.argument("number")
@flows_option
@public_option
@_dry_option
def restore(number: str, flows: Path, public_url: str | None, dry_run: bool) -> None:
    """Sets NUMBER as it was before it was pointed at a flow.

    \b
    touchtone numbers restore +15550100
    """
    from engine.account.earlier_numbers import EarlierError
    from engine.account.numbers import differing

    known = common.settings(public_url=public_url)
    url = public_address(known, flows)
    account = Account(known)
    one = _found(account, number)
    try:
        earlier = _notes().get(known.account_sid, one.number)
    except EarlierError as error:
        raise Folded(str(error)) from None
    if earlier is None:
        raise Folded(f"how {one.number} was set before is not known: {NOTES} has nothing about it")
    _show_change(one, one.changed(earlier.settings), url)
    for name in earlier.incomplete:
        click.echo(f"touchtone: {name} had a user name and password: add them in the Twilio Console", err=True)
    if dry_run:
        click.echo("nothing is changed (--dry-run)")
        return
    if change := differing(one, earlier.settings):
        _change(account, one, change)
    _notes().forget(known.account_sid, one.number)
    click.echo(f"{one.number} is set as it was before {_day(earlier.at)}")


@numbers.command()
@click.argument("flow")
@flows_option
@public_option
@_yes_option
@_dry_option
def app(flow: str, flows: Path, public_url: str | None, yes: bool, dry_run: bool) -> None:
    """Makes a TwiML App that runs FLOW, or updates it; prints its SID.

    Browser clients and SIP endpoints call a TwiML App. It is named after the flow.

    \b
    touchtone numbers app clinic
    """
    from engine.account.apps import create_app, find_app, update_app
    from engine.account.numbers import NumberError, app_settings

    known = common.settings(public_url=public_url)
    account = Account(known)
    meant = _flow(program_for(flows, flow), flow)
    url = _reachable(known, flows)
    wanted = app_settings(url, meant.name, meant.channels)
    try:
        there = account.ask(lambda client: find_app(client, meant.name, url))
    except NumberError as error:
        raise Folded(str(error)) from None
    if there and there.foreign and not yes and not dry_run:
        raise Folded(
            f"the app {there.sid} named `{flow}` goes to {', '.join(there.foreign)}\n  replace that with --yes"
        )
    if dry_run:
        click.echo(f"would {'update the app ' + there.sid if there else 'create an app'} (--dry-run)")
        return
    if there is None:
        sid = account.ask(lambda client: create_app(client, meant.name, wanted), "the app is created")
    else:
        sid = there.sid
        account.ask(lambda client: update_app(client, sid, wanted), "the app is updated")
    click.echo(sid)
    click.echo(f"{'updated' if there else 'created'}: the TwiML App `{flow}` runs the flow {flow}", err=True)


def _row(cells: tuple[str, str, str, str]) -> str:
    number, name, calls, messages = map(shown, cells)
    left = WIDTH - NUMBER_COLUMN - NAME_COLUMN - VOICE_COLUMN - 6
    row = f"{number:{NUMBER_COLUMN}}  {_cut(name, NAME_COLUMN)}  {_cut(calls, VOICE_COLUMN)}  {_cut(messages, left)}"
    return row.rstrip()


def _cut(text: str, width: int) -> str:
    return f"{text:{width}}" if len(text) <= width else f"{text[: width - 1]}…"


def _app_names(account: Account, found: tuple["Number", ...]) -> Mapping[str, str]:
    """The names of TwiML Apps, if a number goes to one."""
    from engine.account.apps import list_apps
    from engine.account.destinations import CHANNELS

    if not any(one.overridden(channel).startswith("app ") for one in found for channel in CHANNELS):
        return {}
    return {app.sid: app.name for app in account.ask(list_apps)}


def public_address(known: Any, flows: Path) -> str:
    """The address below which Twilio, or its stand-in, sees the flows; "" if that is not known."""
    from engine.account.entry import NotEntered, public_base
    from engine.server.presence import running

    try:
        return public_base(known, running(flows), flows).rstrip("/")
    except NotEntered:
        return str(known.public_url)


def _reachable(known: Any, flows: Path) -> str:
    """The same; fails if it cannot be reached."""
    from engine.account.entry import NotEntered, public_base
    from engine.server.presence import running

    try:
        return public_base(known, running(flows), flows).rstrip("/")
    except NotEntered as error:
        raise not_entered(error) from None


def _flow(program: Any, name: str) -> "Flow":
    from engine.account.entry import NotEntered, find_place

    try:
        flow, step = find_place(program, name)
    except NotEntered as error:
        raise not_entered(error) from None
    if step:
        raise Folded(f"FLOW is the name of a flow, `{flow.name}`, without a step")
    return flow


def _check_takes(flow: "Flow") -> None:
    """Fails for a flow that must be given a variable: who calls a number gives none."""
    from engine.account.entry import NotEntered, check_given

    try:
        check_given(flow, {})
    except NotEntered as error:
        raise Folded(
            f"{error.sentence}, which a call to a number does not do\n  give it a default in `takes`"
        ) from None


def _callback(program: Any, url: str, status: str) -> str:
    from engine.account.entry import NotEntered, callback_url

    try:
        return callback_url(program, url, status)
    except NotEntered as error:
        raise not_entered(error, "--status") from None


def _found(account: Account, number: str) -> "Number":
    from engine.account.numbers import NumberError, find_number, list_numbers, phone_number

    try:
        phone_number(number)  # before anything is asked
        return find_number(account.ask(list_numbers), number)
    except NumberError as error:
        raise Folded(str(error)) from None


def _able(number: "Number", flow: "Flow") -> tuple[str, ...]:
    """The channels of the flow that the number has; fails if there is none."""
    from engine.account.destinations import CARRIED

    missing = [channel for channel in flow.channels if channel in number.lacks]
    able = tuple(channel for channel in flow.channels if channel not in number.lacks)
    what = " and ".join(CARRIED[channel] for channel in missing)
    if not able:
        raise Folded(f"`{flow.name}` answers {what}, but {number.number} cannot receive {what}")
    if missing:
        click.echo(f"touchtone: {number.number} cannot receive {what}: these are left as they are", err=True)
    return able


def _day(at: str) -> str:
    return shown(at.replace("T", " ").replace("+00:00", " UTC"))


def _show_change(before: "Number", after: "Number", url: str) -> None:
    for word, one in (("before", before), ("after", after)):
        click.echo(f"{word:6}  {_summary(one, url)}")


def _summary(number: "Number", url: str) -> str:
    from engine.account.destinations import MESSAGING, VOICE
    from engine.account.numbers import described

    parts = [f"calls: {number.destination(VOICE, url)}", f"messages: {number.destination(MESSAGING, url)}"]
    if status := number.get("status_callback"):
        parts.append(f"status: {described(status, url)}")
    return shown(", ".join(parts))


def _notes() -> "EarlierNumbers":
    from engine.account.earlier_numbers import EarlierNumbers

    return EarlierNumbers(NOTES)


def _ours(number: "Number", account: str) -> Mapping[str, str]:
    """The addresses that the number was given from here."""
    from engine.account.earlier_numbers import EarlierError

    try:
        earlier = _notes().get(account, number.number)
    except EarlierError as error:
        raise Folded(str(error)) from None
    return earlier.ours if earlier else {}


def _change(account: Account, number: "Number", change: Mapping[str, str]) -> None:
    from engine.account.numbers import update_number

    account.ask(lambda client: update_number(client, number, change), f"{number.number} is changed")


for command in (verified, verify):
    numbers.add_command(command)
