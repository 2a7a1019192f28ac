"""Tells whether every text that a pattern takes is taken by other patterns too, where that can be known.

A pattern becomes a finite automaton over a few characters that stand for all others, and the two are walked together (Hopcroft and
Ullman, "Introduction to Automata Theory", inclusion by subsets). What it does not know, and what would be large, is not told.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]  # the syntax tree that `re` compiles
from typing import Any

LARGEST = 600  # states of an automaton, and pairs of states that are walked
_ALPHABET = frozenset(map(chr, range(128))) | set("éЖ中\u00a0\u2013😀")
_CLASSES = {
    _constants.CATEGORY_DIGIT: re.compile(r"\d", re.ASCII),
    _constants.CATEGORY_NOT_DIGIT: re.compile(r"\D", re.ASCII),
    _constants.CATEGORY_WORD: re.compile(r"\w", re.ASCII),
    _constants.CATEGORY_NOT_WORD: re.compile(r"\W", re.ASCII),
    _constants.CATEGORY_SPACE: re.compile(r"[\t\n\f\r ]"),  # as RE2 has it
    _constants.CATEGORY_NOT_SPACE: re.compile(r"[^\t\n\f\r ]"),
}
_BEGINS = (_constants.AT_BEGINNING, _constants.AT_BEGINNING_STRING)
_ENDS = (_constants.AT_END, _constants.AT_END_STRING)

Characters = frozenset[str]


class _Unknown(Exception):
    """The pattern says something that is not known here."""


@lru_cache(512)
def covers(patterns: tuple[str, ...], pattern: str) -> bool:
    """Whether every text that `pattern` takes as a whole, case aside, is taken by one of `patterns`; False where nobody can tell."""
    try:
        trees = [_tree(each) for each in (pattern, *patterns)]
        alphabet = _alphabet(trees)
        return _within(_Automaton(trees[:1], alphabet), _Automaton(trees[1:], alphabet))
    except (_Unknown, re.error, RecursionError, OverflowError, AttributeError, TypeError, ValueError):
        return False  # the last three: a tree of a shape that is not known here, since it is private to Python


def _tree(pattern: str) -> list[Any]:
    if "[:" in pattern or "{," in pattern or len(pattern) > LARGEST:
        raise _Unknown  # a class of POSIX, or `{,2}`, which RE2 takes as it is written: `re` reads both in another way
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = _parser.parse(pattern)
    if parsed.state.flags & ~(re.UNICODE | re.IGNORECASE):
        raise _Unknown
    items = list(parsed)
    if items and items[0][0] is _constants.AT and items[0][1] in _BEGINS:
        items = items[1:]
    if items and items[-1][0] is _constants.AT and items[-1][1] in _ENDS:
        items = items[:-1]
    return items


def _alphabet(trees: Iterable[Any]) -> Characters:
    """Characters of which each stands for all that the trees do not tell from it."""
    found = set(_ALPHABET)
    for code in _codes(trees):
        found.update(chr(near) for near in (code - 1, code, code + 1) if 0 <= near < 0x110000)
    return frozenset(found | {case for one in found for case in (one.lower(), one.upper()) if len(case) == 1})


def _codes(tree: Any) -> Iterator[int]:
    if isinstance(tree, tuple) and len(tree) == 2 and tree[0] in (_constants.LITERAL, _constants.NOT_LITERAL):
        yield tree[1]
    elif isinstance(tree, tuple) and len(tree) == 2 and tree[0] is _constants.RANGE:
        yield from tree[1]
    elif isinstance(tree, list | tuple | _parser.SubPattern):
        for part in tree:
            yield from _codes(part)


class _Automaton:
    """States by number: from each, edges with the characters they take, and edges that take none. It ends in `last`."""

    def __init__(self, trees: Iterable[Any], alphabet: Characters) -> None:
        self.alphabet, self.edges, self._free = alphabet, list[list[tuple[Characters, int]]](), list[list[int]]()
        first, self.last = self._state(), self._state()
        for tree in trees:
            self._free[self._sequence(tree, first)].append(self.last)
        self.start = self.closed({first})

    def closed(self, states: Iterable[int]) -> frozenset[int]:
        """The states, and those that are reached from them without a character."""
        seen, waiting = set(states), list(states)
        while waiting:
            for other in self._free[waiting.pop()]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return frozenset(seen)

    def after(self, states: frozenset[int], character: str) -> frozenset[int]:
        """Where a character leads from the states."""
        return self.closed({to for state in states for taken, to in self.edges[state] if character in taken})

    def _state(self) -> int:
        if len(self.edges) >= LARGEST:
            raise _Unknown
        self.edges.append([])
        self._free.append([])
        return len(self.edges) - 1

    def _sequence(self, tree: Any, at: int) -> int:
        for operator, argument in tree:
            at = self._one(operator, argument, at)
        return at

    def _one(self, operator: Any, argument: Any, at: int) -> int:
        if operator is _constants.BRANCH:
            end = self._state()
            for choice in argument[1]:
                self._free[self._sequence(choice, at)].append(end)
            return end
        if operator is _constants.SUBPATTERN:
            if argument[1] or argument[2]:
                raise _Unknown
            return self._sequence(argument[3], at)
        if operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            least, most, repeated = argument
            return self._repeated(least, most, repeated, at)
        end = self._state()
        self.edges[at].append((self._characters(operator, argument), end))
        return end

    def _repeated(self, least: int, most: Any, tree: Any, at: int) -> int:
        for _ in range(least):
            at = self._sequence(tree, at)
        end = self._state()
        if most is _constants.MAXREPEAT:
            loop = self._state()
            self._free[at].append(loop)
            self._free[self._sequence(tree, loop)].append(loop)
            self._free[loop].append(end)
            return end
        for _ in range(most - least):
            self._free[at].append(end)
            at = self._sequence(tree, at)
        self._free[at].append(end)
        return end

    def _characters(self, operator: Any, argument: Any) -> Characters:
        if operator is _constants.ANY:
            return self.alphabet - {"\n"}
        if operator is _constants.IN:
            without = bool(argument) and argument[0][0] is _constants.NEGATE
            taken = frozenset[str]().union(*(self._characters(*one) for one in argument[without:]))
            return self.alphabet - taken if without else taken
        if operator is _constants.NOT_LITERAL:
            return self.alphabet - self._characters(_constants.LITERAL, argument)
        if operator is _constants.LITERAL:
            return self._characters(_constants.RANGE, (argument, argument))
        if operator is _constants.RANGE:
            low, high = map(chr, argument)
            return frozenset(one for one in self.alphabet if any(low <= case <= high for case in _cases(one)))
        if operator is _constants.CATEGORY and argument in _CLASSES:
            return frozenset(filter(_CLASSES[argument].match, self.alphabet))
        raise _Unknown


def _cases(character: str) -> set[str]:
    """A character in both cases: `ß` has but one, and `ı` is no small `I`."""
    both = (character.lower(), character.upper())
    return {character, *(one for one in both if len(one) == 1 and one.casefold() == character.casefold())}


def _told_apart(automata: tuple[_Automaton, _Automaton], alphabet: Characters) -> Characters:
    """One character of each kind that the automata tell from the others."""
    kinds = {taken for each in automata for edges in each.edges for taken, _ in edges}
    return frozenset({tuple(one in taken for taken in kinds): one for one in sorted(alphabet)}.values())


def _within(inner: _Automaton, outer: _Automaton) -> bool:
    alphabet = _told_apart((inner, outer), inner.alphabet)
    seen = {(state, outer.start) for state in inner.start}
    waiting = list(seen)
    while waiting:
        if len(seen) > LARGEST * 4:
            raise _Unknown
        state, others = waiting.pop()
        if state == inner.last and outer.last not in others:
            return False
        for characters, to in inner.edges[state]:
            for after in {outer.after(others, character) for character in characters & alphabet}:
                for each in inner.closed({to}):
                    if (each, after) not in seen:
                        seen.add((each, after))
                        waiting.append((each, after))
    return True
