"""Reads values: the texts and attributes of elements, by the kind of each, and JSON where a value has none."""

import json
from typing import Any

from engine.document import nodes
from engine.document.layout import entry_at, quote
from engine.grammar.fields import Address, Field, Json, Phone, Wrong
from engine.grammar.numbers import DIGITS
from engine.grammar.overlay import ANY_TEXT, WORDS
from engine.grammar.templates import Template, read_template, read_url_template
from engine.grammar.vocabulary import Attribute, Element
from engine.model.parts import Joined, Nested, Target, ToUrl, Value
from engine.model.reading.by_language import (
    VOICED,
    completed,
    in_languages,
    is_by_language,
    read_by_language,
    read_in_languages,
)
from engine.model.reading.numbers import check_number
from engine.model.reading.plain import reckons
from engine.model.reading.reader import Reader, is_null
from engine.model.reading.targets import read_target
from engine.model.spoken import default_of


def read_text(reader: Reader, element: Element, name: str, node: nodes.Node) -> Value | Target | None:
    """The text of an element, written under `name`, in as many languages as there are: what `read_one_text` reads."""
    if isinstance(element.text_field, Json) or (isinstance(node, nodes.Scalar) and not reader.languages):
        return read_one_text(reader, element, name, node)

    def read(each: nodes.Node) -> Value | Target | None:
        return read_one_text(reader, element, name, each)

    found: Value | Target | None = read_in_languages(reader, name, node, element.text_field, read, words=element.words)
    return found


def read_one_text(reader: Reader, element: Element, name: str, node: nodes.Node) -> Value | Target | None:
    """The text of an element in one language: a string that its field has read, a template, JSON, or an address."""
    if isinstance(element.text_field, Json) and isinstance(node, nodes.Mapping):
        return read_json(reader, node)
    if not isinstance(node, nodes.Scalar):
        reader.shape(name, "text", node)
        return None
    if is_null(node):
        reader.report.error("F109", f"`{name}` has no text", node.span, helps=_text_helps(name, node))
        return None
    value = as_template(reader, node, url=isinstance(element.text_field, Address))
    if value is None:
        return None
    if isinstance(value, Template):
        return ToUrl(value, node.span) if isinstance(element.text_field, Address) else value
    read = judged(reader, element.text_field, name, node)
    return ToUrl(read, node.span) if isinstance(element.text_field, Address) and read is not None else read


def judged(reader: Reader, field: Field, name: str, scalar: nodes.Scalar) -> str | None:
    """The text of the scalar as the field reads it; None if it is no value of that kind, which is reported."""
    if isinstance(field, Phone):
        return check_number(reader, field, name, scalar)
    read = field.read(scalar.text)
    if isinstance(read, Wrong):
        reader.wrong(name, read, scalar)
        return None
    return read


def _text_helps(name: str, node: nodes.Scalar) -> tuple[str, ...]:
    if node.empty:
        return (f"write  {name}: …",)
    return (f'`{node.text}` is YAML for nothing; the word stands in quotes:  {name}: "{node.text}"',)


def read_attribute(reader: Reader, attribute: Attribute, node: nodes.Node) -> Value | Target | None:
    """The value of an attribute as its field has it, in as many languages as there are; None if it cannot be one, which is reported."""
    field, name = attribute.field, attribute.name
    if isinstance(field, Json) or (isinstance(node, nodes.Scalar) and not reader.languages):
        return _read_one(reader, attribute, node)

    def read(each: nodes.Node) -> Value | Target | None:
        return _read_one(reader, attribute, each)

    if name in VOICED and is_by_language(reader, node):
        return read_by_language(reader, name, node, read, partial=True)
    found: Value | Target | None = read_in_languages(reader, name, node, field, read, words=name in WORDS, wanted=False)
    return found


def _read_one(reader: Reader, attribute: Attribute, node: nodes.Node) -> Value | Target | None:
    field, name = attribute.field, attribute.name
    if isinstance(node, nodes.Scalar) and is_null(node):
        reader.missing(name, node, f"it takes: {field.describe()}")
        return None
    if isinstance(field, Address) and field.takes_target:
        if isinstance(node, nodes.Scalar) and not node.text.strip() and field.read("") == "":
            return ""
        return read_target(reader, name, node, field)
    if isinstance(node, nodes.Sequence):
        return _read_list(reader, attribute, node)
    if isinstance(node, nodes.Mapping):
        if isinstance(field, Json):
            return read_json(reader, node)
        reader.shape(name, _of_kind(attribute), node)
        return None
    value = as_template(reader, node, url=isinstance(field, Address))
    if value is None:
        return None
    if isinstance(value, Template):
        return ToUrl(value, node.span) if isinstance(field, Address) else value
    read = judged(reader, field, name, node)
    return ToUrl(read, node.span) if isinstance(field, Address) and read else read


