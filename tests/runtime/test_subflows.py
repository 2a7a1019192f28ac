"""A subflow is called like a function: it has variables of its own, may ask the caller, and comes back with a value."""

import re

import pytest

from engine.diagnostics import render_text
from engine.program.library import load_sources

MAIN = """
vars: {n: 1}
steps:
  welcome:
    - say: Hello.
    - subflow: {flow: pin, with: {tries: "{{ n + 1 }}"}, save: ok, branch: {true: good, false: bad, else: lost}}
  good: [{say: "Good {{ ok }} {{ n }}."}]
  bad: [{say: "Bad {{ n }}."}]
  lost: [{say: "Lost {{ ok is none }}."}]
"""
PIN = """
takes: {tries: 3}
vars: {n: 7}
steps:
  ask:
    - gather:
        num_digits: 4
        say: "PIN {{ n }} {{ tries }}."
        branch:
          1234: [{return: true}]
          9999: [{return: false}]
          1111: [{set: {n: 8}}, {redirect: ask}]
          2222: [{say: Enough.}]
          3333: main/bad
          4444: other
          5555: back
          6666: restart
  other: [{say: Other.}]
"""


def findings(**flows: str) -> str:
    return render_text(load_sources({f"{name}.yaml": text for name, text in flows.items()}).report.diagnostics)


def spoken(document) -> list[str]:
    return re.findall(r"<Say[^>]*>([^<]*)</Say>", document.twiml)


class TestCalling:
    def test_it_asks_the_caller_in_the_document_of_the_flow_that_called(self, line):
        assert spoken(line(main=MAIN, pin=PIN).ask("main")) == ["Hello.", "PIN 7 2."]

    @pytest.mark.parametrize(
        ("keys", "heard"),
        [
            ("1234", ["Good true 1."]),
            ("9999", ["Bad 1."]),
            ("2222", ["Enough.", "Lost true."]),
            ("4444", ["Other.", "Lost true."]),
            ("0000", ["Lost true."]),
        ],
        ids=["returns true", "returns false", "runs out of a tree", "runs out of another step", "no key takes it"],
    )
    def test_what_it_returns_chooses(self, line, keys, heard):
        made = line(main=MAIN, pin=PIN)
        asked = made.ask("main")
        assert spoken(made.ask(asked.address(), Digits=keys)) == heard

    def test_its_variables_are_its_own(self, line):
        made = line(main=MAIN, pin=PIN)
        again = made.ask(made.ask("main").address(), Digits="1111")
        assert spoken(again) == ["PIN 8 2."]
        assert spoken(made.ask(again.address(), Digits="1234")) == ["Good true 1."]

    def test_silence_is_waited_for_before_it_returns(self, line):
        made = line(main=MAIN, pin=PIN)
        asked = made.ask("main")
        assert "_w=return" in asked.redirect
        assert spoken(made.ask(asked.redirect)) == ["Lost true."]

    def test_a_redirect_to_another_flow_leaves_for_good(self, line):
        made = line(main=MAIN, pin=PIN)
        left = made.ask(made.ask("main").address(), Digits="3333")
        assert spoken(left) == ["Bad 1."]
        assert "_f" not in left.twiml

    @pytest.mark.parametrize("keys", ["5555", "6666"], ids=["back at the first question", "restart"])
    def test_back_and_restart_stay_inside(self, line, keys):
        made = line(main=MAIN, pin=PIN)
        again = made.ask(made.ask("main").address(), Digits=keys)
        assert spoken(again) == ["PIN 7 2."]
        assert spoken(made.ask(again.address(), Digits="9999")) == ["Bad 1."]

    def test_the_same_answer_asked_again_is_the_same_and_returns_once(self, line):
        made = line(main=MAIN, pin=PIN)
        address = made.ask("main").address()
        first = made.ask(address, token="T1", Digits="1234")
        assert made.ask(address, token="T1", Digits="1234").body == first.body

    def test_called_again_it_begins_anew(self, line):
        flows = {
            "main": "steps: {a: [{subflow: sub}, {subflow: sub}, {say: Done.}]}",
            "sub": "vars: {n: 0}\nsteps: {a: [{set: {n: '{{ n + 1 }}'}}, {say: 'n {{ n }}'}]}",
        }
        assert spoken(line(**flows).ask("main")) == ["n 1", "n 1", "Done."]

    def test_nested(self, line):
        flows = {
            "main": "steps: {a: [{subflow: {flow: mid, save: got}}, {say: '{{ got.a }} {{ got.b }}'}]}",
            "mid": "steps: {a: [{subflow: {flow: low, with: {x: 2}, save: y}}, {return: {a: '{{ y }}', b: 3}}]}",
            "low": "takes: {x: required}\nsteps: {a: [{return: '{{ x * 10 }}'}]}",
        }
        assert spoken(line(**flows).ask("main")) == ["20 3"]

    def test_entries_of_what_it_returns_are_kept(self, line):
        flows = {
            "main": "steps: {a: [{subflow: {flow: sub, save: {x: a, y: missing}}}, {say: '{{ x }} {{ y is none }}'}]}",
            "sub": "steps: {a: [{return: {a: 1}}]}",
        }
        assert spoken(line(**flows).ask("main")) == ["1 true"]

    def test_a_key_is_the_value_as_text(self, line):
        flows = {
            "main": "steps: {a: [{subflow: {flow: sub, branch: {3 | four: [{say: Yes.}], else: [{say: No.}]}}}]}",
            "sub": "steps: {a: [{return: 3}]}",
        }
        assert spoken(line(**flows).ask("main")) == ["Yes."]

    def test_a_return_elsewhere_ends_the_document(self, line):
        assert spoken(line(main="steps: {a: [{say: One.}, {return: 1}, {say: Two.}]}").ask("main")) == ["One."]

    def test_recursion_has_a_limit(self, line, caplog):
        made = line(main="on_error: sorry\nsteps: {a: [{subflow: main}], sorry: [{say: Sorry.}]}")
        assert spoken(made.ask("main")) == ["Sorry."]
        assert "more than 16 subflows" in caplog.text


