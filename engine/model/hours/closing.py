"""Reads when hours are closed: the list `closed` of dates and holidays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.grammar.fields.base import fold
from engine.grammar.hours import DATES
from engine.model.hours.calendars import Calendar, NotInstalled, countries, country_names, state_names
from engine.model.hours.days import read_dates
from engine.model.reading.reader import Reader, first_line, folded, shortened

_EXAMPLE = "write  closed: [2026-12-25, {holidays: US}]"
_KEYS = ("holidays", "state")


@dataclass(slots=True)
class Closing:
    """What the list holds: `dates` from … to, `single` where each single date stands, `calendars`; `whole` if all could be read."""

    dates: list[tuple[date, date]] = field(default_factory=list)
    single: dict[date, nodes.Scalar] = field(default_factory=dict)
    calendars: list[Calendar] = field(default_factory=list)
    whole: bool = True


def read_closed(reader: Reader, node: nodes.Node) -> Closing:
    """The list `closed`; every mistake in it is reported."""
    closing = Closing()
    if not isinstance(node, nodes.Sequence):
        _no_list(reader, node)
        closing.whole = False
        return closing
    for item in node.items:
        if isinstance(item, nodes.Mapping):
            calendar = _read_calendar(reader, item)
            if calendar is not None:
                closing.calendars.append(calendar)
            closing.whole = closing.whole and calendar is not None
            continue
        scalar = reader.scalar("closed", item, "a list of dates and holidays", _EXAMPLE)
        if scalar is not None and not DATES.fullmatch(scalar.text) and nearest(scalar.text, ("holidays",)):
            reader.report.error("F109", "which country's holidays?", scalar.span, helps=("write  {holidays: US}",))
            scalar = None
        dates = read_dates(reader, scalar) if scalar is not None else None
        if dates is None or scalar is None:
            closing.whole = False
            continue
        closing.dates.append(dates)
        if dates[0] == dates[1]:
            closing.single.setdefault(dates[0], scalar)
    return closing


def _no_list(reader: Reader, node: nodes.Node) -> None:
    helps: tuple[str, ...] = (_EXAMPLE,)
    if isinstance(node, nodes.Scalar) and DATES.fullmatch(node.text.strip()):
        helps = (f"write  closed: [{node.text.strip()}]",)
    elif isinstance(node, nodes.Mapping) and set(_KEYS) & {key.text for key, _ in node.entries}:
        helps = (f"write  closed: [{shortened(node.span.text, 40).strip('{}').join('{}')}]",)
    elif isinstance(node, nodes.Scalar) and not node.empty:
        helps = (_EXAMPLE, "a condition that closes is  closed_if: …")
    reader.shape("closed", "a list of dates and holidays", node, *helps)


def _read_calendar(reader: Reader, node: nodes.Mapping) -> Calendar | None:
    """The holidays of `{holidays: US, state: NY}`; None if nobody knows them, which is reported."""
    for key, _ in node.entries:
        if key.text not in _KEYS:
            close = {"country": "holidays"}.get(fold(key.text)) or (nearest(key.text, _KEYS) or "state")
            label = f"did you mean `{close}`?"
            title = f"an entry of `closed` has no key `{shortened(key.text)}`"
            reader.report.error("F102", title, key.span, label=label, helps=("write  {holidays: US, state: NY}",))
            return None
    country = node.get("holidays")
    if country is None:
        helps = ("write  {holidays: US, state: NY}",)
        reader.report.error("F109", "an entry of `closed` needs `holidays`", first_line(node.span), helps=helps)
        return None
    named = reader.scalar("holidays", country, "the code of a country", "write  {holidays: US}")
    state = node.get("state")
    part = reader.scalar("state", state, "the code of a state", "write  {holidays: US, state: NY}") if state else None
    if named is None or (state is not None and part is None):
        return None
    try:
        known = countries()
    except NotInstalled:
        _not_installed(reader, named)
        return None
    if named.text not in known:
        _no_country(reader, named, known)
        return None
    if part is not None and part.text not in known[named.text]:
        _no_state(reader, named.text, part, known[named.text])
        return None
    return Calendar(named.text, part.text if part else "")


def _not_installed(reader: Reader, scalar: nodes.Scalar) -> None:
    title = "holidays come from the library `holidays`, which is not installed"
    helps = ("pip install 'touchtone[holidays]'", folded("or write the dates out:  closed: [2026-12-25]"))
    reader.report.error("F116", title, scalar.span, helps=helps)


def _no_country(reader: Reader, scalar: nodes.Scalar, known: Mapping[str, list[str]]) -> None:
    text = scalar.text.strip()
    names = country_names()
    meant = nearest(text, names) if len(text) > 3 else None
    close = text.upper() if text.upper() in known else names.get(meant or "")
    if close is None and len(text) <= 3:
        close = nearest(text, [code for code in known if len(code) == len(text)])
    label = f"did you mean `{close}`?" if close else ""
    helps = (f"write  {{holidays: {close}}}",) if close else ("a country is its ISO code of two letters:  US, CA, DE",)
    title = f"the holidays of `{shortened(text)}` are not known"
    reader.report.error("F105", title, scalar.span, label=label, helps=helps)


def _no_state(reader: Reader, country: str, scalar: nodes.Scalar, known: list[str]) -> None:
    text = scalar.text.strip()
    if not known:
        title = f"`{country}` has no states whose holidays differ"
        reader.report.error("F105", title, scalar.span, helps=(f"write  {{holidays: {country}}}",))
        return
    names = state_names(country)
    close = text.upper() if text.upper() in known else names.get(nearest(text, names) or "") or nearest(text, known)
    label = f"did you mean `{close}`?" if close else ""
    helps = (folded(f"known here: {', '.join(known)}"),) if close is None else ()
    title = f"`{country}` has no state `{shortened(text)}`"
    reader.report.error("F105", title, scalar.span, label=label, helps=helps)
