"""Gives what is said and asked the voice of its language."""

import re
from collections.abc import Mapping
from typing import Any

from engine.document import nodes
from engine.grammar.vocabulary import Element
from engine.model.parts import ByLanguage, Target, Value
from engine.model.reading.by_language import VOICED
from engine.model.reading.reader import Reader

_SHORT = re.compile("[a-z]{2,3}")
_TWILIOS = ("arb",)  # the only tag of Twilio's without a country (Twilio, TwiML <Say>, "Supported languages")

Attributes = Mapping[str, Value | Target]


def own_language(reader: Reader, element: Element, node: nodes.Mapping) -> str:
    """The language that an element itself is said in, "" if it has none of its own.

    That is the name of one of the flow's languages in `language`, or what the SSML element `lang` says of its words.
    """
    marked = node.get("xml_lang") if "xml_lang" in element.attributes else None
    if isinstance(marked, nodes.Scalar):
        return marked.text
    written = node.get("language") if element.voiced else None
    if not isinstance(written, nodes.Scalar):
        return ""
    if written.text in reader.languages:
        return written.text
    if _SHORT.fullmatch(written.text) and written.text not in _TWILIOS:
        helps = ("a language of Twilio's own is written in full, as  fr-FR",)
        reader.unknown("there is no language", written, reader.languages, helps=helps)
    return ""


def voiced(reader: Reader, element: Element, own: Attributes, attributes: Attributes) -> dict[str, Value | Target]:
    """The attributes with those that a language gives: what is the element's `own` wins, and it wins over the defaults."""
    result = dict(attributes)
    for name in VOICED:
        attribute = element.attributes.get(name)
        if attribute is None:
            continue
        xml = attribute.xml
        written, given = own.get(xml), attributes.get(xml)
        if name == "language" and isinstance(written, str) and written in reader.languages:
            written = None
        entries = {
            language: _first(
                _in(written, language), reader.languages[language].attributes.get(xml), _in(given, language)
            )
            for language in reader.languages
        }
        value: Any = entries[reader.spoken] if reader.spoken in entries else _joined(entries)
        if value is None:
            result.pop(xml, None)
        else:
            result[xml] = value
    return result


def _in(value: Value | Target | None, language: str) -> Any:
    """An attribute in a language, which may have none of its own."""
    return value.entries.get(language) if isinstance(value, ByLanguage) else value


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _joined(entries: Mapping[str, Any]) -> Any:
    """One value for all languages if it is the same in each."""
    values = list(entries.values())
    return values[0] if all(value == values[0] for value in values) else ByLanguage(entries)
