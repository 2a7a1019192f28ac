"""`touchtone key`: makes a key for a program that uses the HTTP API."""

import click

from engine.commands import common
from engine.commands.common import Failure


@click.command()
@click.argument("name")
@click.option("--flow", "flows", multiple=True, metavar="FLOW", help="Only for this flow; may be given several times.")
def key(name: str, flows: tuple[str, ...]) -> None:
    """Makes a key, NAME, for a program that uses the HTTP API.

    The key is printed once and not stored: the server has its hash. The line for .env also has your other keys, if
    any.

    \b
    touchtone key backend
    touchtone key reminders --flow appointment --flow clinic
    """
    from engine.api.keys import key_hash, new_key
    from engine.server.keys import ApiKey, read_api_key

    known = common.settings().api_keys
    if any(one.name == name for one in known):
        raise Failure(
            f"there is a key called {name} already: choose another name, or take it out of TOUCHTONE_API_KEYS"
        )
    made = new_key()
    entry = ApiKey(name, key_hash(made), frozenset(flows)).entry
    if read_api_key(entry) is None:
        raise Failure(
            "a key's name holds letters, digits, `.`, `_` and `-` only, such as backend; a flow is named as its file is"
        )
    click.echo("The key, shown only once. The program sends it as  Authorization: Bearer KEY\n", err=True)
    click.echo(made)
    click.echo(
        f"\nPut this line into .env beside the server{', in place of the present one,' if known else ''} and start "
        "it again:\n",
        err=True,
    )
    click.echo(f"TOUCHTONE_API_KEYS={','.join([*[one.entry for one in known], entry])}", err=True)
