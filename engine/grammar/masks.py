"""How a secret text may stand in other texts, and what is shown in its place."""

import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus

MASK = "•••"
SHORTEST = 3  # characters of a text that is masked wherever it stands; a shorter one would mask half of a log
SECRET = "_x"
"""The part of a query that says that the answer which comes to the address is secret."""

_LEGAL = "%/:=&?~#+!$,;'@()*[]"
_SECRET_ADDRESS = re.compile(rf"[?&]{SECRET}=1(?=&|#|\Z)")


def takes_secret(address: str) -> bool:
    """Whether the answer that comes to an address is secret."""
    return _SECRET_ADDRESS.search(address) is not None


def pattern_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """What finds any of the texts that have SHORTEST characters or more, as documents, addresses and logs write it; None for nothing."""
    forms = {form for text in texts if len(text) >= SHORTEST for form in _forms(text)}
    if not forms:
        return None
    return re.compile("|".join(sorted(forms, key=lambda form: (-len(form), form))), re.IGNORECASE)


def _forms(text: str) -> Iterator[str]:
    forms = {text, quote(text, safe="", errors="replace"), quote(text, safe=_LEGAL, errors="replace")}
    forms |= {quote_plus(text, errors="replace"), escape(text), escape(text, quote=False)}
    forms |= {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    yield from map(re.escape, forms)
    if text.isdecimal():  # read out one by one, or with a dash in it
        yield r"[\s,.\-]{0,3}".join(text)
