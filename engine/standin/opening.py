"""Opens an account in the stand-in: with one number, and nobody called yet."""

from engine.account.client import Credentials
from engine.standin.records import Clock, Records
from engine.standin.resources import AccountResource, NumberResource

NUMBER = "+15550002222"
"""The number of an account for which none is set."""


def open_account(
    credentials: Credentials, *, number: str = NUMBER, trial: bool = False, base: str, clock: Clock
) -> Records:
    """The records of an account that has one phone number; a `trial` account calls and texts verified numbers only.

    `base` is the address of the stand-in, `clock` what its dates are taken from.
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
    records = Records(account, clock, base=base)
    records.numbers.add(NumberResource(**records.stamp("PN"), phone_number=number, friendly_name=number))
    return records
