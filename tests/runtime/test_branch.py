"""A branch instruction: by conditions, or by the value of `on`."""

import pytest

from engine.diagnostics import render_text
from engine.program.library import load_sources

STEPS = "\n  one: [{say: One.}]\n  two: [{say: Two.}]\n  three: [{say: Three.}]\n"


def flow(branch: str, top: str = "") -> str:
    return f"{top}\nsteps:\n  a: [{{branch: {branch}}}, {{say: After.}}]{STEPS}"


def findings(text: str) -> str:
    return render_text(load_sources({"f.yaml": text}).report.diagnostics)


@pytest.mark.parametrize(
    ("branch", "heard"),
    [
        ("[{when: 1 > 0, to: one}, {when: 2 > 0, to: two}]", "One."),
        ("[{when: 1 > 2, to: one}, {when: 2 > 0, to: two}, {else: three}]", "Two."),
        ("[{when: 1 > 2, to: one}, {else: three}]", "Three."),
        ("[{when: 1 > 2, to: one}]", "After."),
        ("[{when: call.from == '+15550001111' and visits == 0, to: one}, {else: two}]", "One."),
        ("[{when: visits, to: one}, {else: two}]", "Two."),
        ("[{else: three}]", "Three."),
        ("[]", "After."),
    ],
)
def test_the_first_condition_that_holds_wins(call, branch, heard):
    assert call(f=flow(branch, "vars: {visits: 0}")).ask("f") == f"<Say>{heard}</Say>"


@pytest.mark.parametrize(
    ("country", "heard"),
    [("US", "One."), ("CA", "One."), ("us", "One."), ("MX", "Two."), ("USA", "Two."), ("", "Two.")],
)
def test_a_key_is_the_whole_value_case_aside(call, country, heard):
    made = call({"FromCountry": country}, f=flow("{on: call.from_country, US | CA: one, else: two}"))
    assert made.ask("f") == f"<Say>{heard}</Say>"


@pytest.mark.parametrize(
    ("expression", "key"),
    [
        ("2 + 1", "3"),
        ("1 > 0", "true"),
        ("1 > 2", "false"),
        ("'a b'", "a b"),
        ("visits", "0"),
        ("now.hour", "12"),
        ("none", "''"),
        ("call.caller_name", "''"),
    ],
)
def test_the_value_is_compared_as_text(call, expression, key):
    if key == "''":
        made = call(f=flow(f'{{on: "{expression}", x: two, else: one}}', "vars: {visits: 0}"))
    else:
        made = call(f=flow(f'{{on: "{expression}", "{key}": one, else: two}}', "vars: {visits: 0}"))
    assert made.ask("f") == "<Say>One.</Say>"


def test_a_key_between_slashes_matches_the_whole_value(call):
    text = flow(r"{on: call.from, '/\+1555\d+/': one, else: two}")
    assert call(f=text).ask("f") == "<Say>One.</Say>"
    assert call({"From": "x+15550001111"}, f=text).ask("f") == "<Say>Two.</Say>"


def test_digits_and_words_are_nothing_special_outside_a_gather(call):
    text = flow("{on: params.X, 1: one, sales: two, else: three}")
    for value, heard in (("1", "One."), ("1.", "Three."), ("Sales", "Two."), ("the sales", "Three.")):
        assert call({"X": value}, f=text).ask("f") == f"<Say>{heard}</Say>"


def test_nothing_matches_and_there_is_no_else_so_the_next_instruction_follows(call):
    assert call(f=flow("{on: call.from, x: one}")).ask("f") == "<Say>After.</Say>"


@pytest.mark.parametrize(
    ("keys", "value", "heard"),
    [
        ("'/a.*/': one, ab: two", "ab", "Two."),
        ("'/a.*/': one, ab: two", "ac", "One."),
        ("'/a.*/': one, '/.*b/': two", "ab", "One."),
        ("'/.*/': one, AB: two", "ab", "Two."),
        ("'/\\d{2}/': one, else: two", "1 2", "Two."),
    ],
)
def test_a_key_that_is_the_whole_value_wins_and_then_the_first_pattern(call, keys, value, heard):
    assert call({"X": value}, f=flow(f"{{on: params.X, {keys}}}")).ask("f") == f"<Say>{heard}</Say>"


def test_a_name_in_quotes_is_a_value(call):
    text = flow("""{on: params.X, "'else'": one, else: two}""")
    assert call({"X": "else"}, f=text).ask("f") == "<Say>One.</Say>"
    assert call({"X": "other"}, f=text).ask("f") == "<Say>Two.</Say>"


def test_what_was_said_before_is_heard_before(call):
    made = call(f=f"steps:\n  a: [{{say: Hello.}}, {{branch: [{{when: 1 > 0, to: one}}]}}]{STEPS}")
    assert made.ask("f") == "<Say>Hello.</Say><Say>One.</Say>"


def test_conditions_see_what_was_set_before(call):
    made = call(f=f"steps:\n  a: [{{set: {{n: 3}}}}, {{branch: [{{when: n > 2, to: one}}, {{else: two}}]}}]{STEPS}")
    assert made.ask("f") == "<Say>One.</Say>"


def test_on_is_an_ordinary_key_in_the_branch_of_a_verb(call):
    made = call(f="steps: {a: [{gather: {branch: {on: b, else: c}}}], b: [{say: On.}], c: [{say: Off.}]}")
    made.ask("f")
    assert made.ask(made.action(0), SpeechResult="Switch it on") == "<Say>On.</Say>"


@pytest.mark.parametrize(
    ("branch", "code"),
    [
        ("{1: one}", "F109"),
        ("[{when: 1 > 0}]", "F109"),
        ("[{to: one}]", "F109"),
        ("[{else: one}, {when: 1 > 0, to: two}]", "F110"),
        ("[{when: 1 > 0, to: one, else: two}]", "F110"),
        ("[{when: 1 >, to: one}]", "F304"),
        ("[{if: 1 > 0, to: one}]", "F102"),
        ("{on: call.from, 1: one, 1: two}", "F101"),
        ("{on: call.from, 1 | 2: one, 2: two}", "F101"),
        ("{on: call.from, '/(/': one}", "F115"),
        ("{on: call.from, 1: nowhere}", "F201"),
        ("one", "F112"),
    ],
)
def test_what_can_be_found_when_the_file_is_read_is_found(branch, code):
    assert f"error[{code}]" in findings(flow(branch))
