"""The holidays of a country or a part of it, from the library `holidays`, which is imported when flows speak of them."""

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple


class Calendar(NamedTuple):
    """The public holidays of a country (by ISO 3166 code), and of a `state` of it."""

    country: str
    state: str = ""

    def name(self, day: date) -> str:
        """The name of the day's holiday, in the country's own language; "" if it is none."""
        return _holidays(self.country, self.state, day.year).get(day, "")


class NotInstalled(Exception):
    """The library is not there."""


@cache
def countries() -> Mapping[str, list[str]]:
    """The codes of all countries with those of their states; raises NotInstalled."""
    try:
        import holidays
    except ImportError:
        raise NotInstalled from None
    return holidays.list_supported_countries()


def country_names() -> Mapping[str, str]:
    """Other names of countries by which somebody may look for their code: `germany`, `DEU`."""
    from holidays.registry import COUNTRIES

    return {other: code for module, (_, code, *more) in COUNTRIES.items() for other in (module, *more)}


def state_names(country: str) -> Mapping[str, str]:
    """The names of a country's states, with their codes."""
    import holidays

    names: Mapping[str, str] = getattr(holidays, country).subdivisions_aliases
    return names


@lru_cache(maxsize=512)
def _holidays(country: str, state: str, year: int) -> Mapping[date, str]:
    """A year's holidays: a millisecond's work, once for each year."""
    import holidays

    # The language is said: left to itself the library takes that of the server's environment.
    language = getattr(holidays, country).default_language
    return dict(holidays.country_holidays(country, subdiv=state or None, years=year, language=language))
