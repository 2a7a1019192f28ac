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


def heard(branch: Answers, answer: str) -> int | None:
    """The number of the exit that an answer to a gather takes."""
    return branch.hear(answer, lambda _: {}).number


def takes(kind: str, key: str, answer: str) -> bool:
    return heard(answers((kind, key)), answer) == 0


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


def test_no_key_takes_what_none_names():
    assert heard(answers(("digits", "1"), ("words", "sales")), "2") is None


@pytest.mark.parametrize(
    ("keys", "answer", "taken"),
    [
        ("sales; sales department", "the sales department", "sales department"),
        ("order; cancel order", "cancel order please", "cancel order"),
        ("order; cancel order", "I cancel my order", "order"),
        ("是; 不是", "不是", "不是"),
        ("是; 不是", "不是的", "不是"),
        ("是; 不是", "是的", "是"),
        ("好; 不可以; 可以; 不好", "不可以吧", "不可以"),
        ("ใช่; ไม่ใช่", "ไม่ใช่ค่ะ", "ไม่ใช่"),
        ("いい; いいえ", "いいえ、けっこうです", "いいえ"),
        ("ja; nein; jaja", "jaja, gut", "jaja"),
        ("bill; billing", "billing", "billing"),
        ("yes; no", "no, yes", "yes"),
        ("no; ok", "ok no", "no"),
        ("/.*/; yes", "yes", "yes"),
        ("/.*/; 1", "1", "1"),
        ("/.*/; 1", "1.", "1"),
        ("/.*/; yes", "yes please", "/.*/"),
        ("yes; /.*please/", "yes please", "/.*please/"),
        (r"/\d/; /\d+/", "7", r"/\d/"),
        (r"/\d+/; /\d/", "7", r"/\d+/"),
        ("a b c; operator", "operator a b c", "operator"),
        ("+1; 1", "1", "+1"),
        ("1; +1", "1", "1"),
        ("l'hotel; hotel", "l'hôtel", "l'hotel"),
        ("hotel; l'hotel", "à l'hôtel", "l'hotel"),
    ],
)
def test_a_whole_answer_is_taken_before_a_pattern_and_that_before_the_longest_word_found(keys, answer, taken):
    written = keys.split("; ")
    kinds = [
        ("pattern", key[1:-1]) if key[0] == "/" else ("digits" if key.isdigit() else "words", key) for key in written
    ]
    number = heard(answers(*kinds), answer)
    assert number is not None
    assert written[number] == taken


def branch(own: tuple[tuple[str, str], ...], always: tuple[tuple[str, str], ...]) -> Answers:
    made = [
        tuple(Exit((Key(kind, text, HERE),), (), None, ToWord("repeat", HERE), HERE) for kind, text in keys)
        for keys in (own, always)
    ]
    return Answers(*made)


@pytest.mark.parametrize(
    ("own", "always", "answer", "number"),
    [
        ([("digits", "0")], [("digits", "0")], "0", 0),
        ([("pattern", r"\d")], [("digits", "0")], "0", 1),
        ([("pattern", r"\d")], [("digits", "0")], "7", 0),
        ([("words", "operator now")], [("words", "operator")], "operator", 1),
        ([("words", "operator")], [("words", "operator please")], "operator please", 1),
        ([("words", "operator")], [("words", "help")], "help the operator", 0),
        ([("words", "sales")], [("words", "help")], "help me", None),
        ([("words", "sales")], [("pattern", ".*")], "sales please", 0),
        ([("pattern", ".*")], [("pattern", "h.*")], "help", 0),
        ([("words", "0.")], [("digits", "0")], "0", 0),
    ],
)
def test_a_key_of_always_that_is_the_whole_answer_comes_behind_the_gathers_own_and_before_patterns(
    own, always, answer, number
):
    assert heard(branch(tuple(own), tuple(always)), answer) == number


@pytest.mark.parametrize(
    ("pattern", "answer", "reading"),
    [
        (r"\d{5}", "12345", "12345"),
        (r"\d{5}", "1 2 3 4 5", "12345"),
        (r"\d{5}", "12345.", "12345"),
        (r"\d{5}", "12, 345", "12345"),
        (r"\d{7}", "555-0100", "5550100"),
        (r"\d{7}", "555\u20110100", "5550100"),
        (r"\d{5}", "1\u00a02\u00a03\u00a04\u00a05", "12345"),
        (r"\d{5}", "१२३४५", "12345"),
        (r"\d{5}", "१ २ ३ ४ ५।".rstrip("।"), "12345"),
        (r"\d{5}", "１２３４５", "12345"),
        (r"\d{5}", "１２３，４５。", "12345"),
        (r"\d{5}", "1️⃣2️⃣3️⃣4️⃣5️⃣", "12345"),
        (r"\d{5}", "\u202d12345\u202c", "12345"),
        (r"\d{3}-\d{4}", "555-0100", "555-0100"),
        (r"\d \d", "1 2", "1 2"),
        (r".*", "1 2", "1 2"),
    ],
)
def test_patterns_see_the_answer_and_then_its_bare_digits_and_the_reading_that_was_taken_is_held(
    pattern, answer, reading
):
    assert answers(("pattern", pattern)).hear(answer, lambda _: {}) == (0, reading)


@pytest.mark.parametrize(
    "answer", ["1.5", "a1", "-12345", "+12345", "1 2 x", "12345!", "12.345", "1/2", "12345?", ". 1"]
)
def test_what_is_more_than_digits_has_no_second_reading(answer):
    assert answers(("pattern", r"\d+")).hear(answer, lambda _: {}) == (None, answer)


