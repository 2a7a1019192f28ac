"""A call that changes its language: what is remembered, where it holds, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.diagnostics import render_text
from engine.program.library import load_sources

LANGUAGES = """\
languages:
  en: {voice: Polly.Joanna, language: en-US}
  es: {voice: Polly.Lupe, language: es-US}
"""
MENU = f"""{LANGUAGES}
steps:
  choose:
    - gather:
        say: {{en: Press 1., es: Oprima 1.}}
        branch: {{1: english, 2: spanish, 3: {{}}, else: menu}}
  english:
    - set: {{language: en}}
    - redirect: menu
  spanish:
    - set: {{language: es}}
    - redirect: menu
  menu:
    - say: {{en: Hello, es: Hola}}
    - say: "{{{{ language }}}}"
    - gather: {{say: {{en: Again, es: Otra}}, branch: {{1: menu, 2: choose, else: hangup}}}}
""".replace(", 3: {}", "")

MakeCall = Callable[..., Any]


def says(twiml: str) -> list[str]:
    """The words of every `<Say>`."""
    return [piece.split("</Say>")[0].rpartition(">")[2] for piece in twiml.split("<Say")[1:]]


def test_a_call_begins_in_the_first_language_and_goes_on_in_the_one_that_is_set(call: MakeCall) -> None:
    one = call(f=MENU)
    assert "Press 1." in one.ask("f")
    assert says(one.ask(one.action(0), Digits="2"))[:3] == ["Hola", "es", "Otra"]
    assert one.session.variables == {"language": "es"}
    assert says(one.ask(one.action(0), Digits="1"))[:3] == ["Hola", "es", "Otra"]
    assert "Oprima 1." in one.ask(one.action(0), Digits="2")
    assert says(one.ask(one.action(0), Digits="1"))[:3] == ["Hello", "en", "Again"]


def test_silence_does_not_cut_a_document_in_two_languages(call: MakeCall) -> None:
    one = call(f=MENU.replace("say: {en: Press 1.", "retry: {attempts: 3}\n        say: {en: Press 1."))
    assert one.ask("f").count("<Gather") == 3


def test_conditions_and_templates_know_the_language(call: MakeCall) -> None:
    flow = f"""{LANGUAGES}
steps:
  a:
    - set: {{language: "{{{{ 'e' ~ 's' }}}}", greeting: {{en: Hi, es: Qué tal}}, number: "{{{{ 2 | ordinal }}}}"}}
    - branch: [{{when: language == "es", to: spanish}}, {{else: hangup}}]
  spanish:
    - say: "{{{{ greeting }}}} {{{{ number }}}} {{{{ '09:30' | time }}}}"
"""
    one = call(f=flow)
    assert says(one.ask("f")) == ["Qué tal 2º 9:30 a.m."]
    assert one.session.variables == {"language": "es", "greeting": "Qué tal", "number": "2º"}


def test_a_language_that_comes_out_as_none_is_a_fault_with_its_place(call: MakeCall) -> None:
    flow = f"{LANGUAGES}on_error: sorry\nsteps:\n  a: [{{set: {{language: '{{{{ params.lang }}}}'}}}}]\n  sorry: [{{say: {{en: Sorry, es: Perdón}}}}]\n"
    one = call(f=flow, params={"lang": "fr"})
    assert says(one.ask("f")) == ["Sorry"]
    assert one.outcome.trouble.message == "there is no language `fr` here, only en, es"
    assert one.outcome.trouble.span.text == "'{{ params.lang }}'"


def test_another_flow_goes_on_in_the_language_if_it_speaks_it(call: MakeCall) -> None:
    flows = {
        "a": f"{LANGUAGES}steps: {{s: [{{set: {{language: es}}}}, {{redirect: b/}}]}}",
        "b": "languages: {en: {}, fr: {language: fr-FR}}\nsteps: {s: [{say: {en: Hello, fr: Salut}}, {redirect: c/}]}",
        "c": "steps: {s: [{say: 'Hi{{ language }}'}, {redirect: d/}]}",
        "d": f"{LANGUAGES}steps: {{s: [{{say: {{en: Hello, es: Hola}}}}]}}",
    }
    one = call(**flows)
    assert says(one.ask("a")) == ["Hello", "Hi", "Hola"]
    assert all(one.program.flows[name].keeps for name in flows)


def test_what_another_leg_sets_is_heard_by_the_caller(call: MakeCall) -> None:
    flow = f"""{LANGUAGES}
