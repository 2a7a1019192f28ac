"""Reads TwiML elements: the text, attributes and nested elements of a verb, by the one description of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.document import nodes
from engine.grammar.fields import Json, Phone
from engine.grammar.shapes import needs_nothing
from engine.grammar.verbs import ENGINE_VERBS, RETRY_KEYS
from engine.grammar.vocabulary import Element
from engine.model.parts import Piece, Target, Value
from engine.model.reading.by_language import (
    AS_WRITTEN,
    completed,
    first_language,
    holds_a_list,
    is_by_language,
    looks_like_language,
    read_by_language,
    tell_among_others,
    tell_stranger,
)
from engine.model.reading.channels import is_of_calls
from engine.model.reading.loose_texts import loose_text
from engine.model.reading.reader import Reader, folded, is_null, pasted, several, shortened
from engine.model.reading.rules import check_piece
from engine.model.reading.speech_names import doubt_name
from engine.model.reading.twins import attribute_for, xml_names
from engine.model.reading.values import read_attribute, read_json, read_one_text, read_text
from engine.model.reading.voices import own_language, voiced

# Where a name is both the text and an element, a scalar is the element when other elements stand beside it.
BOTH = {("dial", "number"), ("message", "body"), ("client", "identity"), ("application", "application_sid")}

Extras = dict[str, tuple[nodes.Scalar, nodes.Node]]


@dataclass(slots=True)
class _Draft:
    """An element while it is read; `written` are the attributes that stand there, `whole` that nothing was lost."""

    element: Element
    attributes: dict[str, Value | Target] = field(default_factory=dict)
    content: list[Value | Target | Piece] = field(default_factory=list)
    apart: Extras = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    names: frozenset[str] = frozenset()  # of all that stands in it
    whole: bool = True

    def text(self, reader: Reader, name: str, node: nodes.Node) -> None:
        listed = self.element.mixed and is_by_language(reader, node) and holds_a_list(node)
        value = self._lists(reader, name, node) if listed else read_text(reader, self.element, name, node)
        if value is None:
            self.whole = False
        else:
            self.content.append(value)

    def _lists(self, reader: Reader, name: str, node: nodes.Node) -> Value | Target | None:
        """A text by language that is a list in one of them: texts and elements in order."""

        def read(each: nodes.Node) -> object:
            if not isinstance(each, nodes.Sequence):
                return read_one_text(reader, self.element, name, each)
            draft = _Draft(self.element)
            _read_content(reader, draft, each)
            self.whole = self.whole and draft.whole
            return tuple(draft.content)

        spoken, reader.spoken = reader.spoken, reader.spoken or AS_WRITTEN
        found = read_by_language(reader, name, node, read)
        reader.spoken = spoken
        if found is None or not isinstance(node, nodes.Mapping):
            return None
        return completed(reader, node, found, self.element.text_field, words=True)

    def children(self, reader: Reader, child: Element, node: nodes.Node) -> None:
        """Under an element's name a list is always several elements."""
        items = node.items if isinstance(node, nodes.Sequence) else (node,)
        self.content.extend(read_piece(reader, child, item)[0] for item in items)

    def attribute(self, reader: Reader, name: str, node: nodes.Node) -> None:
        attribute = attribute_for(name, (self.element,), node)
        assert attribute is not None, "only an attribute that there is, is read as one"
        self.written.add(name)
        if isinstance(attribute.field, Phone):
            attribute = replace(attribute, field=attribute.field.among(self.names))
        value = read_attribute(reader, attribute, node)
        if value is not None:
            self.attributes[attribute.xml] = value
            doubt_name(reader, self.element.class_name, name, node)


def read_piece(
    reader: Reader, element: Element, node: nodes.Node, *, extras: Mapping[str, str] | None = None
) -> tuple[Piece, Extras]:
    """The element written at `node`, and the entries named in `extras` (an instruction's own: branch, save, retry) as they stand.

    What could not be read is left out of it, and in the report.
    """
    draft = _Draft(element)
    spoken = reader.spoken
    if reader.languages and isinstance(node, nodes.Mapping):
        reader.spoken = own_language(reader, element, node) or spoken
    if isinstance(node, nodes.Scalar) or (isinstance(node, nodes.Mapping) and _stands_for_text(reader, element, node)):
        _read_scalar(reader, draft, node)
    elif isinstance(node, nodes.Sequence):
        _read_content(reader, draft, node)
    elif isinstance(element.text_field, Json) and node.get(element.text or "") is None:
        draft.content.append(read_json(reader, node))
    else:
        _read_mapping(reader, draft, node, extras or {})
    attributes = draft.attributes
    if given := reader.defaults.values.get(element.name):
        known = xml_names(element)
        attributes = {**{xml: value for xml, value in given.items() if xml in known}, **attributes}
    if reader.languages and element.voiced:
        attributes = voiced(reader, element, draft.attributes, attributes)
    reader.spoken = spoken
    piece = Piece(element, tuple(attributes.items()), tuple(draft.content), node.span)
    check_piece(reader, piece, draft.written, whole=draft.whole)
    return piece, draft.apart


