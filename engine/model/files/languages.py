"""Reads `languages`: their names, and how each is spoken."""

import re
from collections.abc import Mapping
from typing import Any

from engine.document import nodes
from engine.grammar.locales import NEEDED, has_babel, is_foreign
from engine.grammar.needing import needing_babel
from engine.grammar.vocabulary import VOICE
from engine.model.reading.by_language import VOICED
from engine.model.reading.reader import Reader, is_null, shortened
from engine.model.reading.speech_names import doubt_name
from engine.model.reading.values import read_attribute
from engine.model.spoken import Language

_NAME = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # BCP 47, section 2.1, without its rare forms
_EXAMPLE = "write  languages: {en: {language: en-US}, es: {language: es-US}}"
_CALLED = {"english": "en", "spanish": "es", "french": "fr", "german": "de", "italian": "it", "portuguese": "pt"}
_TAGS = {"en": "en-US", "es": "es-US", "pt": "pt-BR", "zh": "cmn-CN", "ja": "ja-JP", "ko": "ko-KR", "sv": "sv-SE"}


def read_languages(
    reader: Reader, node: nodes.Node | None, common: Mapping[str, Language], *, heard: bool
) -> dict[str, Language]:
    """The languages written at `node`, then those of the project (`common`) that are not; the first is the default.

    An entry that both have is merged, the one at `node` winning. `heard` tells that callers speak and listen in them.
    """
    languages: dict[str, Language] = {}
    mapping = None
    if node is not None:
        mapping = reader.mapping("languages", node, "a mapping of names and voices", _EXAMPLE)
        if mapping is not None and not mapping.entries:
            reader.missing("languages", node, _EXAMPLE)
    for key, entry in mapping.entries if mapping else ():
        if not _NAME.fullmatch(key.text):
            _misnamed(reader, key)
            continue
        known = common[key.text].attributes if key.text in common else {}
        attributes = {**known, **_read_entry(reader, key.text, entry)}
        if "-" in key.text:
            attributes.setdefault("language", key.text)
        languages[key.text] = Language(key.text, attributes, key.span)
    languages |= {name: language for name, language in common.items() if name not in languages}
    if heard:
        for language in languages.values():
            _check_tag(reader, language)
    return languages


def _read_entry(reader: Reader, name: str, node: nodes.Node) -> dict[str, Any]:
    example = f"write  {name}: {{voice: …, language: {_tag(name)}}}"
    if isinstance(node, nodes.Scalar) and is_null(node):
        return {}
    mapping = reader.mapping(name, node, "a mapping of `voice` and `language`", example)
    known = {field: VOICE.children["say"].attributes[field] for field in VOICED}
    read: dict[str, Any] = {}
    for key, value in mapping.entries if mapping else ():
        attribute = known.get(key.text)
        if attribute is None:
            reader.unknown("a language has no field", key, known)
        elif isinstance(value, nodes.Mapping):
            reader.shape(key.text, "one value", value)
        elif (found := read_attribute(reader, attribute, value)) is not None:
            read[attribute.xml] = found
            doubt_name(reader, "Say", attribute.name, value)
    return read


def _tag(name: str) -> str:
    return name if "-" in name else _TAGS.get(name, f"{name}-{name.upper()}")


def _misnamed(reader: Reader, key: nodes.Scalar) -> None:
    language, _, region = key.text.replace("_", "-").partition("-")
    meant = _CALLED.get(language.lower(), language.lower()) + (f"-{region}" if region else "")
    label = f"write `{meant}`" if _NAME.fullmatch(meant) and len(meant) < len(key.text) + 2 else ""
    title = f"`{shortened(key.text)}` cannot be the name of a language"
    helps = ("languages are named as  en, es, pt-BR  (BCP 47)",)
    reader.report.error("F111", title, key.span, label=label, helps=helps)


def _check_tag(reader: Reader, language: Language) -> None:
    if "language" in language.attributes or language.name == "en":
        return
    name = language.name
    title = f"`{name}` has no `language`: Twilio listens to it as to English"
    helps = (f"write  {name}: {{language: {_tag(name)}}}",)
    reader.report.warning("L423", title, language.span, helps=helps)


def check_filters(reader: Reader) -> None:
    """Reports filters that say a value in another language than English, where what they need for it is not installed."""
    foreign = next((language.name for language in reader.languages.values() if is_foreign(language.tag)), None)
    if foreign is None or has_babel():
        return
    for thing in reader.used:
        for name, span in needing_babel(thing):
            reader.report.error("F132", f"`{name}` needs babel to be said in `{foreign}`", span, helps=(NEEDED,))
