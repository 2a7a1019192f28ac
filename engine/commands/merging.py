"""Merges texts into a catalogue of translations and writes it: what translators wrote stays, and nothing changes without need."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from engine.diagnostics import Report, Source
from engine.document.catalogue import parse_catalogue

if TYPE_CHECKING:
    from babel.messages import Catalog
    from babel.messages.catalog import Message

WIDTH = 76  # columns, as the tools of gettext have it

_HEADER = re.compile(r'\A(?:[ \t]*(?:#(?!~).*)?\n)*msgid[ \t]+""[ \t]*\nmsgstr[ \t]+".*\n(?:[ \t]*".*\n)*')
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# Without dates: a catalogue changes when its texts do.
_NEW_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def merged(source: Source | None, language: str, places: Mapping[str, list[tuple[str, int]]]) -> str:
    """The text of a catalogue, new or as in `source`, with these texts in this order and the files and lines that they stand in.

    A text that is like one which is gone takes its translation over, marked as fuzzy; what is gone is kept as obsolete.
    """
    from babel.messages import Catalog

    catalog = parse_catalogue(source, Report()) if source else Catalog()
    assert catalog is not None, "a catalogue is merged once it can be read"
    template = Catalog()
    for text, where in places.items():
        template.add(text, locations=where)
        # One that has come back has its translation back.
        if text not in catalog and text in catalog.obsolete:
            catalog[text] = catalog.obsolete.pop(text)
    catalog.update(template, keep_user_comments=True)
    found = _HEADER.match(f"{source.text}\n") if source else None
    header = found[0].rstrip("\n") + "\n" if found else _NEW_HEADER.format(language=language)
    entries = [*(_entry(message) for message in _live(catalog)), *(_obsolete(one) for one in catalog.obsolete.values())]
    return "\n".join([header, *entries])


def _live(catalog: "Catalog") -> Iterator["Message"]:
    return (message for message in catalog if message.id)


def _entry(message: "Message") -> str:
    comments, previous = _comments(message)
    flags = sorted(message.flags - {"python-format", "python-brace-format"})
    lines = [f"# {comment}".rstrip() for comment in comments]
    lines += [f"#. {comment}" for comment in message.auto_comments]
    lines += _locations(message.locations)
    lines += [f"#, {', '.join(flags)}"] if flags else []
    if message.fuzzy:
        lines += [f"#| {line}" for text in previous for line in _field("msgid", text)]
    return "".join(f"{line}\n" for line in (*lines, *_body(message)))


def _obsolete(message: "Message") -> str:
    comments, _ = _comments(message)
    lines = [f"# {comment}".rstrip() for comment in comments]
    return "".join(f"{line}\n" for line in (*lines, *(f"#~ {line}" for line in _body(message))))


def _comments(message: "Message") -> tuple[list[str], list[str]]:
    """What translators noted, and the text as it was before it changed, which babel reads as such a note."""
    from babel.messages.pofile import unescape

    noted = [comment for comment in message.user_comments if not comment.startswith("|")]
    before = "".join(
        unescape(part)
        for comment in message.user_comments
        if comment.startswith("|")
        for part in _STRING.findall(comment)
    )
    if message.previous_id:
        return noted, [str(message.previous_id[0])]
    return noted, [before] if before else []


def _locations(locations: Iterable[tuple[str, int | None]]) -> list[str]:
    where = " ".join(f"{file}:{line}" for file, line in locations)
    return [f"#: {line}" for line in textwrap.wrap(where, WIDTH - 3, break_long_words=False, break_on_hyphens=False)]


def _body(message: "Message") -> Iterator[str]:
    if message.context:
        yield from _field("msgctxt", message.context)
    if isinstance(message.id, str):
        yield from _field("msgid", message.id)
        yield from _field("msgstr", str(message.string or ""))
        return
    one, several = message.id[0], message.id[1]
    yield from _field("msgid", one)
    yield from _field("msgid_plural", several)
    for number, text in enumerate(message.string or ("", "")):
        yield from _field(f"msgstr[{number}]", text)


def _field(keyword: str, text: str) -> list[str]:
    from babel.messages.pofile import normalize

    return f"{keyword} {normalize(text, width=WIDTH)}".split("\n")
