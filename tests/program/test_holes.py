"""What fills the holes of compiled TwiML: text that stays text, attributes that may be left out, addresses that are addresses."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.program.holes import escape, escape_attribute, joined, settle, text_of
from engine.runtime.request import Request
from engine.runtime.respond import respond

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class TestEscapes:
    @given(ANY)
    def test_a_text_parses_back_but_for_what_xml_cannot_hold(self, text):
        assert (ElementTree.fromstring(f"<a>{escape(text)}</a>").text or "") == UNPRINTABLE.sub("", text)

    @given(ANY)
    def test_an_attribute_parses_back_but_for_what_xml_cannot_hold(self, text):
        assert ElementTree.fromstring(f'<a b="{escape_attribute(text)}"/>').get("b") == UNPRINTABLE.sub("", text)

    @pytest.mark.parametrize(
        ("text", "element", "attribute"),
        [
            ("plain é 世", "plain é 世", "plain é 世"),
            ("a<b>&\"'", "a&lt;b&gt;&amp;\"'", "a&lt;b&gt;&amp;&quot;'"),
            ("a\nb\tc", "a\nb\tc", "a&#10;b&#09;c"),
            ("a\rb", "a&#13;b", "a&#13;b"),
            ("]]>", "]]&gt;", "]]&gt;"),
            ("&amp;", "&amp;amp;", "&amp;amp;"),
        ],
    )
    def test_the_forms(self, text, element, attribute):
        assert escape(text) == element
        assert escape_attribute(text) == attribute


class TestValues:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("x", "x"),
            (True, "true"),
            (False, "false"),
            (None, ""),
            (7, "7"),
            (2.5, "2.5"),
            ([1, None, "a", [True]], "1  a true"),
            ((), ""),
        ],
    )
    def test_as_twiml_writes_them(self, value, text):
        assert text_of(value) == text

    def test_what_has_no_template_is_settled_as_it_is(self):
        assert settle({"a": (1, "x", {"b": None})}, {}) == {"a": [1, "x", {"b": None}]}

    def test_neighbouring_texts_are_one(self):
        assert joined(["a", "b", "", "c"]) == ("abc",)


class TestHoles:
    """The same over flows, as they are written."""

    @pytest.mark.parametrize(
        ("url", "written"),
        [
            ("https://example.com/a", "https://example.com/a"),
            ("/elsewhere?a=1&b=2", "/elsewhere?a=1&b=2"),
            ("https://example.com/ü b", "https://example.com/%C3%BC%20b"),
            ('https://example.com/"><Hangup/>', "https://example.com/%22%3E%3CHangup/%3E"),
            (" https://example.com ", "https://example.com"),
        ],
    )
    def test_a_template_may_come_out_as_a_url(self, call, url, written):
        made = call(f="steps: {a: [{redirect: '{{ params.U }}'}]}")
        assert ElementTree.fromstring(made.ask("f", U=url)).text == written

    def test_a_list_and_a_mapping_in_an_attribute_that_is_json(self, call):
        made = call(
            f="vars: {n: 1}\nsteps: {a: [{enqueue: {workflow_sid: WW1, task: {body: '{{ {\"a\": [n, none]} | tojson }}'}}}]}"
        )
        task = ElementTree.fromstring(made.ask("f"))[0]
        assert task.text == '{"a": [1, null]}'

    def test_markup_with_values_in_it_escapes_them(self, call):
        made = call(f="steps: {a: [{twiml: '<Say voice=\"{{ params.V }}\">{{ params.T }}</Say><Pause/>'}]}")
        answer = made.ask("f", V='a" b', T="<b>&")
        say, pause = ElementTree.fromstring(f"<r>{answer}</r>")
        assert (say.get("voice"), say.text, pause.tag) == ('a" b', "<b>&", "Pause")

    def test_a_static_document_is_made_once(self, load):
        program = load(
            f="steps: {a: [{say: x}, {play: audio/a.mp3}, {redirect: b}], b: [{gather: {num_digits: 1, branch: {1: a}}}]}"
        )
        turn = Request("f", "", datetime(2026, 1, 1, tzinfo=UTC), {"CallSid": "CA1"})
        assert respond(program, turn).body is respond(program, turn).body
