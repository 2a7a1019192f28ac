"""What went wrong while a template was rendered, in a sentence for the log."""

import re
from collections.abc import Mapping

from jinja2 import TemplateError

from engine.grammar.limits import NUMBER_TOO_LARGE

_UNSUPPORTED = re.compile(r"'(?P<sign>[^']+)' not supported between instances of '(?P<left>\w+)' and '(?P<right>\w+)'")
_OPERAND = re.compile(r"unsupported operand type\(s\) for (?P<sign>\S+?):? .*?'(?P<left>\w+)' and '(?P<right>\w+)'")
_JOINED = re.compile(r"can only concatenate (?P<left>\w+) \(not \"(?P<right>\w+)\"\) to \w+")
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


def worded(fault: Exception, mended: str = "") -> str:
    """One sentence, without full stop, about an exception that rendering raised.

    `mended` is how a text that reads as a number is made one, if such a text was taken for a number.
    """
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
            return _worded_type_error(message, mended)
    return message or type(fault).__name__


def _worded_type_error(message: str, mended: str) -> str:
    for pattern, verb in ((_UNSUPPORTED, "compared with"), (_OPERAND, "combined with"), (_JOINED, "combined with")):
        if found := pattern.search(message):
            left, right = _kind_named(found["left"]), _kind_named(found["right"])
            sign = found.groupdict().get("sign", "+")
            help = " (`| int` makes a number of a text, `~` joins texts)" if "a text" in (left, right) else ""
            return f"{left} cannot be {verb} {right} by `{sign}`" + (f": write  {mended}" if mended else help)
    if "is not callable" in message:
        return "what stands before the parentheses is no function"
    if "is not iterable" in message:
        return "this is nothing that a loop could go through"
    return message


def _kind_named(name: str) -> str:
    return _KINDS.get(name, f"a {name}")
