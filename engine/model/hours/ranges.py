"""Reads ranges of times: `09:00-12:00, 13:00-17:00`, `22:00-06:00`, `closed`."""

import re
from typing import NamedTuple

from engine.diagnostics.source import Span
from engine.document import nodes
from engine.grammar.hours import CLOSED
from engine.grammar.places import place
from engine.model.hours.meant import meant_ranges
from engine.model.hours.opening import DAY, Ranges
from engine.model.reading.reader import Reader, folded, shortened

EXAMPLE = "09:00-12:00, 13:00-17:00"

_RANGE = re.compile(r" *(?P<start>([0-9]{2}):([0-9]{2})) *- *(?P<end>([0-9]{2}):([0-9]{2})) *")
_LONG = 20 * 60  # minutes: ranges over midnight that are longer are hardly ever meant


class _Part(NamedTuple):
    """What stands between two commas: `text`, which begins at the character `at` of a scalar."""

    scalar: nodes.Scalar
    at: int
    text: str

    @property
    def span(self) -> Span:
        blanks = len(self.text) - len(self.text.lstrip())
        return place(self.scalar, self.at + blanks, len(self.text.strip()))


def read_ranges(reader: Reader, key: str, node: nodes.Node) -> Ranges | None:
    """The ranges of a day, in minutes; () if it is closed, None if the node is none, which is reported."""
    parts: list[_Part] = []
    for item in node.items if isinstance(node, nodes.Sequence) and node.items else (node,):
        wanted = f"`{CLOSED}`, or ranges of times"
        scalar = reader.scalar(key, item, wanted, f"write  {key}: {EXAMPLE}, or  {key}: {CLOSED}")
        if scalar is None:
            return None
        if scalar.text.strip() == CLOSED and item is node:
            return ()
        at = 0
        for text in scalar.text.split(","):
            parts.append(_Part(scalar, at, text))
            at += len(text) + 1
    ranges: list[tuple[int, int]] = []
    for part in parts:
        one = _read_range(reader, key, part, ranges[-1][1] if ranges and part.scalar is not node else 0)
        if one is None or (ranges and not _follows(reader, key, ranges, one, part)):
            return None
        ranges.append(one)
    return tuple(ranges)


def _read_range(reader: Reader, key: str, part: _Part, before: int) -> tuple[int, int] | None:
    """The range written in a part; the one in the scalar before it ends at the minute `before`."""
    found = _RANGE.fullmatch(part.text)
    if found is None:
        _no_range(reader, key, part.scalar, before)
        return None
    minutes: list[int] = []
    for name, hour, minute in (("start", 2, 3), ("end", 5, 6)):
        hours, rest = int(found[hour]), int(found[minute])
        if rest > 59 or hours * 60 + rest > (DAY if name == "end" else DAY - 1):
            time = place(part.scalar, part.at + found.start(name), 5)
            help_ = "a day goes from 00:00 to 24:00"
            if name == "start" and (hours, rest) == (24, 0):
                help_ = "the minute after a day is the next day's:  00:00"
            elif 24 <= hours < 36 and rest <= 59 and name == "end":
                range_ = f"{found['start']}-{hours - 24:02}:{rest:02}"
                help_ = f"over midnight the second is the smaller:\n{key}: {range_}"
            reader.report.error("F104", f"`{found[name]}` is no time of day", time, helps=(help_,))
            return None
        minutes.append(hours * 60 + rest)
    start, end = minutes
    if start == end:
        both = (f"the whole day is  {key}: 00:00-24:00", f"a day without hours is  {key}: {CLOSED}")
        reader.report.error("F104", f"`{part.text.strip()}` ends when it begins", part.span, helps=both)
        return None
    if end > start:
        return start, end
    end += DAY
    if end - start >= _LONG:
        better = (start, end - DAY // 2) if start < end - DAY // 2 < DAY else (end - DAY, start)
        title = f"`{part.text.strip()}` goes over midnight, for {_length(end - start)}"
        helps = (f"if not, write  {_written(better)}",)
        reader.report.warning("L405", title, part.span, label="the second is the smaller", helps=helps)
    return start, end


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} hours" + (f" and {rest} minutes" if rest else "")


def _follows(reader: Reader, key: str, before: list[tuple[int, int]], one: tuple[int, int], part: _Part) -> bool:
    """Whether a range begins when the one before has ended; a mistake is reported."""
    start, end = before[-1]
    if one[0] >= end:
        return True
    written, earlier = _written(one), _written(before[-1])
    if one[1] > start:
        together = f"together they are  {_written((min(start, one[0]), max(end, one[1])))}"
        reader.report.error("F110", f"`{written}` overlaps `{earlier}`", part.span, helps=(together,))
        return False
    ordered = ", ".join(_written(each) for each in sorted([*before, one]))
    helps = [folded(f"write  {key}: {ordered}")]
    if start < DAY // 2 and one[0] + DAY // 2 >= end and one[1] <= DAY // 2:
        afternoon = _written((one[0] + DAY // 2, one[1] + DAY // 2))
        helps.insert(0, f"the afternoon is  {afternoon}")
    title = f"`{written}` comes after `{earlier}`, and is earlier"
    reader.report.error("F110", title, part.span, label="ranges stand in order", helps=helps)
    return False


def _written(range_: tuple[int, int]) -> str:
    return "-".join(f"{(minutes - DAY if minutes > DAY else minutes) // 60:02}:{minutes % 60:02}" for minutes in range_)


def _no_range(reader: Reader, key: str, scalar: nodes.Scalar, before: int) -> None:
    text = scalar.text
    if "{{" in text or "{%" in text:
        title = "opening hours hold no templates: they are read once, with the flow"
        helps = (f"what is only known in a call is a condition:\n  {CLOSED}_if: …",)
        reader.report.error("F103", title, scalar.span, helps=helps)
        return
    meant = meant_ranges(text, before)
    help_ = (
        f"write  {meant if before else f'{key}: {meant}'}"
        if meant
        else f"write  {key}: 09:00-17:00, or  {key}: {CLOSED}"
    )
    title = f"`{shortened(text, 30)}` is no range of times"
    reader.report.error("F103", title, scalar.span, label="HH:MM-HH:MM", helps=(help_,))
