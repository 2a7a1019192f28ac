"""Reads TwiML elements: the text, attributes and nested elements of a verb, by the one description of it."""

import json
from collections.abc import Mapping
from typing import Any

from engine.document import nodes
from engine.grammar.fields import Address, Json, Wrong
from engine.grammar.templates import Template, read_template
from engine.grammar.verbs import ENGINE_VERBS
from engine.grammar.vocabulary import Attribute, Element
from engine.model.parts import Joined, Nested, Piece, Target, ToUrl, Value
from engine.model.reader import Reader
from engine.model.rules import check_piece
from engine.model.targets import read_target, read_url

# Where a name is both the text and an element, a scalar is the element when other elements stand beside it.
BOTH = {("dial", "number"), ("message", "body"), ("client", "identity"), ("application", "application_sid")}

Extras = dict[str, tuple[nodes.Scalar, nodes.Node]]


def read_piece(
    reader: Reader, element: Element, node: nodes.Node, *, extras: Mapping[str, str] | None = None
) -> tuple[Piece | None, Extras]:
    """The element written at `node`, and the entries named in `extras` (an instruction's own: branch, save, retry) as they stand.

    The piece is None when a mistake was found that leaves nothing to go on with; every mistake is in the report.
    """
    apart: Extras = {}
    attributes: dict[str, Value | Target] = {}
    content: list[Value | Target | Piece] = []
    if isinstance(node, nodes.Scalar):
        _read_scalar(reader, element, node, attributes, content)
    elif isinstance(node, nodes.Sequence):
        content.extend(_read_content(reader, element, node))
    elif isinstance(element.text_field, Json) and not _in_parts(element, node):
        content.append(read_json(reader, node))
    else:
        apart = _read_mapping(reader, element, node, attributes, content, extras or {})
    known = {attribute.xml for attribute in element.attributes.values()}
    given = {xml: value for xml, value in reader.defaults.values.get(element.name, {}).items() if xml in known}
    piece = Piece(element, tuple({**given, **attributes}.items()), tuple(content), node.span)
    check_piece(reader, piece, set(attributes))
    return piece, apart


def _in_parts(element: Element, node: nodes.Mapping) -> bool:
    """Whether the mapping has the JSON of a `task` under its own name, with attributes beside it, or is the JSON itself."""
    names = {canonical(key.text) for key, _ in node.entries}
    known = names <= {element.text, *element.attributes}
    return element.text in names and (known or isinstance(node.get(element.text or ""), nodes.Mapping))


def _read_scalar(
    reader: Reader, element: Element, node: nodes.Scalar, attributes: dict[str, Value | Target], content: list[Any]
) -> None:
    if node.empty:
        return
    if element.text is not None:
        value = read_text(reader, element, node)
        if value is not None:
            content.append(value)
    elif element.scalar and element.scalar in element.attributes:
        attribute = element.attributes[element.scalar]
        _put(attributes, attribute, read_attribute(reader, attribute, node))
    elif element.scalar and element.scalar in element.children:
        content.extend(_read_children(reader, element.children[element.scalar], node))
    else:
        first = next(iter(element.attributes.values()), None) or next(iter(element.children.values()), None)
        helps = (f"write  {element.name}: {{{first.name}: …}}",) if first else (f"write  {element.name}",)
        reader.report.error(
            "F112", f"`{element.name}` has no text of its own", node.span, label="found text", helps=helps
        )


def _read_mapping(
    reader: Reader,
    element: Element,
    node: nodes.Mapping,
    attributes: dict[str, Value | Target],
    content: list[Any],
    extras: Mapping[str, str],
) -> Extras:
    apart: Extras = {}
    nested = [value for key, value in node.entries if canonical(key.text) in element.children]
    beside = len(nested) > 1 or any(not isinstance(value, nodes.Scalar) for value in nested)
    for key, value in node.entries:
        name = canonical(key.text)
        attribute, child = element.attributes.get(name), element.children.get(name)
        is_element = child is not None and (
            isinstance(value, nodes.Mapping | nodes.Sequence) or not (attribute or name == element.text)
        )
        if child and (element.name, name) in BOTH and isinstance(value, nodes.Scalar):
            is_element = beside or "{{" in value.text
        if name in extras and not attribute and not is_element:
            apart[name] = (key, value)
        elif name == "content" and not attribute:
            if isinstance(value, nodes.Sequence):
                content.extend(_read_content(reader, element, value))
            else:
                reader.shape("content", "a list of texts and elements in order", value)
        elif is_element and child is not None:
            content.extend(_read_children(reader, child, value))
        elif name == element.text and not (attribute and isinstance(value, nodes.Sequence)):
            read = read_text(reader, element, value)
            if read is not None:
                content.append(read)
        elif attribute is not None:
            _put(attributes, attribute, read_attribute(reader, attribute, value))
        else:
            _unknown_entry(reader, element, key, extras)
    return apart


def _unknown_entry(reader: Reader, element: Element, key: nodes.Scalar, extras: Mapping[str, str]) -> None:
    name = canonical(key.text)
    if name in reader.vocabulary.children or name in ENGINE_VERBS:
        allowed = ", ".join(f"`{child}`" for child in element.children) or "nothing"
        title = f"`{name}` may not stand inside `{element.name}`"
        helps = (
            f"inside `{element.name}` may stand: {allowed}",
            f"write it as an instruction of its own, `- {name}: …`",
        )
        reader.report.error("F108", title, key.span, helps=helps)
        return
    known = [*element.attributes, *element.children, *extras, *([element.text] if element.text else [])]
    reader.unknown(
        f"`{element.name}` has no field",
        key,
        dict.fromkeys(known),
        helps=(f"`touchtone explain {element.name}` lists every field",),
    )


