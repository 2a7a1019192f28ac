"""Inline trees: blocks of instructions in the place of a target."""

import re

import pytest

from engine.diagnostics import render_text
from engine.program.library import load_sources


def said(twiml: str) -> list[str]:
    return re.findall(r"<Say[^>]*>([^<]*)</Say>", twiml)


NESTED = """
    steps:
      a:
        - gather:
            say: One.
            branch:
              1:
                - say: Two.
                - gather:
                    branch:
                      1:
                        - branch:
                            - when: call.from
                              to:
                                - say: Three.
                                - dial:
                                    number: "+15550100"
                                    branch:
                                      busy:
                                        - say: Four.
                                      else: []
                                - say: After dial.
                        - say: After branch.
                - say: After inner gather.
        - say: After outer gather.
"""


def test_when_a_tree_runs_out_the_instruction_after_its_branch_follows_at_every_depth(call):
    made = call(f=NESTED)
    assert said(made.ask("f")) == ["One.", "After outer gather."]
    assert said(made.ask(made.action(), Digits="1")) == ["Two.", "After inner gather.", "After outer gather."]
    assert said(made.ask(made.action(), Digits="1")) == ["Three."]
    rest = ["After dial.", "After branch.", "After inner gather.", "After outer gather."]
    action = made.action()
    assert said(made.ask(action, DialCallStatus="busy")) == ["Four.", *rest]


def test_an_empty_tree_does_nothing_at_every_depth(call):
    made = call(f=NESTED)
    made.ask("f")
    for _ in range(2):
        made.ask(made.action(), Digits="1")
    assert said(made.ask(made.action(), DialCallStatus="completed"))[0] == "After dial."


def test_each_instruction_of_a_tree_has_an_address_of_its_own(call):
    made = call(f=NESTED)
    places = []
    for sent in ({}, {"Digits": "1"}, {"Digits": "1"}):
        made.ask(made.action() if sent else "f", **sent)
        places.append(re.search(r"_a=([0-9.]+)", made.action())[1])
    assert len(set(places)) == 3
    assert all(place.count(".") % 2 == 0 for place in places)


@pytest.mark.parametrize("exit_", ["no_input: [{say: Tree.}]", "else: [{say: Tree.}]"])
def test_the_tree_of_silence_stands_in_the_same_document(call, exit_):
    made = call(f=f"steps: {{a: [{{gather: {{say: Ask., branch: {{1: a, {exit_}}}}}}}, {{say: After.}}]}}")
    assert said(made.ask("f")) == ["Ask.", "Tree.", "After."]


def test_a_tree_may_lead_elsewhere(call):
    made = call(f="steps: {a: [{branch: [{else: [{say: Tree.}, {redirect: b}]}]}, {say: Never.}], b: [{say: B.}]}")
    assert said(made.ask("f")) == ["Tree.", "B."]


def test_a_tree_may_end_the_call(call):
    made = call(f="steps: {a: [{branch: [{else: [{say: Tree.}, hangup]}]}, {say: Never.}]}")
    assert made.ask("f") == "<Say>Tree.</Say><Hangup />"


def test_a_tree_that_is_cut_goes_on_within_and_then_after_it(call):
    made = call(
        f="vars: {n: 0}\nsteps: {a: [{branch: [{else: [{dial: '+1'}, {set: {n: 1}}, {say: 'n {{ n }}.'}]}]}, {say: After.}]}"
    )
    assert made.ask("f").startswith("<Dial>+1</Dial><Redirect>")
    assert said(made.ask(made.redirect())) == ["n 1.", "After."]


TREE = """
    vars: {n: 0}
    steps:
      a:
        - say: Step.
        - gather:
            say: Ask.
            retry: {attempts: 2, no_match: Pardon.}
            branch:
              1:
                - say: Tree.
                - gather:
                    say: Again?
                    retry: {attempts: 2, no_match: What?}
                    branch:
                      9: repeat
                      8: []
                      7: [{say: Seven.}, {redirect: repeat}]
                      6: [{branch: [{when: answer == '6', to: [{say: Six.}, {redirect: repeat}]}]}]
                      5: [{branch: {on: answer, 5: repeat}}]
                      4: [{gather: {say: Deep., branch: {1: repeat, 2: [{redirect: repeat}]}}}]
                - say: End of tree.
              2: [{say: Two.}, {redirect: repeat}]
              3: [{branch: [{when: true, to: repeat}]}]
              "*": repeat
        - say: After.
"""
OUTER, INNER = ["Step.", "Ask."], ["Tree.", "Again?"]


