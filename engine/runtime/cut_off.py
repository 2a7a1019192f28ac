"""The answer to a turn that another process must play: the server stops, or a later version of the program wrote what is kept."""

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from engine.program.holes import escape_attribute
from engine.program.writing import CLOSING, OPENING
from engine.runtime.outcome import apology
from engine.runtime.repeats import SILENCE
from engine.runtime.request import SAME, Reply, Request
from engine.runtime.scope import REMEMBERED
from engine.runtime.stores import StoreError, WrittenLater
from engine.runtime.stores.records import Records
from engine.runtime.told_again import keep_for_later

CARRIED = "_p"
"""The part of a query that holds what was sent with the turn, as a form. Earlier versions wrote it; it is still read."""
KEPT = "_k"
"""The part of a query that says that what was sent with the turn is kept in the store."""
HANDED = "_h"
"""The part of a query that counts the processes that had to leave the turn to a later version of the program."""
HANDED_ON = 3  # times; then there may be no such process any more
KEPT_SECONDS = 15 * 60.0  # the caller is led to the next process within seconds
KEEPING = 1.0  # seconds that the store may take for it: what is cut off has little time
LONGEST = 4_000  # characters of an address
PAUSE = 1  # second that the next process has to begin

log = logging.getLogger("touchtone")


async def hand_over(request: Request, records: Records) -> Reply:
    """The answer where this process stops: the same turn once more, from the next one.

    What Twilio only tells, a status or a recording, no TwiML brings back: it is kept whole, and played by the next process that starts
    (see `engine.runtime.told_again`); 503 says where that could not be done.
    """
    what = "it is kept for the next process" if request.only_tells else "Twilio is told to ask again"
    log.warning("the answer to '%s/%s' was cut off; %s", quote(request.flow), quote(request.step), what)
    if request.only_tells:
        kept = await _in_time(keep_for_later(request, records))
        return Reply(SILENCE.encode()) if kept else _not_taken("this server stops")
    return await ask_again(request, records)


async def hand_on(request: Request, records: Records, fault: WrittenLater) -> Reply:
    """The answer where a later version of the program wrote what is kept: the same turn once more, and at last the apology.

    While one version follows the other, the next request may well come to a process of the later one. What Twilio only tells us
    gets 503, which says that it was not taken. Twilio then notes it in its log and, where the address asks for that (`#rp=5xx`), tells
    it again; a 2xx would lose it without a trace.
    """
    log.warning("the answer to '%s/%s' is left to others: %s", quote(request.flow), quote(request.step), fault)
    if request.only_tells:
        return _not_taken("a later version of this server must be told")
    text = request.asked.get(HANDED, "0")
    handed = int(text) if text.isdecimal() and len(text) < 3 else HANDED_ON
    if handed >= HANDED_ON:
        return Reply(apology(_channel(request)))
    return await ask_again(
        request.replaced(asked={**request.asked, SAME: request.fingerprint, HANDED: str(handed + 1)}), records
    )


async def ask_again(request: Request, records: Records) -> Reply:
    """TwiML that has Twilio ask for the same turn once more; the apology where the next process could not know all that it needs.

    A redirect brings who calls whom, but not what was pressed, said or recorded. That is nothing for an address, which proxies and
    Twilio log: it is kept in the store. The address carries the fingerprint of the turn, so that what was done for it so far is done
    once.
    """
    sent = {
        name: value for name, value in request.params.items() if name not in REMEMBERED and name not in request.entry
    }
    query = {name: value for name, value in request.asked.items() if name != CARRIED}
    if sent and KEPT not in query:  # else it was cut off before what is kept was read
        if not await _in_time(_keep(request, sent, records)):
            return Reply(apology(_channel(request)))
        query[KEPT] = "1"
    query = {**query, **request.entry, SAME: request.fingerprint}
    path = "/".join([quote(name, safe="") for name in (request.flow, request.step) if name])
    address = f"{request.base}{path}?{urlencode(query, errors='replace')}"
    channel = _channel(request)
    if len(address) > LONGEST:
        return Reply(apology(channel))
    pause = "" if channel == "messaging" else f'<Pause length="{PAUSE}"/>'
    return Reply(f"{OPENING}{pause}<Redirect>{escape_attribute(address)}</Redirect>{CLOSING}".encode())


async def with_kept(request: Request, records: Records) -> Request:
    """The request with what was sent with the turn that was cut off; raises StoreError."""
    kept = await records.change(_key(request), lambda record: (record, record), KEPT_SECONDS)
    if kept is None:
        log.warning("what was sent with a turn that was cut off is not kept any more: it counts as silence")
        return request
    return request.replaced(params={**json.loads(kept), **request.params})


async def _keep(request: Request, sent: Mapping[str, str], records: Records) -> None:
    text = json.dumps(sent).encode()
    await records.change(_key(request), lambda _: (None, text), KEPT_SECONDS)


async def _in_time(keeping: Coroutine[Any, Any, None]) -> bool:
    """Whether something could be kept; why not stands in the log."""
    try:
        async with asyncio.timeout(KEEPING):
            await keeping
    except (StoreError, ValueError) as fault:
        log.error("what was sent with a turn that was cut off is lost: %s", fault)
        return False
    except TimeoutError:
        log.error("what was sent with a turn that was cut off is lost: the store did not answer in %g s", KEEPING)
        return False
    return True


def _key(request: Request) -> str:
    return f"sent {request.session_key} {request.fingerprint}"


def _not_taken(why: str) -> Reply:
    return Reply(why.encode(), 503, "text/plain; charset=utf-8")


def _channel(request: Request) -> str:
    return "messaging" if "MessageSid" in request.params or "SmsSid" in request.params else "voice"
