"""`touchtone numbers`: where the account's phone numbers go, and which flow answers them."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.commands import common
from engine.commands.account import account_client, asked, flow_of, public_url_of, step_of
from engine.commands.common import FOLDER, Failure
from engine.commands.sessions import escaped, shown

if TYPE_CHECKING:
    from engine.account.earlier_numbers import EarlierNumbers
    from engine.account.numbers import Number
    from engine.model.flow import Flow

NOTES = Path(".touchtone/numbers.json")
NUMBER_COLUMN, NAME_COLUMN, VOICE_COLUMN, WIDTH = 16, 16, 22, 80
POLL_SECONDS = 2.0

_flows_option = click.option("--flows", type=FOLDER, default=Path("flows"), help="The folder of flows.")
_url_option = click.option("--public-url", help="The address below which Twilio sees /flows.")
_yes_option = click.option("--yes", is_flag=True, help="Replace what somebody else has set.")
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
@_flows_option
@_url_option
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
    client = account_client(known)
    found = asked(lambda: list_numbers(client))
    apps = _app_names(client, found)
    ours = public_url_of(known, flows)
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
@click.option("--status", metavar="FLOW/STEP", help="Also tell this step when a call has ended.")
@_flows_option
@_url_option
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
    """
    from engine.account.destinations import FlowPlace
    from engine.account.numbers import differing, objections, pointed

    known = common.settings(public_url=public_url)
    meant = flow_of(flows, flow, known.env)
    place = None
    if status is not None:
        of, slash, step = status.partition("/")
        if not (of and slash and step):
            raise Failure(f"--status is a flow and a step, such as --status {flow}/ended; not {status}")
        place = FlowPlace(of, step_of(flow_of(flows, of, known.env), step))
    url = _reachable(known, flows)
    client = account_client(known)
    one = _found(client, number)
    channels = _able(one, meant)
    wanted = pointed(url, flow, channels, place)
    against = objections(one, wanted, url)
    change = differing(one, wanted)
    _show_change(one, one.changed(wanted), url)
    if not change:
        click.echo(f"{one.number} goes to {flow} already")
        return
    if against and not yes and not dry_run:
        raise Failure(f"{one.number} is in use: {'; '.join(against)}; --yes replaces that")
    if dry_run:
        click.echo(f"nothing is changed{': it also needs --yes' if against and not yes else ''} (--dry-run)")
        return
    _note(one, url, known.account_sid)
    _change(client, one, change)
    click.echo(f"changed; undo it with  touchtone numbers restore {one.number}")


@numbers.command()
@click.argument("number")
@_flows_option
@_url_option
@_dry_option
def restore(number: str, flows: Path, public_url: str | None, dry_run: bool) -> None:
    """Sets NUMBER as it was before it was pointed at a flow.

    \b
    touchtone numbers restore +15550100
    """
    from engine.account.earlier_numbers import EarlierError
    from engine.account.numbers import differing

    known = common.settings(public_url=public_url)
    url = public_url_of(known, flows)
    client = account_client(known)
    one = _found(client, number)
    try:
        earlier = _notes().get(known.account_sid, one.number)
    except EarlierError as error:
        raise Failure(str(error)) from None
    if earlier is None:
        raise Failure(f"how {one.number} was set before is not known: {NOTES} has nothing about it")
    _show_change(one, one.changed(earlier.settings), url)
    for name in earlier.incomplete:
        click.echo(f"touchtone: {name} had a user name and password: add them in the Twilio Console", err=True)
    if dry_run:
        click.echo("nothing is changed (--dry-run)")
        return
    if change := differing(one, earlier.settings):
        _change(client, one, change)
    _notes().forget(known.account_sid, one.number)
    click.echo(f"{one.number} is set as it was on {earlier.at}")


@numbers.command()
@click.argument("flow")
@_flows_option
@_url_option
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
    meant = flow_of(flows, flow, known.env)
    url = _reachable(known, flows)
    client = account_client(known)
    wanted = app_settings(url, flow, meant.channels)
    try:
        there = asked(lambda: find_app(client, flow, url))
    except NumberError as error:
        raise Failure(str(error)) from None
    if there and there.foreign and not yes:
        raise Failure(f"the app {there.sid} named `{flow}` goes to {', '.join(there.foreign)}; --yes replaces that")
    if dry_run:
        click.echo(f"would {'update the app ' + there.sid if there else 'create an app'} (--dry-run)")
        return
    if there is None:
        sid = asked(lambda: create_app(client, flow, wanted), "the app is created")
    else:
        sid = there.sid
        asked(lambda: update_app(client, sid, wanted), "the app is updated")
    click.echo(sid)
    click.echo(f"{'updated' if there else 'created'}: the TwiML App `{flow}` runs the flow {flow}", err=True)


