"""The filters that flows have beyond Jinja's: values as a caller should hear them."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Annotated, Any, NoReturn

from jinja2 import Undefined, pass_context
from jinja2.exceptions import FilterArgumentError

from engine.grammar.faults import kind
from engine.grammar.locales import NEEDED, Speaker, speaker
from engine.grammar.normalize import bare_digits, visible
from engine.grammar.patterns import Pattern, PatternError
from engine.grammar.tongue import tongue_of
from engine.grammar.views import Gathered, names_of


@dataclass(frozen=True, slots=True)
class Form:
    """What a text must look like: its pattern, the same in words, and one to write."""

    pattern: re.Pattern[str]
    words: str
    example: str


_WITHHELD = ("anonymous", "unknown", "restricted", "unavailable", "blocked", "private")
_LARGEST = Decimal(10) ** 15
CURRENCY = Form(re.compile("[A-Za-z]{3}"), "a code of three letters", "EUR")


def _digits(value: object) -> str:
    """The letters and digits of a text, read one by one: `1234` becomes `1 2 3 4`."""
    return " ".join(character for character in _text(value, "digits") if character.isalnum())


def _bare_digits(value: object) -> str:
    """An answer of digits as its digits alone: `1 2 3 4`, `12-34` and `1234.` become `1234`; any other text stays as it is."""
    text = _text(value, "bare_digits")
    return bare_digits(text) or text


@pass_context
def _phone(context: Any, value: object) -> str:
    """A telephone number to be read: `+14155550123` becomes `4 1 5, 5 5 5, 0 1 2 3`."""
    # Twilio sends client:bob, sip:bob@example.com, whatsapp:+1… and anonymous as well as numbers.
    text = re.sub(r"^(?:client|sips?|whatsapp|rcs|tel):", "", _text(value, "phone").strip()).partition("@")[0]
    number = re.sub(r"[\s().\-/]", "", text)
    if re.fullmatch(r"\+?[0-9]+", number, re.ASCII):
        return _speaker(context).say_phone(number.lstrip("+"), international=number.startswith("+"))
    return _speaker(context).nobody if text.lower() in _WITHHELD else text


@pass_context
def _date(
    context: Any,
    value: object,
    *,
    weekday: Annotated[bool, "whether the day of the week is said"] = True,
    year: Annotated[bool, "whether the year is said"] = True,
) -> str:
    """A day: `2026-12-24` becomes `Thursday, December 24, 2026`; shorter by `date(weekday=false, year=false)`."""
    if isinstance(value, date):
        return _said("date", _speaker(context).say_date, value, weekday=weekday, year=year)
    text = _text(value, "date").strip()
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        _refuse("date", "a day as 2026-12-24", text)
    return _said("date", _speaker(context).say_date, day, weekday=weekday, year=year)


@pass_context
def _time(context: Any, value: object) -> str:
    """A time of day: `09:30` becomes `9:30 AM`, `12:00` becomes `noon`."""
    say = _speaker(context).say_time
    if isinstance(value, datetime | time):
        return _said("time", say, value if isinstance(value, time) else value.time())
    text = _text(value, "time").strip()
    for read in (time.fromisoformat, lambda text: datetime.fromisoformat(text).time()):
        try:
            # A bare number is no time, though ISO 8601 knows 0930; nor is a day without one.
            if ":" in text:
                return _said("time", say, read(text))
        except ValueError:
            continue
    _refuse("time", "a time as 09:30", text)


@pass_context
def _money(
    context: Any, value: object, *, currency: Annotated[str, "the code of the currency (ISO 4217)", CURRENCY] = "USD"
) -> str:
    """An amount: `1234.5` becomes `$1,234.50`; `money(currency='EUR')` for another currency."""
    amount = _number(value, "money", "an amount as 12.50")
    return _said("money", _speaker(context).say_money, amount, str(currency).upper())


@pass_context
def _ordinal(context: Any, value: object) -> str:
    """A place in an order: `2` becomes `2nd`."""
    number = _number(value, "ordinal", "a whole number as 2")
    if number < 0 or number != number.to_integral_value():
        _refuse("ordinal", "a whole number as 2", str(value))
    return _speaker(context).say_ordinal(int(number))


def _keys(value: object) -> list[str]:
    """What a mapping is looked up by, in its order: `params.Options` of `Options[1]=…&Options[22]=…` becomes `1`, `22`."""
    if isinstance(value, Undefined):
        return [str(value)]  # which raises, naming what is not known
    if isinstance(value, Mapping):
        return [str(key) for key in value]
    if isinstance(value, Gathered):
        return names_of(value)
    if isinstance(value, str):
        return []  # a parameter without brackets, or one that was not sent
    raise FilterArgumentError(f"`keys` works on a mapping, and this is {kind(value)}")


def _findall(
    value: object,
    *,
    pattern: Annotated[str, "a regular expression; of one with parentheses, what stands in the first"] = "[^ ]+",
) -> list[str]:
    """All that a pattern finds in a text, as a list: `order 17, 18` becomes `17`, `18` by `findall(pattern='[0-9]+')`."""
    try:
        return Pattern(str(pattern)).found(_text(value, "findall"))
    except PatternError as error:
        raise FilterArgumentError(f"`findall` needs a regular expression: {error}") from None


def _e164(value: object) -> str:
    """A telephone number in full: `(415) 555-0123` becomes `+14155550123`; one without a country is of North America."""
    text = _text(value, "e164").strip()
    number = re.sub(r"[\s().\-/]", "", visible(text))
    digits = number.lstrip("+")
    if not re.fullmatch(r"\+?[0-9]{7,15}", number, re.ASCII):
        return text
    return f"+1{digits}" if number == digits and len(digits) == 10 else f"+{digits}"


def _fromjson(value: object) -> Any:
    """The value that a JSON text stands for: `{"name": "Ann"}` becomes a mapping."""
    text = _text(value, "fromjson")
    try:
        return json.loads(text, parse_constant=lambda word: _refuse("fromjson", "JSON", word))
    except (ValueError, RecursionError):
        _refuse("fromjson", "JSON", text)


def _b64encode(value: object) -> str:
    """A text in Base64 (RFC 4648, section 4) of its UTF-8: `user:pass` becomes `dXNlcjpwYXNz`."""
    return b64encode(_text(value, "b64encode").encode("utf-8", "replace")).decode("ascii")


def _speaker(context: Any) -> Speaker:
    return speaker(tongue_of(context.parent))


def _said(filter: str, say: Callable[..., str], *values: object, **how: object) -> str:
    try:
        return say(*values, **how)
    except ModuleNotFoundError:
        raise FilterArgumentError(f"`{filter}` in another language than English needs babel: {NEEDED}") from None


def _text(value: object, filter: str) -> str:
    if isinstance(value, Undefined):
        return str(value)  # which raises, naming what is not known
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise FilterArgumentError(f"`{filter}` works on a text, and this is {kind(value)}")
    return str(value)


def _number(value: object, filter: str, wanted: str) -> Decimal:
    text = str(value) if isinstance(value, float | Decimal) else _text(value, filter)
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        _refuse(filter, wanted, text)
    if not number.is_finite() or not -_LARGEST < number < _LARGEST:
        _refuse(filter, wanted, text)
    return number


def _refuse(filter: str, wanted: str, text: str) -> NoReturn:
    shown = text if len(text) <= 40 else text[:40] + "…"
    raise FilterArgumentError(f"`{filter}` needs {wanted}, and this is `{shown}`")


FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "digits": _digits,
        "bare_digits": _bare_digits,
        "phone": _phone,
        "date": _date,
        "time": _time,
        "money": _money,
        "ordinal": _ordinal,
        "e164": _e164,
        "findall": _findall,
        "keys": _keys,
        "fromjson": _fromjson,
        "b64encode": _b64encode,
    }
)
"""The filters by name; the docstring of each is its line in the reference, and so is the note of each option.

Options are given by name alone.

All raise FilterArgumentError for what they cannot take.
"""
