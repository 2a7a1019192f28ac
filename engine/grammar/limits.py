"""How much a template may write, loop and reckon; `'x' * 10 ** 9` is a fault, not the end of the server."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2.exceptions import SecurityError

LENGTH = 64 * 1024
"""The longest text that a template may write: Twilio takes no larger document (error 11750)."""
ROUNDS = 10_000
"""How often the loops of one template may go round, all together; also the most items of a list."""
BITS = 4_000
"""The size of the largest number that a template may reckon with."""

_TOO_LONG = f"a text or list is at most {LENGTH} long"


def check_sizes(arguments: Iterable[object]) -> None:
    """Raises OverflowError if a number among the arguments would pad a text beyond all measure."""
    if any(isinstance(value, int) and value > LENGTH for value in arguments):
        raise OverflowError(_TOO_LONG)


def bounded(filter: Callable[..., Any]) -> Callable[..., Any]:
    """The same filter, refusing sizes beyond all measure."""
    mark = getattr(filter, "jinja_pass_arg", None)
    first = 1 if mark is None else 2  # what is filtered may be as large as it likes

    def bounded_filter(*arguments: Any, **named: Any) -> Any:
        check_sizes((*arguments[first:], *named.values()))
        return filter(*arguments, **named)

    if mark is not None:
        bounded_filter.jinja_pass_arg = mark  # type: ignore[attr-defined]
    return bounded_filter


def joined(pieces: Iterable[str], between: str = "") -> str:
    """The pieces as one text; raises OverflowError while it still fits in memory."""
    kept: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece) + len(between)
        if length > LENGTH + len(between):
            raise OverflowError(f"the text is longer than {LENGTH} characters")
        kept.append(piece)
    return between.join(kept)


def bounded_range(*bounds: int) -> range:
    """Python's `range`, of at most ROUNDS numbers."""
    numbers = range(*bounds)
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
    if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        if len(left) + len(right) > LENGTH:
            raise OverflowError(_TOO_LONG)
    return left + right


def _times(left: Any, right: Any) -> Any:
    for many, times in ((left, right), (right, left)):
        if isinstance(many, str | list | tuple) and isinstance(times, int):
            if len(many) * times > LENGTH:
                raise OverflowError(_TOO_LONG)
            return many * times
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > BITS:
        raise OverflowError("the number is too large")
    return left * right


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > BITS:
        raise OverflowError("the number is too large")
    return left**right


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        # '%9d' % 1 is another language of templates, with widths that nobody sees in advance.
        raise SecurityError("`%` works on numbers; texts are joined with `~`")
    return left % right


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {"+": _plus, "*": _times, "**": _power, "%": _remainder}
"""The operators whose result can be far larger than what they are given, kept within bounds."""
