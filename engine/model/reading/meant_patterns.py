"""Branch keys that are written like a regular expression, but not between slashes (L208): `[1-5]`, `^[0-9]{4}$`, `/[6-7]`."""

import re
from functools import lru_cache

from engine.document import nodes
from engine.document.layout import quote
from engine.grammar.normalize import pressable
from engine.grammar.patterns import Pattern, PatternError
from engine.model.reading.reader import Reader, shortened

# Signs of a regular expression that nobody says, and that no text in a message holds by chance.
_SIGNS = re.compile(
    r"""\\[dDwWsSb]                                     # \d
    | \[\^?(?:[0-9]{2,}|[^\[\]\s]*\w-\w[^\[\]\s]*)\]    # [12], [1-5], [a-z]
    | \[[^\[\]\s]+\][*+?{]                              # [xy]+
    | \S\{[0-9]+(?:,[0-9]*)?\}                          # .{4}
    | \.[*+]                                            # .*
    | \(\?[:i]                                          # (?:
    | \([^()]*[^()\s|]\|[^()\s|][^()]*\)                # (yes|no)
    | ^\^[0-9A-Za-z(\[\\]                               # ^12
    """,
    re.VERBOSE,
)
_LONGEST = 200
_FLAGS = re.compile(r"/(.+)/[gimsu]{1,3}")
_TWO = re.compile(r"/\s*\|\s*/")


def doubt_pattern(reader: Reader, key: nodes.Scalar, *, said: bool) -> bool:
    """Warns of a key that reads like a regular expression and is none; `said` tells whether it is looked for in what people say."""
    meant = meant_pattern(key.text)
    if meant is None:
        return False
    if _between(key.text):
        title = f"`{shortened(key.text)}` is read as one regular expression"
    elif said:
        title = f"`{shortened(key.text)}` is waited for as words that the caller says"
    else:
        title = f"`{shortened(key.text)}` is compared as text, not as a regular expression"
    reader.report.warning("L208", title, key.span, helps=(written(meant, key),))
    return True


def written(meant: str, key: nodes.Scalar) -> str:
    """The help that shows the key as it was meant."""
    if "|" in key.text and "|" not in meant:
        return f"write  {meant}  in its place"
    if key.quoted and key.span.text.startswith("'"):
        return f"write  '{meant}': …"
    return f"write  {quote(meant) if key.quoted or '#' in meant else meant}: …"


@lru_cache(4096)  # the same few keys stand in many branches
def meant_pattern(text: str) -> str | None:
    """The pattern between slashes that a key was meant as; None if it may be a text, or is such a pattern already."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if _between(text):
        return _sound("|".join(_TWO.split(text[1:-1]))) if _TWO.search(text[1:-1]) else None
    if found := _FLAGS.fullmatch(text):
        return _sound(found[1])
    pieces = [piece.strip() for piece in text.split("|")]
    alike = [piece for piece in pieces if _looks(piece)]
    if not alike and not _SIGNS.search(text):
        return None
    if len(alike) == 1 and (alone := _sound(_bare(alike[0]))):
        return alone
    return _sound("|".join(map(_bare, pieces)))


def _between(text: str) -> bool:
    return len(text) > 2 and text.startswith("/") and text.endswith("/")


def _looks(piece: str) -> bool:
    if _between(piece) or pressable(piece):
        return False
    return _SIGNS.search(piece) is not None


def _bare(piece: str) -> str:
    """A piece without slashes and without the anchors that a whole answer does not need."""
    if pressable(piece):
        return re.escape(piece)
    bare = piece.removeprefix("/").removesuffix("/").removeprefix("^")
    return bare.removesuffix("$") if not bare.endswith("\\$") else bare


def _sound(text: str) -> str | None:
    try:
        Pattern(text)
    except PatternError:
        return None
    return f"/{text}/" if text else None
