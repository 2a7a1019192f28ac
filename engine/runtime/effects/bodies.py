"""What stands in the body of an answer: JSON where it says so, else text."""

import json
import logging
import re
from typing import Any

log = logging.getLogger("touchtone")

_JSON = re.compile(r"(application|text)/(json|[\w.+-]+\+json)", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
# Those that the web knows (WHATWG, Encoding Standard); Python has others that take for ever to undo, or are no text.
_KNOWN = re.compile(
    r"utf-?_?(8|16|16le|16be|16-le|16-be)|us-ascii|ascii|latin-?1|iso-?8859-(\d|1[0-6])|windows-(874|125[0-8])|cp125[0-8]"
    r"|koi8-[ru]|shift_jis|euc-(jp|kr)|iso-2022-jp|gb2312|gbk|gb18030|big5|macintosh",
    re.IGNORECASE,
)


def read_body(body: bytes, content_type: str, host: str) -> Any:
    """The JSON of a body of that type, None if it is empty; the text of any other.

    A body that says it is JSON and is not is text as well, with a line in the log.
    """
    if not _JSON.match(content_type.strip()):
        return _text(body, content_type)
    if not body.strip():
        return None
    try:
        return json.loads(_text(body, content_type), parse_constant=_refuse)
    except (ValueError, RecursionError):
        log.warning("%s says that its answer is JSON, and it is not: it is taken as text", host)
        return _text(body, content_type)


def _text(body: bytes, content_type: str) -> str:
    found = _CHARSET.search(content_type)
    charset = found[1] if found and _KNOWN.fullmatch(found[1]) else "utf-8"
    if charset.lower().replace("_", "-") in ("utf-8", "utf8"):
        charset = "utf-8-sig"  # a mark at the beginning belongs to nobody's text
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
