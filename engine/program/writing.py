"""Writes the pieces of a flow as TwiML text with holes."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import quote

from engine.grammar.fields import Address, Field
from engine.grammar.overlay import PLACES
from engine.grammar.overlay.speech import PLAY_URLS
from engine.grammar.templates import Template
from engine.model.flow import Flow
from engine.model.parts import ByLanguage, Joined, Nested, PerformEffect, Piece, Target, ToStep, ToUrl, ToWord, Value
from engine.model.prompts import NO_RECORDINGS, Recordings, mark_of, words_of
from engine.program.holes import (
    AddressHole,
    AttributeHole,
    JsonHole,
    MediaHole,
    Part,
    Parts,
    RepeatHole,
    SayOrPlayHole,
    SpokenHole,
    TextHole,
    UrlHole,
    escape,
    escape_attribute,
    joined,
    say_or_play,
    unprintable_left_out,
)
from engine.program.localize import in_languages
from engine.program.speech import spoken
from engine.program.urls import LOCAL, from_folder

OPENING = '<?xml version="1.0" encoding="UTF-8"?><Response>'
CLOSING = "</Response>"
SAY = "Say"


class Writer:
    """Writes for one block: `flow` and `step` are what `restart` and `./path` refer to, `repeat` the place of the `tree`, or the step.

    `recordings` are played in the place of texts.
    """

    __slots__ = ("_flow", "_recordings", "_step", "_tree")

    def __init__(self, flow: Flow, step: str, tree: str = "", recordings: Recordings = NO_RECORDINGS) -> None:
        self._flow, self._step, self._tree, self._recordings = flow, step, tree, recordings

    def piece(self, piece: Piece, action: Part | None = None) -> Parts:
        """The TwiML of a piece; `action` is the engine's own address for its answer."""
        if self._flow.languages:
            return in_languages(self._flow, piece, lambda each: joined(self._piece(each, action, nested=False)))
        return joined(self._piece(piece, action, nested=False))

    def attributes(self, piece: Piece) -> Parts:
        """The attributes of a piece in one language."""
        return joined(self._attributes(piece, None))

    def nested(self, piece: Piece) -> Parts:
        """The TwiML of an element that stands in another, in one language: a list repeats it."""
        return joined(self._piece(piece, None, nested=True))

    def _piece(self, piece: Piece, action: Part | None, *, nested: bool) -> Iterator[Part]:
        tag = piece.element.tag
        opening = joined([f"<{tag}", *self._attributes(piece, action)])
        content = piece.content
        said = tag == SAY
        urls = dict(piece.attributes).get(PLAY_URLS) if said else None
        if isinstance(urls, str | Template) and len(content) == 1 and isinstance(content[0], str | Template):
            play = self._attributes(replace(piece, attributes=_of_play(piece)), None)
            yield from self._say_or_play(opening, joined(["<Play", *play]), content[0], urls)
            return
        if said and self._recordings and (path := self._recordings.get(mark_of(self._flow, piece))):
            yield from self._played(piece, path)
            return
        if nested and len(content) == 1 and isinstance(content[0], Template) and content[0].single:
            yield RepeatHole((*opening, ">"), content[0], f"</{tag}>", said)
            return
        if not content:
            yield from (*opening, " />")
            return
        inside = joined(self._inside(content))
        closing = f"</{tag}>"
        if not said or not inside:
            yield from (*opening, ">", *inside, closing)
        elif len(opening) == len(inside) == 1 and isinstance(opening[0], str) and isinstance(inside[0], str):
            yield spoken(f"{opening[0]}>", inside[0], closing)
        else:
            yield SpokenHole(joined((*opening, ">")), inside, closing)

    def _played(self, say: Piece, path: str) -> Iterator[Part]:
        """The recording of a text. Twilio reads no comments: the one before it tells people, and the telephone, what is heard."""
        yield f"<!--{_comment(words_of(say))}-->"
        yield from ("<Play", *self._attributes(replace(say, attributes=_of_play(say)), None), ">")
        yield from (MediaHole(quote(path)), "</Play>")

    def _say_or_play(self, say: Parts, play: Parts, words: str | Template, urls: str | Template) -> Iterator[Part]:
        """A `<Say>` with `play_urls`; what is the same for everybody is decided now."""
        say, play = joined((*say, ">")), joined((*play, ">"))
        if isinstance(words, str) and isinstance(urls, str) and len(say) == len(play) == 1:
            if isinstance(say[0], str) and isinstance(play[0], str):
                yield say_or_play(say[0], play[0] if urls == "true" else "", words)
                return
        yield SayOrPlayHole(say, play, words, urls)

    def _inside(self, content: Iterable[Value | Target | Piece]) -> Iterator[Part]:
        """What stands in an element."""
        before: object = None
        for item in content:
            if runs_together(before, item):
                yield " "
            if isinstance(item, Piece):
                yield from self._piece(item, None, nested=True)
            else:
                yield self.text(item)
            before = item

    def _attributes(self, piece: Piece, action: Part | None) -> Iterator[Part]:
        written: dict[str, Value | Target | Part] = dict(piece.attributes)
        if action is not None:
            written["action"] = action
            written.pop("method", None)  # the engine's own addresses ask for POST
        fields = {attribute.xml: attribute.field for attribute in piece.element.attributes.values()}
        for xml in sorted(written):
            value = written[xml]
            if xml == PLAY_URLS:
                continue
            assert not isinstance(value, ByLanguage), "a piece is written in one language"
            if isinstance(value, str):
                yield f' {xml}="{escape_attribute(value)}"'
            elif isinstance(value, Template | Joined | Nested):
                separator = fields[xml].join if xml in fields else None
                yield AttributeHole(xml, value, separator or " ")
            elif isinstance(value, ToUrl) and isinstance(value.url, Template):
                yield self._url_hole(value.url, xml, fields.get(xml))
            else:
                field = fields.get(xml)
                role = field.role if isinstance(field, Address) else "action"
                absolute = isinstance(field, Address) and field.absolute
                yield from (
                    f' {xml}="',
                    self.target(value, role, absolute) if isinstance(value, Target) else value,
                    '"',
                )

    def text(self, value: Value | Target) -> Part:
        """The text of an element."""
        if isinstance(value, str):
            return escape(value)
        if isinstance(value, Template):
            return TextHole(value)
        if isinstance(value, Nested):
            return JsonHole(value)
        assert not isinstance(value, Joined | ByLanguage), (
            "only attributes are joined, and a piece is written in one language"
        )
        if isinstance(value, ToUrl) and isinstance(value.url, Template):
            return UrlHole(value.url, self._flow.name, local=(*LOCAL, "audio/"))
        return self.target(value, "media")

    def target(self, target: Target, role: str = "action", absolute: bool = False) -> Part:
        """The address of a target, as it stands in an attribute or a text."""
        page = role in PLACES or role == "page"
        if isinstance(target, ToStep):
            return AddressHole(self.path(target), "", page, absolute)
        if isinstance(target, ToWord):
            if target.word == "repeat":
                again = f"_i={self._tree}.0" if self._tree else ""
                return AddressHole(f"{self._flow.name}/{self._step}", again, page, absolute)
            start = f"{self._flow.name}/{self._flow.start}"
            return AddressHole(start, f"_w={target.word}" if target.word != "restart" else "", page, absolute)
        return self._url(target)

    def addresses(self, asking: PerformEffect) -> dict[str, Parts]:
        """The addresses of the targets of a verb that asks something of the world, by key; a template may come out as none."""
        found: dict[str, Parts] = {}
        for name, key in asking.spec.fields.items():
            target = asking[name] if key.form == "target" else None
            if isinstance(target, ToUrl) and isinstance(target.url, Template):
                found[name] = (UrlHole(target.url, self._flow.name, silent=True),)
            elif target is not None:
                assert isinstance(key.kind, Address), "a target is an address"
                found[name] = joined([self.target(target, key.kind.role)])
        return found

    def _url_hole(self, template: Template, xml: str, field: Field | None) -> UrlHole:
        assert isinstance(field, Address), "only an address is read as a URL"
        local = () if field.absolute and not field.takes_target else LOCAL
        return UrlHole(template, self._flow.name, xml, field.schemes, local, field.read("") == "")

    def _url(self, target: ToUrl) -> Part:
        if isinstance(target.url, Template):
            return UrlHole(target.url, self._flow.name)
        relative = target.url.startswith(("./", "../"))
        if not relative and ("://" in target.url or target.url.startswith("/")):
            return escape_attribute(target.url)
        return MediaHole(from_folder(self._flow.name, target.url))

    def path(self, target: ToStep) -> str:
        """The path of a step from the folder of flows."""
        flow = target.flow or self._flow.name
        return f"{flow}/{target.step or self._start_of(flow)}"

    def _start_of(self, flow: str) -> str:
        return self._flow.start if flow == self._flow.name else self._flow.starts.get(flow, "")


def _comment(text: str) -> str:
    """A text as it can stand in a comment (XML 1.0, 2.5): without two hyphens in a row, nor one at its end."""
    text = unprintable_left_out(text).replace("--", "-\u2010").replace("--", "-\u2010")
    return f"{text[:-1]}\u2010" if text.endswith("-") else text


def _of_play(say: Piece) -> tuple[tuple[str, Value | Target], ...]:
    """The attributes of a `say` that a `<Play>` has as well."""
    return tuple(each for each in say.attributes if each[0] == "loop")


def runs_together(before: object, item: object) -> bool:
    """Whether a text and an element stand side by side as two words would: `Your code is`, `<say-as>`."""
    if isinstance(before, str) and isinstance(item, Piece):
        return item.element.name != "break" and before[-1:].isalnum()
    if isinstance(before, Piece) and isinstance(item, str):
        return before.element.name != "break" and item[:1].isalnum()
    return False
