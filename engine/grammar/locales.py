"""How dates, times, money and numbers are said in languages other than English: by the Unicode CLDR, which `babel` brings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from engine.grammar import english

if TYPE_CHECKING:
    from babel import Locale

NEEDED = "pip install 'touchtone[babel]'"
NEEDING = ("date", "time", "money")  # the filters that cannot do without it

# Twilio's names of languages that the CLDR calls otherwise (Twilio, TwiML <Say>, "Supported languages").
_CALLED = {"arb": "ar", "cmn": "zh", "cmn-cn": "zh", "cmn-hans-cn": "zh", "cmn-hant-tw": "zh-TW", "no": "nb"}

# What stands behind the digits of an ordinal, for a masculine noun. From the Unicode CLDR (common/rbnf, "digits-ordinal") are es, fr,
# sv and ca; the others are as style guides of these languages have them.
_DOT = dict.fromkeys(("de", "da", "nb", "no", "fi", "pl", "cs"), ".")
_ENDINGS: Mapping[str, str] = {"es": "º", "it": "º", "pt": "º", "nl": "e", **_DOT}
_CATALAN = {1: "r", 2: "n", 3: "r", 4: "t"}

# How `+` before a number is said, and a number that nobody shows.
_PLUS: Mapping[str, str] = {
    "es": "más",
    "ca": "més",
    "fr": "plus",
    "de": "plus",
    "it": "più",
    "pt": "mais",
    "nl": "plus",
    "sv": "plus",
    "da": "plus",
    "nb": "pluss",
    "fi": "plus",
    "pl": "plus",
    "cs": "plus",
}
_NOBODY: Mapping[str, str] = {
    "es": "un número desconocido",
    "ca": "un número desconegut",
    "fr": "un numéro inconnu",
    "de": "eine unbekannte Nummer",
    "it": "un numero sconosciuto",
    "pt": "um número desconhecido",
    "nl": "een onbekend nummer",
    "sv": "ett okänt nummer",
    "da": "et ukendt nummer",
    "nb": "et ukjent nummer",
    "fi": "tuntematon numero",
    "pl": "nieznany numer",
    "cs": "neznámé číslo",
}
_NARROW = re.compile("[\u00a0\u202f\u2009]")  # blanks that a voice may stumble over


class English:
    """English, which needs no library."""

    nobody = english.NOBODY
    say_date = staticmethod(english.say_date)
    say_time = staticmethod(english.say_time)
    say_money = staticmethod(english.say_money)
    say_ordinal = staticmethod(english.say_ordinal)
    say_phone = staticmethod(english.say_phone)


@dataclass(frozen=True, slots=True)
class Foreign:
    """Another language: `tag` is as Twilio has it (`es-MX`), `name` the language alone."""

    tag: str
    name: str

    @property
    def nobody(self) -> str:
        """Who calls without a number."""
        return _NOBODY.get(self.name, english.NOBODY)

    def say_date(self, day: date, *, weekday: bool, year: bool) -> str:
        """`jueves, 24 de diciembre de 2026`, with or without its ends; raises ModuleNotFoundError without babel."""
        from babel.dates import format_date, format_skeleton

        locale = _locale(self.tag)
        whole, without_day = (format_date(day, form, locale) for form in ("full", "long"))
        said = whole if weekday else without_day
        if not year and "MMMMd" in locale.datetime_skeletons:
            said = said.replace(without_day, format_skeleton("MMMMd", day, locale=locale))
        return _NARROW.sub(" ", said)

    def say_time(self, at: time) -> str:
        """`21:30`, `9:30 p.m.`, as the country has it; raises ModuleNotFoundError without babel."""
        from babel.dates import format_time

        return _NARROW.sub(" ", format_time(at.replace(tzinfo=None), "short", locale=_locale(self.tag)))

    def say_money(self, amount: Decimal, currency: str) -> str:
        """`1.234,50 dólares estadounidenses`, `1 euro`: signs are read differently by each voice, words are not.

        Raises ModuleNotFoundError without babel.
        """
        from babel.numbers import format_currency, get_currency_precision

        cents = Decimal(1).scaleb(-get_currency_precision(currency))
        rounded = amount.quantize(cents, rounding=ROUND_HALF_UP)
        whole = rounded == rounded.to_integral_value()
        said = format_currency(
            abs(rounded) if not rounded else rounded.to_integral_value() if whole else rounded,
            currency,
            locale=_locale(self.tag),
            currency_digits=not whole,
            format_type="name",
        )
        return _NARROW.sub(" ", said)

    def say_ordinal(self, number: int) -> str:
        """`2º`, `1er`, `2.`, `2e`; the number alone in a language whose ordinals are not known here."""
        if self.name == "fr":
            return f"{number}{'er' if number == 1 else 'e'}"
        if self.name == "sv":
            return f"{number}:{'a' if number % 10 in (1, 2) and number % 100 not in (11, 12) else 'e'}"
        if self.name == "ca":
            last = number % 100 if 10 < number % 100 < 20 else number % 10
            return f"{number}{_CATALAN.get(last, 'è')}"
        if self.name in ("ja", "zh"):
            return f"第{number}"
        return f"{number}{_ENDINGS.get(self.name, '')}"

    def say_phone(self, digits: str, *, international: bool) -> str:
        """Read as in English: in groups, digit by digit."""
        said = english.say_phone(digits, international=international)
        return f"{_PLUS.get(self.name, '+')}{said.removeprefix('plus')}" if said.startswith("plus") else said


Speaker = English | Foreign
_ENGLISH = English()


@cache
def speaker(tag: str) -> Speaker:
    """Who says values in the language of a tag, as `es` or `es-MX`; "" is English."""
    called = _CALLED.get(tag.lower(), tag)
    name = called.partition("-")[0].lower()
    name = _CALLED.get(name, name)
    return _ENGLISH if name in ("", "en") else Foreign(called, name)


def is_foreign(tag: str) -> bool:
    """Whether values are said in that language by way of babel."""
    return isinstance(speaker(tag), Foreign)


@cache
def has_babel() -> bool:
    """Whether babel is installed."""
    return find_spec("babel") is not None


@cache
def _locale(tag: str) -> "Locale":
    """What the CLDR knows of a language; of its country where it knows that, of the root of all if it knows neither."""
    from babel import Locale, UnknownLocaleError

    parts = tag.split("-")
    for wanted in (tag, "-".join((parts[0], parts[-1])), parts[0]):
        try:
            return Locale.parse(wanted, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("root")
