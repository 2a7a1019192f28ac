"""Which key an answer takes, as callers meet it: in calls from the first document to what they hear next."""

import pytest

from engine.diagnostics import render_text
from engine.program.library import load_sources
from engine.testing.project import Project

CHINESE = """
    steps:
      ask:
        - gather:
            say: 您要取消预约吗?
            language: cmn-Hans-CN
            branch:
              1 | 是 | 好 | 可以: cancelled
              2 | 不是 | 不好 | 不可以: kept
              else: ask
      cancelled: [{say: cancelled}]
      kept: [{say: kept}]
"""

THAI = """
    steps:
      ask:
        - gather:
            say: คุณต้องการยกเลิกนัดหมายไหม
            language: th-TH
            branch:
              ใช่ | เอา: cancelled
              ไม่ใช่ | ไม่เอา: kept
              else: ask
      cancelled: [{say: cancelled}]
      kept: [{say: kept}]
"""

POSTCODE = r"""
    vars: {account: ""}
    steps:
      ask:
        - gather:
            say: Enter your five digit postcode. To skip, press pound.
            retry: {attempts: 2, no_match: That is no postcode.}
            branch:
              "#": number
              /\d{5}/: number
              else: bye
      number:
        - gather:
            say: Enter your account number. To go back, press pound.
            save: account
            branch:
              "#": ask
              else: got
      got: [{say: "Account {{ account }}."}]
      bye: [{say: Goodbye.}]
"""


@pytest.mark.parametrize(
    ("flow", "said", "heard"),
    [
        (CHINESE, "不是", "kept"),
        (CHINESE, "不好", "kept"),
        (CHINESE, "不可以", "kept"),
        (CHINESE, "不可以吧。", "kept"),
        (CHINESE, "是", "cancelled"),
        (CHINESE, "是的", "cancelled"),
        (CHINESE, "好的，谢谢", "cancelled"),
        (THAI, "ไม่ใช่ค่ะ", "kept"),
        (THAI, "ไม่เอาครับ", "kept"),
        (THAI, "ใช่ครับ", "cancelled"),
    ],
)
def test_a_word_for_no_that_holds_the_word_for_yes_is_no(call, flow, said, heard):
    menu = call(f=flow)
    menu.ask("f")
    assert menu.ask(menu.action(), SpeechResult=said) == f"<Say>{heard}</Say>"


@pytest.mark.parametrize(
    ("pressed", "account", "heard"),
    [
        ("12345#", "4711#", "Account 4711."),
        ("12345", "4711", "Account 4711."),
        ("#", "4711#", "Account 4711."),
        ("12345#", "0471#", "Account 0471."),
    ],
)
def test_callers_end_a_number_with_pound_as_everywhere(call, pressed, account, heard):
    made = call(f=POSTCODE)
    assert 'finishOnKey=""' in made.ask("f")
    assert "Enter your account number." in made.ask(made.action(0), Digits=pressed)
    assert made.ask(made.action(0), Digits=account) == f"<Say>{heard}</Say>"


def test_a_number_with_pound_that_no_key_takes_is_no_match_without_it(call):
    made = call(f=POSTCODE)
    made.ask("f")
    assert "That is no postcode." in made.ask(made.action(0), Digits="123#")
    assert "Enter your account number." in made.ask(made.action(0), Digits="12345#")


def project(**flows: str) -> Project:
    loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    assert not loaded.report.diagnostics, render_text(loaded.report.diagnostics)
    return Project(loaded.program)


def replied(text: str, flow: str, **others: str) -> tuple[str, ...]:
    """What is replied to a text that answers the question of a flow."""
    talk = project(f=flow, **others).phone().write("/flows/f")
    return talk.text("hi").text(text).heard