def _stands_for_text(reader: Reader, element: Element, node: nodes.Mapping) -> bool:
    """Whether the mapping is the text, or what a scalar is in this element, written once for each language."""
    if not reader.languages or not node.entries:
        return False
    if isinstance(element.text_field, Json) or (element.text is None and element.scalar is None):
        return False
    own = {*element.attributes, *element.children}
    return all(key.text in reader.languages and canonical(key.text) not in own for key, _ in node.entries)


def _is_in_languages(reader: Reader, element: Element, node: nodes.Mapping) -> bool:
    """Whether an entry of a list is a text by language, rightly or wrongly written."""
    return any(key.text in reader.languages and canonical(key.text) not in element.children for key, _ in node.entries)


def _read_scalar(reader: Reader, draft: _Draft, node: nodes.Scalar | nodes.Mapping) -> None:
    """What an element is by a scalar alone, or by one for each language."""
    element = draft.element
    if isinstance(node, nodes.Scalar) and is_null(node):
        # A null where a text must stand is an error of its own, which shows how to quote the word.
        if node.empty or element.text is None or needs_nothing(element):
            return
    if element.text is not None:
        draft.text(reader, element.name, node)
    elif element.scalar and element.scalar in element.attributes:
        draft.attribute(reader, element.scalar, node)
    elif element.scalar and element.scalar in element.children:
        draft.children(reader, element.children[element.scalar], node)
    elif isinstance(node, nodes.Scalar):
        draft.whole = False
        said = next((name for name in ("say", "number") if name in element.children), None)
        if not (element.attributes or element.children):
            helps = (f"write  {element.name}  alone",)
        elif pair := _entry_without_colon(element, node.text):
            helps = (f"write  {element.name}: {{{pair[0]}: {pasted(pair[1])}}}",)
        elif said:
            helps = (f"write  {element.name}: {{{said}: {pasted(shortened(node.text))}}}",)
        else:
            helps = (f"`touchtone explain {element.name}` lists what may stand in it",)
        title = f"`{element.name}` has no text of its own"
        reader.report.error("F112", title, node.span, label="found text", helps=helps)


def _entry_without_colon(element: Element, text: str) -> tuple[str, str] | None:
    """`say Hello` as the whole of a gather: a name of its own, and what stands behind it."""
    name, _, value = text.partition(" ")
    return (name, value.strip()) if value.strip() and (name in element.attributes or name in element.children) else None


def _read_mapping(reader: Reader, draft: _Draft, node: nodes.Mapping, extras: Mapping[str, str]) -> None:
    element = draft.element
    entries = _indented(reader, element, node, extras)
    draft.whole = draft.whole and entries is node.entries
    draft.names = frozenset(canonical(key.text) for key, _ in entries)
    for key, value in entries:
        name = canonical(key.text)
        attribute, child = element.attributes.get(name), element.children.get(name)
        is_element = child is not None and (
            not isinstance(value, nodes.Scalar) or not (attribute or name == element.text)
        )
        if child and (element.name, name) in BOTH and isinstance(value, nodes.Scalar):
            is_element = "{{" in value.text or _has_elements(element, node)
        if attribute and reader.languages and is_by_language(reader, value):
            is_element = False
        if name in extras and not attribute and not is_element:
            draft.apart[name] = (key, value)
        elif name == "content" and not attribute:
            if isinstance(value, nodes.Sequence):
                _read_content(reader, draft, value)
            else:
                draft.whole = False
                reader.shape("content", "a list of texts and elements in order", value)
        elif is_element and child is not None:
            draft.children(reader, child, value)
        elif name == element.text and not (attribute and isinstance(value, nodes.Sequence)):
            draft.text(reader, key.text, value)
        elif attribute is not None:
            draft.attribute(reader, name, value)
        else:
            draft.whole = False
            if key.text in reader.languages:
                tell_among_others(reader, element, key, node)
            elif not (reader.languages and any(word.text in reader.languages for word, _ in node.entries)) and (
                not looks_like_language(key.text) or key is first_language(node)
            ):
                _unknown_entry(reader, element, key, extras)


