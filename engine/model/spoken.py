"""The languages of a flow, and the texts that are to be said in them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.diagnostics.source import Span
from engine.grammar.templates import Template

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Language:
    """A language that a flow speaks: `attributes` are those of `say` by XML name, `span` is where its name stands."""

    name: str
    attributes: Mapping[str, str | Template]
    span: Span = field(compare=False)

    @property
    def tag(self) -> str:
        """What Twilio calls it, as `es-MX`; the name where nothing else is known."""
        written = self.attributes.get("language")
        return written if isinstance(written, str) else self.name


@dataclass(frozen=True, slots=True)
class Said:
    """A text that callers hear or read, in the default language.

    `written` are the languages that the flow itself has it in, `known` those that a catalogue has it in as well. `words` tells
    that catalogues may have it, `wanted` that every language should.
    """

    text: str
    span: Span
    written: frozenset[str]
    known: frozenset[str]
    words: bool = True
    wanted: bool = True


def default_of(languages: Iterable[str]) -> str:
    """The language that a call begins in: the first; "" where there is none."""
    return next(iter(languages), "")


def is_worded(text: str) -> bool:
    """Whether a text has words of its own, which belong to a language: letters outside of its templates."""
    return _LETTER.search(_TEMPLATE.sub("", text)) is not None
