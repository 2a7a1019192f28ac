"""Reads the time zone of opening hours."""

import re
from collections.abc import Mapping
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.model.reading.reader import Reader, folded, shortened

# What people call the zones of North America and Britain; the names with letters alone in the database have no daylight saving.
_CALLED = {
    "et": "America/New_York",
    "est": "America/New_York",
    "edt": "America/New_York",
    "eastern": "America/New_York",
    "eastern time": "America/New_York",
    "ct": "America/Chicago",
    "cst": "America/Chicago",
    "cdt": "America/Chicago",
    "central": "America/Chicago",
    "central time": "America/Chicago",
    "mt": "America/Denver",
    "mst": "America/Denver",
    "mdt": "America/Denver",
    "mountain": "America/Denver",
    "mountain time": "America/Denver",
    "pt": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "pacific": "America/Los_Angeles",
    "pacific time": "America/Los_Angeles",
    "hst": "Pacific/Honolulu",
    "akst": "America/Anchorage",
    "bst": "Europe/London",
    "uk": "Europe/London",
    "cest": "Europe/Berlin",
    "ist": "Asia/Kolkata",
    "jst": "Asia/Tokyo",
    "aest": "Australia/Sydney",
    "z": "UTC",
    "gmt+0": "UTC",
    "utc+0": "UTC",
}
_EXAMPLE = "write  timezone: America/New_York"
_STANDARD = ("EST", "MST")
# Not so `localtime` and `posix/…`, which mean something else on every machine.
_NAME = re.compile(r"(?!Factory)[A-Z][A-Za-z0-9_+-]*(?:/[A-Z][A-Za-z0-9_+-]*)*")
_OFFSET = re.compile(r"(?:UTC|GMT)? ?[+-]\d{1,2}(?::?\d\d)?", re.IGNORECASE)


def read_zone(reader: Reader, node: nodes.Node) -> ZoneInfo | None:
    """The zone of an IANA name, such as America/New_York; None if there is none, which is reported."""
    scalar = reader.scalar("timezone", node, "the name of a time zone", _EXAMPLE)
    name = scalar.text.strip() if scalar is not None else ""
    if scalar is None or not name:
        if scalar is not None:
            reader.missing("timezone", scalar, _EXAMPLE)
        return None
    zone = _zone(name)
    if zone is None:
        _no_zone(reader, scalar, name)
        return None
    if name in _STANDARD:
        better = _CALLED[name.lower()]
        title = f"`{name}` is the same time all the year: it has no daylight saving"
        reader.report.warning("L405", title, scalar.span, helps=(f"write  timezone: {better}",))
    return zone


def _zone(name: str) -> ZoneInfo | None:
    if not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _no_zone(reader: Reader, scalar: nodes.Scalar, name: str) -> None:
    close = _CALLED.get(name.casefold())
    if _OFFSET.fullmatch(name):
        help_ = folded("an offset has no daylight saving: a zone is named after a place in it, as  Europe/Berlin")
    else:
        # A place is no mistyped other one that is far shorter or longer.
        alike = [known for known in _by_place() if abs(len(known) - len(name)) <= 3]
        close = close or _by_place().get(nearest(name, alike) or "")
        help_ = f"write  timezone: {close}" if close else "zones are named after a place in them, as  America/New_York"
    title = f"there is no time zone `{shortened(name, 32)}`"
    reader.report.error("F105", title, scalar.span, label=f"did you mean `{close}`?" if close else "", helps=(help_,))


@cache
def _by_place() -> Mapping[str, str]:
    """Every zone by its name, and by the place at the end of it: `Berlin` is Europe/Berlin."""
    names = sorted(
        filter(_NAME.fullmatch, available_timezones()),
        key=lambda name: (not name.startswith(("America/", "Europe/")), name),
    )
    places = {name.rpartition("/")[2]: name for name in reversed(names)}
    return {**places, **{name: name for name in names}}
