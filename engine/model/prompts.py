"""The prompts of flows: texts that are spoken, each with the name of the recording that is played in its place.

The name ends in a mark of the words themselves, `clinic-sorry-something-went-wrong-p4a72e03f.wav`. So a recording is never heard for other words than its
own: one whose text was changed is out of use until it is recorded anew, and whatever else changes in the flows, it stays in use.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from types import MappingProxyType

from engine.diagnostics.source import Span
from engine.grammar.overlay.speech import PLAY_URLS
from engine.grammar.templates import Template
from engine.model.flow import Flow
from engine.model.localized import is_in, localized
from engine.model.parts import ByLanguage, Piece, Verb
from engine.model.spoken import default_of, is_worded

SAY = "Say"
_WORD = re.compile(r"[a-z0-9]+")
_FIRST, _ROOM = 4, 40  # words of a text that its name begins with, and letters of them
_RECORDING = re.compile(r"(?:.*/)?([^/]*)-p([0-9a-f]{8})\.(?:wav|mp3|aiff?|gsm|ulaw)", re.IGNORECASE)

Recordings = Mapping[str, str]  # by the mark of a text the path of its recording below the flows
NO_RECORDINGS: Recordings = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text that is spoken in a step, in one language ("" where the flow has none).

    `mark` is that of its words; "" where it cannot be recorded, because of what `varies` from call to call.
    """

    flow: str
    step: str
    language: str
    text: str
    mark: str
    varies: tuple[str, ...]
    span: Span = field(compare=False)

    @property
    def name(self) -> str:
        """The name of its recording without an ending; "" if it cannot have one."""
        return "-".join(filter(None, (self.place, self.first, f"p{self.mark}"))) if self.mark else ""

    @property
    def place(self) -> str:
        """How the name begins: with where the text stands, and its language."""
        return "-".join(filter(None, (self.flow, self.step, self.language)))

    @property
    def first(self) -> str:
        """The first words, as they stand in the name; "" for a script that has no Latin letters."""
        letters = "".join(char for char in unicodedata.normalize("NFKD", self.text) if not unicodedata.combining(char))
        return "-".join(_WORD.findall(letters.lower().replace("'", ""))[:_FIRST])[:_ROOM].strip("-")


def recordings_of(audio: Collection[str] | None) -> Recordings:
    """The recordings of prompts among the files below `audio`."""
    found: dict[str, str] = {}
    for path in sorted(audio or ()):
        if match := _RECORDING.fullmatch(path):
            found.setdefault(match[2].lower(), path)
    return found or NO_RECORDINGS


def named(path: str) -> tuple[str, str]:
    """What stands before the mark in the name of a recording, and the mark; ("", "") if it is no recording of a prompt."""
    match = _RECORDING.fullmatch(path)
    return (match[1], match[2].lower()) if match else ("", "")


def mark_of(flow: Flow, say: Piece) -> str:
    """The mark of the words of a `say` that is in one language; "" if they vary, or there are none."""
    if any(name == PLAY_URLS for name, _ in say.attributes):
        return ""  # it may be the address of a recording
    words = _written(say.content)
    if not words:
        return ""
    return blake2b(f"{_foreign(flow, say)}\0{words}".encode(), digest_size=4).hexdigest()


def prompts_of(flow: Flow) -> Iterator[Prompt]:
    """All of a flow that answers calls, in file order."""
    if "voice" not in flow.channels:
        return
    for node in flow.graph.nodes:
        for one in node.instructions:
            if isinstance(one, Verb):
                for say in _says(one):
                    yield from _spoken(flow, node.name, say)


def _spoken(flow: Flow, step: str, say: Piece) -> Iterator[Prompt]:
    known: set[tuple[str, str]] = set()
    for language in flow.languages or ("",):
        if language and not is_in(say, language):
            language = default_of(flow.languages)
        piece = localized(flow, say, language) if language else say
        text, varies = words_of(piece), tuple(dict.fromkeys(_varying(piece.content)))
        spoken_in = _language(flow, piece, language)
        if is_worded(text) and (spoken_in, text) not in known:
            known.add((spoken_in, text))
            yield Prompt(flow.name, step, spoken_in, text, mark_of(flow, piece), varies, say.span)


def _language(flow: Flow, say: Piece, language: str) -> str:
    """The flow's name of the language that a text is in."""
    tag = dict(say.attributes).get("language")
    return next((name for name, one in flow.languages.items() if one.tag == tag), language)


def words_of(say: Piece) -> str:
    """The words of a text that is in one language, without its markup; templates as they are written."""
    parts = (
        item.text if isinstance(item, Template) else item if isinstance(item, str) else _inner(item)
        for item in say.content
    )
    return " ".join(" ".join(filter(None, parts)).split())


def _inner(item: object) -> str:
    return words_of(item) if isinstance(item, Piece) else ""


def _foreign(flow: Flow, say: Piece) -> str:
    """The language of a text that is not in the first one of its flow, so that `No` in one is not heard in another."""
    tag = dict(say.attributes).get("language")
    if not flow.languages or not isinstance(tag, str):
        return ""
    first = flow.languages[default_of(flow.languages)].tag
    own = tag.partition("-")[0].lower()
    return own if own != first.partition("-")[0].lower() else ""


def _written(content: Iterable[object]) -> str:
    """Words with their markup, as one text; "" if a template is among them."""
    parts: list[str] = []
    for item in content:
        if isinstance(item, str):
            parts.append(" ".join(item.split()))
        elif isinstance(item, Piece) and all(isinstance(value, str) for _, value in item.attributes):
            inside = _written(item.content)
            if item.content and not inside:
                return ""
            parts.append(f"<{item.element.tag} {sorted(item.attributes)}>{inside}")
        else:
            return ""
    return " ".join(filter(None, parts))


def _varying(content: Iterable[object]) -> Iterator[str]:
    """The templates among words, as they are written."""
    for item in content:
        if isinstance(item, Template):
            yield item.text
        elif isinstance(item, ByLanguage):
            yield from _varying(item.entries.values())
        elif isinstance(item, Piece):
            yield from _varying(value for _, value in item.attributes)
            yield from _varying(item.content)


def _says(verb: Verb) -> Iterator[Piece]:
    """What is spoken by a verb, also when it asks again."""
    pieces = [verb.piece]
    for times in (verb.retry.prompt, verb.retry.no_input, verb.retry.no_match):
        pieces += [piece for time in times for piece in time]
    for piece in pieces:
        yield from _in(piece)


def _in(piece: Piece) -> Iterator[Piece]:
    if piece.element.tag == SAY:
        yield piece
        return
    for item in piece.content:
        if isinstance(item, Piece):
            yield from _in(item)
