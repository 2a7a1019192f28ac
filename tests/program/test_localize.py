"""The TwiML of a verb in each language: voices, texts, what is missing, and what it costs where nothing changes."""

import re
from datetime import UTC, datetime

import pytest

from engine.diagnostics.render import render_text
from engine.program.holes import LanguageHole
from engine.program.library import load_sources
from engine.program.program import Program
from engine.program.tracks import Ask, Utter
from engine.runtime.request import Request
from engine.runtime.respond import respond_in_session
from engine.runtime.session import Session

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OPENING = '<?xml version="1.0" encoding="UTF-8"?><Response>'
LANGUAGES = """\
languages:
  en: {voice: Polly.Joanna, language: en-US}
  es: {voice: Polly.Lupe, language: es-US}
"""
SWITCH = "  other:\n    - set: {language: es}\n"
EN, ES = 'language="en-US" voice="Polly.Joanna"', 'language="es-US" voice="Polly.Lupe"'


def program(instruction: str, *, top: str = "", languages: str = LANGUAGES, **catalogues: str) -> Program:
    """A flow with that instruction, whose call may come to speak Spanish."""
    body = "".join(f"    {line}\n" for line in instruction.strip("\n").split("\n"))
    sources = {"t.yaml": f"{languages}{top}steps:\n  welcome:\n{body}{SWITCH}"}
    loaded = load_sources({**sources, **{f"_{name}.po": text for name, text in catalogues.items()}})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    return loaded.program


def said(instruction: str, language: str = "", *, top: str = "", languages: str = LANGUAGES, **catalogues: str) -> str:
    """The TwiML of the instruction in a call that speaks the language."""
    made = program(instruction, top=top, languages=languages, **catalogues)
    session = Session(variables={"language": language}) if language else None
    outcome, _ = respond_in_session(made, Request("t", "", NOON, {"CallSid": "CA1", "From": "+15550111"}), session)
    assert outcome.trouble is None
    return re.sub(r"&amp;_v=\w+&amp;_t=\d", "", outcome.body.decode().removeprefix(OPENING).removesuffix("</Response>"))


