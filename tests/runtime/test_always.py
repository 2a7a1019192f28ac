"""What every gather understands beside its own keys: which answers, whose key comes first, what is kept, where a tree leads."""

import re

import pytest

STEPS = """
  sales: [{say: Sales.}]
  desk: [{say: Desk.}]
  nobody: [{say: Nobody.}]
  wrong: [{say: Wrong.}]
"""


def asking(always: str, gather: str, *, top: str = "", after: str = "After.") -> str:
    """A flow whose first step asks one question, with steps that it can lead to."""
    return f'{top}\nalways: {always}\nsteps:\n  menu: [{{gather: {gather}}}, {{say: "{after}"}}]{STEPS}'


def heard(twiml: str) -> list[str]:
    return re.findall(r"<Say[^>]*>([^<]*)</Say>", twiml)


def attributes(twiml: str) -> dict[str, str]:
    found = re.search(r"<Gather([^>]*)>", twiml)
    assert found is not None, twiml
    return {name: value for name, value in re.findall(r'(\w+)="([^"]*)"', found[1]) if name != "action"}


def answer(call, **sent: str) -> list[str]:
    """What is heard after an answer to the first question of the document."""
    return heard(call.ask(call.action(0), **sent))


class TestAnswers:
    def test_every_gather_takes_its_keys(self, call):
        asked = call(
            f="""
            always: {0: desk, "*": repeat}
            steps:
              menu: [{gather: {say: One., branch: {1: more}}}]
              more: [{gather: {say: Two., save: name}}, {gather: {say: Three., branch: {5: desk}}}]
              desk: [{say: Desk.}]
            """
        )
        asked.ask("/flows/f")
        assert answer(asked, Digits="*") == ["One."]
        assert answer(asked, Digits="1") == ["Two.", "Three."]
        assert answer(asked, Digits="5") == ["Three."]
        assert answer(asked, Digits="0") == ["Desk."]

    def test_a_key_of_the_gather_comes_first(self, call):
        menu = call(f=asking("{1: desk}", "{say: Ask., branch: {1: sales}}"))
        menu.ask("/flows/f")
        assert answer(menu, Digits="1") == ["Sales."]

    def test_so_does_a_condition_of_the_gather(self, call):
        menu = call(f=asking("{0: desk}", "{say: Ask., branch: [{when: answer == '0', to: sales}]}"))
        menu.ask("/flows/f")
        assert answer(menu, Digits="0") == ["Sales."]

    def test_but_a_pattern_comes_behind_a_whole_answer(self, call):
        menu = call(f=asking("{0: desk, 11: nobody}", r"{say: Ask., branch: {'/\d/': sales}}"))
        menu.ask("/flows/f")
        assert answer(menu, Digits="0") == ["Desk."]
        menu.ask("/flows/f")
        assert answer(menu, Digits="7") == ["Sales."]
        menu.ask("/flows/f")
        assert answer(menu, Digits="11") == ["Nobody."]

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ("operator", ["Desk."]),
            ("Opérator!", ["Desk."]),
            ("the operator, please", ["Wrong."]),
            ("operator of sales", ["Sales."]),
            ("0.", ["Desk."]),
            ("zero 0 zero", ["Wrong."]),
        ],
    )
    def test_they_are_the_whole_answer(self, call, said, words):
        gather = "{say: Ask., branch: {sales: sales, no_match: wrong}}"
        menu = call(f=asking("{0 | operator: desk}", gather))
        menu.ask("/flows/f")
        assert answer(menu, SpeechResult=said) == words

    def test_a_pattern_takes_the_whole_answer_too(self, call):
        menu = call(f=asking('{"/9+/": desk}', "{say: Ask., branch: {1: sales, else: wrong}}"))
        menu.ask("/flows/f")
        assert answer(menu, Digits="999") == ["Desk."]
        menu.ask("/flows/f")
        assert answer(menu, Digits="991") == ["Wrong."]

    def test_they_are_no_no_match(self, call):
        gather = "{say: Ask., retry: {attempts: 2, no_match: Again.}, branch: {1: sales, no_match: wrong}}"
        menu = call(f=asking("{0: desk}", gather))
        menu.ask("/flows/f")
        assert answer(menu, Digits="0") == ["Desk."]
        menu.ask("/flows/f")
        assert answer(menu, Digits="7")[:2] == ["Again.", "Ask."]
        assert answer(menu, Digits="0") == ["Desk."]

    def test_a_gather_without_a_branch_takes_every_other_answer(self, call):
        menu = call(f=asking("{0: desk}", "{say: Ask.}"))
        for digits, words in (("7", ["After."]), ("0", ["Desk."]), ("00", ["After."])):
            menu.ask("/flows/f")
            assert answer(menu, Digits=digits) == words


