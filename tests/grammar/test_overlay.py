"""What the overlay states fits the library, and nothing the library has is left without what it needs."""

from typing import Any

import pytest

from engine.grammar.fields import Address, Choice, Text, Wrong
from engine.grammar.overlay import ANY, FACTS, PLACES, TEXT, Rule, facts_of, kind_of
from engine.grammar.overlay.common import BY_NAME
from engine.grammar.vocabulary import MESSAGING, VOICE, Element, elements, find

KNOWN = {each.class_name: each for root in (MESSAGING, VOICE) for each in (root, *elements(root))}


def named(path: str) -> Element:
    element = find(path)
    assert element is not None, path
    return element


@pytest.mark.parametrize("class_name", FACTS)
def test_every_class_and_attribute_of_the_overlay_is_the_librarys_or_an_addition(class_name: str) -> None:
    facts, element = FACTS[class_name], KNOWN[class_name]
    stated = {*facts.kinds, *facts.required, *facts.deprecated_attributes, *facts.deprecated_values}
    assert stated <= set(element.attributes)
    assert not facts.scalar or facts.scalar in {**element.attributes, **element.children}
    assert set(facts.nested) <= set(KNOWN)
    assert element.text is not None or facts.text == Text()


@pytest.mark.parametrize("class_name", KNOWN)
def test_every_class_of_the_library_has_a_fact(class_name: str) -> None:
    assert class_name in FACTS


def test_what_holds_for_a_name_everywhere_is_a_name_somewhere() -> None:
    assert set(BY_NAME) <= {name for element in KNOWN.values() for name in element.attributes}


@pytest.mark.parametrize("class_name", KNOWN)
def test_everything_that_is_a_url_has_a_role(class_name: str) -> None:
    for attribute in KNOWN[class_name].attributes.values():
        if attribute.xml.lower().endswith(("url", "callback", "action")):
            assert isinstance(attribute.field, Address), attribute.name
        if attribute.xml.lower().endswith("method") and attribute.xml != "paymentMethod":
            assert attribute.field == Choice(("GET", "POST")), attribute.name
    if KNOWN[class_name].text == "url":
        assert isinstance(KNOWN[class_name].text_field, Address)


@pytest.mark.parametrize(
    ("path", "attribute", "role"),
    [
        ("gather", "action", "action"),
        ("gather", "partial_result_callback", "callback"),
        ("dial", "refer_url", "page"),
        ("dial.number", "url", "whisper"),
        ("dial.sip", "url", "whisper"),
        ("dial.queue", "url", "queue_whisper"),
        ("enqueue", "wait_url", "queue_wait"),
        ("conference", "wait_url", "conference_wait"),
        ("conference", "event_callback_url", "callback"),
        ("number", "amd_status_callback", "callback"),
        ("stream", "url", "socket"),
        ("connect.conversation", "url", "page"),
    ],
)
def test_a_url_has_the_role_that_twilio_gives_it(path: str, attribute: str, role: str) -> None:
    field = named(path).attributes[attribute].field
    assert isinstance(field, Address)
    assert field.role == role


def test_a_class_or_attribute_newer_than_the_overlay_is_text_unless_its_name_tells() -> None:
    assert kind_of("Hologram", "brightness") == Text()
    assert kind_of("Hologram", "status_callback") == Address("callback")
    assert kind_of("Hologram", "action") == Address("action")
    assert kind_of("Hologram", "status_callback_method") == Choice(("GET", "POST"))
    assert facts_of("Hologram").conduct.heard


@pytest.mark.parametrize(
    ("path", "attribute", "written", "instead"),
    [
        ("gather", "timeout", "5s", "5"),
        ("gather", "input", "dtmf voice", None),
        ("gather", "finish_on_key", "pound", "#"),
        ("dial", "timeout", "2", "5"),
        ("dial", "record", "record-from-answr", "record-from-answer"),
        ("conference", "beep", "onExt", "onExit"),
        ("record", "max_length", "100000", "86400"),
        ("number", "machine_detection_timeout", "90", "60"),
        ("connect.stream", "url", "https://example.com", "wss://example.com"),
        ("pay", "charge_amount", "$20.45", "20.45"),
        ("say_as", "interpret_as", "digit", "digits"),
        ("break", "time", "1", "500ms"),
    ],
)
def test_a_wrong_value_is_refused(path: str, attribute: str, written: str, instead: str | None) -> None:
    read = named(path).attributes[attribute].field.read(written)
    assert isinstance(read, Wrong)
    assert read.instead == instead


