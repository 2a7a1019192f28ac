"""What a call goes on knowing of its requests: who calls whom, and the query with which the call came in."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from engine.runtime.channel import is_report
from engine.runtime.scope import REMEMBERED
from engine.runtime.turn import Turn

ENTRY = "?"  # the fact that holds the query; no request parameter is called so


def remembered(facts: Mapping[str, str], turn: Turn, key: str) -> Mapping[str, str]:
    """The facts after a turn of the session of `key`: what other legs say of themselves is not taken for the call's."""
    known, params = dict(facts), turn.params
    message = ">" in key and "_c" not in turn.asked and not is_report(turn)  # a report is from us to whoever wrote
    if message or params.get("CallSid") == key:
        known |= {name: params[name] for name in REMEMBERED if name in params}
    if message:
        known["Direction"] = params.get("Direction", "inbound")
    if turn.entry and ENTRY not in known:
        known[ENTRY] = urlencode(turn.entry, errors="replace")
    return known


def with_entry(turn: Turn, facts: Mapping[str, str]) -> Turn:
    """The turn, knowing the query with which the call came in: an address that Twilio knows otherwise does not carry it."""
    query = facts.get(ENTRY)
    if not query:
        return turn
    entry = dict(parse_qsl(query, keep_blank_values=True))
    return turn if turn.entry == entry else turn._replace(entry={**entry, **turn.entry})
