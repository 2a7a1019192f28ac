"""Lists resources in pages, filtered as the query says (Twilio, "Twilio's Response: Pagination")."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any
from urllib.parse import urlencode

from engine.standin.answers import resource_json
from engine.standin.description import Operation, field_name
from engine.standin.parameters import moment
from engine.standin.phone_numbers import normal
from engine.standin.resources import Resource

LARGEST = 1000
USUAL = 50
_PAGING = ("PageSize", "Page", "PageToken")
_ATTRIBUTES = {"From": "from_", "IncludeSoftDeleted": "", "Beta": "beta"}


def page_json(
    found: Iterable[Resource], operation: Operation, query: Mapping[str, str], path: str, base: str
) -> dict[str, Any]:
    """A page of a list, the newest resource first; `path` is that of the list, `base` the address of the stand-in."""
    kept = [one for one in reversed(list(found)) if matches(one, query)]
    size = max(1, min(LARGEST, int(query.get("PageSize", USUAL))))
    page = max(0, int(query.get("Page", 0)))
    start = _start(kept, query.get("PageToken", ""), page * size)
    shown = kept[start : start + size]
    filters = {name: value for name, value in query.items() if name not in _PAGING}

    def uri(number: int, token: str = "") -> str:
        words = {**filters, "PageSize": str(size), "Page": str(number), **({"PageToken": token} if token else {})}
        return f"{path}?{urlencode(words)}"

    more = start + size < len(kept)
    return {
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(0, len(shown) - 1),
        "uri": uri(page, query.get("PageToken", "")),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1, f"PA{shown[-1].sid}") if more else None,
        "previous_page_uri": uri(page - 1) if page else None,
        operation.listed: [resource_json(one, operation, base) for one in shown],
    }


def _start(kept: Sequence[Resource], token: str, otherwise: int) -> int:
    """Where a page begins: after the last resource of the page before, so that new ones shift nothing."""
    last = token.removeprefix("PA")
    return next((place + 1 for place, one in enumerate(kept) if one.sid == last), otherwise)


def matches(one: Resource, query: Mapping[str, str]) -> bool:
    """Whether a resource is what the filters of a query look for."""
    return all(_matches(one, name, value) for name, value in query.items() if name not in _PAGING)


def _matches(one: Resource, name: str, wanted: str) -> bool:
    plain, sign = (name[:-1], name[-1]) if name[-1:] in ("<", ">") else (name, "")
    attribute = _ATTRIBUTES.get(plain, field_name(plain))
    if not attribute:
        return True
    value = getattr(one, attribute, None)
    if isinstance(value, datetime) or attribute.startswith("date_") or attribute.endswith("_time"):
        return isinstance(value, datetime) and _in_time(value, sign, wanted)
    if isinstance(value, bool):
        return value == (wanted.lower() == "true")
    if attribute == "phone_number":
        return _number_like(str(value), wanted)
    return value is not None and str(value) in (wanted, normal(wanted))


def _in_time(value: datetime, sign: str, wanted: str) -> bool:
    """Whether a time is on a day, or before or after it, itself included; the days are those of UTC.

    Midnight is the day that begins then: the libraries send a date like that.
    """
    limit = moment(wanted)
    if limit is None:
        return False
    there = value.astimezone(UTC).replace(microsecond=0)
    if limit.time() == time.min:
        mine, other = there.date(), limit.date()
        return mine <= other if sign == "<" else mine >= other if sign == ">" else mine == other
    other_time = limit if limit.tzinfo else limit.replace(tzinfo=UTC)
    return there <= other_time if sign == "<" else there >= other_time if sign == ">" else there == other_time


def _number_like(number: str, wanted: str) -> bool:
    """Whether a phone number has the wanted digits in it; `*` is any digit (Twilio, "IncomingPhoneNumber resource")."""
    parts = [re.escape(part) for part in wanted.strip().split("*")][:20]
    return re.search("[0-9]".join(parts), number) is not None