@pytest.mark.parametrize(
    ("instruction", "en", "es"),
    [
        ("- say: {en: Hello, es: Hola}", f"<Say {EN}>Hello</Say>", f"<Say {ES}>Hola</Say>"),
        ("- say: {message: {en: Hello, es: Hola}, loop: 2}", f'<Say {EN[:16]} loop="2"{EN[16:]}>Hello</Say>', None),
        ("- say: '{{ call.from }}'", f"<Say {EN}>+15550111</Say>", f"<Say {ES}>+15550111</Say>"),
        ("- say: 1, 2, 3", f"<Say {EN}>1, 2, 3</Say>", f"<Say {ES}>1, 2, 3</Say>"),
        # What Spanish lacks is said in English, in the voice of English.
        ("- say: Hello", f"<Say {EN}>Hello</Say>", f"<Say {EN}>Hello</Say>"),
        ("- say: Hello {{ call.from }}", f"<Say {EN}>Hello +15550111</Say>", f"<Say {EN}>Hello +15550111</Say>"),
        (
            "- say: [{en: Your code, es: Su código}, {emphasis: now}]",
            f"<Say {EN}>Your code <emphasis>now</emphasis></Say>",
            f"<Say {EN}>Your code <emphasis>now</emphasis></Say>",
        ),
        (
            "- say: [{en: Your code, es: Su código}, {emphasis: {en: now, es: ya}}]",
            f"<Say {EN}>Your code <emphasis>now</emphasis></Say>",
            f"<Say {ES}>Su código <emphasis>ya</emphasis></Say>",
        ),
        (
            "- say: [{en: Say, es: Diga}, {lang: {xml_lang: fr-FR, words: oui}}]",
            f'<Say {EN}>Say <lang xml:lang="fr-FR">oui</lang></Say>',
            f'<Say {ES}>Diga <lang xml:lang="fr-FR">oui</lang></Say>',
        ),
        (
            "- say: {en: [Your code, {break: {time: 1s}}], es: [{emphasis: Su}, código]}",
            f'<Say {EN}>Your code<break time="1s" /></Say>',
            f"<Say {ES}><emphasis>Su</emphasis> código</Say>",
        ),
        # One language, whatever the call speaks.
        ("- say: {message: Hola, language: es}", f"<Say {ES}>Hola</Say>", f"<Say {ES}>Hola</Say>"),
        ("- say: {message: Hello, language: en}", f"<Say {EN}>Hello</Say>", f"<Say {EN}>Hello</Say>"),
        ("- say: {message: {en: Hello, es: Hola}, language: es}", f"<Say {ES}>Hola</Say>", f"<Say {ES}>Hola</Say>"),
        # The instruction wins over its language.
        (
            "- say: {message: {en: Hello, es: Hola}, voice: man}",
            '<Say language="en-US" voice="man">Hello</Say>',
            '<Say language="es-US" voice="man">Hola</Say>',
        ),
        (
            "- say: {message: Hola, language: es, voice: man}",
            '<Say language="es-US" voice="man">Hola</Say>',
            '<Say language="es-US" voice="man">Hola</Say>',
        ),
        (
            "- say: {message: {en: Hello, es: Hola}, voice: {es: Polly.Mia}}",
            f"<Say {EN}>Hello</Say>",
            '<Say language="es-US" voice="Polly.Mia">Hola</Say>',
        ),
        (
            "- say: {message: Bonjour, language: fr-FR, voice: Polly.Lea}",
            '<Say language="fr-FR" voice="Polly.Lea">Bonjour</Say>',
            '<Say language="fr-FR" voice="Polly.Lea">Bonjour</Say>',
        ),
        # Anything may be by language.
        ("- play: {en: audio/a.mp3, es: audio/b.mp3}", "<Play>audio/a.mp3</Play>", "<Play>audio/b.mp3</Play>"),
        ("- pause: {en: 1, es: 2}", '<Pause length="1" />', '<Pause length="2" />'),
        ("- dial: {en: '+15550100', es: '+15550101'}", "<Dial>+15550100</Dial>", "<Dial>+15550101</Dial>"),
        (
            "- dial: {number: {en: '+15550100', es: '+15550101'}, timeout: {en: 10, es: 20}}",
            '<Dial timeout="10"><Number>+15550100</Number></Dial>',
            '<Dial timeout="20"><Number>+15550101</Number></Dial>',
        ),
        (
            "- enqueue: {name: support, wait_url: {en: 'https://e.example/', es: 'https://s.example/'}}",
            '<Enqueue waitUrl="https://e.example/">support</Enqueue>',
            '<Enqueue waitUrl="https://s.example/">support</Enqueue>',
        ),
        ("- hangup", "<Hangup />", "<Hangup />"),
    ],
)
def test_a_verb_in_each_language(instruction: str, en: str, es: str | None) -> None:
    assert said(instruction) == en
    if es is not None:
        assert said(instruction, "es") == es


def test_a_gather_listens_in_the_language_of_the_call_and_so_speaks_all_in_it() -> None:
    gather = """
- gather:
    say: [{en: "Sales, 1.", es: "Ventas, 1."}, {en: "Bills, 2.", es: "Facturas, 2."}]
    hints: {en: [sales, bills], es: [ventas, facturas]}
    branch: {1 | sales | ventas: [], 2 | bills | facturas: [], else: []}
"""
    en, es = said(gather), said(gather, "es")
    assert (
        '<Gather action="t/welcome?_a=0" hints="sales,bills" input="dtmf speech" language="en-US" numDigits="1">' in en
    )
    assert 'hints="ventas,facturas" input="dtmf speech" language="es-US"' in es
    assert f"<Say {EN}>Sales, 1.</Say><Say {EN}>Bills, 2.</Say></Gather>" in en
    assert f"<Say {ES}>Ventas, 1.</Say><Say {ES}>Facturas, 2.</Say></Gather>" in es


