"""What a call goes on knowing of its requests: who calls whom, and the query with which the call came in."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from engine.runtime.request import Request
from engine.runtime.scope import REMEMBERED

ENTRY = "?"  # the fact that holds the query; no request parameter is called so


def remembered(facts: Mapping[str, str], request: Request, key: str) -> Mapping[str, str]:
    """The facts after a turn of the session of `key`: what other legs say of themselves is not taken for the call's."""
    known, params = dict(facts), request.params
    message = ">" in key and "_c" not in request.asked and not request.is_report  # a report is from us to whoever wrote
    if message or params.get("CallSid") == key:
        known |= {name: params[name] for name in REMEMBERED if name in params}
    if message:
        known["Direction"] = params.get("Direction", "inbound")
    # A call that comes in again under another query has that one from then on.
    if request.entry and (ENTRY not in known or (request.is_fresh and not request.only_tells)):
        known[ENTRY] = urlencode(request.entry, errors="replace")
    return known


def with_entry(request: Request, facts: Mapping[str, str]) -> Request:
    """The turn, knowing the query with which the call came in: an address that Twilio knows otherwise does not carry it.

    One that the engine wrote does, and what another flow of the call was given since is no part of it.
    """
    query = facts.get(ENTRY)
    if not query or (request.entry and not request.is_fresh):
        return request
    entry = dict(parse_qsl(query, keep_blank_values=True))
    return request if request.entry == entry else request.replaced(entry={**entry, **request.entry})
