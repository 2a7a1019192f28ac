"""Reads `defaults`: what verbs and nested elements get unless they say otherwise."""

from collections.abc import Mapping
from typing import Any

from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.grammar.verbs import ENGINE_VERBS
from engine.grammar.verbs.request import REQUEST
from engine.grammar.verbs.spec import VerbSpec
from engine.grammar.vocabulary import Element, elements
from engine.model.parts import Target, Value
from engine.model.reading.channels import is_of_calls
from engine.model.reading.elements import canonical
from engine.model.reading.reader import Defaults, Reader, several
from engine.model.reading.speech_names import doubt_name
from engine.model.reading.twins import attribute_for
from engine.model.reading.values import read_attribute
from engine.model.verbs.requests import read_request_defaults
from engine.model.verbs.written import read_effect_defaults


def read_defaults(reader: Reader, node: nodes.Node | None, roots: tuple[Element, ...]) -> Defaults:
    """The defaults written at `node`, for the verbs of `roots` and every element in them."""
    if node is None:
        return Defaults()
    mapping = reader.mapping("defaults", node, "a mapping of verbs", "write  defaults: {say: {voice: Polly.Joanna}}")
    known = _by_name(roots)
    values: dict[str, dict[str, Value | Target]] = {}
    retry: tuple[nodes.Node, ...] = ()
    own: dict[str, Mapping[str, Any]] = {}
    for key, entry in mapping.entries if mapping else ():
        name = canonical(key.text)
        classes = known.get(name)
        if classes is None and name in ENGINE_VERBS and ENGINE_VERBS[name].defaults:
            own[name] = {**own.get(name, {}), **_read_own(reader, ENGINE_VERBS[name], key, entry)}
            continue
        if classes is None:
            verbs = [verb for root in roots for verb in root.children]
            close = nearest(key.text, verbs) or nearest(key.text, known)
            reader.unknown("`defaults` knows no verb or element", key, [close] if close else ())
            continue
        given = reader.mapping(key.text, entry, "a mapping of attributes", f"write  {key.text}: {{…: …}}")
        for field_key, value in given.entries if given else ():
            field_name = canonical(field_key.text)
            if field_name == "retry" and name == "gather":
                retry = (value,)
                continue
            attribute = attribute_for(field_name, classes, value)
            if attribute is None and is_of_calls(reader, classes[0], field_key):
                continue
            if attribute is None:
                fields = dict.fromkeys(field for one in classes for field in one.attributes)
                _no_attribute(reader, name, field_key, fields, classes[0])
                continue
            read = read_attribute(reader, attribute, value)
            if read is not None:
                values.setdefault(name, {})[attribute.xml] = read
                doubt_name(reader, classes[0].class_name, field_name, value)
    return Defaults(values, retry, own)


def _read_own(reader: Reader, verb: VerbSpec, word: nodes.Scalar, node: nodes.Node) -> Mapping[str, Any]:
    """What one of the engine's own verbs gets, by key."""
    given = reader.mapping(verb.name, node, "a mapping of fields", f"write  {verb.name}: {{{verb.defaults[0]}: …}}")
    found: dict[str, tuple[nodes.Scalar, nodes.Node]] = {}
    for key, value in given.entries if given else ():
        name = canonical(key.text)
        if name in verb.defaults:
            found[name] = key, value
        elif name in verb.keys:
            title = f"`defaults` cannot give `{key.text}` to every `{verb.name}`"
            where = f"write it in each `{verb.name}`"
            reader.report.error("F108", title, key.span, helps=(several("it may give", verb.defaults), where))
        else:
            reader.unknown(f"`{verb.name}` has no field", key, verb.defaults)
    read = read_request_defaults if verb is REQUEST else read_effect_defaults
    return read(reader, verb, found)


def _no_attribute(reader: Reader, name: str, key: nodes.Scalar, fields: dict[str, None], element: Element) -> None:
    if canonical(key.text) in element.children:
        title = f"`{key.text}` in `{name}` is an element, and has defaults of its own"
        reader.report.error("F108", title, key.span, helps=(f"write  defaults: {{{key.text}: …}}",))
    elif canonical(key.text) in (element.text, "branch", "save", "content"):
        title = f"`defaults` give attributes, and `{key.text}` is none"
        reader.report.error("F108", title, key.span, helps=(f"write it in each `{name}`",))
    else:
        reader.unknown(f"`{name}` has no attribute", key, [*fields, *(["retry"] if name == "gather" else [])])


def _by_name(roots: tuple[Element, ...]) -> dict[str, list[Element]]:
    """Every element below the roots, by name; one name may stand for several classes (`sip` of dial and of refer)."""
    found: dict[str, list[Element]] = {}
    for root in roots:
        for element in elements(root):
            known = found.setdefault(element.name, [])
            if element not in known:
                known.append(element)
    return found
