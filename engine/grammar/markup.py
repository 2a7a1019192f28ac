"""TwiML as authors and templates give it verbatim: a fragment, or a whole document."""

import re

_PROLOG = re.compile(r"\s*(?:<\?xml\s[^<>]*\?>\s*)?")
_ROOT = re.compile(r"<Response(?:\s[^<>]*)?>")
_EMPTY = re.compile(r"<Response(?:\s[^<>]*)?/>\s*")
_END = re.compile(r"</Response\s*>\s*\Z")


def inner_markup(text: str) -> str:
    """What stands within the `<Response>` of a whole document; a fragment stays as it is.

    Nobody has checked yet whether either is well-formed.
    """
    prolog = _PROLOG.match(text)
    begins = prolog.end() if prolog else 0
    if _EMPTY.fullmatch(text, begins):
        return ""
    root = _ROOT.match(text, begins)
    end = _END.search(text, max(len(text) - 100, root.end())) if root else None
    return text[root.end() : end.start()] if root and end else text
