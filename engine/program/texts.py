"""Writes the verbs of a flow as text messages: the words without TwiML, and what is sent along."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.grammar.overlay.messaging import ANSWER_SECONDS, LONGEST_MESSAGE
from engine.grammar.templates import Template
from engine.grammar.vocabulary import VOICE
from engine.model.flow import Flow
from engine.model.parts import Piece, Verb
from engine.program.holes import Frame, Part, Parts, escape, is_personal, joined, text_of
from engine.program.localize import in_languages
from engine.program.parting import parted
from engine.program.writing import Writer, runs_together


@dataclass(frozen=True, slots=True)
class WordsHole:
    """Words from a template, as they are: they become TwiML with the message they stand in."""

    template: Template
    personal = True

    def fill(self, frame: Frame) -> str:
        return text_of(self.template.value(frame.scope))


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `words` are text, without TwiML, `attributes` and `media` are TwiML."""

    words: Parts
    attributes: Parts = ()
    media: Parts = ()


@dataclass(frozen=True, slots=True)
class Words:
    """What a gather asks in messaging: texts, each to stand on a line of its own.

    As a `whole` they are one message, with these attributes and media; else they stand below what was said before.
    """

    texts: tuple[Parts, ...]
    whole: bool = False
    attributes: Parts = ()
    media: Parts = ()


class TextWriter:
    """Writes for one block of a flow; `writer` writes what is TwiML in it."""

    __slots__ = ("_flow", "_writer")

    def __init__(self, flow: Flow, writer: Writer) -> None:
        self._flow, self._writer = flow, writer

    def said(self, say: Piece) -> Parts:
        """The words of a `say`: markup of speech is left out, its words are not."""
        return self._localized(say, lambda piece: joined(_flat(piece)))

    def message(self, message: Piece) -> Message:
        """The parts of a `message`; the words of several bodies are joined (Twilio, TwiML <Message>, "Body")."""
        return Message(
            self._localized(message, lambda piece: joined(_bodies(piece))),
            self._localized(message, self._writer.attributes),
            self._localized(message, self._media),
        )

    def words(self, before: Iterable[Piece], content: Iterable[Any]) -> Words:
        """What is asked: the words of `before`, as of `no_match`, then those of `content`; what is only heard is left out."""
        pieces = (*worded(before), *worded(content))
        texts = tuple(self.message(one).words if one.element.name == "message" else self.said(one) for one in pieces)
        messages = [self.message(one) for one in pieces if one.element.name == "message"]
        if not messages:
            return Words(texts)
        return Words(texts, True, messages[-1].attributes, joined(part for one in messages for part in one.media))

    def _media(self, message: Piece) -> Parts:
        pieces = (item for item in message.content if isinstance(item, Piece) and item.element.name == "media")
        return joined(part for piece in pieces for part in self._writer.nested(piece))

    def _localized(self, piece: Piece, write: Callable[[Piece], Parts]) -> Parts:
        return in_languages(self._flow, piece, write) if self._flow.languages else write(piece)


def letters(words: str, attributes: str = "", media: str = "") -> str:
    """The TwiML of a message: of several if it is too long for one, the media with the first. Nothing for an empty one."""
    written = []
    for number, text in enumerate(parted(words, LONGEST_MESSAGE) or ([""] if media else [])):
        along = "" if number else media
        body = f"<Body>{escape(text)}</Body>" if text and along else escape(text)
        written.append(f"<Message{attributes}>{body}{along}</Message>")
    return "".join(written)


def packed(texts: Iterable[str], most: int = LONGEST_MESSAGE) -> list[str]:
    """Texts one below the other, in as few pieces as can hold them; each is parted only if it is too long by itself."""
    pieces: list[str] = []
    for text in texts:
        if pieces and len(pieces[-1]) + 1 + len(text) <= most:
            pieces[-1] += f"\n{text}"
        else:
            pieces += parted(text, most)
    return pieces


def for_calls(verb: Verb) -> Verb:
    """A verb of a flow for both channels as calls have it: without what only messages know."""
    if verb.piece.element.name != "gather":
        return verb
    known = {attribute.xml for attribute in VOICE.children["gather"].attributes.values()}
    piece = replace(
        verb.piece,
        attributes=tuple(each for each in verb.piece.attributes if each[0] in known),
        content=tuple(_without_messages(verb.piece.content)),
    )
    times = verb.retry
    prompt = _heard(times.prompt)
    # Where it was all for those who write, callers hear the question itself again.
    kept = prompt if any(prompt) else ()
    retry = replace(times, no_input=_heard(times.no_input), no_match=_heard(times.no_match), prompt=kept)
    return replace(verb, piece=piece, retry=retry)


def waits(verb: Verb) -> Any:
    """How long a gather waits for the next message: whole seconds as text, or what is yet to be read."""
    return dict(verb.piece.attributes).get("wait", str(ANSWER_SECONDS))


def is_static(message: Message) -> bool:
    """Whether a message is the same for everybody, and fits into one."""
    parts = (*message.words, *message.attributes, *message.media)
    words = "".join(part for part in message.words if isinstance(part, str))
    return (
        not is_personal(parts)
        and all(isinstance(part, str) for part in message.words)
        and len(words) <= LONGEST_MESSAGE
    )


def _without_messages(content: Iterable[Any]) -> Iterator[Any]:
    return (item for item in content if not (isinstance(item, Piece) and item.element.name == "message"))


def _heard(times: tuple[tuple[Piece, ...], ...]) -> tuple[tuple[Piece, ...], ...]:
    return tuple(tuple(_without_messages(time)) for time in times)


def worded(content: Iterable[Any]) -> list[Piece]:
    """The pieces that mean something to whoever writes: `message` where there is one, else `say`."""
    pieces = [item for item in content if isinstance(item, Piece)]
    messages = [piece for piece in pieces if piece.element.name == "message"]
    return messages or [piece for piece in pieces if piece.element.name == "say"]


def _bodies(message: Piece) -> Iterator[Part]:
    for item in message.content:
        if isinstance(item, Piece):
            if item.element.name == "body":
                yield from _flat(item)
        else:
            yield _plain(item)


def _flat(piece: Piece) -> Iterator[Part]:
    """The words in an element, with a blank where two would run together, and paragraphs on lines of their own."""
    for before, item in zip((None, *piece.content), piece.content, strict=False):
        if runs_together(before, item):
            yield " "
        if isinstance(item, Piece):
            paragraph = item.element.name == "p"
            yield "\n" if paragraph and before is not None else ""
            yield from _flat(item)
        else:
            yield _plain(item)


def _plain(value: Any) -> Part:
    assert isinstance(value, str | Template), "words are a text or a template"
    return WordsHole(value) if isinstance(value, Template) else value
