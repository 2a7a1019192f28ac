"""Reads an answer as TwiML, with the warnings that Twilio would give; what it cannot use it leaves out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Comment, ParseError, TreeBuilder, XMLParser, fromstring
from xml.etree.ElementTree import Element as Xml

from engine.diagnostics import nearest
from engine.grammar.channels import CHANNELS
from engine.grammar.fields import Address, Phone, Wrong
from engine.grammar.overlay import TEXT
from engine.grammar.vocabulary import Attribute, ChannelName, Element
from engine.phone import codes
from engine.phone.transport import Response

LARGEST = 64 * 1024  # bytes (Twilio, error 11750)

PLAY = "Play"
TWIML_TYPES = ("text/xml", "application/xml", "text/html")


class Trouble(Exception):
    """A document cannot be had or carried out: what Twilio reports as an error, after which it asks the fallback URL."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Remark(NamedTuple):
    """What Twilio notes without ending the call."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Node:
    """An element of TwiML as Twilio takes it: only attributes and children that it knows, and values it accepts.

    `text` is all the text in it, blanks folded; `name` is the element's name in the vocabulary. `words` are those of the comment
    right before a `<Play>`: what the recording says.
    """

    tag: str
    name: str
    attributes: dict[str, str]
    text: str = ""
    children: tuple["Node", ...] = ()
    words: str = ""

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
    """The verbs of an answer, in order, and what Twilio would warn of.

    `before` tells for each verb how many elements stand before it in the answer, those that are left out included; and at its end,
    how many there are.
    """

    verbs: tuple[Node, ...]
    warnings: tuple[Remark, ...] = ()
    kind: Literal["twiml", "audio", "text"] = "twiml"
    text: str = ""
    before: tuple[int, ...] = (0,)


def read_answer(answer: Response, channel: ChannelName) -> Document:
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
        raise Trouble(11750, f"the document has more than {LARGEST:,} bytes, which is what Twilio takes")
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
def read_twiml(body: bytes, channel: ChannelName) -> Document:
    """The document in a body. Raises Trouble (12100, 12102)."""
    if body.startswith(b"\xef\xbb\xbf"):
        raise Trouble(12100, "there is a byte order mark before the document")
    try:
        root = fromstring(body)
    except (ParseError, ValueError, LookupError) as fault:
        raise Trouble(12100, f"this is not XML: {fault}") from fault
    if root.tag != "Response":
        raise Trouble(12102, f"the root is `{root.tag}`; it must be `Response`")
    element = CHANNELS[channel].verbs
    warnings: list[Remark] = []
    captions = dict(zip(root.iter(PLAY), _captions(body), strict=True)) if b"<!--" in body else {}
    try:
        node = _node(root, element, warnings, captions)
    except RecursionError as fault:  # unverified: what Twilio says of a document that nests without end
        raise Trouble(12100, "its elements are nested too deep") from fault
    known = _by_tag(element)
    before = [number for number, child in enumerate(root) if child.tag in known]
    return Document(node.children, tuple(warnings), before=(*before, len(root)))


def _captions(body: bytes) -> Iterator[str]:
    """For each `<Play>` the words of the comment right before it; Twilio reads no comments."""
    root = fromstring(body, XMLParser(target=TreeBuilder(insert_comments=True)))
    before = ""
    for xml in root.iter():
        if xml.tag == PLAY:
            yield before
        tag: object = xml.tag
        before = " ".join((xml.text or "").split()) if tag is Comment and not (xml.tail or "").strip() else ""


def _node(xml: Xml, element: Element, warnings: list[Remark], captions: Mapping[Xml, str]) -> Node:
    attributes = _attributes(xml, element, warnings) if xml.attrib else {}
    children = tuple(_children(xml, element, warnings, captions)) if len(xml) else ()
    text = _spoken(xml) if element.mixed else (xml.text or "")
    if element.class_name != "Body":  # several are joined as they are
        text = text.strip() if element.class_name in ("Message", "Sms") else " ".join(text.split())
    if element.text is not None and (text or not children):
        _check_text(element, text, warnings)
    if element.rules:
        _check_rules(element, attributes, text, children, warnings)
    return Node(xml.tag, element.name, attributes, text, children, captions.get(xml, "") if captions else "")


def _attributes(xml: Xml, element: Element, warnings: list[Remark]) -> dict[str, str]:
    kept: dict[str, str] = {}
    addresses = _addresses(element)
    for name, value in xml.attrib.items():
        if name in addresses:
            kept[name] = value  # judged where it is asked for; Twilio's error is then 11100
            continue
        name = name.replace("{http://www.w3.org/XML/1998/namespace}", "xml:")
        warning = _refused(element, name, value)
        if warning is None:
            kept[name] = value
        else:
            warnings.append(warning)
    return kept


@lru_cache(maxsize=4096)
def _refused(element: Element, name: str, value: str) -> Remark | None:
    """What Twilio says of an attribute that it does not know, or of a value that it does not take."""
    known = _by_xml(element)
    if name not in known:
        near = nearest(name, known)
        hint = f"; did you mean `{near}`?" if near else ""
        return Remark(codes.SCHEMA, f"`{element.tag}` has no attribute `{name}`{hint}")
    if not value and name in ("finishOnKey", "url"):
        return None
    field = known[name].field
    wrong = (
        value if isinstance(field, Phone) else field.read(value)
    )  # whom Twilio cannot reach is no mistake of a document
    if not isinstance(wrong, Wrong):
        return None
    code = codes.VALUES.get(element.class_name, {}).get(name, codes.SCHEMA)
    if code == 13310 and len(value) > 1:
        code = 13311  # Gather takes one key, Record several
    return Remark(code, f"`{element.tag}` {name}=`{value}`: it {wrong.what}")


def _children(xml: Xml, element: Element, warnings: list[Remark], captions: Mapping[Xml, str]) -> Iterator[Node]:
    known = _by_tag(element)
    for child in xml:
        inner = known.get(child.tag)
        if inner is None:
            near = nearest(child.tag, known)
            hint = f"; did you mean `{near}`?" if near else ""
            code = codes.NESTING.get(element.class_name, codes.SCHEMA)
            warnings.append(Remark(code, f"`{child.tag}` cannot stand in `{element.tag}`{hint}"))
            # Unverified: it is only a warning, so what stands around it is carried out.
            continue
        yield _node(child, inner, warnings, captions)


def _check_text(element: Element, text: str, warnings: list[Remark]) -> None:
    if isinstance(element.text_field, Address | Phone):
        return
    wrong = element.text_field.read(text)
    if isinstance(wrong, Wrong):
        empty, other = codes.TEXTS.get(element.class_name, (codes.SCHEMA, codes.SCHEMA))
        warnings.append(Remark(other if text else empty, f"the text of `{element.tag}` {wrong.what}"))


def _check_rules(
    element: Element, attributes: dict[str, str], text: str, children: tuple[Node, ...], warnings: list[Remark]
) -> None:
    inside = tuple((child.name, *child.attributes) for child in children)
    for code, fact in _broken(element, bool(text), tuple(attributes), inside):
        if code == codes.SCHEMA or all(code != warning.code for warning in warnings):
            warnings.append(Remark(code, fact))


@lru_cache(maxsize=4096)
def _broken(
    element: Element, text: bool, attributes: tuple[str, ...], children: tuple[tuple[str, ...], ...]
) -> tuple[Remark, ...]:
    """The rules of an element that what it holds breaks: text, attributes, children with theirs."""
    known = _by_xml(element)
    held: dict[str, int] = {TEXT: int(text)}
    for name, *inner in children:
        held[name] = held.get(name, 0) + 1
        held |= {f"{name}@{attribute}": 1 for attribute in inner}
    held |= {f"@{known[name].name}": 1 for name in attributes}
    return tuple(
        Remark(codes.RULES.get((element.class_name, rule.names[0]), codes.SCHEMA), rule.fact)
        for rule in element.rules
        if rule.broken(held) is not None
    )


@cache
def _by_xml(element: Element) -> dict[str, Attribute]:
    return {attribute.xml: attribute for attribute in element.attributes.values()}


@cache
def _addresses(element: Element) -> frozenset[str]:
    """The attributes that hold an address that Twilio asks for over HTTP."""
    kinds = ((name, attribute.field) for name, attribute in _by_xml(element).items())
    return frozenset(name for name, kind in kinds if isinstance(kind, Address) and kind.role != "socket")


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
