"""`touchtone numbers verified` and `verify`: numbers of other carriers that the account may call from."""

import json
import time

import click

from engine.commands import common
from engine.commands.outgoing import Account, Folded
from engine.commands.sessions import escaped, shown

NUMBER_COLUMN = 16
POLL_SECONDS = 2.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object per line.")
def verified(as_json: bool) -> None:
    """Lists your verified caller IDs: numbers of other carriers.

    You may call from them, and a trial account may call and text them.

    \b
    touchtone numbers verified
    """
    from engine.account.callers import list_callers

    found = Account(common.settings()).ask(list_callers)
    for one in found:
        if as_json:
            click.echo(escaped(json.dumps({"number": one.number, "sid": one.sid, "name": one.name})))
        else:
            click.echo(f"{shown(one.number):{NUMBER_COLUMN}}  {shown(one.name)}".rstrip())
    if not found and not as_json:
        click.echo("no number is verified; verify one with  touchtone numbers verify NUMBER")


@click.command()
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
        raise Folded(str(error)) from None
    account = Account(common.settings())

    def is_verified() -> bool:
        found = account.look(lambda client: list_callers(client, wanted), "")
        return any(one.number == wanted for one in found)

    if is_verified():
        click.echo(f"{wanted} is verified already")
        return
    code = account.ask(lambda client: begin_verification(client, wanted, name, extension), "the verification has begun")
    click.echo(f"Twilio calls {wanted} now. Type this code on that phone: {shown(code)}")
    until = time.monotonic() + wait
    while wait:
        if is_verified():
            click.echo(f"{wanted} is verified")
            return
        left = until - time.monotonic()
        if left <= 0:
            raise Folded(f"{wanted} is not verified after {wait} s\n  `touchtone numbers verified` shows it later")
        time.sleep(min(POLL_SECONDS, left))
