"""Languages as a flow has them: merged with the project's, taken by what is said, and asked of every text."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Source
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.flow import Flow
from engine.model.parts import ByLanguage, Verb
from engine.model.spoken import is_worded

LANGUAGES = "languages: {en: {language: en-US}, es: {voice: Polly.Lupe, language: es-US}}\n"


def read(text: str, project: str = "", **catalogues: str) -> tuple[Flow, list[str]]:
    """The flow of a text, and the codes of what is doubted in it; mistakes fail the test."""
    report = Report()
    common = Source("_project.yaml", project) if project else None
    sources = tuple(Source(f"_{name}.po", content) for name, content in catalogues.items())
    made = build(Folder(Path(), (Source("example.yaml", text),), common, catalogues=sources), report)
    assert not report.errors, [found.title for found in report.diagnostics]
    return made.flows["example"], [found.code for found in report.diagnostics]


def first(text: str) -> Verb:
    verb = read(f"{LANGUAGES}steps:\n  a:\n    - {text}\n")[0].steps["a"].instructions[0]
    assert isinstance(verb, Verb)
    return verb


def test_the_flow_says_the_order_and_the_project_completes_its_entries() -> None:
    project = "languages: {en: {voice: Polly.Joanna}, fr: {language: fr-FR}, es: {voice: Polly.Mia, language: es-MX}}"
    flow, _ = read("languages: {es: {voice: Polly.Lupe}, en: {}}\nsteps: {a: [hangup]}", project)
    assert {name: dict(one.attributes) for name, one in flow.languages.items()} == {
        "es": {"voice": "Polly.Lupe", "language": "es-MX"},
        "en": {"voice": "Polly.Joanna"},
        "fr": {"language": "fr-FR"},
    }
    assert [one.tag for one in flow.languages.values()] == ["es-MX", "en", "fr-FR"]


def test_a_name_with_its_country_says_what_twilio_calls_it() -> None:
    flow, doubts = read("languages: {pt-BR: , en: {}}\nsteps: {a: [hangup]}")
    assert flow.languages["pt-BR"].attributes == {"language": "pt-BR"}
    assert doubts == []


def test_what_is_said_takes_voice_and_language_from_the_language() -> None:
    attributes = dict(first("say: {en: Hello, es: Hola}").piece.attributes)
    assert attributes == {
        "voice": ByLanguage({"en": None, "es": "Polly.Lupe"}),
        "language": ByLanguage({"en": "en-US", "es": "es-US"}),
    }


def test_what_is_not_said_in_the_voice_of_a_language_keeps_what_is_written() -> None:
    relay = first("connect: {conversation_relay: {url: wss://a.example, language: {es: es-MX}}}").piece.content[0]
    assert dict(relay.attributes)["language"] == ByLanguage({"en": None, "es": "es-MX"})  # type: ignore[union-attr]


@pytest.mark.parametrize("ignored", ["check: {ignore: [L421]}\n", ""])
def test_texts_that_a_language_lacks_may_be_ignored(ignored: str) -> None:
    _, doubts = read(f"{LANGUAGES}steps:\n  a:\n    - say: Hello\n", ignored)
    assert doubts == ([] if ignored else ["L421"])


def test_the_texts_of_the_project_are_asked_for_as_well_and_told_once() -> None:
    project = f"{LANGUAGES}always: {{0: [{{say: Operator}}]}}\ndefaults: {{gather: {{retry: {{no_input: Again}}}}}}\n"
    gather = "gather: {say: {en: Press 1, es: Oprima 1}, branch: {1: a, else: a}}"
    flow, doubts = read(f"steps:\n  a:\n    - {gather}\n    - {gather}\n", project)
    assert doubts == ["L421", "L421"]
    assert {said.text for said in flow.texts} == {"Press 1", "Operator", "Again"}
    words = 'msgid "Operator"\nmsgstr "Operadora"\n\nmsgid "Again"\nmsgstr "Otra vez"\n'
    assert read(f"steps:\n  a:\n    - {gather}\n", project, es=words)[1] == []


def test_a_flow_in_one_language_collects_no_texts() -> None:
    flow, _ = read("languages: {es: {language: es-US}}\nsteps: {a: [{say: Hola}]}")
    assert flow.texts == ()
    assert read("steps: {a: [{say: Hello}]}")[0].texts == ()


@pytest.mark.parametrize(
    ("text", "worded"),
    [
        ("Hello", True),
        ("1, 2, 3.", False),
        ("{{ name }}", False),
        ("{{ name }}: {% if x %}{{ y }}{% endif %}{# a note #}", False),
        ("{% if x %}yes{% endif %}", True),
        ("{{ name }}, hi", True),
        ("你好", True),
    ],
)
def test_words_are_letters_outside_of_templates(text: str, worded: bool) -> None:
    assert is_worded(text) is worded


def test_a_flow_that_cannot_be_read_may_speak_the_language_of_a_catalogue() -> None:
    report = Report()
    catalogue = Source("_es.po", 'msgid "a"\nmsgstr "b"\n')
    build(Folder(Path(), (Source("example.yaml", "languages: [\n"),), None, catalogues=(catalogue,)), report)
    assert {found.span.source.path for found in report.diagnostics} == {"example.yaml"}
