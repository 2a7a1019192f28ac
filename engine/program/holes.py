"""The places in compiled TwiML that only a turn can fill: values of templates, and addresses."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from engine.diagnostics.source import Span
from engine.grammar.markup import inner_markup
from engine.grammar.templates import Template, TemplateFault
from engine.model.parts import ByLanguage, Joined, Nested
from engine.program.speech import spoken
from engine.program.urls import LOCAL, from_folder

# What XML 1.0 cannot hold at all (section 2.2), and what it holds only in another form.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile('[&<>"\r\n\t\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]')
_ATTRIBUTE = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#09;"}

_LEGAL = "%/:=&?~#+!$,;'@()*[]"  # what stands in a URL as it is, beside letters and digits (RFC 3986, 2.2)
_RECORDING = re.compile(r"https?://[^\s/?#][^\s]*", re.IGNORECASE)


def escape(text: str) -> str:
    """Text as it stands in an element; what XML cannot hold is left out."""
    if not _SPECIAL.search(text):
        return text
    return (
        _UNPRINTABLE.sub("", text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\r", "&#13;")
    )


def unprintable_left_out(text: str) -> str:
    """A text without what XML cannot hold."""
    return _UNPRINTABLE.sub("", text)


def escape_attribute(text: str) -> str:
    """Text as it stands between the quotes of an attribute."""
    if not _SPECIAL.search(text):
        return text
    return _SPECIAL.sub(lambda match: _ATTRIBUTE.get(match.group(), ""), text)


class Frame(Protocol):
    """What a turn offers to the holes."""

    @property
    def scope(self) -> Mapping[str, object]:
        """The names that templates know."""

    @property
    def language(self) -> str:
        """The language of the call, one of the flow's."""

    def address(self, path: str, query: str, *, page: bool = False, absolute: bool = False) -> str:
        """The address of a step from the document being written, as it stands in an attribute or a text."""

    def media(self, path: str) -> str:
        """The address of a file in the folder of flows."""


class Hole(Protocol):
    """A place to fill; `personal` says that what fills it depends on the caller."""

    @property
    def personal(self) -> bool: ...

    def fill(self, frame: Frame) -> str:
        """The TwiML that belongs here; raises TemplateFault."""


Part = str | Hole
Parts = tuple[Part, ...]


def fill(parts: Iterable[Part], frame: Frame) -> str:
    """The parts as one text."""
    return "".join([part if isinstance(part, str) else part.fill(frame) for part in parts])


def joined(parts: Iterable[Part]) -> Parts:
    """The same parts, neighbouring texts made one."""
    result: list[Part] = []
    for part in parts:
        if isinstance(part, str) and result and isinstance(result[-1], str):
            result[-1] += part
        elif part != "":
            result.append(part)
    return tuple(result)


def is_personal(parts: Iterable[Part]) -> bool:
    """Whether any of the parts depends on the caller."""
    return any(not isinstance(part, str) and part.personal for part in parts)


def text_of(value: object, separator: str = " ") -> str:
    """A value as TwiML writes it: `true` and `false` in small letters, nothing for none, a list with `separator` between."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return separator.join(text_of(item, separator) for item in value)
    return str(value)


@dataclass(frozen=True, slots=True)
class TextHole:
    """The text of an element."""

    template: Template
    personal = True

    def fill(self, frame: Frame) -> str:
        return escape(text_of(self.template.value(frame.scope)))


@dataclass(frozen=True, slots=True)
class MarkupHole:
    """Verbatim TwiML with templates in it: it must come out well-formed, whatever stands in their place.

    Of a whole document the `<Response>` is left out: what stands in it goes into the one that is written.
    """

    template: Template
    personal = True

    def fill(self, frame: Frame) -> str:
        text = inner_markup(_UNPRINTABLE.sub("", text_of(self.template.value(frame.scope))))
        check_markup(text, self.template.span)
        return text


def check_markup(text: str, span: Span) -> None:
    """Raises TemplateFault if the text is no well-formed fragment, or has elements of another vocabulary.

    Opened in a browser, an element of XHTML would run what stands in it.
    """
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(f"<Response>{text}</Response>")
    except ElementTree.ParseError as error:
        raise TemplateFault(f"this came out as TwiML that is not well-formed: {error}", span) from error
    tags = [element.tag for element in root.iter()]
    if any(tag.startswith("{") for tag in tags):
        raise TemplateFault("this came out as XML with a namespace, and TwiML has none", span)
    if tags.count("Response") > 1:
        raise TemplateFault("this came out as TwiML with a `<Response>` inside, and there is one around it all", span)


@dataclass(frozen=True, slots=True)
class AttributeHole:
    """An attribute with its name: `none` leaves all of it out, the entries of a list are joined with `separator`."""

    xml: str
    value: Template | Joined | Nested
    separator: str = " "
    personal = True

    def fill(self, frame: Frame) -> str:
        if isinstance(self.value, Template):
            value = self.value.value(frame.scope)
            if value is None:
                return ""
            text = text_of(value, self.separator)
        elif isinstance(self.value, Joined):
            between = self.value.separator
            items = [text_of(i.value(frame.scope), between) if isinstance(i, Template) else i for i in self.value.items]
            text = between.join(item for item in items if item)
        else:
            text = json_text(self.value, frame)
        return f' {self.xml}="{escape_attribute(text)}"'


@dataclass(frozen=True, slots=True)
class JsonHole:
    """The text of an element that is a JSON object."""

    value: Nested
    personal = True

    def fill(self, frame: Frame) -> str:
        return escape(json_text(self.value, frame))


def json_text(nested: Nested, frame: Frame) -> str:
    """The value with its templates filled, as JSON."""
    return json.dumps(settle(nested.value, frame.scope), ensure_ascii=False, default=text_of)


def settle(value: Any, scope: Mapping[str, object]) -> Any:
    """A value with the templates at its leaves given their values."""
    if isinstance(value, Template):
        return value.value(scope)
    if isinstance(value, ByLanguage):
        return settle(value.of(str(scope["language"])), scope)
    if isinstance(value, dict):
        return {key: settle(item, scope) for key, item in value.items()}
    if isinstance(value, tuple):
        return [settle(item, scope) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class AddressHole:
    """The address of a step: `path` from the folder of flows, `query` the place in it; `page` if it is handed to another leg or a callback."""

    path: str
    query: str = ""
    page: bool = False
    absolute: bool = False
    personal = False

    def fill(self, frame: Frame) -> str:
        return frame.address(self.path, self.query, page=self.page, absolute=self.absolute)


@dataclass(frozen=True, slots=True)
class MediaHole:
    """The address of a file, `audio/welcome.mp3`, or of what lies below a step's own address."""

    path: str
    personal = False

    def fill(self, frame: Frame) -> str:
        return escape_attribute(frame.media(self.path))


