"""A gather: which answers it takes, what its branch fills in, what is kept of an answer."""

import re

import pytest

from engine.diagnostics import render_text
from engine.program.library import load_sources

STEPS = "\n  sales: [{say: Sales.}]\n  nobody: [{say: Nobody.}]\n  other: [{say: Other.}]"


def asking(gather: str, *, after: str = ", {say: After.}", top: str = "") -> str:
    """A flow whose first step is one gather, with three steps that it can lead to."""
    return f"{top}\nsteps:\n  menu: [{{gather: {gather}}}{after}]{STEPS}\n"


def findings(flow: str) -> str:
    return render_text(load_sources({"f.yaml": flow}).report.diagnostics)


def attributes(twiml: str) -> dict[str, str]:
    """The attributes of the first gather, without the engine's own address."""
    found = re.search(r"<Gather([^>]*)>", twiml)
    assert found is not None, twiml
    return {name: value for name, value in re.findall(r'(\w+)="([^"]*)"', found[1]) if name != "action"}


class TestAnswers:
    @pytest.mark.parametrize(
        ("sent", "heard"),
        [
            ({"Digits": "1"}, "<Say>Sales.</Say>"),
            ({"SpeechResult": "Sales, please."}, "<Say>Sales.</Say>"),
            ({"Digits": "", "SpeechResult": "sales"}, "<Say>Sales.</Say>"),
            ({"Digits": "2", "SpeechResult": "sales"}, "<Say>Other.</Say>"),
            ({"Digits": "1."}, "<Say>Sales.</Say>"),
            ({"SpeechResult": "1."}, "<Say>Sales.</Say>"),
            ({"SpeechResult": "something"}, "<Say>Other.</Say>"),
        ],
    )
    def test_what_was_pressed_else_what_was_said_chooses(self, call, sent, heard):
        menu = call(f=asking("{branch: {1 | sales: sales, else: other}}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(), **sent) == heard

    @pytest.mark.parametrize("branch", ["", "branch: {no_input: nobody}", "branch: {}"])
    def test_a_gather_that_names_no_answers_takes_every_one_and_goes_on(self, call, branch):
        menu = call(f=asking(f"{{say: Ask., {branch}}}"))
        menu.ask("/flows/f")
        for sent in ({"Digits": "7"}, {"SpeechResult": "whatever"}):
            menu.ask("/flows/f")
            assert menu.ask(menu.action(0), **sent) == "<Say>After.</Say>"

    def test_it_takes_every_answer_however_often_it_may_ask(self, call):
        menu = call(f=asking("{say: Ask., retry: {attempts: 3}, branch: {no_input: nobody}}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="7") == "<Say>After.</Say>"

    @pytest.mark.parametrize("branch", ["{else: other}", "{no_input: nobody, else: other}", "[{else: other}]"])
    @pytest.mark.parametrize("retry", ["", ", retry: {attempts: 3, no_input: Pardon.}"])
    def test_else_alone_takes_every_answer_also_where_it_may_ask_again(self, call, branch, retry):
        menu = call(f=asking(f"{{say: Ask.{retry}, branch: {branch}}}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="7") == "<Say>Other.</Say>"
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), SpeechResult="whatever") == "<Say>Other.</Say>"

    def test_an_inherited_retry_only_counts_silence_there(self, call):
        top = "defaults: {gather: {retry: {attempts: 2, no_input: Pardon., no_match: That is none.}}}\nvars: {x: ''}"
        menu = call(f=asking("{say: Ask., save: x}", after=", {say: 'got {{ x }}.'}", top=top))
        assert menu.ask("/flows/f").count("<Say>Ask.</Say>") == 2
        assert menu.ask(menu.action(0), Digits="7") == "<Say>got 7.</Say>"

    @pytest.mark.parametrize(
        ("always", "sent", "heard"),
        [
            ("{0: nobody}", "0", "Nobody."),
            ("{0: nobody}", "7", "Other."),
            ("{0: nobody, else: sales}", "7", "Other."),
            ("{0: nobody, no_match: sales}", "7", "Other."),
        ],
    )
    def test_keys_of_always_come_before_its_else(self, call, always, sent, heard):
        menu = call(f=asking("{say: Ask., branch: {else: other}}", top=f"always: {always}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits=sent) == f"<Say>{heard}</Say>"

    @pytest.mark.parametrize("always", ["{0: nobody, else: sales}", "{0: nobody, no_match: sales, else: sales}"])
    @pytest.mark.parametrize("branch", ["", ", branch: {}"])
    def test_else_and_no_match_of_always_do_not_serve_it(self, call, always, branch):
        menu = call(f=asking(f"{{say: Ask.{branch}}}", top=f"always: {always}"))
        assert menu.ask("/flows/f").endswith("<Say>After.</Say>"), "silence goes on"
        assert menu.ask(menu.action(0), Digits="7") == "<Say>After.</Say>"

    def test_no_input_of_always_serves_it(self, call):
        menu = call(f=asking("{say: Ask.}", top="always: {no_input: nobody, else: sales}"))
        assert menu.ask("/flows/f").endswith("<Say>Nobody.</Say>")

    @pytest.mark.parametrize(
        "gather",
        [
            "{branch: {no_match: nobody}}",
            "{branch: {no_match: nobody, else: other}}",
            "{branch: {no_input | no_match: nobody}}",
            "{save: x, retry: {attempts: 2, no_match: Pardon.}}",
            "{retry: {no_match: Pardon.}, branch: {else: other}}",
            "{retry: {no_match: Pardon.}, branch: [{else: other}]}",
        ],
    )
    def test_no_match_of_its_own_can_never_happen_there(self, gather):
        found = findings(asking(gather))
        assert found.count("error[F118]") == 1, found

    @pytest.mark.parametrize(
        "gather",
        [
            "{retry: {no_match: Pardon.}, branch: {1: sales}}",
            "{retry: {no_match: Pardon.}, branch: [{when: answer == '1', to: sales}]}",
            "{retry: {no_input: Pardon.}, branch: {else: other}}",
            "{retry: {no_match: Pardon.}, branch: {'{{ x }}': sales}}",  # another mistake
        ],
    )
    def test_where_answers_are_named_it_can(self, gather):
        assert "F118" not in findings(asking(gather))

    def test_silence_takes_no_input(self, call):
        assert (
            call(f=asking("{say: Ask., branch: {1: sales, no_input: nobody, else: other}}"))
            .ask("/flows/f")
            .endswith("</Gather><Say>Nobody.</Say>")
        )

    def test_silence_takes_else_where_there_is_no_no_input(self, call):
        assert (
            call(f=asking("{branch: {1: sales, no_match: nobody, else: other}}"))
            .ask("/flows/f")
            .endswith("<Say>Other.</Say>")
        )

    def test_silence_goes_on_where_there_is_neither(self, call):
        assert call(f=asking("{branch: {1: sales, no_match: nobody}}")).ask("/flows/f").endswith("<Say>After.</Say>")

    @pytest.mark.parametrize(
        ("branch", "heard"),
        [
            ("{1: sales, no_match: nobody, else: other}", "Nobody."),
            ("{1: sales, no_input: nobody, else: other}", "Other."),
            ("{1: sales, no_input: nobody}", "After."),
            ("{else: other}", "Other."),
        ],
    )
    def test_an_answer_that_no_key_takes_is_no_match_else_else_else_the_next_instruction(self, call, branch, heard):
        menu = call(f=asking(f"{{branch: {branch}}}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="9") == f"<Say>{heard}</Say>"

    def test_a_name_in_quotes_is_an_answer(self, call):
        menu = call(f=asking("""{branch: {"'else'": sales, else: other}}"""))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), SpeechResult="or else") == "<Say>Sales.</Say>"
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), SpeechResult="what") == "<Say>Other.</Say>"

    def test_alternatives_may_be_quoted_one_by_one(self, call):
        flow = """
            steps:
              menu:
                - gather:
                    branch:
                      "*" : nobody
                      '0 | "#"': sales
                      else: other
              nobody: [{say: Nobody.}]
              sales: [{say: Sales.}]
              other: [{say: Other.}]
        """
        menu = call(f=flow)
        for digits, heard in (("*", "Nobody."), ("#", "Sales."), ("0", "Sales."), ("1", "Other.")):
            menu.ask("/flows/f")
            assert menu.ask(menu.action(0), Digits=digits) == f"<Say>{heard}</Say>"

    @pytest.mark.parametrize("sent", [{}, {"Digits": ""}, {"SpeechResult": ""}, {"Digits": "", "FinishedOnKey": "#"}])
    def test_an_empty_answer_is_silence(self, call, sent):
        menu = call(f=asking("{action_on_empty_result: true, branch: {1: sales, no_input: nobody, else: other}}"))
        twiml = menu.ask("/flows/f")
        assert twiml.endswith(("</Gather>", "/>")), "the answer is sent even on silence"
        assert "Nobody" not in twiml
        assert menu.ask(menu.action(0), **sent) == "<Say>Nobody.</Say>"

    def test_with_action_on_empty_result_silence_asks_again_as_often_as_it_may(self, call):
        menu = call(f=asking("{action_on_empty_result: true, say: Ask., retry: {attempts: 2, no_input: Pardon.}}"))
        assert menu.ask("/flows/f").count("<Gather") == 1
        again = menu.ask(menu.action(0))
        assert again.count("<Gather") == 1
        assert "<Say>Pardon.</Say><Say>Ask.</Say>" in again
        assert menu.ask(menu.action(0)) == "<Say>After.</Say>"

    def test_conditions_choose_in_order(self, call):
        menu = call(
            f="""
            vars: {pin: 1234, tries: 0}
            steps:
              menu:
                - gather:
                    num_digits: 4
                    branch:
                      - when: answer == pin | string
                        to: inside
                      - when: answer == '0000'
                        to: [{say: Nobody has that.}]
                      - else: wrong
              inside: [{say: Welcome.}]
              wrong: [{say: Wrong.}]
        """
        )
        for digits, heard in (("1234", "Welcome."), ("0000", "Nobody has that."), ("1", "Wrong.")):
            menu.ask("/flows/f")
            assert menu.ask(menu.action(0), Digits=digits) == f"<Say>{heard}</Say>"

    def test_silence_and_no_match_take_the_else_of_conditions(self, call):
        menu = call(f=asking("{branch: [{when: digits == '1', to: sales}, {else: other}]}"))
        assert menu.ask("/flows/f").endswith("<Say>Other.</Say>")
        assert menu.ask(menu.action(0), Digits="2") == "<Say>Other.</Say>"

    def test_where_no_condition_holds_and_there_is_no_else_it_is_no_match(self, call):
        menu = call(f=asking("{say: Ask., retry: {attempts: 2}, branch: [{when: digits == '1', to: sales}]}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="2").count("<Say>Ask.</Say>") == 1
        assert menu.ask(menu.action(0), Digits="2") == "<Say>After.</Say>"

    def test_of_an_answer_that_decides_by_a_condition_nothing_is_kept_ready(self, call):
        menu = call(f=asking("{branch: [{when: call.from == '+1', to: sales}, {else: other}]}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="1") == "<Say>Other.</Say>"
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="1", From="+1") == "<Say>Sales.</Say>"

    def test_a_regular_expression_takes_the_whole_answer(self, call):
        flow = """
            steps:
              menu:
                - gather:
                    input: dtmf speech
                    branch:
                      /[0-9]{4}/: sales
                      /.*billing.*/: nobody
                      else: other
              nobody: [{say: Nobody.}]
              sales: [{say: Sales.}]
              other: [{say: Other.}]
        """
        menu = call(f=flow)
        for sent, heard in (
            ({"Digits": "1234"}, "Sales."),
            ({"Digits": "12345"}, "Other."),
            ({"SpeechResult": "My Billing, please."}, "Nobody."),
        ):
            menu.ask("/flows/f")
            assert menu.ask(menu.action(0), **sent) == f"<Say>{heard}</Say>"

    def test_the_longest_word_wins(self, call):
        menu = call(f=asking("{branch: {sales: sales, sales department: other}}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), SpeechResult="The sales department") == "<Say>Other.</Say>"
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), SpeechResult="The sales people") == "<Say>Sales.</Say>"


class TestFilledIn:
    @pytest.mark.parametrize(
        ("gather", "filled"),
        [
            ("{branch: {1: sales, 2: other}}", {"numDigits": "1"}),
            ("{branch: {10: sales, 20: other}}", {"numDigits": "2"}),
            ("{branch: {1: sales, 20: other}}", {}),
            ("{branch: {1: sales, '*': other}}", {"numDigits": "1"}),
            ("{branch: {1: sales, else: other}}", {"numDigits": "1"}),
            ("{num_digits: 3, branch: {1: sales}}", {"numDigits": "3"}),
            ("{save: x, branch: {1: sales}}", {}),
            ("{save: {x: answer}, branch: {1: sales}}", {}),
            ("{branch: {1: sales, '/[0-9]+/': other}}", {}),
            ("{branch: [{when: digits == '1', to: sales}]}", {}),
            ("{branch: {no_input: nobody}}", {}),
            ("{say: Ask.}", {}),
            ("{branch: {'#': sales}}", {"numDigits": "1", "finishOnKey": ""}),
            ("{finish_on_key: '*', branch: {'#': sales}}", {"numDigits": "1", "finishOnKey": "*"}),
            ("{branch: {'*': sales}}", {"numDigits": "1"}),
            ("{branch: {sales: sales}}", {"input": "dtmf speech", "hints": "sales"}),
            (
                "{branch: {1 | sales: sales, 2 | other things: other}}",
                {"input": "dtmf speech", "numDigits": "1", "hints": "sales, other things"},
            ),
            ("{input: speech, branch: {sales: sales}}", {"input": "speech", "hints": "sales"}),
            ("{hints: [bananas, pears], branch: {sales: sales}}", {"input": "dtmf speech", "hints": "bananas,pears"}),
        ],
    )
    def test_what_the_branch_already_says_is_filled_in_unless_written(self, call, gather, filled):
        twiml = call(f=asking(gather)).ask("/flows/f")
        assert attributes(twiml) == filled

    def test_keys_of_a_tree_within_do_not_count(self, call):
        twiml = call(f=asking("{branch: {1: [{gather: {branch: {'#': sales, 22: other}}}]}}")).ask("/flows/f")
        assert attributes(twiml) == {"numDigits": "1"}


class TestSave:
    def flow(self, gather: str, after: str = "got {{ got }}.") -> str:
        return asking(gather, after=f", {{say: '{after}'}}", top="vars: {got: nothing}")

    def test_a_name_keeps_the_answer(self, call):
        menu = call(f=self.flow("{save: got}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="0412") == "<Say>got 0412.</Say>"

    def test_a_mapping_keeps_any_parameter_in_snake_case(self, call):
        menu = call(
            f=self.flow(
                "{input: speech, save: {a: answer, d: digits, s: speech, c: confidence, k: finished_on_key, n: never_sent}}",
                "{{ a }}|{{ d }}|{{ s }}|{{ c }}|{{ k }}|{{ n }}|",
            )
        )
        menu.ask("/flows/f")
        said = menu.ask(menu.action(0), SpeechResult="Yes.", Confidence="0.9", FinishedOnKey="#")
        assert said == "<Say>Yes.||Yes.|0.9|#||</Say>"

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ({"SpeechResult": "1 2 3 4 5"}, "12345"),
            ({"SpeechResult": "12345."}, "12345"),
            ({"SpeechResult": "555-0100"}, "5550100"),
            ({"SpeechResult": "१२३"}, "123"),
            ({"SpeechResult": "Flat 1 2"}, "Flat 1 2"),
            ({"SpeechResult": "1.5"}, "1.5"),
            ({"SpeechResult": "\u202aAnn\u202c "}, "Ann"),
            ({"Digits": "4711#"}, "4711#"),
        ],
    )
    def test_without_a_branch_it_keeps_bare_digits(self, call, sent, kept):
        menu = call(f=self.flow("{save: got}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), **sent) == f"<Say>got {kept}.</Say>"

    @pytest.mark.parametrize(
        ("branch", "said", "kept"),
        [
            (r"{'/\d{5}/': []}", "1 2 3 4 5", "12345 12345"),
            (r"{'/\d{3}-\d{4}/': []}", "555-0100", "555-0100 555-0100"),
            ("{12345: []}", "1-2-3-4-5.", "12345 12345"),
            ("{yes: [], else: []}", "12345.", "12345 12345"),
            ("{yes: []}", "Yes, please.", "Yes, please. Yes, please."),
            ("[{when: answer == '12345', to: []}]", "12345.", "12345 12345"),
            ("[{when: got == '12345', to: []}, {else: sales}]", "1 2 3 4 5", "12345 12345"),
            ("[{when: answer == '1 2', to: []}]", "1 2", "1 2 1 2"),
            ("[{when: answer | length == 2, to: []}, {when: answer, to: sales}]", "1, 2", "12 12"),
        ],
    )
    def test_with_a_branch_the_reading_that_was_taken(self, call, branch, said, kept):
        menu = call(f=self.flow(f"{{input: dtmf speech, save: got, branch: {branch}}}", "{{ got }} {{ answer }}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), SpeechResult=said) == f"<Say>{kept}</Say>"

    @pytest.mark.parametrize("save", ["got", "{got: answer}", "{got: digits}"])
    @pytest.mark.parametrize(("pressed", "kept"), [("4711#", "4711"), ("12345#", "12345"), ("12345", "12345")])
    def test_where_pound_is_a_key_one_at_the_end_is_not_kept(self, call, save, pressed, kept):
        menu = call(f=self.flow(f"{{save: {save}, branch: {{'#': sales, '/\\d{{5}}/': [], else: []}}}}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits=pressed) == f"<Say>got {kept}.</Say>"
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="#") == "<Say>Sales.</Say>"

    def test_the_digits_that_ended_a_recording_are_kept_as_they_are(self, call):
        flow = "vars: {k: ''}\nsteps: {a: [{record: {save: {k: digits}}}, {say: 'key {{ k }}.'}]}"
        made = call(f=flow)
        made.ask("/flows/f")
        assert made.ask(made.action(0), RecordingUrl="https://x/1", Digits="#") == "<Say>key #.</Say>"

    def test_on_silence_nothing_is_saved(self, call):
        menu = call(f=self.flow("{save: got}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.redirect()) == "<Say>got nothing.</Say>"

    def test_on_a_silence_that_is_sent_nothing_is_saved(self, call):
        menu = call(f=self.flow("{save: {got: speech}, action_on_empty_result: true}"))
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), SpeechResult="") == "<Say>got nothing.</Say>"

    def test_it_happens_before_the_branch(self, call):
        menu = call(
            f="""
            vars: {pin: none yet}
            steps:
              menu:
                - gather:
                    save: pin
                    branch:
                      - when: pin == '1234'
                        to: [{say: 'right, {{ pin }}'}]
                      - else: [{say: 'wrong, {{ pin }}'}]
        """
        )
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="1234") == "<Say>right, 1234</Say>"
        menu.ask("/flows/f")
        assert menu.ask(menu.action(0), Digits="1") == "<Say>wrong, 1</Say>"

    def test_save_branch_and_retry_together(self, call):
        menu = call(
            f="""
            vars: {got: nothing}
            steps:
              menu:
                - gather:
                    say: Ask.
                    save: got
                    retry: {attempts: 2, no_match: "{{ answer }} is none."}
                    branch: {1: done, no_match: done}
              done: [{say: "got {{ got }}."}]
        """
        )
        menu.ask("/flows/f")
        assert "<Say>7 is none.</Say><Say>Ask.</Say>" in menu.ask(menu.action(0), Digits="7")
        action = menu.action(0)
        assert menu.ask(action, Digits="1") == "<Say>got 1.</Say>"

    def test_the_last_answer_is_kept_when_no_attempt_is_left(self, call):
        menu = call(f=self.flow("{save: got, retry: {attempts: 2}, branch: {1: sales}}"))
        menu.ask("/flows/f")
        menu.ask(menu.action(0), Digits="7")
        assert menu.ask(menu.action(0), Digits="8") == "<Say>got 8.</Say>"


class TestAddresses:
    def test_without_branch_and_save_the_engine_writes_its_own_so_that_nothing_is_asked_for_ever(self, call, plain):
        assert (
            plain(call(f=asking("{say: Ask.}")).ask("/flows/f"))
            == '<Gather action="f/menu?_a=0"><Say>Ask.</Say></Gather><Say>After.</Say>'
        )

    @pytest.mark.parametrize(
        ("target", "written"),
        [("sales", "f/sales"), ("https://example.com/x", "https://example.com/x"), ("./x", "f/x"), ("/x", "/x")],
    )
    def test_an_action_is_a_target_or_url_as_given(self, call, plain, target, written):
        twiml = plain(call(f=asking(f"{{action: '{target}', method: GET}}")).ask("/flows/f"))
        assert twiml == f'<Gather action="{written}" method="GET" /><Say>After.</Say>'

    def test_with_an_action_silence_goes_on(self, call, plain):
        assert (
            plain(call(f=asking("{action: sales}")).ask("/flows/f")) == '<Gather action="f/sales" /><Say>After.</Say>'
        )

    @pytest.mark.parametrize("extra", ["branch: {1: sales}", "save: x"])
    @pytest.mark.parametrize("own", ["action: sales", "method: GET"])
    def test_beside_branch_or_save_neither_action_nor_method_may_be_given(self, extra, own):
        assert "error[F110]" in findings(asking(f"{{{own}, {extra}}}"))

    @pytest.mark.parametrize("extra", ["branch: {1: sales}", "save: x", "say: Ask."])
    def test_the_engines_own_addresses_ask_for_post(self, call, extra):
        defaults = "{method: GET}" if extra == "say: Ask." else "{action: sales, method: GET}"
        twiml = call(f=asking(f"{{{extra}}}", top=f"defaults: {{gather: {defaults}}}")).ask("/flows/f")
        assert "_a=0" in twiml
        assert "method" not in twiml

    def test_an_action_of_the_defaults_serves_where_nothing_else_is_said(self, call, plain):
        twiml = call(f=asking("{say: Ask.}", top="defaults: {gather: {action: sales}}")).ask("/flows/f")
        assert plain(twiml).startswith('<Gather action="f/sales">')


class TestWhispers:
    FLOW = """
        steps:
          start:
            - dial:
                number: {phone_number: "+15550100", url: screen}
                branch: {completed: hangup, declined: voicemail, else: voicemail}
          screen:
            - gather: {num_digits: 1, say: Press 1 to accept., branch: {1: [], else: hangup}}
          voicemail:
            - record: {max_length: 60}
    """

    def test_one_key_joins_the_two_sides_and_all_else_hangs_up(self, call, plain):
        dial = call(f=self.FLOW)
        first = plain(dial.ask("/flows/f"))
        assert '<Number url="f/screen">+15550100</Number>' in first
        asked = dial.ask("f/screen", CallSid="CA2", ParentCallSid="CA1")
        assert plain(asked) == (
            '<Gather action="../f/screen?_a=0" numDigits="1"><Say>Press 1 to accept.</Say></Gather><Hangup />'
        )
        action = dial.action(0)
        assert dial.ask(action, Digits="1", CallSid="CA2") == ""
        dial.ask("/flows/f/screen", CallSid="CA2")
        assert dial.ask(dial.action(0), Digits="2", CallSid="CA2") == "<Hangup />"

    def test_who_declined_was_answered_and_never_joined(self, call):
        dial = call(f=self.FLOW)
        dial.ask("/flows/f")
        action = dial.action(-1)
        assert "<Record" in dial.ask(action, DialCallStatus="completed", DialBridged="false")
        dial.ask("/flows/f")
        assert dial.ask(dial.action(-1), DialCallStatus="completed", DialBridged="true") == "<Hangup />"
