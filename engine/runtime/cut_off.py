"""The answer to a turn that another process must play: the server stops, or a later version of the program wrote what is kept."""

from urllib.parse import quote, urlencode

from engine.program.holes import escape_attribute
from engine.program.writing import CLOSING, OPENING
from engine.runtime.outcome import apology
from engine.runtime.request import SAME, Reply, Request
from engine.runtime.scope import REMEMBERED

CARRIED = "_p"
"""The part of a query that holds what was sent with the turn that was cut off, as a form; a request of Twilio's comes before it."""
HANDED = "_h"
"""The part of a query that counts the processes that had to leave the turn to a later version of the program."""
HANDED_ON = 3  # times; then there may be no such process any more
LONGEST = 4_000  # characters of an address
PAUSE = 1  # second that the next process has to begin


def hand_on(request: Request) -> Reply:
    """The answer where a later version of the program wrote what is kept: the same turn once more, and at last the apology.

    While one version follows the other, the next request may well come to a process of the later one. What Twilio only tells us, a
    status or a recording, no TwiML brings back: 503 says that it was not taken. Twilio then notes it in its log and, where the
    address asks for that (`#rp=5xx`), tells it again; a 2xx would lose it without a trace.
    """
    if request.only_tells:
        return Reply(b"a later version of this server must be told", 503, "text/plain; charset=utf-8")
    text = request.asked.get(HANDED, "0")
    handed = int(text) if text.isdecimal() and len(text) < 3 else HANDED_ON
    if handed >= HANDED_ON:
        return Reply(apology("messaging" if _is_message(request) else "voice"))
    return Reply(
        ask_again(request.replaced(asked={**request.asked, SAME: request.fingerprint, HANDED: str(handed + 1)}))
    )


def ask_again(request: Request) -> bytes:
    """TwiML that has Twilio ask for the same turn once more; the apology where an address cannot carry all that it needs.

    A redirect brings who calls whom, but not what was pressed, said or recorded: the address carries that. It carries the
    fingerprint of the turn too, so that what was done for it so far is done once.
    """
    message = _is_message(request)
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


def _is_message(request: Request) -> bool:
    return "MessageSid" in request.params or "SmsSid" in request.params