steps:
  a:
    - dial: {{number: {{phone_number: "+15550100", url: whisper}}}}
    - say: {{en: Bye, es: Adiós}}
  whisper:
    - set: {{language: es}}
    - say: {{en: A call, es: Una llamada}}
"""
    one = call(f=flow)
    first = one.ask("f")
    assert "Bye" not in first, "what is said after the dial waits for what the whisper may set"
    whisper, after = first.split('url="')[1].split('"')[0], one.redirect()
    assert says(one.ask(whisper, CallSid="CA2", ParentCallSid="CA1")) == ["Una llamada"]
    assert says(one.ask(f"http://x/flows/{after}")) == ["Adiós"]


def test_a_subflow_speaks_the_language_of_the_call_and_may_change_it(call: MakeCall) -> None:
    flows = {
        "a": f"{LANGUAGES}steps: {{s: [{{subflow: ask}}, {{say: {{en: Hello, es: Hola}}}}, {{subflow: ask}}]}}",
        "ask": f"{LANGUAGES}steps: {{s: [{{say: '{{{{ language }}}}'}}, {{set: {{language: es}}}}]}}",
    }
    one = call(**flows)
    assert says(one.ask("a")) == ["en", "Hola", "es"]
    assert one.session.variables == {"language": "es"}


def test_messages_are_written_in_the_language_that_was_set(call: MakeCall) -> None:
    flow = f"""channel: messaging
{LANGUAGES}steps:
  a:
    - gather:
        say: {{en: Which language?, es: ¿Qué idioma?}}
        retry: {{no_match: {{en: Once more., es: Otra vez.}}}}
        branch: {{es: [{{set: {{language: es}}}}, {{redirect: a}}], bye: [{{message: {{en: Bye, es: Adiós}}}}]}}
"""
    one = call(f=flow, params={"CallSid": "", "MessageSid": "SM1"})
    heard = [one.ask("http://x/flows/f", Body=body, MessageSid=f"SM{body}") for body in ("Hi", "es", "x", "bye")]
    assert heard == [
        "<Message>Which language?</Message>",
        "<Message>¿Qué idioma?</Message>",
        "<Message>Otra vez.\n¿Qué idioma?</Message>",
        "<Message>Adiós</Message>",
    ]


def test_a_text_sent_beside_the_call_is_in_its_language() -> None:
    from engine.model.parts import ByLanguage, PerformEffect

    flow = f"{LANGUAGES}steps: {{a: [{{send: {{to: '+15550100', body: {{en: Hello, es: Hola}}}}}}]}}"
    program = load_sources({"f.yaml": flow}).program
    assert program is not None
    (send,) = program.flows["f"].steps["a"].instructions
    assert isinstance(send, PerformEffect)
    assert isinstance(send["body"], ByLanguage)
    assert (send["body"].of("es"), send["body"].of("en"), send["body"].of("fr")) == ("Hola", "Hello", "Hello")


@pytest.mark.parametrize("language", ["fr", "ES", '"{{ x"'])
def test_a_language_that_is_written_and_not_spoken_is_told_when_the_flow_is_read(language: str) -> None:
    report = load_sources({"f.yaml": f"{LANGUAGES}steps: {{a: [{{set: {{language: {language}}}}}]}}"}).report
    assert report.errors, render_text(report.diagnostics)


def test_a_flow_without_languages_pays_nothing(call: MakeCall) -> None:
    one = call(f="steps: {a: [{say: Hello}]}")
    one.ask("f")
    assert one.session is None
    assert one.program.flows["f"].switches == ""
