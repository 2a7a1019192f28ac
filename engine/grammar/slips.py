"""Habits of other languages in an expression, and what is written here instead: `&&`, `===`, `contains`."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Slip:
    """A habit of another language: what it looks like, and what is written here."""

    pattern: str
    title: Callable[[str], str] | str
    help: str
    back: int = 0  # how far before Jinja's place the sign begins

    def read(self, text: str, offset: int) -> tuple[int, str] | None:
        found = re.compile(self.pattern).match(text, max(offset - self.back, 0))
        return (found.start(), found.group()) if found else None


_SLIPS = (
    _Slip(r"&&", "`&&` is written `and`", "write  and"),
    _Slip(r"\|\|", "`||` is written `or`", "write  or", back=1),
    _Slip(r"&", "`&` is not an operator", "write  and"),
    _Slip(r"!==", "`!==` is written `!=`", "write  !=", back=2),
    _Slip(r"===", "`===` is written `==`", "write  ==", back=2),
    _Slip(r"<>", "`<>` is written `!=`", "write  !=", back=1),
    _Slip(r"=>", "`=>` is written `>=`", "write  >="),
    _Slip(r"=<", "`=<` is written `<=`", "write  <="),
    _Slip(r"=", "`=` does not compare", "two equal signs compare:  =="),
    _Slip(r"!", "`!` is written `not`", "write  not"),
    _Slip(r"\?", "`?` is not an operator", "a choice is written  'a' if x else 'b'"),
    _Slip(r"\$", "a name is written without `$`", "write the name alone"),
    _Slip(r"@", "a name is written without `@`", "write the name alone"),
    _Slip(r"[“”„«»‘’‚]", lambda sign: f"`{sign}` is not a quote here", "texts stand in straight quotes:  'text'"),
    _Slip(r"`", "a backquote is not a quote here", "texts stand in straight quotes:  'text'"),
    _Slip(r"(?:AND|OR|NOT|IN|IS|IF|ELSE)\b", lambda word: f"`{word}` is written `{word.lower()}`", "small letters"),
    _Slip(r"(?:contains|includes)\b", lambda word: f"there is no operator `{word}`", "write  'word' in speech"),
    _Slip(
        r"(?:equals|eq|is equal to)\b", lambda word: f"there is no operator `{word}`", "two equal signs compare:  =="
    ),
    _Slip(
        r"(?:starts|begins)(?:_?with|\s+with)?\b",
        lambda word: f"there is no operator `{word}`",
        "the first signs of a text are compared so:  call.from[:3] == '+44'",
    ),
    _Slip(
        r"ends(?:_?with|\s+with)?\b",
        lambda word: f"there is no operator `{word}`",
        "the last signs of a text are compared so:  call.from[-4:] == '0100'",
    ),
    _Slip(
        r"(?:to|then)\b",
        lambda word: f"`{word}` does not belong in a condition",
        "where it leads stands on the line below:\n- when: visits > 3\n  to: operator",
    ),
    _Slip(r":", "a filter's arguments stand in parentheses", "write  x | default('none')"),
    _Slip(r";", "`;` does not belong in a template", "one expression is enough"),
    _Slip(
        r"\\",
        "a backslash does not belong in a template",
        "inside a template a text may stand in the other kind of quote",
    ),
)


def slip_at(text: str, offset: int) -> tuple[int, str, str, str] | None:
    """The slip at the place where Jinja stopped: where it begins, its text, a title, and a help."""
    for slip in _SLIPS:
        if found := slip.read(text, offset):
            at, sign = found
            return at, sign, slip.title if isinstance(slip.title, str) else slip.title(sign), slip.help
    return None
