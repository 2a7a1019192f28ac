"""Reads what an address below `/flows/` names: the flow, the step, and the engine's own part of the query."""

import re
from functools import lru_cache
from urllib.parse import unquote

from engine.grammar.names import CALL
from engine.runtime.cut_off import CARRIED
from engine.runtime.request import ANSWERS, TOLD
from engine.server.form import read_form
from engine.server.pages import Rejected

FOLDER = "/flows/"
REMEMBERED = 4096  # queries
LONGEST_REMEMBERED = 256  # bytes of one


def read_place(path: str) -> tuple[str, str, str]:
    """The decoded names of flow and step in a raw path such as `/flows/clinic/menu`, and the way back to the folder.

    The step is "" at the entry of a flow; the way back is "../" for each slash behind the flow's name. Raises Rejected (404) for a path that names neither.
    """
    flow, slash, step = path[1:].partition("/")[2].partition("/")
    base = "../" if slash else ""
    if step:
        step, slash, rest = step.partition("/")
        if slash:
            base = "../../"
        if rest or not step:
            raise Rejected(404, "Not found")
    if not flow:
        raise Rejected(404, "Not found")
    if "%" in path:
        return unquote(flow), unquote(step), base
    return flow, step, base


def carried(asked: dict[str, str]) -> dict[str, str]:
    """What was sent with a turn that was cut off, as the address carries it to the next process; nothing for any other turn."""
    return read_form(asked[CARRIED].encode("utf-8", "replace")).params() if CARRIED in asked else {}


def read_query(query: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """What the query holds: the engine's own part, under names that begin with `_`, and the rest.

    Most requests carry one of the few queries that the engine wrote itself, so the latest are remembered, unless they are long:
    then strangers wrote them.
    """
    return _remembered(query) if len(query) <= LONGEST_REMEMBERED else _read(query)


def _read(query: bytes) -> tuple[dict[str, str], dict[str, str]]:
    asked: dict[str, str] = {}
    rest: dict[str, str] = {}
    for name, value in read_form(query).params().items():
        (asked if name.startswith("_") else rest)[name] = value
    return asked, rest


def without_twilios(query: dict[str, str]) -> dict[str, str]:
    """What stood in the query of a GET before Twilio added what it sends (Twilio, "Twilio's request to your application").

    It adds to the end. From the first name on that every request of its has, one that begins with a capital letter is its own.
    """
    kept: dict[str, str] = {}
    added = False
    for name, value in query.items():
        if name in _TWILIOS:
            added = True
        elif not added or not name[:1].isupper() or "[" in name:
            kept[name] = value
    return kept


def is_reserved(name: str) -> bool:
    """Whether only Twilio, or the engine itself, sends a parameter: by such names a request is told whose it is.

    Anyone who could give one with an address would choose the call, the conversation or the turn that the request belongs to.
    """
    return name.startswith("_") or name.partition("[")[0] in _NEVER_GIVEN or _MEDIA.fullmatch(name) is not None


_OF_MESSAGES = (
    "MessageSid",
    "SmsSid",
    "SmsMessageSid",
    "MessageStatus",
    "SmsStatus",
    "Body",
    "NumMedia",
    "NumSegments",
)
_TWILIOS = frozenset((*CALL.values(), *ANSWERS, *TOLD, *_OF_MESSAGES))
_NEVER_GIVEN = _TWILIOS | {"MessagingServiceSid", "OptOutType", "ErrorCode", "ErrorUrl"}
_MEDIA = re.compile(r"Media(Url|ContentType)\d+")
_remembered = lru_cache(REMEMBERED)(_read)