@numbers.command()
@_json_option
def verified(as_json: bool) -> None:
    """Lists your verified caller IDs: numbers of other carriers.

    You may call from them, and a trial account may call and text them.

    \b
    touchtone numbers verified
    """
    from engine.account.callers import list_callers

    client = account_client(common.settings())
    found = asked(lambda: list_callers(client))
    for one in found:
        if as_json:
            click.echo(escaped(json.dumps({"number": one.number, "sid": one.sid, "name": one.name})))
        else:
            click.echo(f"{shown(one.number):{NUMBER_COLUMN}}  {shown(one.name)}".rstrip())
    if not found and not as_json:
        click.echo("no number is verified; verify one with  touchtone numbers verify NUMBER")


@numbers.command()
@click.argument("number")
@click.option("--name", default="", help="A name for it; the number by default.")
@click.option("--extension", default="", help="Keys to press once the call is answered.")
@click.option("--wait", type=click.IntRange(0, 600), default=120, show_default=True, help="Seconds to wait.")
def verify(number: str, name: str, extension: str, wait: int) -> None:
    """Verifies a caller ID: Twilio calls NUMBER for a code.

    The code is printed; type it on the phone.

    \b
    touchtone numbers verify +15550177
    touchtone numbers verify +15550177 --name "Front desk"
    """
    from engine.account.callers import begin_verification, list_callers
    from engine.account.numbers import NumberError, phone_number

    try:
        wanted = phone_number(number)
    except NumberError as error:
        raise Failure(str(error)) from None
    client = account_client(common.settings())
    if any(one.number == wanted for one in asked(lambda: list_callers(client, wanted))):
        click.echo(f"{wanted} is verified already")
        return
    code = asked(lambda: begin_verification(client, wanted, name, extension), "the verification has begun")
    click.echo(f"Twilio calls {wanted} now. Type this code on that phone: {shown(code)}")
    until = time.monotonic() + wait
    while wait:
        if any(one.number == wanted for one in asked(lambda: list_callers(client, wanted))):
            click.echo(f"{wanted} is verified")
            return
        left = until - time.monotonic()
        if left <= 0:
            raise Failure(f"{wanted} is not verified after {wait} s; `touchtone numbers verified` tells later")
        time.sleep(min(POLL_SECONDS, left))


def _row(cells: tuple[str, str, str, str]) -> str:
    number, name, calls, messages = map(shown, cells)
    left = WIDTH - NUMBER_COLUMN - NAME_COLUMN - VOICE_COLUMN - 6
    row = f"{number:{NUMBER_COLUMN}}  {_cut(name, NAME_COLUMN)}  {_cut(calls, VOICE_COLUMN)}  {_cut(messages, left)}"
    return row.rstrip()


def _cut(text: str, width: int) -> str:
    return f"{text:{width}}" if len(text) <= width else f"{text[: width - 1]}…"


def _app_names(client: Any, found: tuple["Number", ...]) -> Mapping[str, str]:
    """The names of TwiML Apps, if a number goes to one."""
    from engine.account.apps import list_apps
    from engine.account.destinations import CHANNELS

    if not any(one.overridden(channel).startswith("app ") for one in found for channel in CHANNELS):
        return {}
    return {app.sid: app.name for app in asked(lambda: list_apps(client))}


def _reachable(known: Any, flows: Path) -> str:
    """The public address, as one that Twilio or its stand-in can call."""
    from urllib.parse import urlsplit

    from engine.grammar.hosts import inward

    url = public_url_of(known, flows)
    if not url:
        raise Failure(
            "TOUCHTONE_PUBLIC_URL is not set: Twilio must know where your flows are; set it or say "
            "--public-url https://example.com"
        )
    if not known.twilio_api and (what := inward(urlsplit(url).hostname or "")):
        raise Failure(f"Twilio cannot reach {url}, {what}: write the address that the internet sees")
    return url


def _found(client: Any, number: str) -> "Number":
    from engine.account.numbers import NumberError, find_number, list_numbers, phone_number

    try:
        phone_number(number)  # before anything is asked
        return find_number(asked(lambda: list_numbers(client)), number)
    except NumberError as error:
        raise Failure(str(error)) from None


def _able(number: "Number", flow: "Flow") -> tuple[str, ...]:
    """The channels of the flow that the number has; fails if there is none."""
    missing = [channel for channel in flow.channels if channel in number.lacks]
    able = tuple(channel for channel in flow.channels if channel not in number.lacks)
    words = {"voice": "calls"}
    what = " and ".join(words.get(channel, "messages") for channel in missing)
    if not able:
        raise Failure(f"`{flow.name}` answers {what}, but {number.number} cannot receive {what}")
    if missing:
        click.echo(f"touchtone: {number.number} cannot receive {what}: these are left as they are", err=True)
    return able


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


def _note(number: "Number", url: str, account: str) -> None:
    """Notes how a number is set, unless that is a flow of ours and what was there before is noted already."""
    from engine.account.earlier_numbers import EarlierError
    from engine.account.numbers import is_ours

    notes = _notes()
    try:
        if notes.get(account, number.number) is None or not is_ours(number, url):
            notes.note(account, number, common.utc_now().isoformat(timespec="minutes"))
    except EarlierError as error:
        raise Failure(str(error)) from None


def _change(client: Any, number: "Number", change: Mapping[str, str]) -> None:
    from engine.account.numbers import update_number

    asked(lambda: update_number(client, number, change), f"{number.number} is changed")
