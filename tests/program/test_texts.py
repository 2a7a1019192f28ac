"""Words become messages that Twilio takes: nothing is lost, however long they are."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import render_text
from engine.grammar.overlay.messaging import LONGEST_MESSAGE
from engine.program.library import load_sources
from engine.program.parting import parted
from engine.program.texts import letters, packed
from engine.testing.project import Project

SENTENCE = "The quick brown fox jumps over the lazy dog again. "
TEXTS = st.text(st.sampled_from("ab .,!?\n\u00e9\U0001f600"), max_size=60)


def bare(*texts: str) -> str:
    return re.sub(r"\s", "", "".join(texts))


def bodies(twiml: str) -> list[str]:
    return ["".join(message.itertext()) for message in ElementTree.fromstring(f"<R>{twiml}</R>")]


def project(flow: str) -> Project:
    loaded = load_sources({"f.yaml": flow})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    return Project(loaded.program)


@given(TEXTS, st.integers(4, 20))
def test_a_text_is_parted_without_loss(text: str, most: int) -> None:
    pieces = parted(text, most)
    assert all((0 < len(piece) <= most and piece == piece.strip()) or len(pieces) == 1 for piece in pieces)
    assert bare(*pieces) == bare(text)


@given(st.lists(TEXTS.map(str.strip).filter(bool)), st.integers(4, 20))
def test_texts_are_packed_without_loss_in_their_order(texts: list[str], most: int) -> None:
    pieces = packed(texts, most)
    assert all(0 < len(piece) <= most for piece in pieces)
    assert bare(*pieces) == bare(*texts)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One.", ["One."]),
        ("  ", []),
        ("One two. Three four.", ["One two.", "Three four."]),
        ("One two\nthree four", ["One two", "three four"]),
        ("One two three four", ["One two", "three four"]),
        ("a" * 25, ["a" * 12, "a" * 12, "a"]),
    ],
)
def test_it_is_parted_where_a_reader_would_pause(text: str, pieces: list[str]) -> None:
    assert parted(text, 12) == pieces


def test_texts_stand_below_each_other_as_long_as_they_fit() -> None:
    assert packed(["One.", "Two.", "Three."], 12) == ["One.\nTwo.", "Three."]


def test_what_is_sent_along_comes_with_the_first_message() -> None:
    media = "<Media>https://example.com/a.png</Media>"
    assert letters("a & b") == "<Message>a &amp; b</Message>"
    assert letters("", "", media) == f"<Message>{media}</Message>"
    assert letters("") == ""
    first, second = letters(SENTENCE * 40, ' to="+1"', media).split("<Message")[1:]
    assert first.endswith(f"</Body>{media}</Message>")
    assert second.startswith(' to="+1">The quick')


@pytest.mark.parametrize("verb", ["message: '{{ t }}'", "message: {body: ['{{ t }}', '!']}", "say: '{{ t }}'"])
def test_a_long_text_comes_in_several_messages(verb: str) -> None:
    channel = "[voice, messaging]" if verb.startswith("say") else "messaging"
    made = project(f"channel: {channel}\nvars: {{t: '{SENTENCE * 70}'}}\nsteps: {{a: [{{{verb}}}]}}")
    talk = made.phone().write("/flows/f").text("hi")
    assert talk.warnings == ()
    assert [len(text) <= LONGEST_MESSAGE for text in talk.heard] == [True] * 3
    assert all(text.endswith((".", "!")) for text in talk.heard), "sentences stay whole"
    assert bare(*talk.heard).removesuffix("!") == bare(SENTENCE * 70)


def test_a_message_is_written_as_the_library_would() -> None:
    flow = """
        channel: messaging
        vars: {x: '<1>', none: ''}
        steps:
          a:
            - message: Hello.
            - message: {body: [One, Two], media: https://example.com/a.png, to: "+15550101"}
            - message: "{{ x }}"
            - message: {body: "{{ x }}", media: "https://example.com/{{ x }}.png", from: "+15550100"}
            - message: "{{ none }}"
        """
    talk = project(flow).phone().write("/flows/f").text("hi")
    assert [(reply.body, reply.media) for reply in talk.replies] == [
        ("Hello.", ()),
        ("OneTwo", ("https://example.com/a.png",)),
        ("<1>", ()),
        ("<1>", ("https://example.com/%3C1%3E.png",)),
    ]
    assert (talk.replies[1].to, talk.replies[3].from_) == ("+15550101", "+15550100")
    assert talk.warnings == ()