class TestAfterAWait:
    def test_a_dial_is_over_before_it_returns(self, line):
        flows = {
            "main": "steps: {a: [{subflow: {flow: sub, save: x}}, {say: 'After {{ x }}.'}]}",
            "sub": "steps: {a: [{dial: '+15550100'}, {return: 5}]}",
        }
        made = line(**flows)
        called = made.ask("main")
        assert spoken(called) == []
        assert spoken(made.ask(called.redirect)) == ["After 5."]


class TestFaults:
    def test_the_subflow_s_own_step_for_errors_answers_inside(self, line):
        flows = {
            "main": "on_error: m\nsteps: {a: [{subflow: sub}, {say: After.}], m: [{say: Main.}]}",
            "sub": "on_error: s\nsteps: {a: [{say: '{{ 1 / 0 }}'}], s: [{say: Sub.}]}",
        }
        assert spoken(line(**flows).ask("main")) == ["Sub.", "After."]

    def test_without_one_that_of_the_flow_that_called_answers_and_knows_its_variables(self, line):
        flows = {
            "main": "vars: {n: 4}\non_error: m\nsteps: {a: [{subflow: sub}, {say: After.}], m: [{say: 'Main {{ n }}.'}]}",
            "sub": "steps: {a: [{say: '{{ 1 / 0 }}'}]}",
        }
        assert spoken(line(**flows).ask("main")) == ["Main 4."]


