"""Puts pieces into one language of their flow."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.grammar.templates import Template
from engine.model.flow import Flow
from engine.model.parts import ByLanguage, Piece, Target, Value
from engine.model.spoken import default_of, is_worded


def localized(flow: Flow, piece: Piece, language: str) -> Piece:
    """A piece in a language of the flow; words that are not in it stay in the default language, in that one's voice."""
    return _Localizer(flow, language).piece(piece)


def is_in(piece: Piece, language: str) -> bool:
    """Whether all words of an element are in that language."""
    return all(_is_in(item, language) for item in _words(piece))


class _Localizer:
    """Puts the pieces of a flow into one language.

    An element with words that are not in it is said in the default language as a whole, in that one's voice.
    """

    __slots__ = ("_default", "_flow", "_language")

    def __init__(self, flow: Flow, language: str) -> None:
        self._flow, self._language = flow, language
        self._default = default_of(flow.languages)

    def piece(self, piece: Piece) -> Piece:
        if not piece.element.words:
            return self._said(piece, self._language)
        return self._said(piece, self._language if is_in(piece, self._language) else self._default)

    def _said(self, piece: Piece, language: str) -> Piece:
        attributes = []
        for xml, value in piece.attributes:
            chosen = self._value(value, language)
            if chosen is not None:
                attributes.append((xml, chosen))
        content: list[Value | Target | Piece] = []
        for item in piece.content:
            if isinstance(item, Piece):
                content.append(self._said(item, language) if piece.element.words else self.piece(item))
            else:
                chosen = self._value(item, language)
                content.extend(chosen if isinstance(chosen, tuple) else (chosen,))
        return replace(piece, attributes=tuple(attributes), content=tuple(content))

    def _value(self, value: Any, language: str) -> Any:
        if isinstance(value, ByLanguage):
            value = value.of(language)
        if isinstance(value, Template) and language != self._language and not value.language and "|" in value.text:
            return replace(value, language=self._flow.languages[language].tag)
        return value


def _words(piece: Piece) -> Iterator[Value | Target]:
    for item in piece.content:
        if isinstance(item, Piece):
            yield from _words(item)
        elif piece.element.words or isinstance(item, ByLanguage):
            yield item


def _is_in(item: Value | Target, language: str) -> bool:
    if isinstance(item, ByLanguage):
        return language in item.entries
    if isinstance(item, Template):
        return bool(item.language) or not is_worded(item.text)
    return not (isinstance(item, str) and is_worded(item))