def test_each_pattern_sees_both_readings_before_the_next_one_does():
    both = answers(("pattern", r"\d{5}"), ("pattern", ".*"))
    assert both.hear("1 2 3 4 5", lambda _: {}) == (0, "12345")


@pytest.mark.parametrize(
    ("keys", "answer", "choice"),
    [
        ([("digits", "#"), ("pattern", r"\d{5}")], "12345#", (1, "12345")),
        ([("digits", "#"), ("pattern", r"\d{5}")], "#", (0, "#")),
        ([("digits", "#"), ("digits", "12")], "12#", (1, "12")),
        ([("digits", "#"), ("digits", "12"), ("digits", "12#")], "12#", (2, "12#")),
        ([("digits", "#"), ("pattern", r"[\d#]+")], "12#", (1, "12#")),
        ([("digits", "#")], "4711#", (None, "4711")),
        ([("digits", "#")], "47#11", (None, "47#11")),
        ([("digits", "#")], "47#11#", (None, "47#11")),
        ([("digits", "#"), ("digits", "*")], "*#", (1, "*")),
        ([("digits", "#")], "##", (None, "##")),
        ([("digits", "*")], "4711#", (None, "4711#")),
        ([("digits", "0#"), ("pattern", r"\d+")], "77#", (1, "77")),
    ],
)
def test_where_pound_is_a_key_one_that_ends_an_answer_which_no_key_takes_only_finishes_it(keys, answer, choice):
    assert answers(*keys).hear(answer, lambda _: {}) == choice


def test_pound_as_a_key_of_always_drops_nothing():
    made = branch((("pattern", r"\d+"),), (("digits", "#"),))
    assert made.hear("77#", lambda _: {}) == (None, "77#")
    assert made.hear("#", lambda _: {}).number == 1


@pytest.mark.parametrize(
    ("kind", "key", "answer"),
    [
        ("words", "क्या", "क्\u200dया"),
        ("words", "نمی\u200cخواهم", "نمیخواهم"),
        ("words", "نمیخواهم", "نمی\u200cخواهم"),
        ("words", "yes", "\u200eyes"),
        ("words", "yes", "y\u00ades"),
        ("words", "yes", "\ufeffyes\u200b"),
        ("words", "cooperate", "co\u2060operate"),
        ("words", "gate 3", "Gate ٣"),
        ("digits", "7", "7\u200d"),
        ("digits", "12", "1\u200f2"),
        ("digits", "7", "७"),
        ("pattern", r"\d{5}", "12345\u200f"),
        ("pattern", r"AB-\d{2}", "\u2066ab-12\u2069"),
        ("pattern", "نمی\u200cخواهم.*", "نمیخواهم مرسی"),
        ("pattern", "[०-९]{2}", "१२"),
        ("pattern", "[٠-٩]{2}", "12"),
        ("pattern", r"room \d+", "Room ４２"),
        ("whole", "VIP", "\u200evip"),
    ],
)
def test_characters_that_nobody_sees_do_not_count_and_digits_of_any_script_are_digits(kind, key, answer):
    assert takes(kind, key, answer)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("👍", "👍"),
        ("👍", "👍🏽"),
        ("👍🏽", "👍"),
        ("👍🏽", "👍🏿"),
        ("👍", "👍👍"),
        ("👍", "great 👍 thanks"),
        ("👍", "Great👍!"),
        ("❤", "❤️"),
        ("❤️", "❤"),
        ("👩‍🚀", "👩🏽‍🚀"),
        ("🇫🇷", "🇩🇪🇫🇷"),
        (
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "go 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
        ("👍👎", "👍 👎"),
        ("‼️", "‼"),
        ("☎", "☎️ please"),
        ("🤷‍♀️", "🤷🏾‍♀"),
    ],
)
def test_an_emoji_is_found_like_a_word_whatever_its_skin_tone(key, answer):
    assert takes("emoji", key, answer)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("👍", "👎"),
        ("👩", "👩‍🚀"),
        ("🚀", "👩‍🚀"),
        ("👩‍🚀", "👩"),
        ("🇫🇷", "🇫🇮"),
        ("🇷🇺", "🇫🇷🇺🇸"),
        ("🏴", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"),
        ("👍👎", "👍 or 👎"),
        ("👍", "good"),
        ("👍", "a"),
        ("🤷", "🤷‍♀️"),
    ],
)
def test_another_emoji_is_another_word(key, answer):
    assert not takes("emoji", key, answer)


@pytest.mark.parametrize(
    ("key", "answer"), [("?", "?"), ("?", " ? "), ("?", "？"), ("??", "? ?"), ("!", "\u200e!"), (":)", ":)")]
)
def test_signs_alone_must_be_the_whole_answer(key, answer):
    assert takes("signs", key, answer)


@pytest.mark.parametrize(("key", "answer"), [("?", "??"), ("?", "what?"), ("?", ""), ("?", "?👍"), (":)", ":-)")])
def test_signs_alone_are_not_found_in_an_answer(key, answer):
    assert not takes("signs", key, answer)


def test_a_keycap_is_its_digit():
    assert takes("digits", "1", "1️⃣")
    assert takes("digits", "#", "#️⃣")
    assert not takes("digits", "1", "🔟")


@given(st.text(max_size=30))
def test_any_answer_has_readings(answer):
    made = answers(
        ("digits", "1#"), ("words", "yes"), ("emoji", "👍"), ("signs", "?"), ("pattern", r"\d+"), ("whole", "a")
    )
    number, reading = made.hear(answer, lambda _: {})
    assert isinstance(reading, str)
    assert number is None or number < 6