def test_a_gather_in_one_language_says_everything_in_it() -> None:
    gather = "- gather: {language: es, say: [Hola, {message: Hello, language: en}], hints: {en: 'yes', es: 'sí'}, input: speech}"
    for language in ("", "es"):
        twiml = said(gather, language)
        assert 'hints="sí" input="speech" language="es-US"' in twiml
        assert f"<Say {ES}>Hola</Say><Say {EN}>Hello</Say>" in twiml


def test_the_words_of_a_retry_are_in_the_language_of_the_call() -> None:
    gather = """
- gather:
    say: {en: Hello, es: Hola}
    retry: {attempts: 2, no_input: [{en: Again., es: Otra vez.}], prompt: [[{say: {en: Now, es: Ya}}, {pause: 1}]]}
    branch: {1: [], else: []}
"""
    assert f'<Say {ES}>Otra vez.</Say><Say {ES}>Ya</Say><Pause length="1" /></Gather>' in said(gather, "es")
    assert f'<Say {EN}>Again.</Say><Say {EN}>Now</Say><Pause length="1" /></Gather>' in said(gather)


def test_a_language_wins_over_the_defaults_and_takes_from_them_what_it_lacks() -> None:
    languages = "languages: {en: {language: en-US}, es: {voice: Polly.Lupe, language: es-US}}\n"
    top = "defaults: {say: {voice: alice, language: en-GB, loop: {en: 1, es: 2}}}\n"
    both = "- say: {en: Hello, es: Hola}"
    assert said(both, top=top, languages=languages) == '<Say language="en-US" loop="1" voice="alice">Hello</Say>'
    assert (
        said(both, "es", top=top, languages=languages) == '<Say language="es-US" loop="2" voice="Polly.Lupe">Hola</Say>'
    )


def test_an_entry_of_the_project_is_completed_by_that_of_the_flow_whose_first_language_is_the_default() -> None:
    sources = {
        "_project.yaml": "languages: {en: {voice: Polly.Joanna, language: en-US}, es: {voice: Polly.Mia, language: es-MX}}\n",
        "t.yaml": "languages: {es: {voice: Polly.Lupe}}\nsteps: {a: [{say: {en: Hello, es: Hola}}]}\n",
    }
    made = load_sources(sources).program
    assert made is not None
    assert list(made.flows["t"].languages) == ["es", "en"]
    outcome, _ = respond_in_session(made, Request("t", "", NOON, {"CallSid": "CA1"}), None)
    assert b'<Say language="es-MX" voice="Polly.Lupe">Hola</Say>' in outcome.body


CATALOGUE = """
msgid "Hello {{ call.from }}, today is {{ now | date(year=false) }}."
msgstr "Hola {{ call.from }}, hoy es {{ now | date(year=false) }}."

msgid "Goodbye."
msgstr "Adiós."

msgid "yes, no"
msgstr "sí, no"

#, fuzzy
msgid "One moment."
msgstr "Un momento."

msgid "Not yet."
msgstr ""
"""