@pytest.mark.parametrize("class_name", FACTS)
def test_every_name_in_a_rule_can_stand_there(class_name: str) -> None:
    element = KNOWN[class_name]
    names: set[str] = {ANY, *element.children, *(f"@{name}" for name in element.attributes)}
    names |= {f"{child.name}@{name}" for child in element.children.values() for name in child.attributes}
    if element.text:
        names.add(TEXT)
    for rule in element.rules:
        assert set(rule.names) <= names
        assert rule.fact


KEPT_AND_BROKEN: list[tuple[str, dict[str, int], list[str]]] = [
    ("connect", {"stream": 1}, []),
    ("connect", {}, [""]),
    ("connect", {"stream": 1, "room": 1}, ["room"]),
    ("refer", {"sip": 2}, ["sip"]),
    ("dial", {TEXT: 1, "@timeout": 1}, []),
    ("dial", {"number": 10, "client": 10}, []),
    ("dial", {"number": 11}, ["number"]),
    ("dial", {"conference": 1, "number": 1}, ["number"]),
    ("dial", {TEXT: 1, "number": 1}, ["number"]),
    ("dial", {"@timeout": 1}, [""]),
    ("gather", {"play": 1, "play@loop": 1}, []),
    ("gather", {"play": 1, "play@digits": 1}, ["play@digits"]),
    ("enqueue", {"task": 1, "@workflow_sid": 1}, []),
    ("enqueue", {"task": 1}, [""]),
    ("dial.client", {"identity": 1, "parameter": 2}, []),
    ("dial.client", {TEXT: 1, "parameter": 1}, []),
    ("dial.client", {TEXT: 1, "identity": 1}, ["identity"]),
    ("play", {"@digits": 1}, []),
    ("play", {}, [""]),
]


@pytest.mark.parametrize(("path", "held", "broken"), KEPT_AND_BROKEN)
def test_a_rule_tells_what_breaks_it(path: str, held: dict[str, int], broken: list[str]) -> None:
    found = [rule.broken(held) for rule in named(path).rules]
    assert [name for name in found if name is not None] == broken


def test_every_kind_of_rule_is_used() -> None:
    kinds: Any = Rule.__annotations__["kind"]
    assert {rule.kind for element in KNOWN.values() for rule in element.rules} == set(kinds.__args__)


def test_a_message_carries_ten_media() -> None:
    rules = MESSAGING.children["message"].rules
    assert [rule.broken({"body": 1, "media": 10}) for rule in rules] == [None] * len(rules)
    assert "media" in [rule.broken({TEXT: 1, "media": 11}) for rule in rules]


VERBS = {**MESSAGING.children, **VOICE.children}


def test_what_comes_back_waits_and_has_exits() -> None:
    back = {name for name, verb in VERBS.items() if verb.conduct.comes_back}
    assert back == {"gather", "dial", "record", "enqueue", "connect", "pay", "refer"}
    assert {name for name, verb in VERBS.items() if verb.conduct.waits} == back
    for name in back:
        conduct = VERBS[name].conduct
        assert conduct.answer or conduct.others
        assert not conduct.ends


def test_the_course_of_a_call() -> None:
    assert {name for name, verb in VERBS.items() if verb.conduct.ends} == {"redirect", "hangup", "reject", "leave"}
    assert {name for name, verb in VERBS.items() if verb.conduct.loops} == {"gather", "record", "pay"}
    assert {name for name, verb in VERBS.items() if verb.conduct.falls_through} == {"gather", "record", "pay"}
    assert {name for name, verb in VERBS.items() if not verb.conduct.heard} == {"start", "stop"}


def test_only_verbs_have_conduct() -> None:
    nested = [element for element in KNOWN.values() if element.name not in VERBS and element.name != "response"]
    assert {element.conduct for element in nested} == {facts_of("Hologram").conduct}


@pytest.mark.parametrize("role", PLACES)
def test_a_place_allows_verbs_that_exist(role: Any) -> None:
    place = PLACES[role]
    assert place.verbs <= set(VOICE.children)
    assert "dial" not in place.verbs
    assert Address(role).takes_target


def test_a_callback_allows_no_verb_and_only_a_queue_is_left() -> None:
    assert PLACES["callback"].verbs == frozenset()
    assert [role for role, place in PLACES.items() if "leave" in place.verbs] == ["queue_wait"]


def test_a_gather_and_a_prompt_hold_what_is_heard() -> None:
    assert set(named("gather").children) == set(named("pay.prompt").children) == {"say", "play", "pause"}


def test_what_is_deprecated_says_what_to_use() -> None:
    assert {name for name, element in KNOWN.items() if element.deprecated} == {"Sms", "Autopilot", "Echo"}
    assert named("gather").attributes["enhanced"].deprecated
    assert "alice" in named("say").attributes["voice"].deprecated_values