class TestRepeat:
    @pytest.mark.parametrize(
        ("pressed", "heard"),
        [
            ("*", OUTER),  # the list in which the gather stands is the step
            ("2", ["Two."]),
            ("3", OUTER),
            ("1", INNER),
            ("1 9", INNER),
            ("1 7", ["Seven.", *INNER]),
            ("1 6", ["Six.", *INNER]),
            ("1 5", INNER),
            ("1 8", ["End of tree.", "After."]),
            ("1 4", ["Deep."]),
            ("1 4 1", ["Deep."]),
            ("1 4 2", ["Deep."]),
        ],
    )
    def test_in_what_a_branch_led_to_it_is_the_list_in_which_that_verb_stands(self, call, pressed, heard):
        made = call(f=TREE)
        made.ask("f")
        for digits in pressed.split():
            twiml = made.ask(made.action(0), Digits=digits)
        assert said(twiml)[: len(heard)] == heard

    def test_after_something_that_was_said_it_begins_in_the_same_document(self, call):
        made = call(f=TREE)
        made.ask("f")
        assert said(made.ask(made.action(0), Digits="2")) == ["Two.", "Step.", "Ask.", "Ask.", "After."]

    def test_the_count_begins_anew(self, call):
        made = call(f=TREE)
        made.ask("f")
        made.ask(made.action(0), Digits="1")
        assert said(made.ask(made.action(0), Digits="0"))[:2] == ["What?", "Again?"]
        made.ask(made.action(0), Digits="9")
        assert said(made.ask(made.action(0), Digits="0"))[:2] == ["What?", "Again?"]
        assert said(made.ask(made.action(0), Digits="0")) == ["End of tree.", "After."]

    @pytest.mark.parametrize(
        ("always", "heard"),
        [
            ('{"*": repeat}', ["Inner.", "Ask."]),
            ('{"*": [{say: Always.}, {redirect: repeat}]}', ["Always.", "Inner.", "Ask."]),
            ('{"*": [{branch: [{when: true, to: repeat}]}]}', ["Inner.", "Ask."]),
        ],
    )
    def test_in_always_it_is_the_list_of_the_gather_that_was_answered(self, call, always, heard):
        made = call(
            f=f"""
            always: {always}
            steps:
              a: [{{gather: {{say: Outer., branch: {{1: [{{say: Inner.}}, {{gather: {{say: Ask., branch: {{2: []}}}}}}]}}}}}}]
        """
        )
        made.ask("f")
        made.ask(made.action(0), Digits="1")
        assert said(made.ask(made.action(0), Digits="*"))[: len(heard)] == heard

    @pytest.mark.parametrize("tree", ["repeat", "[{redirect: repeat}]", "[{say: Busy.}, {redirect: repeat}]"])
    def test_of_a_dial_it_dials_again(self, call, tree):
        made = call(
            f=f"steps: {{a: [{{say: Hello.}}, {{dial: {{number: '+1', branch: {{busy: {tree}, else: []}}}}}}]}}"
        )
        made.ask("f")
        twiml = made.ask(made.action(), DialCallStatus="busy")
        assert said(twiml)[-1] == "Hello."
        assert "<Dial" in twiml

    def test_in_a_subflow_and_in_the_branch_of_one(self, call):
        made = call(
            f="steps: {a: [{gather: {branch: {1: [{say: Calls.}, {subflow: {flow: g, branch: {again: [{redirect: repeat}], else: []}}}]}}}]}",
            g="steps: {b: [{gather: {say: Sub., branch: {1: [{redirect: repeat}], 2: [{return: again}], 3: [{return: x}]}}}]}",
        )
        made.ask("f")
        assert said(made.ask(made.action(0), Digits="1")) == ["Calls.", "Sub."]
        assert said(made.ask(made.action(0), Digits="1")) == ["Sub."]
        assert said(made.ask(made.action(0), Digits="2")) == ["Calls.", "Sub."]
        assert said(made.ask(made.action(0), Digits="3")) == []

    @pytest.mark.parametrize("again", ["repeat", "[{redirect: repeat}]", "[{branch: [{when: true, to: repeat}]}]"])
    def test_the_question_that_is_repeated_is_none_that_was_answered(self, call, again):
        made = call(
            f=f"""
            steps:
              first: [{{gather: {{say: First., branch: {{1: second}}}}}}]
              second: [{{gather: {{say: Second., branch: {{1: {again}, 9: back}}}}}}]
        """
        )
        made.ask("f")
        made.ask(made.action(0), Digits="1")
        assert said(made.ask(made.action(0), Digits="1")) == ["Second."]
        assert said(made.ask(made.action(0), Digits="9")) == ["First."]

    def test_elsewhere_it_is_this_step(self, call, plain):
        made = call(f="steps: {a: [{say: Step.}, {branch: [{else: [{say: Tree.}, {redirect: repeat}]}]}]}")
        first = plain(made.ask("f"))
        assert said(first) == ["Step.", "Tree."]
        assert first.endswith("<Redirect>f/a</Redirect>")

    def test_on_silence_it_asks_once_in_each_document(self, call):
        made = call(f="steps: {a: [{branch: [{else: [{gather: {say: Ask., branch: {1: a, no_input: repeat}}}]}]}]}")
        for address in ("f", None, None):
            assert said(made.ask(address or made.redirect())) == ["Ask."]

    def test_on_silence_of_a_gather_in_a_tree_the_tree_is_cut_and_begins_anew(self, call, plain):
        made = call(f=TREE.replace("8: []", "no_input: repeat"))
        made.ask("f")
        assert plain(made.ask(made.action(0), Digits="1")).endswith("<Redirect>../f/a?_i=1.0.0&amp;_t=2</Redirect>")
        assert said(made.ask(made.redirect()))[:2] == INNER

    def test_in_an_attribute_it_is_the_address_of_what_a_redirect_there_would_repeat(self, call, plain):
        tree = "[{say: Tree.}, {dial: {number: '+1', action: repeat}}]"
        made = call(f=f"steps: {{a: [{{say: Step.}}, {{branch: [{{else: {tree}}}]}}]}}")
        assert 'action="f/a"' in plain(made.ask("f"))
        inner = f"[{{say: Inner.}}, {{gather: {{branch: {{2: {tree}}}}}}}]"
        made = call(f=f"steps: {{a: [{{gather: {{branch: {{1: {inner}}}}}}}]}}")
        made.ask("f")
        made.ask(made.action(0), Digits="1")
        assert 'action="../f/a?_i=0.0.0"' in plain(made.ask(made.action(0), Digits="2"))
        assert said(made.ask(made.action(-1))) == ["Inner."]


