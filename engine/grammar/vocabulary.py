"""The TwiML that the installed `twilio` library knows, read by calling each of its methods once."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from twilio.twiml import TwiML, messaging_response, voice_response

from engine.grammar.fields import Field
from engine.grammar.overlay import Conduct, Rule, facts_of, kind_of
from engine.grammar.overlay.messaging import WAIT_BY_UNIT

ChannelName = Literal["voice", "messaging"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an element: `name` as a flow has it, `xml` as TwiML has it, `help` in a line.

    `deprecated` says what to use instead; `deprecated_values` says so of single values.
    """

    name: str
    xml: str
    field: Field
    help: str
    required: bool = False
    deprecated: str = ""
    deprecated_values: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """A TwiML element: `name` as a flow has it, `tag` as TwiML has it.

    `text` is the library's name for its text, None without one; then `scalar` may name the attribute or nested element
    that a bare scalar fills. `mixed` says that text and elements mix; `words`, that the caller hears or reads its text; `voiced`,
    that it speaks in the voice of the call's language. `twins` are attributes of the other channel under the same name: the
    form of a value tells which is meant. Elements are shared and SSML nests in itself: walk `children` with `elements`, which
    stops at circles.
    """

    name: str
    tag: str
    class_name: str
    text: str | None
    text_required: bool
    text_field: Field
    attributes: Mapping[str, Attribute]
    children: Mapping[str, "Element"]
    mixed: bool
    help: str
    conduct: Conduct
    text_help: str = ""
    scalar: str | None = None
    rules: tuple[Rule, ...] = ()
    words: bool = False
    voiced: bool = False
    twins: Mapping[str, Attribute] = dataclasses.field(default_factory=dict)
    deprecated: str = ""


def find(name: str, channel: ChannelName = "voice") -> Element | None:
    """The verb of that name; else the nearest nested element; `refer.sip` names one by its way from the verb."""
    root = VOICE if channel == "voice" else MESSAGING
    first, *rest = name.split(".")
    found = root.children.get(first) or next((element for element in elements(root) if element.name == first), None)
    for step in rest:
        found = found.children.get(step) if found else None
    return found


def elements(root: Element) -> Iterator[Element]:
    """Each element that can stand somewhere in `root`, once, the outer before the inner."""
    waiting, seen = list(root.children.values()), set()
    for element in waiting:  # grows while it is walked
        if id(element) not in seen:
            seen.add(id(element))
            yield element
            waiting.extend(element.children.values())


@dataclass(frozen=True, slots=True)
class _Method:
    """What one call of a method of the library showed: its element, and where each of its arguments went."""

    name: str
    node: TwiML
    attributes: Mapping[str, str]  # by name in a flow: the name in TwiML
    text: str | None
    text_required: bool
    manual: str = ""


def _vocabulary(response: Callable[[], TwiML]) -> Element:
    known: dict[str, Element] = {}
    nested: dict[str, dict[str, Element]] = {}

    def element(method: _Method) -> Element:
        class_name = type(method.node).__name__
        if class_name not in known:
            children = nested[class_name] = {}
            inner = [_call(method.node, name) for name in _methods(method.node)]
            # known before its children are, because SSML nests in itself
            known[class_name] = _element(method, bool(inner), MappingProxyType(children))
            children.update({one.name: element(one) for one in inner})
        return known[class_name]

    root = element(_Method("response", response(), {}, None, False))
    for class_name in list(known):
        for guest in facts_of(class_name).nested:
            if guest not in known:
                known[guest] = _unknown_to_library(guest, nested)
    for class_name, children in nested.items():
        guests = [known[guest] for guest in facts_of(class_name).nested]
        children.update({guest.name: guest for guest in guests})
    return root


def _unknown_to_library(class_name: str, nested: dict[str, dict[str, Element]]) -> Element:
    """An element that only the overlay knows; what it holds is added as to any other."""
    children = nested[class_name] = {}
    node = type(class_name, (TwiML,), {})()
    return _element(_Method(_canonical(class_name), node, {}, None, False), True, MappingProxyType(children))


def _methods(node: TwiML) -> list[str]:
    return [
        name for name, member in vars(type(node)).items() if not name.startswith("_") and inspect.isfunction(member)
    ]