def _read_children(reader: Reader, child: Element, value: nodes.Node) -> list[Piece]:
    """Under an element's name a list is always several elements."""
    items = value.items if isinstance(value, nodes.Sequence) else (value,)
    pieces = [read_piece(reader, child, item)[0] for item in items]
    return [piece for piece in pieces if piece is not None]


def _read_content(reader: Reader, element: Element, node: nodes.Sequence) -> list[Value | Target | Piece]:
    """The content of an element in order: texts where text and elements mix, and mappings of one element each."""
    content: list[Value | Target | Piece] = []
    for item in node.items:
        if isinstance(item, nodes.Scalar):
            bare = element.children.get(canonical(item.text))
            if element.mixed:
                value = read_text(reader, element, item)
                if value is not None:
                    content.append(value)
            elif bare is not None:
                content.extend(_read_children(reader, bare, nodes.Scalar("", item.span, False)))
            else:
                helps = (
                    (f"inside `{element.name}` may stand: {', '.join(element.children)}",) if element.children else ()
                )
                reader.report.error("F112", f"`{element.name}` takes no loose text in a list", item.span, helps=helps)
        elif isinstance(item, nodes.Mapping) and len(item.entries) == 1:
            key, value_node = item.entries[0]
            child = element.children.get(canonical(key.text))
            if child is None:
                _unknown_entry(reader, element, key, {})
            else:
                content.extend(_read_children(reader, child, value_node))
        else:
            reader.shape(element.name, "a list with one element in each entry", item)
    return content


def read_text(reader: Reader, element: Element, node: nodes.Node) -> Value | Target | None:
    """The text of an element: a string that its field has read, a template, JSON, or the address of media."""
    name = element.text if element.text and element.text != "message" else element.name
    if isinstance(element.text_field, Json) and isinstance(node, nodes.Mapping):
        return read_json(reader, node)
    if isinstance(node, nodes.Scalar) and node.empty:
        reader.report.error("F109", f"`{element.name}` has no text", node.span, helps=(f"write  {element.name}: …",))
        return None
    scalar = reader.scalar(name, node, "text")
    if scalar is None:
        return None
    value = _template(reader, scalar)
    if isinstance(element.text_field, Address) and value is not None:
        return _media(reader, name, scalar, value)
    if not isinstance(value, str):
        return value
    read = element.text_field.read(value)
    if isinstance(read, Wrong):
        reader.wrong(name, read, scalar)
        return None
    return read


def _media(reader: Reader, name: str, scalar: nodes.Scalar, value: str | Template) -> ToUrl | None:
    """A file to play or send: a URL, or a path from the folder of flows, `audio/welcome.mp3`."""
    if isinstance(value, Template):
        return ToUrl(value, scalar.span)
    return read_url(reader, name, scalar, value.strip())


def read_attribute(reader: Reader, attribute: Attribute, node: nodes.Node) -> Value | Target | None:
    """The value of an attribute as its field has it; None if it cannot be one, which is reported."""
    field = attribute.field
    if isinstance(field, Address) and field.takes_target:
        return read_target(reader, attribute.name, node)
    if isinstance(node, nodes.Sequence):
        return _read_list(reader, attribute, node)
    if isinstance(field, Json) and isinstance(node, nodes.Mapping):
        return read_json(reader, node)
    if isinstance(node, nodes.Mapping) or (node.empty and not node.quoted):
        reader.shape(attribute.name, field.describe(), node)
        return None
    value = _template(reader, node)
    if not isinstance(value, str):
        return value
    if isinstance(field, Address):
        return read_url(reader, attribute.name, node, value.strip()) if value else value
    read = field.read(value)
    if isinstance(read, Wrong):
        reader.wrong(attribute.name, read, node)
        return None
    return read


def _read_list(reader: Reader, attribute: Attribute, node: nodes.Sequence) -> Joined | str | None:
    separator = attribute.field.join
    if separator is None:
        reader.shape(attribute.name, attribute.field.describe(), node, "one value, not a list")
        return None
    items: list[str | Template] = []
    for item in node.items:
        scalar = reader.scalar(attribute.name, item, f"a list of which each entry is {attribute.field.describe()}")
        value = _template(reader, scalar) if scalar else None
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
            if value is None or isinstance(value, int | float | bool):
                return value
    return _template(reader, node)


def _refuse(name: str) -> None:
    raise ValueError(name)


def _constant(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_constant(item) for item in value.values())
    if isinstance(value, tuple):
        return all(_constant(item) for item in value)
    return not isinstance(value, Template)


def _template(reader: Reader, scalar: nodes.Scalar) -> str | Template | None:
    value = read_template(scalar, reader.report)
    if isinstance(value, Template):
        reader.used.append(value)
    return value


def _put(attributes: dict[str, Value | Target], attribute: Attribute, value: Value | Target | None) -> None:
    if value is not None:
        attributes[attribute.xml] = value


def canonical(name: str) -> str:
    """A name as flows have it: Python's trailing underscore may be written."""
    return name[:-1] if name.endswith("_") and len(name) > 1 else name
