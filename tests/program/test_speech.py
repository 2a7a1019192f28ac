"""What is said is parted into several `<Say>` where it is too long for one."""

import json
import re
from html import unescape
from time import process_time
from xml.etree import ElementTree

import pytest

from engine.diagnostics import render_text
from engine.grammar.overlay.speech import LONGEST_SAY
from engine.program.library import load_sources
from engine.program.speech import pieces_of, spoken
from engine.testing.project import Project

SENTENCE = "The quick brown fox jumps over the lazy dog again & again. "
MEETINGS = [
    {"name": f"Group number {n} of the evening", "place": f"{n} Long Meadow Street, third floor", "at": "seven in the evening"}
    for n in range(90)
]  # fmt: skip


def said(twiml: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(f"<R>{twiml}</R>").iter("Say"))


def text(say: ElementTree.Element) -> str:
    return "".join(say.itertext())


def bare(*texts: str) -> str:
    return re.sub(r"\s", "", "".join(texts))


def project(flow: str) -> Project:
    loaded = load_sources({"f.yaml": flow})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    return Project(loaded.program)


def heard(steps: str, words: str, options: str = "") -> list[str]:
    """What is said when a value comes out as these words; there is no warning."""
    made = project(f"vars: {{t: {json.dumps(words)}}}\n{options}\nsteps: {{a: [{steps}]}}")
    call = made.phone().ring("/flows/f")
    found = [*call.heard, *(call.silence().heard if "retry" in steps else ())]
    assert call.warnings == ()
    assert made.faults == ()
    return found


class TestFlows:
    @pytest.mark.parametrize(
        "steps",
        [
            "{say: '{{ t }}'}",
            "{say: 'So: {{ t }}'}",
            "{gather: {say: '{{ t }}', branch: {1: a, else: hangup}}}",
            "{gather: {say: 'So: {{ t }}', branch: {1: a, else: hangup}}}",
            "{gather: {say: Hello., retry: {attempts: 2, no_input: 'So: {{ t }}'}, branch: {1: a, else: hangup}}}",
            "{say: ['So ', {emphasis: '{{ t }}'}]}",
            "{say: [{prosody: {words: 'So: {{ t }}', rate: 90%}}]}",
            "{say: {message: '{{ t }}', voice: Polly.Joanna, language: en-US}}",
        ],
    )
    def test_long_words_come_in_several_at_sentences(self, steps):
        found = [each for each in heard(steps, SENTENCE * 150) if each != "Hello."]
        assert len(found) == 3
        assert all(len(each) <= LONGEST_SAY for each in found)
        assert all(each.rstrip().endswith(".") for each in found)
        assert bare(*found).removeprefix("So").removeprefix(":") == bare(SENTENCE * 150)

    def test_a_list_of_meetings_that_a_server_gave(self):
        words = "".join(f"{each['name']}, {each['place']}, at {each['at']}. " for each in MEETINGS)
        found = heard(
            "{gather: {say: '{{ t }}To hear this again, press 1.', branch: {1: repeat, else: hangup}}}", words
        )
        assert [len(each) <= LONGEST_SAY for each in found] == [True] * 3
        assert found[-1].endswith("To hear this again, press 1.")
        assert all(each.startswith("Group number") for each in found)

    def test_an_entry_of_a_list_is_parted_as_well(self):
        made = project(
            f"vars: {{t: ['{SENTENCE * 80}', Short.]}}\n"
            "steps: {a: [{gather: {say: '{{ t }}', branch: {1: a, else: hangup}}}]}"
        )
        found = made.phone().ring("/flows/f").heard
        assert len(found) == 3
        assert found[-1] == "Short."

    def test_written_words_that_are_too_long_together(self):
        half = SENTENCE.replace("&", "and") * 50
        made = project(f"steps: {{a: [{{say: ['{half}', {{break: {{}}}}, '{half}']}}]}}")
        call = made.phone().ring("/flows/f")
        assert (len(call.heard), call.warnings) == (2, ())
        assert len(made.program.ready) == 1, "it depends on nobody, and stays ready"

    def test_more_than_a_document_holds_is_a_fault_as_before(self):
        made = project(
            "vars: {t: ''}\non_error: sorry\nsteps:\n  a: [{set: {t: \"{{ 'abc. ' * 10000 }}\"}}, {say: ['{{ t }}', {break: {}}, '{{ t }}']}]\n"
            "  sorry: [{say: Sorry.}]"
        )
        assert made.phone().ring("/flows/f").heard == ("Sorry.",)
        assert "64 kB" in str(made.faults[0])