def _call(parent: TwiML, name: str) -> _Method:
    method = getattr(parent, name)
    parameters = [
        each
        for each in inspect.signature(method).parameters.values()
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    marks: dict[str, Any] = {each.name: object() for each in parameters}
    node: TwiML = method(**marks)
    xml_names = {id(mark): xml for xml, mark in node.attrs.items()}
    text = next((each for each in parameters if node.value is marks[each.name]), None)
    attributes = {_canonical(each): xml_names[id(mark)] for each, mark in marks.items() if id(mark) in xml_names}
    return _Method(
        name=_canonical(name),
        node=node,
        attributes=attributes,
        text=_canonical(text.name) if text else None,
        text_required=text is not None and text.default is inspect.Parameter.empty,
        manual=method.__doc__ or "",
    )


def _helps(manual: str) -> dict[str, str]:
    """What the docstring of a method says of its arguments, by name in a flow."""
    documented = re.findall(r":param (?:\w+ )?([\w:-]+): *(.*)", manual)
    return {_canonical(re.sub("[:-]", "_", each)): help.strip().removeprefix('"') for each, help in documented}


@cache
def _canonical(python_name: str) -> str:
    """`for_` is for, `backgroundNoiseReduction` is background_noise_reduction."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", python_name).lower().rstrip("_")


def _element(method: _Method, parent: bool, children: Mapping[str, Element]) -> Element:
    class_name = type(method.node).__name__
    facts = facts_of(class_name)
    names = {**method.attributes, **{name: added.xml for name, added in facts.added.items()}}
    helps = {**_helps(method.manual), **{name: added.help for name, added in facts.added.items()}}
    return Element(
        name=method.name,
        tag=method.node.name,
        class_name=class_name,
        text=method.text,
        text_required=method.text_required,
        text_field=facts.text,
        text_help=helps.get(method.text or "", ""),
        attributes=MappingProxyType(
            {
                name: Attribute(
                    name=name,
                    xml=xml,
                    field=kind_of(class_name, name),
                    help=helps.get(name, ""),
                    required=name in facts.required,
                    deprecated=facts.deprecated_attributes.get(name, ""),
                    deprecated_values=facts.deprecated_values.get(name, {}),
                )
                for name, xml in names.items()
            }
        ),
        children=children,
        mixed=parent and method.text is not None and class_name.startswith(("Say", "Ssml")),
        help=facts.help or (inspect.getdoc(type(method.node)) or "").partition("\n")[0],
        conduct=facts.conduct,
        scalar=facts.scalar or None,
        rules=facts.rules,
        words=facts.words,
        voiced=facts.voiced,
        deprecated=facts.deprecated,
    )


class MessagingGather(TwiML):
    """The engine's own `gather` of messaging, in the form of the library's classes; nothing of it is TwiML."""


def _with_gather(messaging: Element, say: Element) -> Element:
    """The verbs of messaging with a question by message."""
    children = MappingProxyType({"message": messaging.children["message"], "say": say})
    node = MessagingGather()  # type: ignore[no-untyped-call]
    gather = _element(_Method("gather", node, {}, None, False), True, children)
    return dataclasses.replace(messaging, children=MappingProxyType({**messaging.children, "gather": gather}))


def _of_both(voice: Element, messaging: Element) -> Element:
    """The verbs of a flow for both channels. A gather has the words of both; a time with a unit is that of messaging."""
    spoken, written = voice.children["gather"], messaging.children["gather"]
    wait = dataclasses.replace(written.attributes["timeout"], field=WAIT_BY_UNIT)
    gather = dataclasses.replace(
        spoken,
        children=MappingProxyType({**spoken.children, "message": messaging.children["message"]}),
        conduct=dataclasses.replace(
            spoken.conduct,
            answer=(*spoken.conduct.answer, *written.conduct.answer),
            sends=(*spoken.conduct.sends, *written.conduct.sends),
        ),
        rules=(*spoken.rules, *(rule for rule in written.rules if rule.kind != "exclusive")),
        twins=MappingProxyType({"timeout": wait}),
    )
    return dataclasses.replace(
        voice, children=MappingProxyType({**messaging.children, **voice.children, "gather": gather})
    )


VOICE = _vocabulary(voice_response.VoiceResponse)
MESSAGING = _with_gather(_vocabulary(messaging_response.MessagingResponse), VOICE.children["say"])
BOTH = _of_both(VOICE, MESSAGING)
