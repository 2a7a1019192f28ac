"""The pound sign that YAML takes for a comment.

`#` is a key of a telephone, so it stands in keys and prompts, and after a blank YAML silently drops it and what follows.
An honest comment looks the same. What tells them apart, in this order:

1. Nobody begins a comment with `#:`, nor writes one that is empty (`press #`): the text was cut, an error.
2. Two blanks or a tab before the `#` make a comment; that is how people set one off.
3. After a single blank, a `#` directly followed by a digit or punctuation (`press #.`, `suite #5`) was cut, an error.
4. A text that speaks of pressing something, or ends in `and`, `or`, `the`, was cut, an error.
5. Any other text of several words that neither ends like a sentence nor looks like an expression: a warning.
6. One word, a number, an expression, a whole sentence before the `#`: a comment.
"""

import re
from dataclasses import dataclass

_AHEAD = re.compile(r"(?P<blank>[ \t]+)#(?P<rest>[^\r\n]*)")
_DIRECT = re.compile(r"[0-9.,;?)*|\"']")
_PRESSING = re.compile(
    r"\b(press(?:ing)?|dial|hit|push|pound|hash|star|key|pulse|oprima|marque|presione|drücken|wählen|appuyez|tapez|touche|tecla|pressione|digite)\b",
    re.IGNORECASE,
)
_OPEN_END = re.compile(r"\b(?:and|or|the|then|by|with|y|o|und|oder|et|ou|e)$", re.IGNORECASE)
_EXPRESSION = re.compile(r"==|!=|[<>()\[\]_{}=]|\w\.\w|\b(?:and|or|not|in|is)\s+\w")
_SENTENCE = re.compile(r"[.?!:;。？！…)]$")
_BARE = re.compile(r"^[ \t]*#:(?=[ \t\r\n]|\Z)[^\r\n]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cut:
    """A `#` that ended a plain text: offsets of it and of the line's end; `doubtful` if it may be a comment after all."""

    start: int
    end: int
    doubtful: bool


def cut(text: str, kept: str, end: int) -> Cut | None:
    """What became of the plain scalar `kept` that ends at `end`: None where nothing, or an honest comment, follows."""
    ahead = _AHEAD.match(text, end)
    if ahead is None:
        return None
    rest, blank = ahead.group("rest"), ahead.group("blank")
    start, stop = ahead.end("blank"), end + len(ahead.group().rstrip())
    if not kept:
        # `hangup: # done` is honest; `finish_on_key: #` and `dial: #31#` are not.
        return Cut(start, stop, bool(rest.strip()) and not _DIRECT.match(rest)) if not rest[:1].isspace() else None
    if not rest.strip() or re.match(r":(?:\s|$)", rest):
        return Cut(start, stop, False)
    if len(blank) > 1 or blank == "\t":
        return None
    if _DIRECT.match(rest):
        return Cut(start, stop, False)
    if kept[:1].isupper() and _PRESSING.fullmatch(kept):
        return Cut(start, stop, False)  # `Press # now`: a prompt; a step that is called `press` has a small letter
    if " " not in kept or not re.search(r"[^\W\d_]{2}", kept) or _SENTENCE.search(kept):
        return None
    if _PRESSING.search(kept) or (_OPEN_END.search(kept)):
        return Cut(start, stop, False)
    return None if _EXPRESSION.search(kept) else Cut(start, stop, True)


def bare(text: str) -> list[tuple[int, int]]:
    """Where `#: target` stands on a line of its own: meant as the pound key, read as a comment."""
    if "#:" not in text:
        return []
    return [(found.end() - len(found.group().lstrip()), found.end()) for found in _BARE.finditer(text)]