class TestOtherLegs:
    FLOWS = {
        "main": "vars: {n: 1}\nsteps: {a: [{subflow: {flow: sub, save: got}}, {say: 'Got {{ got }} of {{ n }}.'}]}",
        "sub": """
vars: {n: 5}
steps:
  a:
    - dial:
        number: {phone_number: "+15550100", url: whisper}
        branch: {else: [{return: "{{ n }}"}]}
  whisper: [{set: {n: "{{ n + 1 }}"}}, {say: "Whisper {{ n }}."}]
""",
    }

    def test_a_whisper_knows_the_variables_of_the_subflow_and_returns_to_nobody(self, line):
        made = line(**self.FLOWS)
        called = made.ask("main")
        whisper = made.ask(called.address("url"), CallSid="CA2", ParentCallSid="CA1")
        assert spoken(whisper) == ["Whisper 6."]
        assert "Redirect" not in whisper.twiml
        assert spoken(made.ask(called.address(), DialCallStatus="completed")) == ["Got 6 of 1."]

    def test_a_whisper_that_comes_after_the_subflow_returned_is_answered(self, line):
        made = line(**self.FLOWS)
        called = made.ask("main")
        made.ask(called.address(), DialCallStatus="completed")
        late = made.ask(called.address("url"), CallSid="CA2", ParentCallSid="CA1")
        assert spoken(late) == ["Whisper 6."]


class TestGivenByAddress:
    @pytest.mark.parametrize(
        ("query", "heard"),
        [
            ("?n=2", "3"),
            ("?n=2.5", "3.5"),
            ("", "4"),
            ("?n=two", "two and 1"),
            ("?n=true", "true and 1"),
            ("?n=[1]", "[1] and 1"),
        ],
    )
    def test_what_is_written_as_a_number_is_one(self, line, query, heard):
        flow = "takes: {n: 3}\nsteps: {a: [{say: \"{{ n + 1 if n is number else n ~ ' and 1' }}\"}]}"
        assert spoken(line(f=flow).ask(f"f{query}")) == [heard]

    def test_text_that_looks_like_a_number_stays_text_where_text_is_written(self, line):
        flow = "takes: {n: ''}\nsteps: {a: [{say: '{{ n is string }}'}]}"
        assert spoken(line(f=flow).ask("f?n=0042")) == ["true"]


class TestMistakes:
    @pytest.mark.parametrize(
        ("main", "said"),
        [
            ("subflow: pinn", "there is no flow named `pinn`"),
            ("subflow: {with: {x: 1}}", "`subflow` needs `flow`"),
            ("subflow: {flow: sub, wiht: {x: 1}}", "`subflow` has no field `wiht`"),
            ("subflow: {flow: sub, with: {xx: 1}}", "the flow `sub` takes no `xx`"),
            ("subflow: sub", "the flow `sub` must be given `x`"),
            ("subflow: {flow: sub, with: x}", "`with` must be a mapping"),
            ("subflow: {flow: sub/a, with: {x: 1}}", "`sub/a` cannot be the name of a flow"),
            ("subflow: {flow: '{{ call.to }}'}", "cannot be the name of a flow"),
            ("subflow: {flow: sub, with: {x: '{{ nope }}'}}", "`nope`"),
        ],
    )
    def test_each_is_told_where_it_stands(self, main, said):
        told = findings(
            main=f"steps: {{a: [{{{main}}}]}}", sub="takes: {x: required}\nsteps: {a: [{return: '{{ x }}'}]}"
        )
        assert said in told
        assert "main.yaml:1:" in told

    def test_a_name_that_is_misspelt_is_not_missing_as_well(self):
        sub = "takes: {account: required}\nsteps: {a: [{return: '{{ account }}'}]}"
        told = findings(main="steps: {a: [{subflow: {flow: sub, with: {acount: 1}}}]}", sub=sub)
        assert "did you mean `account`?" in told
        assert "must be given" not in told

    def test_a_subflow_does_not_see_what_its_caller_has(self):
        told = findings(
            main="vars: {secret: 1}\nsteps: {a: [{subflow: sub}]}", sub="steps: {a: [{say: '{{ secret }}'}]}"
        )
        assert "sub.yaml:1:" in told
        assert "`secret`" in told

    def test_a_flow_that_is_only_called_is_no_doubt(self):
        assert findings(main="steps: {a: [{subflow: sub}]}", sub="steps: {a: [{say: Hi.}]}") == ""
