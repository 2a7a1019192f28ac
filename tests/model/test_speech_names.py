"""A voice or a language whose name is near a known one is a hint; one that is right, or merely new, is not."""

import pytest

from engine.diagnostics import Report, Source
from engine.document.folder import Folder
from engine.grammar.speech_names import POLLY, meant_language, meant_voice
from engine.model.build import build


def check(text: str) -> list[tuple[str, str]]:
    report = Report()
    build(Folder(__file__, (Source("f.yaml", text),), None), report)  # type: ignore[arg-type]
    assert all(found.severity == "hint" for found in report.diagnostics)
    return [(found.code, found.label) for found in report.diagnostics]


@pytest.mark.parametrize(
    ("voice", "meant"),
    [
        ("Poly.Joanna", "Polly.Joanna"),
        ("polly.Joanna", "Polly.Joanna"),
        ("Polly.joanna", "Polly.Joanna"),
        ("Polly.Joana", "Polly.Joanna"),
        ("Polly.Joanna-neural", "Polly.Joanna-Neural"),
        ("Polly.Joanna-Neurl", "Polly.Joanna-Neural"),
        ("Joanna", "Polly.Joanna"),
        ("joanna-Neural", "Polly.Joanna-Neural"),
        ("Man", "man"),
        ("Gogle.en-US-Standard-A", "Google.en-US-Standard-A"),
        ("google.en-US-Standard-A", "Google.en-US-Standard-A"),
        ("Google.en_US-Standard-A", "Google.en-US-Standard-A"),
        ("Google.en-US-Wavnet-D", "Google.en-US-Wavenet-D"),
        ("en-US-Standard-A", "Google.en-US-Standard-A"),
    ],
)
def test_a_voice_near_a_known_one_is_told(voice: str, meant: str) -> None:
    assert meant_voice(voice) == meant
    text = f"steps:\n  menu:\n    - say: {{message: Hello., voice: {voice}}}\n"
    assert check(text) == [("L314", f"did you mean `{meant}`?")]


@pytest.mark.parametrize(
    "voice",
    [
        "man",
        "woman",
        "Polly.Joanna-Neural",
        "Polly.Danielle-Generative",
        "Polly.Nova",
        "Polly.Xiulan-Neural",
        "Google.en-US-Standard-A",
        "Google.cmn-CN-Wavenet-B",
        "Google.en-US-Chirp3-HD-Aoede",
        "Google.es-419-Neural2-A",
        "Google.Kore",
        "Azure.en-US-JennyNeural",
        "ElevenLabs.tnSpp4vdxKPjI9w0GnoV",
        "UgBBYS2sOqTuMpoF3BR0-flash_v2_5",
        "'{{ params.Voice }}'",
        "''",
    ],
)
def test_a_voice_that_is_right_or_new_is_left_alone(voice: str) -> None:
    assert check(f"steps:\n  menu:\n    - say: {{message: Hello., voice: {voice}}}\n") == []


def test_every_known_voice_is_right() -> None:
    assert [name for name in POLLY if meant_voice(f"Polly.{name}") or meant_voice(f"Polly.{name}-Neural")] == []


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("engish", "en-US"),
        ("English", "en-US"),
        ("spansh", "es-ES"),
        ("en_US", "en-US"),
        ("EN-us", "en-US"),
        ("es_MX", "es-MX"),
        ("en-UK", "en-GB"),
        ("jp-JP", "ja-JP"),
        ("zh_Hans_CN", "zh-Hans-CN"),
    ],
)
def test_a_language_near_a_known_one_is_told(tag: str, meant: str) -> None:
    assert meant_language(tag) == meant
    for instruction in (
        f"say: {{message: Hello., language: {tag}}}",
        f"gather: {{say: Hello., language: {tag}, save: a}}",
        f"say: [Hello., {{lang: {{xml_lang: {tag}, words: a}}}}]",
        f"start: {{transcription: {{language_code: {tag}}}}}",
        f"connect: {{conversation_relay: {{url: 'wss://example.com/', tts_language: {tag}}}}}",
    ):
        text = f"steps:\n  menu:\n    - {instruction}\n    - say: Bye.\n"
        assert check(text) == [("L314", f"did you mean `{meant}`?")], instruction


@pytest.mark.parametrize(
    "tag",
    [
        "en",
        "en-US",
        "en-gb",
        "arb",
        "cmn-CN",
        "es-419",
        "multi",
        "yue-CN",
        "sr-Latn-RS",
        "fil-PH",
        "en-GB-WLS",
        "xx-YY",
    ],
)
def test_a_language_that_is_right_or_new_is_left_alone(tag: str) -> None:
    assert meant_language(tag) == ""


def test_defaults_languages_and_each_language_are_looked_at_too() -> None:
    steps = "steps:\n  menu:\n    - say: Hello.\n"
    assert check(f"defaults: {{say: {{voice: Poly.Amy}}}}\n{steps}") == [("L314", "did you mean `Polly.Amy`?")]
    assert check(f"languages: {{en: {{voice: Poly.Amy, language: en_GB}}}}\n{steps}") == [
        ("L314", "did you mean `Polly.Amy`?"),
        ("L314", "did you mean `en-GB`?"),
    ]
    two = "languages: {en: {language: en-US}, es: {language: es-US}}\nsteps:\n  menu:\n"
    assert check(
        f"{two}    - say: {{message: {{en: Hi., es: Hola.}}, voice: {{en: Polly.Amy, es: Polly.lupe}}}}\n"
    ) == [("L314", "did you mean `Polly.Lupe`?")]
    assert check(f"{two}    - say: {{message: Hola., language: es}}\n") == []


def test_the_voices_of_a_conversation_relay_are_their_providers() -> None:
    text = "steps:\n  menu:\n    - connect: {conversation_relay: {url: 'wss://example.com/', voice: Joanna-Neural}}\n"
    assert check(text) == []
