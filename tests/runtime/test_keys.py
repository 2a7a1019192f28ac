"""Which key an answer takes, as callers meet it: in calls from the first document to what they hear next."""

import pytest

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