class TestWords:
    @pytest.mark.parametrize("length", [0, 1, LONGEST_SAY - 1, LONGEST_SAY])
    def test_what_fits_is_one(self, length):
        assert spoken("<Say>", "x" * length, "</Say>") == f"<Say>{'x' * length}</Say>"

    def test_characters_count_as_they_are_said(self):
        assert len(said(spoken("<Say>", "&amp;" * LONGEST_SAY, "</Say>"))) == 1
        assert [len(text(each)) for each in said(spoken("<Say>", "&amp;" * (LONGEST_SAY + 1), "</Say>"))] == [
            LONGEST_SAY,
            1,
        ]

    @pytest.mark.parametrize(
        "words",
        [
            "x" * 10_000,
            "word " * 2_000,
            "谢谢您的来电。" * 1_000,
            "谢谢您的来电" * 1_000,
            "ขอบคุณที่โทรมา" * 500,
            "\U0001f44d\U0001f3fd" * 3_000,
            "a &lt;b&gt; &amp;c&#13;\n" * 1_000,
        ],
    )
    def test_nothing_is_lost(self, words):
        pieces = said(spoken("<Say>", words, "</Say>"))
        assert bare(*map(text, pieces)) == bare(ElementTree.fromstring(f"<R>{words}</R>").text)
        assert all(0 < len(text(each)) <= LONGEST_SAY for each in pieces)
        assert not any(text(each).startswith("\U0001f3fd") for each in pieces)

    def test_every_piece_has_the_attributes(self):
        pieces = said(
            spoken('<Say language="en-US" voice="Polly.Joanna">', SENTENCE.replace("&", "and") * 200, "</Say>")
        )
        assert len(pieces) == 3
        assert {tuple(each.attrib.items()) for each in pieces} == {(("language", "en-US"), ("voice", "Polly.Joanna"))}

    @pytest.mark.parametrize(("loop", "times"), [("1", 1), ("2", 2), ("3", 3), ("0", 6), ("", 1), ("99999", 6)])
    def test_a_loop_says_the_pieces_in_a_row(self, loop, times):
        pieces = [text(each) for each in said(spoken(f'<Say loop="{loop}">', "One. " * 1000, "</Say>"))]
        assert pieces == pieces[:2] * times


class TestMarkup:
    def parsed(self, words: str, most: int) -> list[ElementTree.Element]:
        pieces = pieces_of(words, most)
        assert all(len(unescape(piece)) <= most for piece in pieces)
        return [ElementTree.fromstring(f"<Say>{piece}</Say>") for piece in pieces]

    def test_an_element_goes_on_in_the_next_piece(self):
        words = '<prosody rate="90%">One two three. Four five six. Seven eight nine.</prosody>'
        found = self.parsed(words, 60)
        assert [each[0].attrib for each in found] == [{"rate": "90%"}] * len(found)
        assert " ".join(map(text, found)) == "One two three. Four five six. Seven eight nine."

    def test_elements_within_one_another_do(self):
        words = "<p><s>One two three. Four five.</s><s>Six seven eight nine ten.</s></p>"
        found = self.parsed(words, 34)
        assert bare(*map(text, found)) == bare("One two three. Four five.Six seven eight nine ten.")
        assert all([each.tag for each in piece] == ["p"] for piece in found)

    @pytest.mark.parametrize(
        "element",
        [
            '<say-as interpret-as="telephone">+1 555 010 0</say-as>',
            '<sub alias="World Wide Web Consortium">W3C</sub>',
            '<phoneme alphabet="ipa" ph="pi">pecan pie</phoneme>',
            '<w role="ivona:NN">live wire</w>',
        ],
    )
    def test_what_is_one_word_stays_whole(self, element):
        pieces = pieces_of(f"{'One two. ' * 5}{element} three. {element}", 80)
        assert "".join(pieces).count(element) == 2
        assert all(len(piece) <= 80 for piece in pieces)

    def test_digits_without_end_are_parted_all_the_same(self):
        found = self.parsed(f'<say-as interpret-as="digits">{"1 2 3 4 5 " * 30}</say-as>', 100)
        assert {each[0].tag for each in found} == {"say-as"}
        assert bare(*map(text, found)) == "12345" * 30

    def test_a_pause_alone_is_no_piece(self):
        found = self.parsed('One two three four.<break time="2s"/><break time="2s"/><break time="2s"/>', 40)
        assert all(text(each) for each in found)

    def test_a_pause_before_a_long_sentence_stays_with_it(self):
        for before in range(10, 40):
            words = f"{'x' * before}. <break time='3s'/>{'one two ' * 9}"
            pieces = pieces_of(words, 40)
            assert "".join(pieces).count("<break") == 1, before
            self.parsed(words, 40)

    def test_rows_of_marks_take_no_longer_than_words(self):
        began = process_time()
        pieces_of("." * 60_000)
        pieces_of(("." * 30 + "'" * 30) * 1000)
        assert process_time() - began < 0.3

    def test_whole_elements_that_are_longer_than_a_piece_do_not_hang(self):
        assert len(pieces_of('<sub alias="x">a long one</sub>' * 5, 10)) == 5

    def test_values_in_markup_are_still_text(self):
        words = "&lt;p&gt; " * 30
        found = self.parsed(f"<emphasis>{words}</emphasis>", 100)
        assert {each.tag for piece in found for each in piece} == {"emphasis"}
        assert bare(*map(text, found)) == "<p>" * 30