def _indented(
    reader: Reader, element: Element, node: nodes.Mapping, extras: Mapping[str, str]
) -> tuple[tuple[nodes.Scalar, nodes.Node], ...]:
    """The entries without an empty `branch` or `retry` and those that were to stand below it, which is told once."""
    for number, (key, value) in enumerate(node.entries):
        if key.text in ("branch", "retry") and key.text in extras and isinstance(value, nodes.Scalar) and value.empty:
            known = {*element.attributes, *element.children, *extras, element.text, "content"}
            beside = [word for word, _ in node.entries[number + 1 :] if canonical(word.text) not in known]
            if beside:
                title = f"the keys of `{key.text}` stand beside it, and belong below it"
                names = " and ".join(f"`{word.text}`" for word in beside[:4])
                helps = (folded(f"indent {names}{' …' * (len(beside) > 4)} two places more than `{key.text}`"),)
                label = f"indent these below `{key.text}`"
                reader.report.error("F106", title, beside[0].span, label=label, helps=helps)
                reader.forgive(nodes.Mapping(node.entries[number + 1 :], node.span))
                return tuple(entry for entry in node.entries if entry[0] is not key and entry[0] not in beside)
    return node.entries


def _has_elements(element: Element, node: nodes.Mapping) -> bool:
    """Whether a nested element stands in the mapping that can be nothing else, or more than one that may be."""
    nested = [value for key, value in node.entries if canonical(key.text) in element.children]
    return len(nested) > 1 or not all(isinstance(value, nodes.Scalar) for value in nested)


def _unknown_entry(reader: Reader, element: Element, key: nodes.Scalar, extras: Mapping[str, str]) -> None:
    if is_of_calls(reader, element, key):
        return
    name = canonical(key.text)
    parents = [parent.name for parent in reader.vocabulary.children.values() if name in parent.children]
    if name in reader.vocabulary.children or name in ENGINE_VERBS or parents:
        helps = []
        if element.children:
            helps.append(several(f"in `{element.name}` may stand", element.children))
        if name in reader.vocabulary.children or name in ENGINE_VERBS:
            helps.append(f"as an instruction of its own it is  - {name}: …")
        elif parents:
            helps.append(f"it stands in {' or '.join(f'`{parent}`' for parent in parents)}")
        reader.report.error("F108", f"`{name}` may not stand in `{element.name}`", key.span, helps=helps)
        return
    if "retry" in extras and name in (*RETRY_KEYS, *element.conduct.others) and element.conduct.others:
        where = [f"what is said then stands in  retry: {{{name}: …}}"] if name in RETRY_KEYS else []
        where += [f"where it leads stands in  branch: {{{name}: …}}"] if name in element.conduct.others else []
        reader.report.error("F108", f"`{name}` may not stand in `{element.name}` itself", key.span, helps=where)
        return
    if element.text is not None and looks_like_language(key.text):
        tell_stranger(reader, element.name, key)
        return
    known = [*element.attributes, *element.children, *extras, *([element.text] if element.text else [])]
    helps = [f"`touchtone explain {element.name}` lists every field"]
    reader.unknown(f"`{element.name}` has no field", key, dict.fromkeys(known), helps=tuple(helps))


def _read_content(reader: Reader, draft: _Draft, node: nodes.Sequence) -> None:
    """The content of an element in order: texts where text and elements mix, and mappings of one element each."""
    element = draft.element
    for item in node.items:
        if isinstance(item, nodes.Scalar):
            bare = element.children.get(canonical(item.text))
            if element.mixed:
                draft.text(reader, element.name, item)
            elif bare is not None:
                draft.children(reader, bare, nodes.Scalar("", item.span, False))
            else:
                draft.whole = False
                loose_text(reader, element, node)
        elif element.mixed and isinstance(item, nodes.Mapping) and _is_in_languages(reader, element, item):
            draft.text(reader, element.name, item)
        elif isinstance(item, nodes.Mapping) and len(item.entries) == 1:
            key, value = item.entries[0]
            child = element.children.get(canonical(key.text))
            if child is None:
                draft.whole = False
                _unknown_entry(reader, element, key, {})
            else:
                draft.children(reader, child, value)
        else:
            draft.whole = False
            reader.shape(element.name, "a list with one element in each entry", item)


def canonical(name: str) -> str:
    """A name as flows have it: Python's trailing underscore may be written."""
    return name[:-1] if name.endswith("_") and len(name) > 1 else name
