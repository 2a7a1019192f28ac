"""Finds the turn that a request to a fallback URL stands for, and writes its answer for that URL.

Twilio, "Messaging webhook request" and "IncomingPhoneNumber resource", fallback URLs: what failed is asked of the fallback URL,
with the same parameters and with `ErrorCode` and `ErrorUrl`.
"""

import re
from urllib.parse import urlsplit

from engine.runtime.request import Request
from engine.server.pages import Rejected
from engine.server.places import FOLDER, carried, read_place, read_query

LONGEST = 4_000  # characters of a path: looking through a longer one, that a stranger made up, would hold up every call


def meant_request(request: Request) -> Request:
    """The turn at the address that failed, where the fallback URL is the entry of that flow; else the turn as it is.

    So a caller goes on where the answer was lost, and nothing happens twice. Another flow, or a step, is what the author
    wants to be heard instead: it is played. A message is the same message at every address.
    """
    message = not request.params.get("CallSid")
    if "_v" in request.asked or (request.step and not message):
        return request
    try:
        failed = urlsplit(request.params.get("ErrorUrl", ""))
    except ValueError:
        return request
    place = _place(failed.path)
    if place is None:
        return request
    flow, step, base = place
    try:
        asked, entry = read_query(failed.query.encode("latin-1", "replace"))
        again = carried(asked)
    except Rejected:
        return request
    if not message and (flow != request.flow or ("_v" not in asked and step != request.step)):
        return request
    known = {**entry, **request.entry}
    request = request.replaced(entry=known, params={**again, **known, **request.params})
    if "_v" not in asked:
        return request.replaced(base=base)
    return request.replaced(flow=flow, step=step, base=base, asked=asked)


def rebased(body: bytes, written: str, base: str) -> bytes:
    """A document whose relative addresses were `written` for one depth below the folder of flows, for that of another URL."""
    if written == base:
        return body
    # Without "../" before it, only what the engine writes itself is known to be an address.
    address = rb'[a-z][^"<]*' if written else rb'(?:audio/|[a-z][a-z0-9_-]*/[^"<]*_v=)'
    found = rb'(="|<(?:Redirect|Play|Media)(?: [^>]*)?>)%s(?=%s)' % (re.escape(written.encode()), address)
    return re.sub(found, rb"\1" + base.encode(), body)


def _place(path: str) -> tuple[str, str, str] | None:
    """The flow, the step and the way back to the folder; the folder may be below a prefix that has the same name."""
    if len(path) > LONGEST:
        return None
    start = path.find(FOLDER)
    while start >= 0:
        try:
            return read_place(path[start:])
        except Rejected:
            start = path.find(FOLDER, start + 1)
    return None
