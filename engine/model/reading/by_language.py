"""Values that are written once for each language, and texts that catalogues have in others."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.document import nodes
from engine.document.catalogue import key_of
from engine.grammar.fields import Field, Wrong
from engine.grammar.templates import Template, read_template
from engine.grammar.vocabulary import Element
from engine.model.parts import ByLanguage, Target, Value
from engine.model.reading.reader import Reader, first_line, folded, several, shortened
from engine.model.spoken import Said, default_of, is_worded

VOICED = ("voice", "language")  # the attributes that a language gives to what is said and asked in it

Spoken = TypeVar("Spoken")

AS_WRITTEN = "as written"  # for `Reader.spoken`: texts that stand among those of one language, and are in no catalogue

_LANGUAGE = re.compile(r"[a-z]{2}([-_][A-Za-z]{2})?")


def is_by_language(reader: Reader, node: nodes.Node) -> bool:
    """Whether a value is written once for each language, or was meant to be."""
    if not isinstance(node, nodes.Mapping) or not node.entries:
        return False
    return any(key.text in reader.languages for key, _ in node.entries) or all(
        looks_like_language(key.text) for key, _ in node.entries
    )


def in_languages(reader: Reader, node: nodes.Mapping) -> bool:
    """Whether all keys of a mapping are languages."""
    return bool(node.entries) and all(key.text in reader.languages for key, _ in node.entries)


def looks_like_language(word: str) -> bool:
    """Whether a word is meant to name a language, if anything."""
    return _LANGUAGE.fullmatch(word) is not None


def first_language(node: nodes.Mapping) -> nodes.Scalar | None:
    """The first key that looks like a language."""
    return next((key for key, _ in node.entries if looks_like_language(key.text)), None)


def holds_a_list(node: nodes.Node) -> bool:
    """Whether one of the values of a mapping is a list."""
    return isinstance(node, nodes.Mapping) and any(isinstance(value, nodes.Sequence) for _, value in node.entries)


def read_by_language(
    reader: Reader, name: str, node: nodes.Node, read: Callable[[nodes.Node], Any], *, partial: bool = False
) -> ByLanguage | None:
    """The value of each language, the default's first; None if it cannot be read, which is reported.

    `read` reads one of them; `partial` says that the default language may have none.
    """
    assert isinstance(node, nodes.Mapping), "values by language stand in a mapping"
    entries: dict[str, Any] = {}
    whole = True
    for key, value in node.entries:
        if key.text not in reader.languages:
            tell_stranger(reader, name, key)
            whole = False
        elif isinstance(value, nodes.Mapping):
            reader.shape(key.text, "one value", value)
            whole = False
        else:
            entries[key.text] = read(value)
            whole = whole and entries[key.text] is not None
    default = default_of(reader.languages)
    if not whole:
        return None
    if default not in entries and not partial:
        title = f"`{name}` has nothing in `{default}`, the default language"
        helps = (f"write  {default}: …  beside the others", *_ordered(reader))
        reader.report.error("F109", title, node.span, helps=helps)
        return None
    if partial:  # what a language lacks is left out in it, and does not come from another
        return ByLanguage({each: entries.get(each) for each in reader.languages})
    return ByLanguage({each: entries[each] for each in reader.languages if each in entries})


def _ordered(reader: Reader) -> tuple[str, ...]:
    return (folded(f"the first of `languages` is the default: {', '.join(reader.languages)}"),)


def tell_stranger(reader: Reader, name: str, key: nodes.Scalar, text: str | None = None) -> None:
    """Reports a key among languages that is none; `text` is the field that would take what is by language."""
    if not reader.languages:
        title = "a value by language, in a flow without `languages`"
        helps = ("at the top of the flow, or in _project.yaml, stands\nlanguages: {en: {…}, es: {…}}",)
        reader.report.error("F130", title, key.span, helps=helps)
    elif looks_like_language(key.text):
        reader.unknown("there is no language", key, reader.languages)
    else:
        title = f"`{shortened(key.text)}` is no language, and stands among languages"
        shown = ", ".join(f"{each}: …" for each in list(reader.languages)[:2])
        beside = (folded(f"write  {name}: {{{text}: {{{shown}}}, {shortened(key.text)}: …}}"),)
        known = (several("the languages here", reader.languages),)
        reader.report.error("F130", title, key.span, helps=known if text is None else beside)


def tell_among_others(reader: Reader, element: Element, key: nodes.Scalar, node: nodes.Mapping) -> None:
    """Reports a language as a key of an element, beside what is none or where there is no text."""
    if element.text is None and element.scalar is None:
        if key is not first_language(node):
            return
        title = f"`{key.text}` is a language, and `{element.name}` has no text"
        helps = (folded("texts and attributes within it may stand in several languages"),)
        reader.report.error("F130", title, key.span, helps=helps)
        return
    other = next((word for word, _ in node.entries if word.text not in reader.languages), key)
    tell_stranger(reader, element.name, other, element.text)


# In all languages.


def read_in_languages(
    reader: Reader,
    name: str,
    node: nodes.Node,
    field: Field,
    read: Callable[[nodes.Node], Any],
    *,
    words: bool = True,
    wanted: bool = True,
) -> Any:
    """A text or another value, in as many languages as there are: `read` reads it in one of them.

    Catalogues are asked for `words`; `wanted` tells that a text by itself should be in every language.
    """
    if isinstance(node, nodes.Mapping) and is_by_language(reader, node):
        found = read_by_language(reader, name, node, read)
        return completed(reader, node, found, field, words=words) if found else None
    value = read(node)
    if words and reader.languages and isinstance(value, str | Template) and isinstance(node, nodes.Scalar):
        return translated(reader, node, value, field, wanted=wanted)
    return value


# Catalogues.


def translated(
    reader: Reader, scalar: nodes.Scalar, value: str | Template, field: Field, *, wanted: bool = True
) -> Value:
    """A text that stands alone, in all languages that catalogues have it in; `wanted` tells that every language should."""
    if reader.spoken:
        return _as_spoken(reader, scalar, value, field)
    if len(reader.languages) < 2 or not is_worded(scalar.text):
        return value
    return _completed(reader, scalar, {default_of(reader.languages): value}, field, words=True, wanted=wanted)


def completed(reader: Reader, node: nodes.Mapping, value: ByLanguage, field: Field, *, words: bool) -> Value | Target:
    """A value by language with what catalogues have beside it; in an element of one language, that one's."""
    scalar = node.get(default_of(reader.languages))
    if isinstance(scalar, nodes.Scalar):
        found: Value = _completed(reader, scalar, dict(value.entries), field, words=words, wanted=True)
    else:  # a list, which no catalogue knows
        known = frozenset(value.entries)
        found = value
        reader.texts.append(Said("", first_line(node.span), known, known, words=False))
    if reader.spoken and isinstance(found, ByLanguage):
        chosen: Value | Target = in_tongue(reader, found.of(reader.spoken))
        return chosen
    return found


