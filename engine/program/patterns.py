"""Matches a whole answer against an author's regular expression, in a time that no answer can blow up."""

import re
import warnings
from collections.abc import Callable, Iterator

# The parser of `re` itself, so that a key means here what it means everywhere in Python; the tests compare both.
from re import _compiler as compiler  # type: ignore[attr-defined]
from re import _constants as signs  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

BACKTRACKED = 16  # longest answer that is tried where only `re` can: there a longer one may take years

_ALPHABETS = re.ASCII | re.LOCALE | re.UNICODE
_REPEATS = (signs.MAX_REPEAT, signs.MIN_REPEAT)
_LOOKS = (signs.ASSERT, signs.ASSERT_NOT)
_LEAVES = (signs.LITERAL, signs.NOT_LITERAL, signs.ANY, signs.IN)

Places = int  # places in an answer, one bit each: bit 3 is the place before its fourth character


class _Answer:
    """An answer under trial: which of its characters a leaf takes is found out once."""

    __slots__ = ("_known", "_where", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._where: dict[str, Places] = {}
        for number, character in enumerate(text):
            self._where[character] = self._where.get(character, 0) | 1 << number
        self._known: dict[re.Pattern[str], Places] = {}

    def taken(self, leaf: re.Pattern[str]) -> Places:
        """The places before characters that the leaf takes."""
        if leaf not in self._known:
            self._known[leaf] = sum(places for character, places in self._where.items() if leaf.fullmatch(character))
        return self._known[leaf]


# From the places where a part of the expression may begin to those where it may have ended.
Part = Callable[[_Answer, Places], Places]


class _NotRegularError(Exception):
    """The expression refers back to what it matched, so that only `re` can tell."""


class Pattern:
    """A regular expression that a whole answer must match, case aside.

    Python's `re` tries one way after another: `(a+)+` against thirty letters a and a full stop takes it minutes. Here all ways are
    followed at once, as the set of places that were reached, so the time grows gently with the length of the answer.
    """

    __slots__ = ("_part", "_pattern")

    def __init__(self, text: str) -> None:
        with warnings.catch_warnings(action="ignore"):  # Python's doubts about an expression are no caller's business
            self._pattern = re.compile(text, re.IGNORECASE)
            tree = parser.parse(text, re.IGNORECASE)
        try:
            self._part: Part | None = _sequence(tree, tree.state.flags)
        except _NotRegularError:
            self._part = None

    def takes(self, answer: str) -> bool:
        """Whether the expression matches the whole answer."""
        if self._part is None:
            return len(answer) <= BACKTRACKED and self._pattern.fullmatch(answer) is not None
        return bool(self._part(_Answer(answer), 1) >> len(answer) & 1)


def _sequence(tree: Any, flags: int) -> Part:
    parts = tuple(_part(tree, sign, given, flags) for sign, given in tree)

    def after(answer: _Answer, places: Places) -> Places:
        for part in parts:
            places = part(answer, places)
        return places

    return parts[0] if len(parts) == 1 else after


def _part(tree: Any, sign: Any, given: Any, flags: int) -> Part:
    if sign in _LEAVES:
        leaf = _compiled(tree, sign, given, flags)
        return lambda answer, places: (places & answer.taken(leaf)) << 1
    if sign is signs.AT:
        edge = _compiled(tree, sign, given, flags)
        return lambda answer, places: sum(one for at, one in _each(places) if edge.match(answer.text, at))
    if sign is signs.SUBPATTERN:
        _, added, removed, inner = given
        kept = flags & ~_ALPHABETS if added & _ALPHABETS else flags
        return _sequence(inner, (kept | added) & ~removed)
    if sign is signs.BRANCH:
        ways = [_sequence(way, flags) for way in given[1]]
        return lambda answer, places: _union(way(answer, places) for way in ways)
    if sign in _REPEATS:
        least, most, inner = given
        return _repeat(_sequence(inner, flags), least, most)
    if sign in _LOOKS:
        direction, inner = given
        return _look(_sequence(inner, flags), sign is signs.ASSERT, inner.getwidth()[0] if direction < 0 else 0)
    raise _NotRegularError(str(sign))


def _compiled(tree: Any, sign: Any, given: Any, flags: int) -> re.Pattern[str]:
    pattern: re.Pattern[str] = compiler.compile(parser.SubPattern(tree.state, [(sign, given)]), flags)
    return pattern


def _repeat(inner: Part, least: int, most: int) -> Part:
    def after(answer: _Answer, places: Places) -> Places:
        for _ in range(least):
            before, places = places, inner(answer, places)
            if places == before:
                break
        reached = new = places
        for _ in range(most - least):
            new = inner(answer, new) & ~reached
            if not new:
                break
            reached |= new
        return reached

    return after


def _look(inner: Part, wanted: bool, back: int) -> Part:
    """A look ahead, or `back` characters behind: stays where it is, at the places where what it looks for is found, or is not."""

    def found(answer: _Answer, at: int, one: Places) -> bool:
        return bool(inner(answer, one >> back) & one if back else inner(answer, one)) if at >= back else False

    return lambda answer, places: sum(one for at, one in _each(places) if found(answer, at, one) is wanted)


def _each(places: Places) -> Iterator[tuple[int, Places]]:
    while places:
        one = places & -places
        yield one.bit_length() - 1, one
        places ^= one


def _union(sets: Iterator[Places]) -> Places:
    united = 0
    for places in sets:
        united |= places
    return united
