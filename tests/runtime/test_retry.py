"""Asking again: how often, what is said before, what instead, and where it leads in the end."""

import re

import pytest


def menu(
    retry: str, *, branch: str = "{1: sales, no_input: nobody, no_match: wrong}", top: str = "", say: str = "Ask."
) -> str:
    return f"""
{top}
steps:
  menu:
    - gather: {{say: "{say}", {retry}{", " if retry else ""}branch: {branch}}}
    - say: After.
  sales: [{{say: Sales.}}]
  nobody: [{{say: Nobody.}}]
  wrong: [{{say: Wrong.}}]
"""


def said(twiml: str) -> list[str]:
    return re.findall(r"<Say[^>]*>([^<]*)</Say>", twiml)


class TestSilence:
    def test_asks_again_in_one_document_when_nothing_is_personal(self, call):
        twiml = call(f=menu("retry: {attempts: 3, no_input: Hello?}")).ask("/flows/f")
        assert said(twiml) == ["Ask.", "Hello?", "Ask.", "Hello?", "Ask.", "Nobody."]
        assert "<Redirect" not in twiml

    def test_asks_again_by_a_redirect_when_something_is(self, call):
        asked = call(f=menu("retry: {attempts: 3}", say="Ask {{ call.from }}."))
        heard = said(asked.ask("/flows/f"))
        for _ in range(3):
            heard += said(asked.ask(asked.redirect())) if "<Redirect" in asked.outcome.body.decode() else []
        assert heard == ["Ask +15550001111."] * 3 + ["Nobody."]

    def test_words_that_are_personal_are_asked_for_only_when_they_are_due(self, call):
        asked = call(f=menu("retry: {attempts: 2, no_input: 'Are you there, {{ call.from }}?'}"))
        assert said(asked.ask("/flows/f")) == ["Ask."]
        assert said(asked.ask(asked.redirect())) == ["Are you there, +15550001111?", "Ask.", "Nobody."]

    def test_then_the_key_no_input_is_taken_else_else_else_the_next_instruction(self, call):
        for branch, last in (
            ("{1: sales, no_input: nobody, else: wrong}", "Nobody."),
            ("{1: sales, no_match: nobody, else: wrong}", "Wrong."),
            ("{1: sales, no_match: nobody}", "After."),
        ):
            assert said(call(f=menu("retry: {attempts: 2}", branch=branch)).ask("/flows/f")) == ["Ask.", "Ask.", last]

    def test_a_way_out_that_depends_on_the_caller_is_taken_when_it_is_due(self, call, plain):
        """A template that follows a verb which waits for somebody begins a new document."""
        branch = "{1: sales, no_input: 'https://example.com/?from={{ call.from }}'}"
        asked = call(f=menu("retry: {attempts: 2}", branch=branch))
        assert said(asked.ask("/flows/f")) == ["Ask.", "Ask."]
        assert asked.ask(asked.redirect()) == "<Redirect>https://example.com/?from=%2B15550001111</Redirect>"

    def test_without_retry_it_is_asked_once(self, call):
        assert said(call(f=menu("")).ask("/flows/f")) == ["Ask.", "Nobody."]


class TestNoMatch:
    def test_asks_again_as_often_as_it_may_in_all(self, call):
        asked = call(f=menu("retry: {attempts: 3, no_match: Not one of them.}"))
        asked.ask("/flows/f")
        assert said(asked.ask(asked.action(0), Digits="8"))[:2] == ["Not one of them.", "Ask."]
        assert said(asked.ask(asked.action(0), Digits="9"))[:2] == ["Not one of them.", "Ask."]
        assert said(asked.ask(asked.action(0), Digits="9")) == ["Wrong."]

    def test_the_answer_can_be_said(self, call):
        asked = call(f=menu("retry: {attempts: 2, no_match: '{{ answer }} is not one of the choices.'}"))
        asked.ask("/flows/f")
        assert said(asked.ask(asked.action(0), Digits="8"))[0] == "8 is not one of the choices."
        asked.ask("/flows/f")
        assert said(asked.ask(asked.action(0), SpeechResult="<b>"))[0] == "&lt;b&gt; is not one of the choices."

    def test_the_right_answer_is_taken_at_any_time(self, call):
        asked = call(f=menu("retry: {attempts: 3}"))
        asked.ask("/flows/f")
        asked.ask(asked.action(0), Digits="8")
        assert said(asked.ask(asked.action(-1), Digits="1")) == ["Sales."]

    @pytest.mark.parametrize(
        ("branch", "last"),
        [
            ("{1: sales, no_match: wrong, else: nobody}", "Wrong."),
            ("{1: sales, no_input: wrong, else: nobody}", "Nobody."),
            ("{1: sales}", "After."),
        ],
    )
    def test_then_the_key_no_match_is_taken_else_else_else_the_next_instruction(self, call, branch, last):
        asked = call(f=menu("retry: {attempts: 2}", branch=branch))
        asked.ask("/flows/f")
        asked.ask(asked.action(0), Digits="8")
        assert said(asked.ask(asked.action(0), Digits="8")) == [last]