class TestKept:
    FLOW = asking(
        "{0: [{say: 'Was {{ account }}.'}], 9: repeat}",
        "{say: Ask., save: account}",
        top="vars: {account: none}",
        after="Is {{ account }}.",
    )

    def test_they_are_not_saved(self, call):
        menu = call(f=self.FLOW)
        menu.ask("/flows/f")
        assert answer(menu, Digits="0") == ["Was none.", "Is none."]
        menu.ask("/flows/f")
        assert answer(menu, Digits="1234") == ["Is 1234."]
        menu.ask("/flows/f")
        assert answer(menu, Digits="0") == ["Was 1234.", "Is 1234."]
        assert menu.session.variables == {"account": "1234"}

    def test_a_condition_of_the_gather_that_takes_one_saves_it(self, call):
        gather = "{say: Ask., save: account, branch: [{when: account == '0', to: sales}]}"
        menu = call(f=asking("{0: desk}", gather, top="vars: {account: none}"))
        menu.ask("/flows/f")
        assert answer(menu, Digits="0") == ["Sales."]
        assert menu.session.variables == {"account": "0"}

    def test_a_condition_sees_what_was_saved_and_the_tree_does_not(self, call):
        gather = "{say: Ask., save: account, branch: [{when: account == '5', to: sales}]}"
        menu = call(f=asking("{0: [{say: 'Was {{ account }}.'}]}", gather, top="vars: {account: none}"))
        menu.ask("/flows/f")
        assert answer(menu, Digits="0") == ["Was none.", "After."]


class TestNames:
    @pytest.mark.parametrize(
        ("always", "branch", "silent", "unknown"),
        [
            ("{no_input: nobody}", "{1: sales}", "Nobody.", "After."),
            ("{no_match: wrong}", "{1: sales}", "After.", "Wrong."),
            ("{else: desk}", "{1: sales}", "Desk.", "Desk."),
            ("{no_input: nobody, else: desk}", "{1: sales}", "Nobody.", "Desk."),
            ("{no_input: nobody}", "{1: sales, no_input: desk}", "Desk.", "After."),
            ("{else: desk}", "{1: sales, else: wrong}", "Wrong.", "Wrong."),
            ("{else: desk}", "{1: sales, no_match: wrong}", "Desk.", "Wrong."),
            # The gather lacks `no_input`, which comes before `else`, whoever has it.
            ("{no_input: nobody, no_match: sales}", "{1: sales, else: wrong}", "Nobody.", "Sales."),
        ],
    )
    def test_a_name_serves_a_gather_that_lacks_it(self, call, always, branch, silent, unknown):
        menu = call(f=asking(always, f"{{say: Ask., branch: {branch}}}"))
        assert heard(menu.ask("/flows/f")) == ["Ask.", silent]
        assert answer(menu, Digits="7") == [unknown]

    def test_none_makes_a_gather_choose_that_takes_every_answer(self, call):
        for gather in ("{say: Ask.}", "{say: Ask., save: name}", "{say: Ask., branch: {no_input: wrong}}"):
            menu = call(f=asking("{else: desk, no_match: desk}", gather))
            menu.ask("/flows/f")
            assert answer(menu, Digits="7") == ["After."]

    def test_silence_has_its_way_from_a_gather_whose_answer_goes_elsewhere(self, call):
        menu = call(f=asking("{no_input: nobody}", "{say: Ask., action: 'https://example.com/'}"))
        twiml = menu.ask("/flows/f")
        assert 'action="https://example.com/"' in twiml
        assert heard(twiml) == ["Ask.", "Nobody."]

    def test_they_come_after_the_last_attempt(self, call):
        menu = call(f=asking("{else: desk}", "{say: Ask., retry: {attempts: 2}, branch: {1: sales}}"))
        assert heard(menu.ask("/flows/f")) == ["Ask.", "Ask.", "Desk."]


