"""`play_urls`: a text of a `say` that is the URL of a recording is played."""

from datetime import UTC, datetime

import pytest

from engine.diagnostics.render import render_text
from engine.program.library import load_sources
from engine.runtime.request import Request
from engine.runtime.respond import respond

OPENING = '<?xml version="1.0" encoding="UTF-8"?><Response>'
TUNE = "https://example.com/tune.mp3"


def twiml(instruction: str, *, top: str = "", **params: str) -> str:
    """The TwiML of a step with that instruction, up to what follows a gather."""
    loaded = load_sources({"t.yaml": f"{top}\nsteps:\n  a:\n    - {instruction}\n"})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    outcome = respond(loaded.program, Request("t", "", datetime(2026, 1, 5, tzinfo=UTC), params))
    assert outcome.trouble is None
    return outcome.body.decode().removeprefix(OPENING).removesuffix("</Response>").partition("<Redirect>")[0]


@pytest.mark.parametrize(
    ("instruction", "params", "written"),
    [
        ("say: {message: Hello, play_urls: true}", {}, "<Say>Hello</Say>"),
        (f"say: {{message: '{TUNE}', play_urls: true}}", {}, f"<Play>{TUNE}</Play>"),
        (f"say: {{message: '{TUNE}', play_urls: false}}", {}, f"<Say>{TUNE}</Say>"),
        (f"say: {{message: '{TUNE}'}}", {}, f"<Say>{TUNE}</Say>"),
        (
            f"say: {{message: '{TUNE}', play_urls: true, voice: alice, language: es-MX, loop: 2}}",
            {},
            f'<Play loop="2">{TUNE}</Play>',
        ),
        ("say: {message: '{{ params.M }}', play_urls: true}", {"M": TUNE}, f"<Play>{TUNE}</Play>"),
        ("say: {message: '{{ params.M }}', play_urls: true}", {"M": f" {TUNE}\n"}, f"<Play>{TUNE}</Play>"),
        ("say: {message: '{{ params.M }}', play_urls: true}", {"M": "a & b"}, "<Say>a &amp; b</Say>"),
        ("say: {message: '{{ params.M }}', play_urls: true}", {"M": f"See {TUNE}"}, f"<Say>See {TUNE}</Say>"),
        ("say: {message: '{{ params.M }}', play_urls: true}", {"M": f"{TUNE} now"}, f"<Say>{TUNE} now</Say>"),
        ("say: {message: '{{ params.M }}', play_urls: true}", {"M": "https://"}, "<Say>https://</Say>"),
        ("say: {message: '{{ params.M }}', play_urls: true}", {"M": "file:///a.mp3"}, "<Say>file:///a.mp3</Say>"),
        ("say: {message: '{{ params.M }}', play_urls: true}", {"M": ""}, ""),
        (
            "say: {message: '{{ params.M }}', play_urls: true}",
            {"M": 'HTTP://e.com/"<&>\u00e9'},
            "<Play>HTTP://e.com/%22%3C&amp;%3E%C3%A9</Play>",
        ),
        (
            "say: {message: '{{ params.M }}', play_urls: true, voice: x}",
            {"M[0]": "One", "M[1]": TUNE, "M[2]": "", "M[3]": "Two"},
            f'<Say voice="x">One</Say><Play>{TUNE}</Play><Say voice="x">Two</Say>',
        ),
        ("say: {message: 'Hi {{ params.M }}', play_urls: true}", {"M": TUNE}, f"<Say>Hi {TUNE}</Say>"),
        ("say: {message: '{{ params.M }}', play_urls: '{{ params.P }}'}", {"M": TUNE, "P": "true"}, f"<Play>{TUNE}</Play>"),
        ("say: {message: '{{ params.M }}', play_urls: '{{ params.P }}'}", {"M": TUNE}, f"<Say>{TUNE}</Say>"),
        ("say: {content: [Hi, {break: {time: 1s}}], play_urls: true}", {}, '<Say>Hi<break time="1s" /></Say>'),
    ],
)  # fmt: skip
def test_a_url_is_played_and_anything_else_is_said(instruction: str, params: dict[str, str], written: str) -> None:
    assert twiml(instruction, **params) == written


def test_it_may_hold_for_a_whole_flow_also_in_a_gather_and_before_it_is_asked_again() -> None:
    top = "defaults: {say: {play_urls: true}}"
    asked = twiml("gather: {num_digits: 1, say: '{{ params.M }}', branch: {else: hangup}}", top=top, M=TUNE)
    assert f"><Play>{TUNE}</Play></Gather>" in asked


def test_each_language_may_have_its_recording() -> None:
    top = "languages: {en: {language: en-US}, es: {language: es-US}}"
    words = "message: {en: Hello, es: 'https://example.com/hola.mp3'}, play_urls: true"
    said = twiml(f"say: {{{words}}}\n    - say: {{{words}, language: es}}", top=top)
    assert said == '<Say language="en-US">Hello</Say><Play>https://example.com/hola.mp3</Play>'


def test_a_long_text_is_said_in_pieces() -> None:
    said = twiml("say: {message: '{{ params.M }}', play_urls: true}", M="word. " * 1000)
    assert said.count("<Say>") == 2
