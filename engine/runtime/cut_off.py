"""The answer to a turn that is cut off because the server stops: the next process is asked for it."""

from urllib.parse import quote, urlencode

from engine.program.holes import escape_attribute
from engine.program.writing import CLOSING, OPENING
from engine.runtime.request import SAME, Request
from engine.runtime.respond import apology
from engine.runtime.scope import REMEMBERED

CARRIED = "_p"
"""The part of a query that holds what was sent with the turn that was cut off, as a form; a request of Twilio's comes before it."""
LONGEST = 4_000  # characters of an address
PAUSE = 1  # second that the next process has to begin


def ask_again(request: Request) -> bytes:
    """TwiML that has Twilio ask for the same turn once more; the apology where an address cannot carry all that it needs.

    A redirect brings who calls whom, but not what was pressed, said or recorded: the address carries that. It carries the
    fingerprint of the turn too, so that what was done for it so far is done once.
    """
    message = "MessageSid" in request.params or "SmsSid" in request.params
    sent = {
        name: value for name, value in request.params.items() if name not in REMEMBERED and name not in request.entry
    }
    query = {**request.asked, **request.entry, SAME: request.fingerprint}
    if sent:
        query[CARRIED] = urlencode(sent, errors="replace")
    path = "/".join([quote(name, safe="") for name in (request.flow, request.step) if name])
    address = f"{request.base}{path}?{urlencode(query, errors='replace')}"
    if len(address) > LONGEST:
        return apology("messaging" if message else "voice")
    pause = "" if message else f'<Pause length="{PAUSE}"/>'
    return f"{OPENING}{pause}<Redirect>{escape_attribute(address)}</Redirect>{CLOSING}".encode()
