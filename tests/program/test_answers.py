"""Which key takes an answer: pressed, said or texted, in any script."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics.source import Source, Span
from engine.grammar.patterns import Pattern, PatternError
from engine.model.parts import Exit, Key, ToWord
from engine.program.answers import LONGEST, Answers

HERE = Span(Source("f.yaml", ""), 0, 0)


def answers(*keys: tuple[str, str]) -> Answers:
    """The exits of a branch with one key each, as pairs of kind and text."""
    return Answers(tuple(Exit((Key(kind, text, HERE),), (), None, ToWord("repeat", HERE), HERE) for kind, text in keys))


def takes(kind: str, key: str, answer: str) -> bool:
    return answers((kind, key)).choose(answer, {}) == 0


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("1", "1"),
        ("1", "1."),
        ("1", " 1 "),
        ("12", "1 2"),
        ("12", "1, 2."),
        ("5550100", "555-0100"),
        ("*", "*"),
        ("#", "#"),
        ("1*", "1*"),
        ("1", "１"),
        ("12", "١٢"),
    ],
)
def test_a_key_of_digits_takes_those_digits_punctuation_and_blanks_aside(key, answer):
    assert takes("digits", key, answer)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("1", ""),
        ("1", "11"),
        ("1", "12"),
        ("12", "21"),
        ("1", "1st"),
        ("1", "press 1"),
        ("1", "第1"),
        ("1", "é1"),
        ("1", "1*"),
        ("1", "#1"),
        ("01", "1"),
        ("1", "one"),
    ],
)
def test_a_key_of_digits_takes_no_other_digits_and_no_words(key, answer):
    assert not takes("digits", key, answer)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("appointments", "Appointments."),
        ("appointments", "I need appointments, please"),
        ("Appointments", "APPOINTMENTS"),
        ("opening hours", "What are your opening hours?"),
        ("opening hours", "opening, hours"),
        ("check-in", "Check in"),
        ("don't know", "I don’t know"),
        ("don't", "dont"),
        ("o'clock", "five o'clock"),
        ("opérateur", "l'opérateur s'il vous plaît"),
        ("operateur", "L’Opérateur"),
        ("hôtel", "l'hotel"),
        ("d'accord", "D’accord!"),
        ("straße", "STRASSE"),
        ("ano", "año"),
        ("sí", "Si"),
        ("ja", "Ja, bitte"),
        ("é", "e\u0301"),
        ("1a", "1A"),
        ("room_2", "room 2"),
    ],
)
def test_words_are_found_as_whole_words_case_accents_and_punctuation_aside(key, answer):
    assert takes("words", key, answer)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("no", "I know"),
        ("yes", "yesterday"),
        ("sales", "sale"),
        ("opening hours", "opening the hours"),
        ("opening hours", "hours opening"),
        ("I can", "I can't"),
        ("don", "I don't know"),
        ("yes", ""),
        ("one", "1"),
    ],
)
def test_words_are_not_found_inside_other_words(key, answer):
    assert not takes("words", key, answer)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("はい", "はい"),
        ("はい", "はい、そうです。"),
        ("予約", "予約をお願いします"),
        ("タクシー", "タクシーをよんで"),
        ("ｶﾞｽ", "ガス"),
        ("hello", "はいhelloです"),
        ("预约", "我想预约"),
        ("ใช่", "ใช่ครับ"),
        ("ครับ", "ใช่ครับ"),
        ("نعم", "نعم، من فضلك"),
        ("اجل", "أَجَلْ"),
        ("כן", "כן, בבקשה"),
        ("да", "Да!"),
        ("ναι", "Ναί"),
        ("हाँ", "जी हाँ।"),
        ("네", "네, 맞아요"),
        ("evet", "EVET"),
    ],
)
def test_words_of_every_script_are_found_and_where_none_has_blanks_wherever_they_are_written(key, answer):
    assert takes("words", key, answer)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("はい", "いいえ"),
        ("มา", "ไม่"),
        ("نعم", "نعمة"),
        ("हाँ", "हम"),
        ("네", "네모"),
        ("да", "дача"),
    ],
)
def test_other_words_of_every_script_are_not_taken(key, answer):
    assert not takes("words", key, answer)


@pytest.mark.parametrize("answer", ["busy", "Busy", "BUSY"])
def test_elsewhere_a_key_is_the_whole_answer_case_aside(answer):
    assert takes("whole", "busy", answer)


@pytest.mark.parametrize("answer", ["", "busy.", "not busy", "bus"])
def test_elsewhere_a_key_is_no_part_of_an_answer(answer):
    assert not takes("whole", "busy", answer)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        (r"\d{4}", "1234"),
        ("yes|yeah", "YEAH"),
        ("a(b)?c", "ac"),
        (".*billing.*", "my Billing please"),
        (r"(?s:.*)", "a\nb"),
        ("STRASSE", "strasse"),
        (r"[^\d]+", "abc"),
        ("[[a]+", "[a"),
        (r"(\w+ )*\w+", "one two three"),
        (r"\bno\b.*", "No way"),
        ("", ""),
    ],
)
def test_a_regular_expression_matches_the_whole_answer_case_aside(key, answer):
    assert takes("pattern", key, answer)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        (r"\d{4}", "12345"),
        (r"\d{4}", "123"),
        ("yes", "yes please"),
        ("yes", "oh yes"),
        ("yes|yeah", "yesyeah"),
        ("a{2,3}", "aaaa"),
        (".*", "a\nb"),
        (r"\bno\b.*", "nobody"),
    ],
)
def test_a_regular_expression_takes_no_part_of_an_answer(key, answer):
    assert not takes("pattern", key, answer)


EXPRESSIONS = [
    "(a|ab)(c|bcd)(d*)",
    "(a*)*b?",
    "(a?){3}b{2,}",
    "((ab)*|b)+a{0,2}",
    "a*?b+?c{1,2}?",
    "[ab]*[^a]",
    "^a.*b$|c",
    r"(?:a\B)+b ?",
    "(a|b|)+c",
    r"\w+ \w+",
    "",
]


@given(st.sampled_from(EXPRESSIONS), st.text("abcd ", max_size=9))
def test_an_expression_means_what_it_means_in_python(expression, answer):
    assert Pattern(expression).takes(answer) is bool(re.fullmatch(expression, answer, re.IGNORECASE))


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+",
        "(a+)+$",
        "(a|a)*",
        "(a|aa)+",
        "(a*)*",
        "(.*a){20}",
        "((a*)*)*",
        "(a?){50}a{50}",
    ],
)
def test_no_caller_can_hang_the_server_by_an_answer_that_nearly_matches(expression):
    """Each of these takes `re` longer than anybody lives, so that this test ends at all is what it shows."""
    assert not takes("pattern", expression, "a" * (LONGEST - 1) + "!")


@pytest.mark.parametrize("expression", [r"(a)\1", "(?=a)b", "(?<!a)b", "a{1001}", "(a", "*"])
def test_what_cannot_be_matched_in_time_is_refused_when_the_file_is_read(expression):
    with pytest.raises(PatternError):
        Pattern(expression)


@pytest.mark.parametrize("answer", ["\ud800", "\x00", "é", "😀"])
def test_any_character_may_come(answer):
    assert Pattern(".*").takes(answer)


def test_an_answer_longer_than_any_message_is_taken_by_no_key():
    assert takes("words", "help", "help " * (LONGEST // 5))
    assert not takes("words", "help", "help " * LONGEST)
    assert not takes("pattern", ".*", "a" * (LONGEST + 1))


def test_the_first_key_in_the_file_wins():
    both = answers(("words", "sales"), ("words", "sales department"), ("digits", "1"), ("pattern", r"\d"))
    assert both.choose("the sales department", {}) == 0
    assert both.choose("1", {}) == 2
    assert answers(("pattern", r"\d"), ("digits", "1")).choose("1", {}) == 0
    assert answers(("words", "+1"), ("digits", "1")).choose("1", {}) == 0


def test_no_key_takes_what_none_names():
    assert answers(("digits", "1"), ("words", "sales")).choose("2", {}) is None