def _completed(
    reader: Reader, scalar: nodes.Scalar, entries: dict[str, Any], field: Field, *, words: bool, wanted: bool
) -> Value:
    written = frozenset(entries)
    if words:
        for name in reader.languages:
            if name not in entries and (found := _look_up(reader, name, scalar, entries, field)) is not None:
                entries[name] = found
    reader.texts.append(Said(scalar.text, scalar.span, written, frozenset(entries), words, wanted))
    if len(entries) == 1:
        alone: Value = next(iter(entries.values()))
        return alone
    return ByLanguage({name: entries[name] for name in reader.languages if name in entries})


def _as_spoken(reader: Reader, scalar: nodes.Scalar, value: str | Template, field: Field) -> str | Template:
    """A text of an element that is said in one language: as a catalogue has it, else as it is written."""
    found = _look_up(reader, reader.spoken, scalar, {"": value}, field) if is_worded(scalar.text) else None
    return in_tongue(reader, value if found is None else found)


def in_tongue(reader: Reader, value: Spoken) -> Spoken:
    """A value of an element that is said in one language whatever the call's is: its filters go by that."""
    language = reader.languages.get(reader.spoken)
    if isinstance(value, Template) and "|" in value.text and reader.spoken != AS_WRITTEN:
        return replace(value, language=language.tag if language else reader.spoken)
    return value


def _look_up(
    reader: Reader, language: str, scalar: nodes.Scalar, entries: dict[str, Any], field: Field
) -> str | Template | None:
    """The text as the catalogue of a language has it; None if that has none, or one that is a mistake."""
    catalogue = reader.catalogues.get(language)
    found = catalogue.translations.get(key_of(scalar.text)) if catalogue else None
    if found is None or found.fuzzy or not found.said.text.strip():
        return None
    value = read_template(found.said, reader.report)
    source = next(iter(entries.values()))
    if isinstance(value, Template):
        reader.used.append(value)
    elif value is not None:
        read = field.read(value)
        if isinstance(read, Wrong):
            reader.wrong("msgstr", read, found.said)
            return None
        value = read
    if value is not None:
        _compare(reader, source, value, found.said)
    return value


def _compare(reader: Reader, source: Any, value: str | Template, said: nodes.Scalar) -> None:
    """Doubts a translation that speaks of other values than its text."""
    wanted = source.entries if isinstance(source, Template) else frozenset[tuple[str, ...]]()
    held = value.entries if isinstance(value, Template) else frozenset[tuple[str, ...]]()
    for paths, says in ((wanted - held, "leaves out"), (held - wanted, "adds")):
        if not paths:
            continue
        path = max(paths, key=lambda path: (len(path), path))
        title = f"this translation {says} `{{{{ {shortened('.'.join(path))} }}}}`"
        helps = (folded(f"the text is  {shortened(_text(source), 50)}"),)
        doubt = Diagnostic(Severity.WARNING, "L422", title, first_line(said.span), helps=helps)
        if says == "adds":
            reader.added.append((path[0], doubt))
        else:
            reader.report.add(doubt)


def _text(value: Any) -> str:
    return value.text if isinstance(value, Template) else str(value)