def test_a_step_is_begun_from_its_trees_as_from_anywhere(call):
    made = call(f="steps: {a: [{say: Step.}, {gather: {branch: {1: [{say: Tree.}, {redirect: a}]}}}]}")
    made.ask("f")
    assert said(made.ask(made.action(), Digits="1")) == ["Tree.", "Step."]


def test_back_in_a_tree_is_the_question_that_was_answered_last(call):
    made = call(
        f="""
        steps:
          first: [{gather: {say: First., branch: {1: second}}}]
          second:
            - gather:
                say: Second.
                branch:
                  1:
                    - gather: {say: Third., branch: {9: back}}
    """
    )
    made.ask("f")
    made.ask(made.action(0), Digits="1")
    assert said(made.ask(made.action(0), Digits="1")) == ["Third."]
    assert said(made.ask(made.action(0), Digits="9")) == ["Second."]


@pytest.mark.parametrize(
    ("exit_", "code"),
    [
        ("1: [{say: Hello}, {redirect: nowhere}]", "F201"),
        ("1: [{sya: Hello}]", "F102"),
        ("1: {say: Hello}", "F112"),
        ("1: [{gather: {branch: {2: [{gather: {branch: {3: [{redirect: nowhere}]}}}]}}}]", "F201"),
        ("1: [{say: '{{ nobody }}'}]", "F301"),
    ],
)
def test_mistakes_in_trees_are_found_as_everywhere(exit_, code):
    report = load_sources({"f.yaml": f"steps: {{a: [{{gather: {{branch: {{{exit_}}}}}}}]}}"}).report
    assert f"error[{code}]" in render_text(report.diagnostics)


def test_a_tree_has_no_name_that_a_target_could_be():
    text = "steps: {a: [{gather: {branch: {sales: [{say: Sales.}], 2: sales}}}]}"
    assert "error[F201]" in render_text(load_sources({"f.yaml": text}).report.diagnostics)
