"""What went wrong while a template was rendered, in a sentence for the log."""

import re
from collections.abc import Mapping

from jinja2 import TemplateError

from engine.grammar.limits import NUMBER_TOO_LARGE

_UNSUPPORTED = re.compile(
    r"'(?P<sign>[^']+)' not supported between instances of '(?P<left>[\w.]+)' and '(?P<right>[\w.]+)'"
)
_OPERAND = re.compile(
    r"unsupported operand type\(s\) for (?P<sign>\S+?):? .*?'(?P<left>[\w.]+)' and '(?P<right>[\w.]+)'"
)
_JOINED = re.compile(r"can only concatenate (?P<left>\w+) \(not \"(?P<right>\w+)\"\) to \w+")
_SIGNED = re.compile(r"bad operand type for unary (?P<sign>\S): '(?P<kind>\w+)'")
_REPEATED = re.compile(r"can't multiply sequence by non-int of type '(?P<kind>\w+)'")
_COUNTED = re.compile(r"'(?P<kind>\w+)' object cannot be interpreted as an integer")
_NO_NUMBER = "a text that is not a plain number"
_KINDS = {
    "str": "a text",
    "Alone": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "Gathered": "a list",
    "dict": "a mapping",
    "NoneType": "nothing",
    "datetime": "a time",
}


def kind(value: object) -> str:
    """What a value is, in the words of an author: "a text", "a number", "a list", …"""
    named = value if isinstance(value, type) else type(value)
    return "a mapping" if issubclass(named, Mapping) else _kind_named(named.__name__)


def unordered(sign: str, left: object, right: object) -> str:
    """One sentence for the log, without full stop, about a comparison of order between texts that have none.

    It tells no value: what a caller presses may be secret.
    """
    texts = [isinstance(value, str) for value in (left, right)]
    if all(texts):
        return f"`{sign}` does not hold: two texts have an order only as plain numbers, times or dates"
    other = right if texts[0] else left
    number = isinstance(other, int | float) and not isinstance(other, bool)
    return f"`{sign}` does not hold: {_NO_NUMBER if number else 'a text'} has no order beside {kind(other)}"


def worded(fault: Exception) -> str:
    """One sentence, without full stop, about an exception that rendering raised."""
    message = str(fault)
    match fault:
        case TemplateError() | OverflowError():
            return message or "the template cannot be rendered"
        case RecursionError():
            return "the template is nested too deeply"
        case MemoryError():
            return "the value is too large"
        case ZeroDivisionError():
            return "a number is divided by zero"
        case ValueError() if "integer string conversion" in message:
            return NUMBER_TOO_LARGE
        case TypeError():
            return _worded_type_error(message)
    return message or type(fault).__name__


def _worded_type_error(message: str) -> str:
    for pattern, verb in ((_UNSUPPORTED, "compared with"), (_OPERAND, "combined with"), (_JOINED, "combined with")):
        if found := pattern.search(message):
            sides = [_kind_named(found[side]) for side in ("left", "right")]
            sign = found.groupdict().get("sign", "+")
            help = " (`~` joins texts)" if sign == "+" and "a text" in sides else ""
            if "a number" in sides:
                sides = [_NO_NUMBER if side == "a text" else side for side in sides]
            return f"{sides[0]} cannot be {verb} {sides[1]} by `{sign}`{help}"
    if found := _SIGNED.search(message):
        side = _kind_named(found["kind"])
        return f"`{found['sign']}` cannot stand before {_NO_NUMBER if side == 'a text' else side}"
    if found := _REPEATED.search(message):
        return f"`*` repeats a text or list a whole number of times, and this is {_kind_named(found['kind'])}"
    if found := _COUNTED.search(message):
        return f"a whole number is needed here, and this is {_kind_named(found['kind'])}"
    if message.startswith("slice indices must be"):
        return "what stands on either side of `:` in brackets must be a whole number"
    if "is not callable" in message:
        return "what stands before the parentheses is no function"
    if "is not iterable" in message:
        return "this is nothing that a loop could go through"
    return message


def _kind_named(name: str) -> str:
    name = name.rpartition(".")[2]
    return _KINDS.get(name, f"a {name}")
