"""Reads an answer as TwiML, with the warnings that Twilio would give; what it cannot use it leaves out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element as Xml
from xml.etree.ElementTree import ParseError, fromstring

from engine.diagnostics import nearest
from engine.grammar.fields import Address, Wrong
from engine.grammar.overlay import TEXT
from engine.grammar.vocabulary import MESSAGING, VOICE, Attribute, Channel, Element
from engine.phone import codes
from engine.phone.transport import Response

LARGEST = 64 * 1024  # bytes (Twilio, error 11750)

TWIML_TYPES = ("text/xml", "application/xml", "text/html")


class Trouble(Exception):
    """A document cannot be had or carried out: what Twilio reports as an error, after which it asks the fallback URL."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Warning(NamedTuple):
    """What Twilio notes without ending the call."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Node:
    """An element of TwiML as Twilio takes it: only attributes and children that it knows, and values it accepts.

    `text` is all the text in it, blanks folded; `name` is the element's name in the vocabulary.
    """

    tag: str
    name: str
    attributes: dict[str, str]
    text: str = ""
    children: tuple["Node", ...] = ()

    def get(self, attribute: str, otherwise: str = "") -> str:
        return self.attributes.get(attribute, otherwise)

    def number(self, attribute: str, otherwise: int) -> int:
        value = self.attributes.get(attribute, "")
        return int(value) if value.isdecimal() else otherwise

    def says(self, attribute: str, otherwise: bool = False) -> bool:
        """Whether a boolean attribute is true."""
        return self.attributes.get(attribute, str(otherwise)).lower() == "true"


@dataclass(frozen=True, slots=True)
class Document:
    """The verbs of an answer, in order, and what Twilio would warn of."""

    verbs: tuple[Node, ...]
    warnings: tuple[Warning, ...] = ()
    kind: Literal["twiml", "audio", "text"] = "twiml"
    text: str = ""


def read_answer(answer: Response, channel: Channel) -> Document:
    """The document in an answer with a status of 200 to 299. Raises Trouble where Twilio reports an error."""
    media, _, _ = answer.header("content-type").partition(";")
    media = media.strip().lower()
    if media.startswith("audio/"):
        return Document((), kind="audio")
    if not answer.body:
        if channel == "messaging":  # unverified, but it is common there to answer with nothing
            return Document(())
        raise Trouble(11770, "the answer has no body")
    if len(answer.body) > LARGEST:
        raise Trouble(11750, f"the document has {len(answer.body)} bytes, Twilio takes {LARGEST}")
    if media == "text/plain":
        try:
            # Twilio, "How Twilio interacts with your app": in a call, TwiML is carried out under this type too.
            if channel == "voice" and b"<Response" in answer.body:
                return read_twiml(answer.body, channel)
        except Trouble:
            pass
        return Document((), kind="text", text=answer.body.decode("utf-8", "replace").strip())
    if media not in TWIML_TYPES:
        raise Trouble(12300, f"the content type is `{media}`" if media else "the answer has no Content-Type")
    return read_twiml(answer.body, channel)


@lru_cache(maxsize=256)
def read_twiml(body: bytes, channel: Channel) -> Document:
    """The document in a body. Raises Trouble (12100, 12102)."""
    if body.startswith(b"\xef\xbb\xbf"):
        raise Trouble(12100, "there is a byte order mark before the document")
    try:
        root = fromstring(body)
    except (ParseError, ValueError, LookupError) as fault:
        raise Trouble(12100, f"this is not XML: {fault}") from fault
    if root.tag != "Response":
        raise Trouble(12102, f"the root is `{root.tag}`; it must be `Response`")
    element = VOICE if channel == "voice" else MESSAGING
    warnings: list[Warning] = []
    node = _node(root, element, warnings)
    return Document(node.children, tuple(warnings))


def _node(xml: Xml, element: Element, warnings: list[Warning]) -> Node:
    attributes = dict(_attributes(xml, element, warnings)) if xml.attrib else {}
    children = tuple(_children(xml, element, warnings)) if len(xml) else ()
    text = _spoken(xml) if element.mixed else (xml.text or "")
    text = " ".join(text.split()) if element.class_name not in ("Message", "Body", "Sms") else text.strip()
    if element.text is not None and (text or not children):
        _check_text(element, text, warnings)
    if element.rules:
        _check_rules(element, attributes, text, children, warnings)
    return Node(xml.tag, element.name, attributes, text, children)


def _attributes(xml: Xml, element: Element, warnings: list[Warning]) -> Iterator[tuple[str, str]]:
    known = _by_xml(element)
    for name, value in xml.attrib.items():
        name = name.replace("{http://www.w3.org/XML/1998/namespace}", "xml:")
        attribute = known.get(name)
        if attribute is None:
            near = nearest(name, known)
            hint = f"; did you mean `{near}`?" if near else ""
            warnings.append(Warning(codes.SCHEMA, f"`{element.tag}` has no attribute `{name}`{hint}"))
            continue
        warning = _refused(element, name, value)
        if warning is None:
            yield name, value
        else:
            warnings.append(warning)


@lru_cache(maxsize=4096)
def _refused(element: Element, name: str, value: str) -> Warning | None:
    """What Twilio says of a value that it does not take."""
    field = _by_xml(element)[name].field
    if isinstance(field, Address):
        if field.role != "socket" or not value:
            return None  # judged where it is asked for; Twilio's error is then 11100
    elif not value and name == "finishOnKey":
        return None
    wrong = field.read(value)
    if not isinstance(wrong, Wrong):
        return None
    code = codes.VALUES.get(element.class_name, {}).get(name, codes.SCHEMA)
    if code == 13310 and len(value) > 1:
        code = 13311  # Gather takes one key, Record several
    return Warning(code, f"`{element.tag}` {name}=`{value}`: it {wrong.what}")


def _children(xml: Xml, element: Element, warnings: list[Warning]) -> Iterator[Node]:
    known = _by_tag(element)
    for child in xml:
        inner = known.get(child.tag)
        if inner is None:
            near = nearest(child.tag, known)
            hint = f"; did you mean `{near}`?" if near else ""
            code = codes.NESTING.get(element.class_name, codes.SCHEMA)
            warnings.append(Warning(code, f"`{child.tag}` cannot stand in `{element.tag}`{hint}"))
            # Unverified: it is only a warning, so what stands around it is carried out.
            continue
        yield _node(child, inner, warnings)


def _check_text(element: Element, text: str, warnings: list[Warning]) -> None:
    if isinstance(element.text_field, Address):
        return
    wrong = element.text_field.read(text)
    if isinstance(wrong, Wrong):
        empty, other = codes.TEXTS.get(element.class_name, (codes.SCHEMA, codes.SCHEMA))
        warnings.append(Warning(other if text else empty, f"the text of `{element.tag}` {wrong.what}"))


def _check_rules(
    element: Element, attributes: dict[str, str], text: str, children: tuple[Node, ...], warnings: list[Warning]
) -> None:
    known = _by_xml(element)
    held: dict[str, int] = {TEXT: 1 if text else 0}
    for child in children:
        held[child.name] = held.get(child.name, 0) + 1
        for name in child.attributes:
            held[f"{child.name}@{name}"] = 1
    for name in attributes:
        held[f"@{known[name].name}"] = 1
    for code, fact in _broken(element, tuple(held.items())):
        if code == codes.SCHEMA or all(code != warning.code for warning in warnings):
            warnings.append(Warning(code, fact))


@lru_cache(maxsize=4096)
def _broken(element: Element, held: tuple[tuple[str, int], ...]) -> tuple[Warning, ...]:
    """The rules of an element that what it holds breaks."""
    counts = dict(held)
    return tuple(
        Warning(codes.RULES.get((element.class_name, rule.names[0]), codes.SCHEMA), rule.fact)
        for rule in element.rules
        if rule.broken(counts) is not None
    )


@cache
def _by_xml(element: Element) -> dict[str, Attribute]:
    return {attribute.xml: attribute for attribute in element.attributes.values()}


@cache
def _by_tag(element: Element) -> dict[str, Element]:
    return {child.tag: child for child in element.children.values()}


def _spoken(xml: Xml) -> str:
    """What is heard of text with SSML in it: a `sub` as its alias, a pause as a blank."""
    if xml.tag == "sub" and xml.get("alias"):
        return xml.get("alias", "")
    if not len(xml):
        return xml.text or ""
    parts = [xml.text or ""]
    for child in xml:
        parts += [" " if child.tag in ("break", "p", "s") else "", _spoken(child), child.tail or ""]
    return re.sub(r" +", " ", "".join(parts))
