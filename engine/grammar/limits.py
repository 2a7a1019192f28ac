"""How much a template may write, loop and reckon; `'x' * 10 ** 9` is a fault, not the end of the server."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import SecurityError

from engine.grammar.numbers import as_number, as_operands, is_number

LENGTH = 64 * 1024
"""The longest text that a template may write: Twilio takes no larger document (error 11750)."""
ROUNDS = 10_000
"""How often the loops of one template may go round, all together; also the most numbers of a `range`."""
WORK = 8 * LENGTH
"""How much one rendering may make and go through: characters, and entries of lists and mappings, all together."""
STEP = 10
"""What calling a filter, test or method takes of WORK, beside what it goes through."""
SIZE = 4 * LENGTH
"""The largest value that a template may give and a call may keep: its characters and entries, through and through."""
NESTED = 50
"""How deeply lists and mappings may be nested."""
LOOPS = 19
"""How deeply loops may be nested: Python compiles no more."""
FORMAT = 200
"""The longest format of times."""
PARTS = 20
"""The most parts of a dotted name."""
BITS = 4_000
"""The size of the largest number that a template may reckon with."""

SMALL = frozenset((int, bool, float, type(None)))
"""The types whose values weigh nothing of their own."""

_TOO_LONG = f"a text or list is at most {LENGTH} long"
TEXT_TOO_LONG = f"the text is longer than {LENGTH} characters"
TOO_MUCH = f"the template goes through more than {WORK} characters and entries of lists"
TOO_LARGE = f"a value holds at most {SIZE} characters and entries, with all that is in it"
TOO_DEEP = f"lists and mappings are nested more than {NESTED} deep"
NUMBER_TOO_LARGE = "the number is too large"


def check_sizes(arguments: Iterable[object]) -> None:
    """Raises OverflowError if a number among the arguments would pad a text beyond all measure."""
    if any(isinstance(value, int) and value > LENGTH for value in arguments):
        raise OverflowError(_TOO_LONG)


def weigh(value: object, most: int) -> int:
    """How many characters and entries a value holds, through and through, counted no further than beyond `most`.

    A list that stands in another twice counts twice, as it does for all that goes through it. Raises OverflowError for a
    text longer than LENGTH.
    """
    weight = 1
    waiting = [value]
    while waiting and weight <= most:
        part = waiting.pop()
        if type(part) in SMALL:
            continue
        if isinstance(part, str):
            weight += len(limited(part))
        elif isinstance(part, list | tuple):
            weight += len(part)
            if weight <= most:
                waiting.extend(part)
        elif isinstance(part, dict):
            weight += 2 * len(part)
            if weight <= most:
                waiting.extend(part)
                waiting.extend(part.values())
        elif isinstance(part, Collection) and not isinstance(part, Undefined):
            weight += len(part)
    return weight


def joined(pieces: Iterable[str], between: str = "") -> str:
    """The pieces as one text; raises OverflowError while it still fits in memory."""
    kept: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece) + len(between)
        if length > LENGTH + len(between):
            raise OverflowError(TEXT_TOO_LONG)
        kept.append(piece)
    return between.join(kept)


def limited(text: str) -> str:
    """The same text; raises OverflowError if it is longer than LENGTH."""
    if len(text) > LENGTH:
        raise OverflowError(TEXT_TOO_LONG)
    return text


def check_format(format: str) -> None:
    """Raises OverflowError for a format of times that could write very much."""
    if len(format) > FORMAT:
        raise OverflowError(f"a format of times is at most {FORMAT} characters long")


def bounded_range(*bounds: int) -> range:
    """Python's `range`, of at most ROUNDS numbers."""
    numbers = range(*map(as_number, bounds))
    if abs(numbers.stop - numbers.start) > ROUNDS * abs(numbers.step):
        raise OverflowError(f"a range holds at most {ROUNDS} numbers")
    return numbers


def bounded_replace(text: str, old: object, new: object, count: int | None = None) -> str:
    """`text.replace`, within LENGTH."""
    before, after = str(old), str(new)
    if len(after) > len(before) and text.count(before) * len(after) > LENGTH:
        raise OverflowError(_TOO_LONG)
    return text.replace(before, after, -1 if count is None else count)


def _plus(left: Any, right: Any) -> Any:
    left, right = as_operands(left, right)
    if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        if len(left) + len(right) > LENGTH:
            raise OverflowError(_TOO_LONG)
    return left + right


def _times(left: Any, right: Any) -> Any:
    left, right = _numbers(left, right)
    for many, times in ((left, right), (right, left)):
        if isinstance(many, str | list | tuple) and isinstance(times, int):
            if len(many) * times > LENGTH:
                raise OverflowError(_TOO_LONG)
            return many * times
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > BITS:
        raise OverflowError(NUMBER_TOO_LARGE)
    return left * right


def _power(left: Any, right: Any) -> Any:
    left, right = _numbers(left, right)
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > BITS:
        raise OverflowError(NUMBER_TOO_LARGE)
    return left**right


def _remainder(left: Any, right: Any) -> Any:
    left, right = _numbers(left, right)
    if isinstance(left, str):
        # '%9d' % 1 is another language of templates, with widths that nobody sees in advance.
        raise SecurityError("`%` works on numbers; texts are joined with `~`")
    return left % right


def _minus(left: Any, right: Any) -> Any:
    left, right = _numbers(left, right)
    return left - right


def _divided(left: Any, right: Any) -> Any:
    left, right = _numbers(left, right)
    return left / right


def _floor_divided(left: Any, right: Any) -> Any:
    left, right = _numbers(left, right)
    return left // right


def _numbers(left: Any, right: Any) -> tuple[Any, Any]:
    """The operands of an operator that means nothing between two texts but arithmetic."""
    if isinstance(left, str) and isinstance(right, str):
        one, other = as_number(left), as_number(right)
        return (one, other) if is_number(one) and is_number(other) else (left, right)
    return as_operands(left, right)


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _divided,
    "//": _floor_divided,
    "**": _power,
    "%": _remainder,
}
"""The operators of arithmetic: a plain number in a text counts as one, and no result grows out of bounds."""

SIGNS: Mapping[str, Callable[[Any], Any]] = {
    "+": lambda value: +as_number(value),
    "-": lambda value: -as_number(value),
}
"""The signs before a number."""
