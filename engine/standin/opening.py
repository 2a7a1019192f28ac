"""Opens an account in the stand-in: with its numbers, and nobody called yet."""

from collections.abc import Callable, Sequence

from engine.account.client import Credentials
from engine.standin.records import Clock, Event, Records
from engine.standin.resources import AccountResource, NumberResource

NUMBER = "+15550002222"
"""The number of an account for which none is set."""


def open_account(
    credentials: Credentials,
    *,
    numbers: Sequence[str] = (NUMBER,),
    trial: bool = False,
    base: str,
    clock: Clock,
    told: Callable[[Event], None] | None = None,
) -> Records:
    """The records of an account that has these phone numbers; a `trial` account calls and texts verified numbers only.

    `base` is the address of the stand-in, `clock` what its dates are taken from; `told` is called with each thing that happens.
    """
    now = clock()
    sid = credentials.account_sid
    account = AccountResource(
        sid=sid,
        account_sid=sid,
        owner_account_sid=sid,
        date_created=now,
        date_updated=now,
        auth_token=credentials.token,
        api_key=credentials.api_key,
        api_secret=credentials.api_secret,
        type="Trial" if trial else "Full",
    )
    records = Records(account, clock, base=base, told=told)
    for number in numbers:
        records.numbers.add(NumberResource(**records.stamp("PN"), phone_number=number, friendly_name=number))
    return records