class TestOneCount:
    def test_serves_silence_and_no_match_together(self, call):
        asked = call(f=menu("retry: {attempts: 3, no_input: Hello?, no_match: No.}"))
        asked.ask("/flows/f")
        assert said(asked.ask(asked.action(0), Digits="8")) == ["No.", "Ask.", "Hello?", "Ask.", "Nobody."]
        assert said(asked.ask(asked.action(-1), Digits="8")) == ["Wrong."]

    def test_an_answer_to_a_later_question_of_a_document_counts_the_silence_before(self, call):
        asked = call(f=menu("retry: {attempts: 3, no_match: No.}"))
        asked.ask("/flows/f")
        assert said(asked.ask(asked.action(2), Digits="8")) == ["Wrong."]
        asked.ask("/flows/f")
        assert said(asked.ask(asked.action(1), Digits="8")) == ["No.", "Ask.", "Nobody."]

    def test_a_step_entered_anew_begins_anew(self, call):
        flow = menu("retry: {attempts: 2, no_match: No.}", branch="{1: menu, '*': repeat, no_match: wrong}")
        asked = call(f=flow)
        asked.ask("/flows/f")
        for key in "1*":
            asked.ask(asked.action(0), Digits="8")
            assert said(asked.ask(asked.action(0), Digits=key)) == ["Ask.", "Ask.", "After."]

    def test_a_list_has_an_entry_for_each_time_and_the_last_repeats(self, call):
        twiml = call(f=menu("retry: {attempts: 5, no_input: [One., Two., [{say: Three.}, {pause: 1}]]}")).ask(
            "/flows/f"
        )
        assert said(twiml) == ["Ask.", "One.", "Ask.", "Two.", "Ask.", "Three.", "Ask.", "Three.", "Ask.", "Nobody."]
        assert twiml.count("<Pause") == 2

    def test_prompt_replaces_the_words_from_the_second_time_on(self, call):
        twiml = call(
            f=menu(
                "retry: {attempts: 4, no_input: Hello?, prompt: [Again., {say: Last time.}]}".replace(
                    "{say: Last time.}", "[{say: Last time.}, {play: audio/beep.mp3}]"
                )
            )
        ).ask("/flows/f")
        assert said(twiml) == ["Ask.", "Hello?", "Again.", "Hello?", "Last time.", "Hello?", "Last time.", "Nobody."]
        assert twiml.count("<Play>audio/beep.mp3</Play>") == 2

    def test_the_words_are_part_of_the_question_so_that_a_key_stops_them(self, call):
        twiml = call(f=menu("retry: {attempts: 2, no_input: Hello?}")).ask("/flows/f")
        assert "><Say>Hello?</Say><Say>Ask.</Say></Gather>" in twiml

    def test_the_question_keeps_its_attributes(self, call):
        twiml = call(f=menu("timeout: 3, retry: {attempts: 3}")).ask("/flows/f")
        assert twiml.count('timeout="3"') == 3
        assert twiml.count('numDigits="1"') == 3


class TestDefaults:
    TOP = "defaults: {say: {voice: man}, gather: {timeout: 7, retry: {attempts: 3, no_input: Hello?, no_match: No.}}}"

    def test_give_every_gather_a_retry(self, call):
        twiml = call(f=menu("", top=self.TOP)).ask("/flows/f")
        assert said(twiml) == ["Ask.", "Hello?", "Ask.", "Hello?", "Ask.", "Nobody."]
        assert twiml.count('<Say voice="man">') == 6

    def test_are_merged_key_by_key(self, call):
        asked = call(f=menu("retry: {attempts: 2, no_input: Mine.}", top=self.TOP))
        assert said(asked.ask("/flows/f")) == ["Ask.", "Mine.", "Ask.", "Nobody."]
        assert said(asked.ask(asked.action(0), Digits="8")) == ["No.", "Ask.", "Nobody."]

    def test_one_attempt_is_none(self, call):
        asked = call(f=menu("retry: {attempts: 1}", top=self.TOP))
        assert said(asked.ask("/flows/f")) == ["Ask.", "Nobody."]
        assert said(asked.ask(asked.action(0), Digits="8")) == ["Wrong."]

    def test_those_of_the_flow_win_over_those_of_the_project_key_by_key(self, load, call):
        project = "defaults: {gather: {retry: {attempts: 3, no_input: Project., no_match: No.}}}"
        asked = call(f=menu("", top="defaults: {gather: {retry: {no_input: Flow.}}}"), _project=project)
        assert said(asked.ask("/flows/f")) == ["Ask.", "Flow.", "Ask.", "Flow.", "Ask.", "Nobody."]
        assert said(asked.ask(asked.action(0), Digits="8"))[0] == "No."


def test_a_retry_serves_a_gather_without_branch(call):
    asked = call(f="steps: {menu: [{gather: {say: Ask., retry: {attempts: 2}}}, {say: After.}]}")
    assert said(asked.ask("/flows/f")) == ["Ask.", "Ask.", "After."]
    assert said(asked.ask(asked.action(1), Digits="8")) == ["After."]


def test_silence_asks_again_where_the_answer_goes_to_an_action(call, plain):
    asked = call(f="steps: {menu: [{gather: {say: Ask., action: b, retry: {attempts: 2, no_input: Hello?}}}], b: []}")
    assert plain(asked.ask("f")) == (
        '<Gather action="f/b"><Say>Ask.</Say></Gather><Gather action="f/b"><Say>Hello?</Say><Say>Ask.</Say></Gather>'
    )


def test_a_retry_in_a_tree_comes_back_to_the_tree(call):
    asked = call(
        f="""
        steps:
          menu:
            - gather:
                branch:
                  1:
                    - gather: {say: Inner., retry: {attempts: 2, no_match: No.}, branch: {2: []}}
                    - say: End of the tree.
            - say: After.
    """
    )
    asked.ask("/flows/f")
    asked.ask(asked.action(0), Digits="1")
    assert said(asked.ask(asked.action(0), Digits="9"))[:2] == ["No.", "Inner."]
    assert said(asked.ask(asked.action(0), Digits="2")) == ["End of the tree.", "After."]
