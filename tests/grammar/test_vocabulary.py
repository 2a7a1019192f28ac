"""The vocabulary is what the installed library can do, under the names of a flow."""

import inspect
import subprocess
import sys

import pytest
from twilio.twiml import TwiML, messaging_response, voice_response

from engine.grammar.vocabulary import MESSAGING, VOICE, Element, elements, find

CLASSES = [
    (root, name, known)
    for root, library in ((VOICE, voice_response), (MESSAGING, messaging_response))
    for name, known in inspect.getmembers(library, inspect.isclass)
    if issubclass(known, TwiML) and known is not TwiML
]


def element_of(root: Element, class_name: str) -> Element:
    return {each.class_name: each for each in (root, *elements(root))}[class_name]


def methods_of(known: type[TwiML]) -> list[tuple[str, list[str]]]:
    """The names of a class's methods with their parameters, written as a flow writes them."""
    return [
        (name.rstrip("_"), [each.lower().replace("_", "") for each in list(inspect.signature(method).parameters)[1:-1]])
        for name, method in inspect.getmembers(known, inspect.isfunction)
        if name in vars(known) and not name.startswith("_")
    ]


@pytest.mark.parametrize(("root", "name", "known"), CLASSES, ids=lambda each: each if isinstance(each, str) else "")
def test_every_class_of_the_library_is_known_with_all_it_nests(root: Element, name: str, known: type[TwiML]) -> None:
    assert {method for method, _ in methods_of(known)} <= set(element_of(root, name).children)


@pytest.mark.parametrize(("root", "name", "known"), CLASSES, ids=lambda each: each if isinstance(each, str) else "")
def test_every_argument_of_the_library_is_a_text_or_an_attribute(root: Element, name: str, known: type[TwiML]) -> None:
    for method, parameters in methods_of(known):
        element = element_of(root, name).children[method]
        names = [*element.attributes, element.text or ""]
        assert set(parameters) <= {each.replace("_", "") for each in names}, method


@pytest.mark.parametrize("root", [VOICE, MESSAGING])
def test_names_are_snake_case_without_pythons_underscore(root: Element) -> None:
    for element in elements(root):
        for name in (element.name, *element.attributes, *filter(None, [element.text])):
            assert name == name.lower().strip("_-")


def test_the_names_that_python_bends_are_straight() -> None:
    prompt, message = find("prompt"), find("message", "messaging")
    assert prompt is not None
    assert message is not None
    assert prompt.attributes["for"].xml == "for"
    assert message.attributes["from"].xml == "from"
    relay = find("connect.conversation_relay")
    assert relay is not None
    assert relay.attributes["background_noise_reduction"].xml == "backgroundNoiseReduction"
    assert relay.attributes["elevenlabs_text_normalization"].xml == "elevenlabsTextNormalization"
    say = VOICE.children["say"]
    assert say.children["lang"].attributes["xml_lang"].xml == "xml:lang"
    assert say.children["say_as"].attributes["interpret_as"].xml == "interpret-as"
    assert (say.children["say_as"].tag, say.children["break"].tag) == ("say-as", "break")
    assert VOICE.children["dial"].children["whats_app"].tag == "WhatsApp"


@pytest.mark.parametrize(
    ("name", "text", "required"),
    [
        ("say", "message", False),
        ("play", "url", False),
        ("dial", "number", False),
        ("dial.number", "phone_number", True),
        ("enqueue", "name", False),
        ("enqueue.task", "body", True),
        ("redirect", "url", True),
        ("gather", None, False),
        ("pause", None, False),
        ("refer.sip", "sip_url", True),
    ],
)
def test_the_text_has_the_librarys_name(name: str, text: str | None, required: bool) -> None:
    element = find(name)
    assert element is not None
    assert (element.text, element.text_required) == (text, required)


def test_ssml_nests_in_itself_and_mixes_with_text() -> None:
    say = VOICE.children["say"]
    emphasis = say.children["emphasis"]
    assert emphasis.children["emphasis"] is emphasis
    mixed = {element.name for element in elements(VOICE) if element.mixed}
    assert mixed == {"say", "emphasis", "lang", "p", "prosody", "s", "w"}


def test_what_twilio_documents_and_the_library_lacks_is_known() -> None:
    def xml(path: str, attribute: str) -> str:
        element = find(path)
        assert element is not None
        return element.attributes[attribute].xml

    assert xml("dial", "call_reason") == "callReason"
    assert xml("client", "client_notification_url") == "clientNotificationUrl"
    assert xml("start.recording", "name") == "name"
    assert xml("stop.recording", "name") == "name"
    assert xml("transcription", "enable_provider_data") == "enableProviderData"
    assert xml("transcription", "conversation_configuration") == "conversationConfiguration"
    assert xml("transcription", "conversation_id") == "conversationId"


def test_a_name_is_found_as_a_verb_before_it_is_found_nested() -> None:
    assert find("queue") is VOICE.children["queue"]
    assert find("number") is VOICE.children["dial"].children["number"]
    assert find("redirect", "messaging") is MESSAGING.children["redirect"]
    assert find("redirect", "messaging") is not find("redirect")
    assert find("gather.dial") is None
    assert find("dial", "messaging") is None
    assert find("sey") is None


@pytest.mark.parametrize("root", [VOICE, MESSAGING])
def test_everything_has_a_line_of_help(root: Element) -> None:
    for element in (root, *elements(root)):
        assert element.help.endswith("."), element.class_name
        assert "TwiML Verb" not in element.help
        assert "TwiML Noun" not in element.help
        assert element.text is None or element.text_help, element.class_name
        for attribute in element.attributes.values():
            assert attribute.help, f"{element.class_name}@{attribute.name}"


def test_reading_the_vocabulary_leaves_the_big_half_of_the_library_alone() -> None:
    big = {"twilio.rest", "aiohttp", "requests", "jwt"}
    asked = f"import sys, engine.grammar.vocabulary; print(*{big!r} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