@pytest.mark.parametrize(
    ("instruction", "es"),
    [
        ("- say: Goodbye.", f"<Say {ES}>Adiós.</Say>"),
        ("- say: |\n    Goodbye.", f"<Say {ES}>Adiós.</Say>"),
        ("- say: [Goodbye., {emphasis: Goodbye.}]", f"<Say {ES}>Adiós.<emphasis>Adiós.</emphasis></Say>"),
        ("- say: {en: Goodbye.}", f"<Say {ES}>Adiós.</Say>"),
        ("- say: {en: Goodbye., es: Hasta luego.}", f"<Say {ES}>Hasta luego.</Say>"),
        ("- say: {message: Goodbye., language: es}", f"<Say {ES}>Adiós.</Say>"),
        ("- say: {message: Goodbye., language: en}", f"<Say {EN}>Goodbye.</Say>"),
        ("- say: One moment.", f"<Say {EN}>One moment.</Say>"),
        ("- say: Not yet.", f"<Say {EN}>Not yet.</Say>"),
        (
            "- say: Hello {{ call.from }}, today is {{ now | date(year=false) }}.",
            f"<Say {ES}>Hola +15550111, hoy es lunes, 23 de noviembre.</Say>",
        ),
        ("- dial: {number: '+15550100', action: other}", None),
    ],
)
def test_a_catalogue_translates_by_the_text(instruction: str, es: str | None) -> None:
    if es is not None:
        assert said(instruction, "es", es=CATALOGUE) == es
    assert "Adiós" not in said(instruction, es=CATALOGUE) or "language: es" in instruction


def test_a_catalogue_translates_what_is_listened_for() -> None:
    gather = "- gather: {say: Goodbye., input: speech, hints: 'yes, no', action_on_empty_result: true}"
    assert 'hints="sí,no"' in said(gather, "es", es=CATALOGUE)
    assert 'hints="yes,no"' in said(gather, es=CATALOGUE)


def test_values_are_said_in_the_language_of_the_text_they_stand_in() -> None:
    text = "On {{ now | date(year=false) }}"
    assert said(f"- say: {text}", "es") == f"<Say {EN}>On Monday, November 23</Say>"
    assert said(f"- say: {{message: '{text}', language: es}}") == f"<Say {ES}>On lunes, 23 de noviembre</Say>"
    assert said("- say: '{{ now | date(year=false) }}'", "es") == f"<Say {ES}>lunes, 23 de noviembre</Say>"
    assert said("- log: x\n- say: '{{ now | date(year=false) }}'") == f"<Say {EN}>Monday, November 23</Say>"


def test_one_language_without_another_is_spoken_as_well() -> None:
    spanish = "languages: {es: {voice: Polly.Lupe, language: es-US}}\n"
    assert said("- say: Hoy es {{ now | date(year=false) }}", languages=spanish) == (
        f"<Say {ES}>Hoy es lunes, 23 de noviembre</Say>"
    )


def operation(made: Program) -> Utter | Ask:
    tracks = made.tracks("t", "")
    assert tracks is not None
    found = tracks.first.operations[0]
    assert isinstance(found, Utter | Ask)
    return found


def test_where_the_forms_are_the_same_nothing_is_chosen() -> None:
    found = operation(program("- play: audio/a.mp3"))
    assert isinstance(found, Utter)
    assert found.parts == ("<Play>", found.parts[1], "</Play>")


def test_where_they_differ_the_language_of_the_call_chooses_and_nobody_else_is_asked() -> None:
    found = operation(program("- say: {en: Hello, es: Hola}"))
    assert isinstance(found, Utter)
    (hole,) = found.parts
    assert isinstance(hole, LanguageHole)
    assert not found.personal


def test_where_another_leg_may_switch_meanwhile_it_is_asked_for_anew() -> None:
    made = program(
        "- say: {en: Hello, es: Hola}\n- dial: {number: {phone_number: '+15550100', url: other}}\n- say: {en: Bye, es: Adiós}"
    )
    found = operation(made)
    assert isinstance(found, Utter)
    assert found.personal


def test_a_flow_whose_language_never_changes_has_its_documents_ready() -> None:
    made = load_sources({"t.yaml": f"{LANGUAGES}steps: {{a: [{{say: {{en: Hello, es: Hola}}}}]}}"}).program
    assert made is not None
    assert not made.flows["t"].keeps
    tracks = made.tracks("t", "")
    assert tracks is not None
    (found,) = tracks.first.operations
    assert isinstance(found, Utter)
    assert found.parts == (f"<Say {EN}>Hello</Say>",)
