"""Spaces that look like the plain one, and characters that nobody sees, where YAML needs plain spaces.

They come with text pasted from web pages, chats and word processors. In a text they are welcome (`10 €`). In the structure of
a file, such as behind a colon or as indentation, YAML takes them for letters. Which is which shows when the file is read as if
each of them were a plain space.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any

import yaml

from engine.diagnostics import Report, Source, Span
from engine.document.layout import line_bounds
from engine.document.pound import cut

_WIDE = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"  # Unicode, category Zs, but for the plain space
_UNSEEN = "\u00ad\u180e\u200b-\u200f\u2060"  # of no width
_JOINERS = "\u200c\u200d"  # within words of Persian and within emoji they mean something
_ANY = re.compile(f"[{_WIDE}{_UNSEEN}]")
_RUN = re.compile(f"[ \t{_WIDE}{_UNSEEN}]*")
_ZERO = re.compile(f"[{_UNSEEN}]")
_SIGNS = ":-,{[?"  # a space follows or precedes
_TOKEN = re.compile(r"[a-z0-9_/.:+*#|-]+")  # a value that is no prose
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_TRIES = 20  # lines that are read as written after all
_NAMES = {"\u0085": "next line", "\ufeff": "byte order mark"}
_COLON = re.compile(r"[ \t]*:(?:\s|$)")
_LEADING = re.compile(f"(?:^|(?<=\r))[ \t{_WIDE}{_UNSEEN}]+", re.MULTILINE)
MOST = 1_000  # places that are looked for
_LISTED = 8  # numbers of lines that a note lists


def name_of(character: str) -> str:
    """What a character is called, in small letters: `no-break space`."""
    return _NAMES.get(character) or unicodedata.name(character, "control character").lower()


def repair(source: Source, report: Report, loader: Any) -> str:
    """Reports such characters in the structure (F005), and gives the text with plain spaces in their places, of the same length."""
    text = source.text
    if text.isascii() or _ANY.search(text) is None:
        return text
    # Without what nobody sees before the first letter of a line, its indentation is that which one sees.
    leads = [found.start() for line in _LEADING.finditer(text) for found in _ZERO.finditer(text, *line.span())]
    seen = _repaired(text, leads)
    search = _Search(seen, loader)
    found = search.run()
    leads = [offset for offset in leads if not search.is_text(offset)]
    ends = {line_bounds(text, offset)[1] for offset in leads[:MOST]}
    others = [offset for offset in found if not ends or line_bounds(text, offset)[1] not in ends]
    first: dict[str, list[int]] = {}
    for offset in sorted({*leads[:MOST], *others}):
        first.setdefault(text[offset], []).append(offset)
    for offsets in first.values():
        _tell(source, offsets, report)
    return _repaired(seen if leads else text, found)


def _tell(source: Source, offsets: list[int], report: Report) -> None:
    """One message for all places of a character."""
    text, start = source.text, offsets[0]
    character, end = text[start], start + 1
    while end < len(text) and text[end] == character:
        end += 1
    name = name_of(character)
    article = "an" if name[0] in "aeiou" else "a"
    low, high = line_bounds(text, start)
    unseen = _ZERO.match(character) is not None
    indents = not text[low:start].strip() and bool(_RUN.sub("", text[low:high], count=1))
    mine = [offset - low for offset in offsets if low <= offset < high]
    written = _repaired(text[low:high], mine).strip()
    if indents:
        helps = ["delete it, and indent with spaces" if unseen else "indent with spaces: two for each level"]
    elif not written or len(written) > 72:
        helps = ["delete it" if unseen or not written else "write a plain space"]
    else:
        helps = [f"write  {written}"]
    lines = list(dict.fromkeys(source.position(offset)[0] for offset in offsets))[1:]
    shown = ", ".join(map(str, lines[:_LISTED])) + (", …" if len(lines) > _LISTED else "")
    report.error(
        "F005",
        f"{article} {name} (U+{ord(character):04X}) cannot {'indent a line' if indents else 'stand here'}",
        Span(source, start, end),
        label="YAML needs plain spaces" if indents else "not a plain space",
        notes=[f"the same on line{'s' if len(lines) > 1 else ''} {shown}"] if lines else [],
        helps=helps,
    )


def _repaired(text: str, offsets: list[int]) -> str:
    """The text, of the same length, with a space for each of these; what has no width is left out, and its line filled up at the end."""
    if not offsets:
        return text
    letters = list(text)
    for offset in offsets:
        if _ZERO.match(text[offset]) is None or text[offset - 1 : offset] in _SIGNS:
            letters[offset] = " "
        else:
            letters[offset] = ""
            end = line_bounds(text, offset)[1]
            if end == len(text):
                letters.append(" ")
            else:
                letters[end] = f" {letters[end]}"
    return "".join(letters)


@dataclass(frozen=True, slots=True)
class _Scalar:
    start: int
    end: int
    plain: bool
    value: str


class _Search:
    """Finds the characters that stand in the structure of a text."""

    def __init__(self, text: str, loader: Any) -> None:
        self.text, self.loader = text, loader
        self.every = [found.start() for found in _ANY.finditer(text)]
        self.leading = {
            found.start() for line in _LEADING.finditer(text) for found in _ANY.finditer(text, *line.span())
        }
        self.trial = text
        self.scalars: list[_Scalar] = []
        self.starts: list[int] = []
        self.written: dict[int, _Scalar] | None = None
        self.comment = -1  # the end of the line on which a comment was found last

    def run(self) -> list[int]:
        """Their offsets; of very many the first."""
        replaced = {offset for offset in self.every if self._may_be_a_space(offset)}
        stops = self._try(replaced)
        for _ in range(_TRIES):
            wrong = {
                offset
                for stop in stops
                for offset in self._on_line(stop)
                if offset in replaced and offset not in self.leading
            }
            if not wrong:
                break
            # `say: Price:\u00a05` is a text as it is written, and nothing at all with a plain space.
            replaced -= wrong
            stops = self._try(replaced)
        limit = min(stops, default=len(self.text))
        found: list[int] = []
        judged, before = False, -2
        for offset in sorted(replaced):
            if offset >= limit or len(found) == MOST:
                break
            if offset != before + 1:
                judged = self._is_structure(offset)
            before = offset
            if judged:
                found.append(offset)
        return sorted({*found, *self._within(limit)})

    def is_text(self, offset: int) -> bool:
        """Whether a place is within a text, on its second line or later."""
        scalar = self._scalar(line_bounds(self.text, offset)[0])
        return scalar is not None and offset < scalar.end

    def _may_be_a_space(self, offset: int) -> bool:
        return _ZERO.match(self.text[offset]) is None or (offset > 0 and self.text[offset - 1] in _SIGNS)

    def _on_line(self, offset: int) -> list[int]:
        start, end = line_bounds(self.text, offset)
        return self.every[bisect_left(self.every, start) : bisect_left(self.every, end)]

    def _try(self, replaced: set[int]) -> list[int]:
        """Reads the text with plain spaces in some places; where the parser stops."""
        letters = list(self.text)
        for offset in replaced:
            letters[offset] = " "
        self.trial = "".join(letters)
        self.scalars, stops = _scan(self.trial, self.loader)
        self.starts = [scalar.start for scalar in self.scalars]
        return stops

    def _scalar(self, offset: int) -> _Scalar | None:
        """The last scalar that begins before a place."""
        before = bisect_right(self.starts, offset) - 1
        return self.scalars[before] if before >= 0 else None

    def _is_structure(self, offset: int) -> bool:
        """Whether a character for which a plain space may stand is neither of a text nor of a comment."""
        if offset < self.comment:
            return False
        scalar = self._scalar(offset)
        if scalar is not None and offset < scalar.end:
            return offset in self.leading and self._changes(scalar)
        start, end = line_bounds(self.text, offset)
        between = self.trial[max(start, scalar.end if scalar is not None else 0) : offset]
        if re.search(r"(?:^|\s)#", between):
            self.comment = end
            return False
        run = _RUN.match(self.text, offset, end)
        after = run.end() if run is not None else end
        follows = self.text[after : min(after + 1, end)]
        colon = offset if between.strip() == ":" else after if not between and follows == ":" else -1
        if scalar is not None and colon >= 0 and _NAME.fullmatch(scalar.value) is None and self._is_item(scalar, colon):
            return False
        if scalar is None or not scalar.plain or between.strip() or scalar.end < start:
            return True
        if follows in ",]}":  # or nothing
            return _TOKEN.fullmatch(scalar.value) is not None
        return follows != "#" or cut(self.trial, scalar.value, scalar.end) is None

    def _is_item(self, scalar: _Scalar, offset: int) -> bool:
        """Whether it is written as a text in a list, `- Price:\u00a05`: what begins it may be a key, or a word."""
        as_written = self._as_written(scalar)
        item = as_written is not None and as_written.plain and as_written.end > offset
        return item and self.trial[max(scalar.start - 20, 0) : scalar.start].rstrip(" ")[-1:] in ("-", "[", ",")

    def _changes(self, scalar: _Scalar) -> bool:
        """Whether a text ends elsewhere as it is written."""
        as_written = self._as_written(scalar)
        return as_written is None or as_written.end != scalar.end

    def _as_written(self, scalar: _Scalar) -> _Scalar | None:
        """What begins at the same place in the text as it is written."""
        if self.written is None:
            self.written = {each.start: each for each in _scan(self.text, self.loader)[0]}
        return self.written.get(scalar.start)

    def _within(self, limit: int) -> list[int]:
        """What nobody sees within plain keys, and at the edges of plain values that are no prose."""
        found: list[int] = []
        for scalar in self.scalars:
            if not scalar.plain or scalar.end > limit or _ZERO.search(scalar.value) is None or len(found) >= MOST:
                continue
            word = self.trial[scalar.start : scalar.end]
            offsets = [scalar.start + each.start() for each in _ZERO.finditer(word)]
            if _COLON.match(self.trial, scalar.end):
                found += [offset for offset in offsets if self.text[offset] not in _JOINERS]
            elif _TOKEN.fullmatch(_ZERO.sub("", word)):
                found += [offset for offset in offsets if offset in (scalar.start, scalar.end - 1)]
        return found


def _scan(text: str, loader: Any) -> tuple[list[_Scalar], list[int]]:
    """The scalars up to where the parser stops, and the places that it speaks of then."""
    scalars: list[_Scalar] = []
    parser = loader(text)
    try:
        while parser.check_event():
            event = parser.get_event()
            if event.__class__ is yaml.ScalarEvent:
                start: Any = event.start_mark
                end: Any = event.end_mark
                scalars.append(_Scalar(start.index, end.index, not event.style, event.value))
    except yaml.MarkedYAMLError as error:
        marks: list[Any] = [error.problem_mark, error.context_mark]
        return scalars, [mark.index for mark in marks if mark] or [0]
    except yaml.YAMLError:
        return scalars, [0]
    finally:
        parser.dispose()
    return scalars, []