EMOJI = """
    channel: messaging
    always: {"🆘 | !": operator}
    steps:
      ask:
        - gather:
            say: How was it? Reply 👍 or 👎, or ? for help.
            branch:
              "👍 | 🙂": good
              "👎🏿": bad
              "?": help
              1: one
              👩‍🚀: astronaut
              fine: good
              else: other
      good: [{message: good}]
      bad: [{message: bad}]
      help: [{message: help}]
      one: [{message: one}]
      astronaut: [{message: astronaut}]
      operator: [{message: operator}]
      other: [{message: other}]
"""


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "reply"),
        [
            ("👍", "good"),
            ("👍🏽", "good"),
            ("It was 👍🏽!!", "good"),
            ("🙂👍", "good"),
            ("👎", "bad"),
            ("👎🏻 sorry", "bad"),
            ("?", "help"),
            ("？ ", "help"),
            ("what?", "other"),
            ("1️⃣", "one"),
            ("👩🏾‍🚀", "astronaut"),
            ("👩", "other"),
            ("🚀", "other"),
            ("fine 👎", "fine wins"),
            ("🆘", "operator"),
            ("🆘 now", "other"),
            ("!", "operator"),
        ],
    )
    def test_a_key_may_be_any_text(self, text, reply):
        assert replied(text, EMOJI) == (("good",) if reply == "fine wins" else (reply,))

    CODES = r"""
        channel: messaging
        vars: {code: ""}
        steps:
          ask:
            - gather:
                say: Code, or word?
                save: code
                branch:
                  /\d{5}/: code_
                  क्या: hindi
                  "نمی‌خواهم": persian
                  else: other
          code_: [{message: "code {{ code | length }} {{ code }}"}]
          hindi: [{message: hindi}]
          persian: [{message: "persian {{ code | length }}"}]
          other: [{message: other}]
    """

    @pytest.mark.parametrize(
        ("text", "reply"),
        [
            ("12345\u200f", "code 5 12345"),
            ("\u202d12345\u202c", "code 5 12345"),
            ("\ufeff12345", "code 5 12345"),
            ("123\u00ad45", "code 5 12345"),
            ("क्\u200dया", "hindi"),
            ("نمیخواهم", "persian 8"),
            ("نمی\u200cخواهم", "persian 9"),
            ("१२३४५", "code 5 12345"),
            ("۱۲۳۴۵", "code 5 12345"),
            ("1 2 3 4 5", "code 5 12345"),
            ("12345.", "code 5 12345"),
        ],
    )
    def test_characters_that_nobody_sees_do_not_count_and_digits_of_the_script_do(self, text, reply):
        assert replied(text, self.CODES) == (reply,)

    @pytest.mark.parametrize("key", ["👍", "?", "👍🏽", ":)", "!", "❤️"])
    def test_in_a_call_nobody_can_press_or_say_such_a_key(self, key):
        text = f"steps:\n  a: [{{gather: {{say: Ask., branch: {{'{key}': a, else: hangup}}}}}}]\n"
        found = load_sources({"f.yaml": text}).report.diagnostics
        assert [each.code for each in found] == ["F114"]
        assert "channel: [voice, messaging]" in found[0].helps[-1]

    @pytest.mark.parametrize("key", ["👍", "?"])
    def test_in_a_flow_for_both_it_is_texted_and_changes_nothing_in_calls(self, call, key):
        text = f"""
            channel: [voice, messaging]
            steps:
              a: [{{gather: {{say: For yes press 1., branch: {{"1 | {key}": b, else: hangup}}}}}}]
              b: [{{say: Yes.}}]
        """
        assert replied(key, text) == ("Yes.",)
        assert 'numDigits="1"' in call(f=text).ask("f")
        assert "speech" not in call(f=text).ask("f")
        assert "hints" not in call(f=text).ask("f")

    def test_in_the_always_of_the_project_it_serves_flows_of_texts_and_says_nothing_to_those_of_calls(self):
        loaded = load_sources(
            {
                "_project.yaml": 'always: {"? | 0": f/help}',
                "f.yaml": "channel: [voice, messaging]\nsteps: {a: [{gather: {say: Ask. Press 1., branch: {1: help, else: help}}}], help: [{say: Help.}]}",
                "v.yaml": "steps: {a: [{gather: {say: Ask. Press 1., branch: {1: a, else: hangup}}}]}",
            }
        )
        assert not loaded.report.diagnostics, render_text(loaded.report.diagnostics)