class TestFilled:
    @pytest.mark.parametrize(
        ("always", "gather", "filled"),
        [
            ("{0: desk}", "branch: {1: sales}", {"numDigits": "1"}),
            ("{00: desk}", "branch: {1: sales}", {}),
            ("{00: desk}", "branch: {11: sales}", {"numDigits": "2"}),
            ("{00: desk}", "num_digits: 1, branch: {1: sales}", {"numDigits": "1"}),
            ("{'/0+/': desk}", "branch: {1: sales}", {}),
            ("{operator: desk}", "branch: {1: sales}", {"numDigits": "1"}),
            ("{'#': desk}", "branch: {1: sales}", {"numDigits": "1"}),
            ("{'*': desk}", "branch: {'#': sales}", {"numDigits": "1", "finishOnKey": ""}),
            ("{0: desk}", "save: account", {}),
            ("{0: desk}", "branch: {no_input: sales}", {}),
            ("{0: desk}", "branch: {else: sales}", {}),
            ("{0: desk}", "", {}),
            (
                "{0 | operator: desk}",
                "branch: {sales: sales}",
                {"input": "dtmf speech", "numDigits": "1", "hints": "sales"},
            ),
        ],
    )
    def test_their_digits_count_and_nothing_else_of_them(self, call, always, gather, filled):
        menu = call(f=asking(always, f"{{say: Ask., {gather}}}"))
        assert attributes(menu.ask("/flows/f")) == filled


class TestTrees:
    def test_a_tree_that_runs_out_goes_on_behind_the_gather_it_was_taken_at(self, call):
        asked = call(
            f="""
            always: {9: [{say: Help.}]}
            steps:
              menu:
                - gather: {say: One., branch: {1: [{gather: {say: Two., branch: {1: []}}}, {say: Behind two.}]}}
                - say: Behind one.
            """
        )
        asked.ask("/flows/f")
        assert answer(asked, Digits="9") == ["Help.", "Behind one."]
        asked.ask("/flows/f")
        assert answer(asked, Digits="1")[0] == "Two."
        assert answer(asked, Digits="9") == ["Help.", "Behind two.", "Behind one."]

    FLOW = """
        always:
          8: [{say: Eight.}]
          9:
            - gather: {say: Nine., branch: {1: repeat, 2: [{gather: {say: Deep., branch: {1: []}}}]}}
            - say: Nine is over.
        steps:
          menu:
            - gather: {say: Menu., branch: {1: hangup}}
            - say: Behind.
        """

    def test_a_question_in_a_tree_has_an_address(self, call):
        asked = call(f=self.FLOW)
        asked.ask("/flows/f")
        assert answer(asked, Digits="9") == ["Nine.", "Nine is over.", "Behind."]
        assert answer(asked, Digits="1") == ["Nine.", "Nine is over.", "Behind."]
        assert answer(asked, Digits="2") == ["Deep.", "Nine is over.", "Behind."]
        assert answer(asked, Digits="1") == ["Nine is over.", "Behind."]

    def test_a_question_in_a_tree_understands_always_too_and_goes_on_where_the_caller_came_from(self, call):
        asked = call(f=self.FLOW)
        asked.ask("/flows/f")
        answer(asked, Digits="9")
        assert answer(asked, Digits="8") == ["Eight.", "Behind."]
        asked.ask("/flows/f")
        answer(asked, Digits="9")
        answer(asked, Digits="2")
        assert answer(asked, Digits="9")[0] == "Nine."

    def test_an_answer_that_is_always_the_same_is_kept_ready(self, call):
        """What depends on nobody is written once: an answer of `always` is told apart from those of the gather."""
        asked = call(f=asking("{0: desk, 9: [{say: Help.}]}", "{say: Ask., branch: {1: sales, else: wrong}}"))
        for _ in range(2):
            for digits, words in (("0", ["Desk."]), ("1", ["Sales."]), ("9", ["Help.", "After."]), ("5", ["Wrong."])):
                asked.ask("/flows/f")
                assert answer(asked, Digits=digits) == words


