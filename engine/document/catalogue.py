"""Reads a catalogue of translations (PO, of GNU gettext), and keeps where each of them stands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from engine.diagnostics import Label, Report, Source, Span
from engine.document.nodes import Scalar

if TYPE_CHECKING:
    from babel.messages import Catalog

BABEL = "pip install 'touchtone[babel]'"

# GNU gettext, "The Format of PO Files": a keyword with a text in double quotes, a text alone, or a comment; `#~` stands before
# what is out of use.
_LINE = re.compile(
    r'\s*(?P<old>#~\s*)?(?:(?P<keyword>msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+)?(?P<text>"(?:[^"\\]|\\.)*")\s*'
)
_OTHER = re.compile(r"\s*(?:#.*)?")


@dataclass(frozen=True, slots=True)
class Translation:
    """How a text is said in the language of a catalogue; `span` is where the text itself stands, `fuzzy` says that nobody has looked at it since the text changed."""

    text: str
    said: Scalar
    span: Span
    fuzzy: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The translations of a file by source text (see `key_of`); `language` is as the file's name has it (see `language_of`)."""

    source: Source
    language: str
    translations: Mapping[str, Translation]


def is_catalogue(path: str) -> bool:
    """Whether a file is a catalogue, by its name."""
    return path.endswith(".po")


def key_of(text: str) -> str:
    """What a text is looked up by: white space around it does not count."""
    return text.strip()


def language_of(path: str) -> str:
    """The language that the name of a catalogue stands for, in small letters: `_pt_BR.po` is `pt-br`."""
    return PurePath(path).stem.removeprefix("_").replace("_", "-").lower()


def read_catalogue(source: Source, report: Report) -> Catalogue | None:
    """The translations in `source`; None if it cannot be read, which is reported."""
    catalog = parse_catalogue(source, report)
    if catalog is None:
        return None
    translations: dict[str, Translation] = {}
    for message in catalog:
        if not message.id or not isinstance(message.id, str) or message.context or message.lineno is None:
            continue
        said = Scalar(str(message.string or ""), _text_span(source, message.lineno, "msgstr"), True)
        span = _text_span(source, message.lineno, "msgid")
        translations[key_of(message.id)] = Translation(message.id, said, span, message.fuzzy)
    return Catalogue(source, language_of(source.path), translations)


def parse_catalogue(source: Source, report: Report) -> "Catalog | None":
    """The file as babel has it; None if it cannot be read, which is reported."""
    try:
        from babel.messages.pofile import PoFileError, read_po, unescape
    except ModuleNotFoundError:
        title = f"`{PurePath(source.path).name}` cannot be read without babel"
        report.error("F132", title, Span(source, 0, 0), label="the file's name", helps=(BABEL,))
        return None
    lines = [source.line(number) for number in range(1, source.last_line + 1)]
    before = len(report)
    seen: dict[tuple[str, str], Span] = {}
    texts = {"msgctxt": "", "msgid": ""}
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found is None:
            if not _OTHER.fullmatch(line):
                _broken(source, number, "this is no line of a catalogue", report)
                return None
        elif found["keyword"] in ("msgctxt", "msgid") and not found["old"]:
            texts[found["keyword"]] = "".join(unescape(part) for part in _parts(lines, number))
            if found["keyword"] == "msgid":
                key = (texts["msgctxt"], texts["msgid"])
                span = _text_span(source, number, "msgid")
                if key in seen:
                    helps = ("keep one of the two, with its translation",)
                    also = (Label(seen[key], "first here"),)
                    title = "the same text is translated twice"
                    report.error("F131", title, span, label="again here", also=also, helps=helps)
                seen.setdefault(key, span)
                texts["msgctxt"] = ""
    if len(report) > before:
        return None
    try:
        return read_po(lines, abort_invalid=True)
    except PoFileError as error:
        lost = "missing msgstr" in str(error)
        title = "this text has no `msgstr`" if lost else "this belongs to no `msgid` and no `msgstr`"
        _broken(source, error.lineno + 1, title, report)
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # of a date or a language in it
        at = Span(source, 0, len(source.line(1)))
        report.error("F131", "the header of this catalogue cannot be read", at, notes=(str(error),))
    return None


def _parts(lines: Sequence[str], number: int) -> list[str]:
    """The texts of the line of that number and of those that go on with it, in their quotes."""
    parts: list[str] = []
    for at in range(number - 1, len(lines)):  # a slice would copy the rest of the file for each text
        found = _LINE.fullmatch(lines[at])
        if found is None or (parts and found["keyword"]):
            break
        parts.append(found["text"])
    return parts


def _text_span(source: Source, number: int, keyword: str) -> Span:
    """The text of a keyword from the line of that number on, with its quotes; a first part that is empty is left out."""
    start = end = source.start_of(number)
    within = False
    for at in range(number, source.last_line + 1):
        found = _LINE.fullmatch(source.line(at))
        if found is None or (within and found["keyword"]):
            if within:
                break
            continue
        if found["keyword"] and found["keyword"].startswith(keyword):
            within = True
            start, end = (source.start_of(at) + place for place in found.span("text"))
        elif within:
            if end - start == 2:
                start = source.start_of(at) + found.start("text")
            end = source.start_of(at) + found.end("text")
    return Span(source, start, end)


def _broken(source: Source, number: int, title: str, report: Report) -> None:
    line = source.line(number)
    start = source.start_of(number) + len(line) - len(line.lstrip())
    helps = ('a catalogue holds lines such as\nmsgid "Hello."\nmsgstr "Hola."',)
    report.error("F131", title, Span(source, start, start + max(len(line.strip()), 1)), helps=helps)
