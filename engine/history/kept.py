"""What is kept of a turn: made in the recorder's thread from what the server holds of it anyway, and read when the call is looked at."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from engine.diagnostics.source import Span
from engine.runtime.desk import Heard
from engine.runtime.effects.secrets import Secrets
from engine.runtime.hidden import NOTHING_HIDDEN
from engine.runtime.trail import Asked, Entered, Event, Failed, Logged, Said, Set, Took

LARGEST = 64 * 1024  # bytes of a turn
TEXT = 1000  # characters of each text in a turn that would be larger
DOCUMENT = 16_000  # … of its TwiML
EVENTS = 200  # … that are kept of it

LINES = 4000  # places whose lines are known without counting

Values = tuple[Any, ...]

_lines: dict[int, tuple[Span, int]] = {}


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A turn as it is kept. `at` is when its request came (Unix time), `milliseconds` how long the answer took.

    `own` is the engine's own part of the query, `entry` what else stood in it; `report` what Twilio told beside the call. Of `events`
    the first value says the kind (see `_event`), the last one is the line; `until` is when the open question of a conversation ends.
    """

    at: float
    milliseconds: float
    version: str
    flow: str
    step: str
    params: Mapping[str, str]
    own: Mapping[str, str]
    entry: Mapping[str, str]
    report: str
    events: list[Values]
    document: bytes
    size: int
    repeated: bool = False
    cut: bool = False
    until: float = 0.0


_write = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(Kept).decode


def written(heard: Heard, answered: datetime, secrets: Secrets) -> bytes:
    """A turn as it is kept, without the secrets of the settings and no larger than LARGEST."""
    kept = _kept(heard, answered)
    try:
        data = _write(kept)
    except (TypeError, ValueError, OverflowError):  # half of a character, or a number that is too large
        return _write(_short(kept, secrets.mask))
    if len(data) > LARGEST or secrets.within(data):
        return _write(_short(kept, secrets.mask, TEXT if len(data) > LARGEST else LARGEST))
    return data


def read(data: bytes) -> Kept:
    """The turn that was kept so; raises ValueError for anything else."""
    return _read(data)


def _kept(heard: Heard, answered: datetime) -> Kept:
    request, outcome = heard.request, heard.outcome
    at = request.at
    took = answered - at
    milliseconds = took.days * 86_400_000 + took.seconds * 1000 + took.microseconds / 1000
    trail, cover = outcome.trail, outcome.cover
    events = [_event(event) for event in trail] if trail else [("logged", t, _line(span)) for t, span in outcome.lines]
    return Kept(
        at.timestamp(),
        milliseconds if milliseconds > 0 else 0.0,
        heard.version,
        request.flow,
        request.step,
        _dict(request.params) if cover is NOTHING_HIDDEN else heard.params,
        _dict(request.asked),
        _dict(request.entry) if cover is NOTHING_HIDDEN else cover.params(request.entry),
        request.report,
        events,
        outcome.body if cover.body is None else cover.body,
        len(outcome.body),
        outcome.repeated,
        until=outcome.until,
    )


def _dict(values: Mapping[str, str]) -> dict[str, str]:
    return values if type(values) is dict else dict(values)


def _event(event: Event) -> Values:
    kind = type(event)
    if kind is Entered:
        return "entered", event.flow, event.step, event.at, _line(event.span)  # type: ignore[union-attr]
    if kind is Said:  # these two make up most of a trail
        return "said", event.at, event.size, _line(event.span)  # type: ignore[union-attr]
    match event:
        case Took():
            return "took", event.id, event.compared, event.span.text[:TEXT], event.at, _line(event.span)
        case Set():
            return "set", event.name, event.value, _line(event.span)
        case Asked():
            about = event.answer, event.problem, event.seconds, event.line, dict(event.values)
            return "asked", event.kind, event.place, *about, _line(event.span)
        case Logged():
            return "logged", event.text, _line(event.span)
        case Failed():
            return "failed", event.message, _line(event.span)
    raise AssertionError(f"a trail holds no {event!r}")


def _line(span: Span | None) -> int:
    if span is None:
        return 0
    known = _lines.get(id(span))
    if known is not None and known[0] is span:
        return known[1]
    line = span.source.position(span.start)[0]
    if len(_lines) >= LINES:
        _lines.clear()
    _lines[id(span)] = span, line
    return line


def _short(kept: Kept, mask: Callable[[str], str], text: int = TEXT) -> Kept:
    """The turn with every text masked and no longer than so many characters."""

    def value(one: Any) -> Any:
        if isinstance(one, str):
            return mask(_text(one, text))
        if isinstance(one, dict):
            return {value(str(name)): value(inner) for name, inner in list(one.items())[:EVENTS]}
        if isinstance(one, list | tuple):
            return [value(inner) for inner in one[:EVENTS]]
        if isinstance(one, int) and not -(2**63) <= one < 2**63:
            return _text(str(one), text)
        return one if isinstance(one, bool | int | float | None) else _text(str(one), text)

    document = mask(kept.document[:DOCUMENT].decode("utf-8", "ignore"))
    events = [tuple(map(value, event)) for event in kept.events[:EVENTS]]
    while len(_write(events)) > LARGEST // 2:
        events = events[: len(events) // 2]
    return msgspec.structs.replace(
        kept,
        params=_few({value(name): value(one) for name, one in kept.params.items()}),
        own=_few({value(name): value(one) for name, one in kept.own.items()}),
        entry=_few({value(name): value(one) for name, one in kept.entry.items()}),
        report=value(kept.report),
        step=value(kept.step),
        flow=value(kept.flow),
        events=events,
        document=document.encode(),
        cut=len(kept.document) > DOCUMENT or len(events) < len(kept.events),
    )


def _few(values: dict[str, str]) -> dict[str, str]:
    few, left = {}, LARGEST // 6
    for name, one in values.items():
        left -= len(name) + len(one)
        if left < 0:
            break
        few[name] = one
    return few


def _text(text: str, longest: int) -> str:
    whole = text if len(text) <= longest else f"{text[:longest]}…"
    return whole.encode("utf-8", "replace").decode("utf-8")