class TestProject:
    PROJECT = """
        defaults: {say: {voice: alice}}
        always: {0 | 7: desk/, "*": repeat, 9: [{say: Help.}], no_input: desk/late}
        """
    DESK = "steps: {welcome: [{say: Desk.}], late: [{say: Late.}]}"

    def test_every_flow_has_it(self, call):
        for name in ("a", "b"):
            flows = {name: "steps: {menu: [{gather: {say: Ask., branch: {1: menu}}}, {say: After.}]}"}
            asked = call(_project=self.PROJECT, desk=self.DESK, **flows)
            assert heard(asked.ask(f"/flows/{name}")) == ["Ask.", "Late."]
            for digits, words in (("0", ["Desk."]), ("*", ["Ask.", "Late."]), ("9", ["Help.", "After."])):
                asked.ask(f"/flows/{name}")
                assert answer(asked, Digits=digits) == words

    def test_the_flows_own_wins_key_by_key(self, call):
        asked = call(
            _project=self.PROJECT, desk=self.DESK, f=asking("{7: sales, 9: nobody}", "{say: Ask., branch: {1: menu}}")
        )
        for digits, words in (("0", ["Desk."]), ("7", ["Sales."]), ("9", ["Nobody."]), ("*", ["Ask.", "Late."])):
            asked.ask("/flows/f")
            assert answer(asked, Digits=digits) == words

    def test_a_tree_speaks_in_the_voice_of_the_flow(self, call):
        flow = "steps: {menu: [{gather: {say: Ask., branch: {1: menu}}}, {say: After.}]}"
        for top, voice in (("", "alice"), ("defaults: {say: {voice: Polly.Joanna}}\n", "Polly.Joanna")):
            asked = call(_project=self.PROJECT, desk=self.DESK, f=top + flow)
            asked.ask("/flows/f")
            assert f'<Say voice="{voice}">Help.</Say>' in asked.ask(asked.action(0), Digits="9")

    def test_a_flow_that_asks_nothing_needs_no_session_for_it(self, load):
        program = load(
            _project="always: {'*': back}",
            silent="steps: {menu: [{say: Hello}]}",
            asks="steps: {menu: [{gather: {say: Ask., branch: {1: menu}}}, {say: After.}]}",
        )
        assert not program.flows["silent"].keeps
        assert not program.flows["silent"].always
        assert program.flows["asks"].keeps

    def test_in_a_subflow_its_own_hold_and_the_projects(self, call):
        asked = call(
            _project="always: {0: desk/}",
            desk=self.DESK,
            f="always: {8: [{say: Eight of f.}]}\nsteps: {menu: [{subflow: pin}, {say: Back.}]}",
            pin="always: {9: [{say: Nine.}]}\nsteps: {ask: [{gather: {say: Pin., branch: {1: [], else: []}}}]}",
        )
        asked.ask("/flows/f")
        assert answer(asked, Digits="9") == ["Nine.", "Back."]
        asked.ask("/flows/f")
        assert answer(asked, Digits="8") == ["Back."]
        asked.ask("/flows/f")
        assert answer(asked, Digits="0") == ["Desk."]


class TestBack:
    FLOW = """
        always: {"*": back, 9: repeat, 8: help, 7: [{say: Seven.}, {redirect: back}]}
        steps:
          one: [{gather: {say: One., branch: {1: two}}}, {say: After.}]
          two: [{gather: {say: Two., branch: {1: three}}}, {say: After.}]
          three: [{gather: {say: Three., branch: {1: hangup}}}, {say: After.}]
          help: [{gather: {say: Help., branch: {1: hangup}}}, {say: After.}]
        """

    @pytest.mark.parametrize(
        ("keys", "words"),
        [
            ("11*", "Two."),
            ("11**", "One."),
            ("11***", "One."),
            ("119*", "Two."),  # to hear a question again is no answer to it
            ("1999*", "One."),
            ("118*", "Three."),
            ("118**", "Two."),
            ("117", "Seven."),
            ("117*", "Two."),
        ],
    )
    def test_back_goes_through_the_questions_that_were_answered(self, call, keys, words):
        asked = call(f=self.FLOW)
        asked.ask("/flows/f")
        said = [answer(asked, Digits=key) for key in keys]
        assert said[-1][0] == words
        if words == "Seven.":
            assert said[-1][1] == "Three."