def _of_kind(attribute: Attribute) -> str:
    described = attribute.field.describe()
    return described if described.startswith(("text", "list", "keys")) else f"one value ({described})"


def _read_list(reader: Reader, attribute: Attribute, node: nodes.Sequence) -> Joined | str | None:
    separator = attribute.field.join
    if separator is None:
        reader.shape(attribute.name, _of_kind(attribute), node)
        return None
    items: list[str | Template] = []
    for item in node.items:
        scalar = reader.scalar(attribute.name, item, "a list of texts")
        value = as_template(reader, scalar) if scalar else None
        if isinstance(value, str) and scalar:
            read = attribute.field.read(value)
            if isinstance(read, Wrong):
                reader.wrong(attribute.name, read, scalar)
                continue
            value = read
        if value is not None:
            items.append(value)
    texts = [item for item in items if isinstance(item, str)]
    return separator.join(texts) if len(texts) == len(items) else Joined(tuple(items), separator)


def read_json(reader: Reader, node: nodes.Node) -> Nested | str:
    """A mapping or list as JSON: plain scalars that are JSON numbers, `true`, `false`, `null` are that, all else is text."""
    value = read_plain(reader, node)
    if _constant(value):
        return json.dumps(value, ensure_ascii=False)
    return Nested(value)


def read_value(reader: Reader, name: str, node: nodes.Node) -> Any:
    """What `read_plain` reads, or a value for each language; None also if it cannot be read, which is reported."""
    if reader.languages and isinstance(node, nodes.Mapping) and in_languages(reader, node):
        found = read_by_language(reader, name, node, lambda each: read_plain(reader, each))
        return completed(reader, node, found, ANY_TEXT, words=False) if found else None
    return read_plain(reader, node)


def read_switch(reader: Reader, node: nodes.Node) -> str | Template | None:
    """The language that is set, one of the flow's, or a template that comes out as one; None for a mistake, which is reported."""
    if not reader.languages:
        title = "the language of a call is set in a flow with `languages`"
        helps = ("at the top of the flow, or in _project.yaml, stands\nlanguages: {en: {…}, es: {…}}",)
        reader.report.error("F130", title, node.span, helps=helps)
        return None
    scalar = reader.scalar("language", node, "one of the languages", f"write  language: {default_of(reader.languages)}")
    value = as_template(reader, scalar) if scalar else None
    if scalar and isinstance(value, str) and value not in reader.languages:
        reader.unknown("there is no language", scalar, reader.languages)
        return None
    reader.switches = True
    return value


def read_plain(reader: Reader, node: nodes.Node) -> Any:
    """The value where a field has no type of its own: JSON by the form of its plain scalars, with templates at the leaves."""
    if isinstance(node, nodes.Mapping):
        return {key.text: read_plain(reader, value) for key, value in node.entries}
    if isinstance(node, nodes.Sequence):
        return tuple(read_plain(reader, item) for item in node.items)
    if node.empty:
        return None
    if not node.quoted:
        try:
            value = json.loads(node.text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            pass
        else:
            if isinstance(value, int) and len(node.text.lstrip("-")) > DIGITS:
                _hint_at_long_number(reader, node)
            if value is None or isinstance(value, int | float | bool):
                return value
    if reckons(node.text):
        reader.plain.append(node)
    return as_template(reader, node)


def _hint_at_long_number(reader: Reader, node: nodes.Scalar) -> None:
    """A card number without quotes is a number, and what a caller types stays text when it is as long (LANGUAGE: at most 15 digits)."""
    title = f"a number of more than {DIGITS} digits never equals what is typed"
    entry = entry_at(node.span.source.text, node.span.start)
    helps = (f"as text, write  {entry.written(quote(node.text))}",)
    reader.report.hint("L407", title, node.span, label="a number, not text", helps=helps)


def as_template(reader: Reader, scalar: nodes.Scalar, *, url: bool = False) -> str | Template | None:
    """The scalar's text, or its template, which the check of names will look at; None if it is none, which is reported."""
    value = (read_url_template if url else read_template)(scalar, reader.report)
    if isinstance(value, Template):
        reader.used.append(value)
    elif value is not None and "{" in value:
        reader.plain.append(scalar)
    return value


def _refuse(name: str) -> None:
    raise ValueError(name)


def _constant(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_constant(item) for item in value.values())
    if isinstance(value, tuple):
        return all(_constant(item) for item in value)
    return not isinstance(value, Template)