@dataclass(frozen=True, slots=True)
class UrlHole:
    """A URL from a template, written in a step of `flow`, to whose address `./path` and `../path` are relative.

    `attribute` is the name of the attribute, "" for the text of an element; `schemes` are those the URL may have, `local` the
    beginnings of one without host and scheme; `silent` says that nothing is a value as well.
    """

    template: Template
    flow: str
    attribute: str = ""
    schemes: tuple[str, ...] = ("https", "http")
    local: tuple[str, ...] = LOCAL
    silent: bool = False
    personal = True

    def fill(self, frame: Frame) -> str:
        value = self.template.value(frame.scope)
        if value is None and self.attribute:
            return ""
        text = escape_attribute(self._url(text_of(value).strip(), frame))
        return f' {self.attribute}="{text}"' if self.attribute else text

    def _url(self, url: str, frame: Frame) -> str:
        if not url and self.silent:
            return ""
        scheme, mark, rest = url.partition("://")
        absolute = bool(mark) and scheme.lower() in self.schemes and rest[:1] not in ("", "/", "?", "#")
        if not absolute and (url.startswith("//") or not url.startswith(self.local)):
            raise TemplateFault(f"this must come out as a URL, and came out as {url[:60]!r}", self.template.span)
        # What no URL can hold is encoded here; what would mean something in it was encoded in its template.
        legal = quote(url, safe=_LEGAL, errors="replace")
        return legal if absolute or legal.startswith("/") else frame.media(from_folder(self.flow, legal))


@dataclass(frozen=True, slots=True)
class SpokenHole:
    """A `<Say>` whose words are known only when they are said."""

    opening: Parts
    words: Parts
    closing: str
    personal = True

    def fill(self, frame: Frame) -> str:
        return spoken(fill(self.opening, frame), fill(self.words, frame), self.closing)


@dataclass(frozen=True, slots=True)
class SayOrPlayHole:
    """A `<Say>` with `play_urls`: each text by itself, said, or played where it is a URL; nothing for an empty one.

    `play` is the opening of the `<Play>`. `on` may say at the time that URLs are not played.
    """

    say: Parts
    play: Parts
    words: str | Template
    on: str | Template
    personal = True

    def fill(self, frame: Frame) -> str:
        value = self.words if isinstance(self.words, str) else self.words.value(frame.scope)
        on = self.on if isinstance(self.on, str) else text_of(self.on.value(frame.scope))
        say, play = fill(self.say, frame), fill(self.play, frame) if on == "true" else ""
        items = value if isinstance(value, list | tuple) else [value]
        return "".join(say_or_play(say, play, text) for item in items if (text := text_of(item).strip()))


def say_or_play(say: str, play: str, text: str) -> str:
    """A text said after the opening `say`, or, where it is a URL and `play` is given, played after that."""
    if play and _RECORDING.fullmatch(text):
        return f"{play}{escape(quote(text, safe=_LEGAL, errors='replace'))}</Play>"
    return spoken(say, escape(text), "</Say>")


@dataclass(frozen=True, slots=True)
class RepeatHole:
    """An element whose text is one template: a list repeats the element for each item; `said` tells a `<Say>`."""

    opening: Parts
    template: Template
    closing: str
    said: bool = False
    personal = True

    def fill(self, frame: Frame) -> str:
        value = self.template.value(frame.scope)
        opening = fill(self.opening, frame)
        items = value if isinstance(value, list | tuple) else [value]
        if self.said:
            return "".join(spoken(opening, escape(text_of(item)), self.closing) for item in items)
        return "".join(f"{opening}{escape(text_of(item))}{self.closing}" for item in items)


@dataclass(frozen=True, slots=True)
class LanguageHole:
    """TwiML that is another in each language: `forms` by language, the default's first."""

    forms: Mapping[str, Parts]
    personal: bool

    def fill(self, frame: Frame) -> str:
        return fill(self.forms.get(frame.language) or next(iter(self.forms.values())), frame)
