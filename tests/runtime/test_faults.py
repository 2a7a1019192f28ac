"""Whatever a step cannot do, the caller hears words, with status 200, and the log says where it is written."""

import logging
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.program.library import load_sources
from engine.runtime.request import Request
from engine.runtime.respond import respond_in_session
from engine.runtime.session import Session

SORRY = "<Say>We are sorry, something went wrong. Please try again later.</Say><Hangup />"

FAULTS = {
    "an undefined entry": ("say: '{{ kept.nothing }}'", "no entry `nothing`"),
    "an undefined name": ("say: '{{ later }}'", "nothing named `later`"),
    "a filter that cannot": ("say: '{{ params.T | date }}'", "`date` needs"),
    "a division by zero": ("say: '{{ 1 / zero }}'", "divided by zero"),
    "an output that is too long": ("say: '{% for n in range(9999) %}xxxxxxxxxx{% endfor %}'", "longer than"),
    "a loop without end": (
        "say: '{% for a in range(999) %}{% for b in range(999) %}{% endfor %}{% endfor %}'",
        "go round more",
    ),
    "a number that is too large": ("set: {n: '{{ 9 ** 9999 }}'}", "too large"),
    "kinds that do not mix": ("say: '{{ kept + 1 }}'", "cannot be combined"),
    "what the sandbox keeps": ("say: '{{ kept.__class__ }}'", "may not be used"),
    "a condition": ("branch: [{when: 1 / zero > 0, to: b}]", "divided by zero"),
    "a value to choose by": ("branch: {on: 1 / zero, else: b}", "divided by zero"),
    "an attribute": ("say: {message: x, language: '{{ 1 / zero }}'}", "divided by zero"),
    "an attribute of a list": ("gather: {hints: [a, '{{ 1 / zero }}']}", "divided by zero"),
    "the text of a log line": ("log: '{{ 1 / zero }}'", "divided by zero"),
    "a value to set": ("set: {n: {deep: ['{{ 1 / zero }}']}}", "divided by zero"),
    "a task": ("enqueue: {workflow_sid: WW1, task: {body: {n: '{{ 1 / zero }}'}}}", "divided by zero"),
    "an address": ("redirect: 'https://example.com/{{ 1 / zero }}'", "divided by zero"),
    "a target that is no URL": ("redirect: '{{ params.T }}'", "must come out as a URL"),
    "TwiML that is not well-formed": ("twiml: '{{ params.T }}'", "not well-formed"),
    "a document beyond 64 kB": ("say: ['{{ long }}', '{{ long }}', '{{ long }}', '{{ long }}']", "64 kB"),
    "a document beyond 64 kB in bytes": ("say: ['{{ wide }}', '{{ wide }}', '{{ wide }}']", "64 kB"),
}


def flow(instruction: str, on_error: str = "on_error: sorry\n") -> str:
    return f"""{on_error}
vars: {{zero: 0, kept: text, long: "{"x" * 20_000}", wide: "{"é" * 12_000}"}}
steps:
  a:
    - say: Before.
    - {instruction}
    - branch: [{{when: 1 > 2, to: late}}]
  b: [{{say: b}}]
  late: [{{set: {{later: 1, n: 1}}}}]
  sorry: [{{say: "Sorry, {{{{ kept }}}}."}}]
"""


class TestFaults:
    @pytest.mark.parametrize("name", FAULTS)
    def test_the_call_goes_to_on_error(self, line, caplog, name):
        instruction, message = FAULTS[name]
        made = line(f=flow(instruction))
        answer = made.ask("f", T="<no date")
        assert answer.twiml == "<Say>Sorry, text.</Say>", "nothing of the step that failed is heard"
        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert re.match(r"f\.yaml:7:\d+: ", record.getMessage())
        assert message in record.getMessage()
        assert record.exc_info is None, "an author needs no traceback"

    @pytest.mark.parametrize("name", FAULTS)
    def test_without_on_error_an_apology_is_heard(self, line, name):
        made = line(f=flow(FAULTS[name][0], on_error=""))
        assert made.ask("f", T="<no date").twiml == SORRY

    def test_a_fault_in_on_error_is_logged_too_and_an_apology_heard(self, line, caplog):
        made = line(
            f="on_error: b\nsteps: {a: [{say: '{{ 1 / 0 }}'}], b: [{say: Oh}, {say: '{{ [] | first | upper }}{{ none.x }}'}]}"
        )
        assert made.ask("f").twiml == SORRY
        assert [record.getMessage().partition(": ")[0] for record in caplog.records] == ["f.yaml:2:19", "f.yaml:2:57"]

    def test_a_step_that_never_was_is_told_with_the_nearest_name(self, line, caplog):
        made = line(f="steps: {welcome: [{say: Hello}], sales: [{say: Hello}]}")
        assert made.ask("f/sale").twiml == SORRY
        assert made.ask("f/qqqq").twiml == SORRY
        logged = [record.getMessage() for record in caplog.records]
        assert logged[0].endswith("the flow `f` has no step `sale` (did you mean `sales`?)")
        assert logged[1].endswith("the flow `f` has no step `qqqq`")

    def test_a_circle_of_branches_ends(self, line, caplog):
        """Branches lead to each other and nothing is said: no document would ever come of it."""
        made = line(
            f="""
            on_error: sorry
            vars: {n: 0}
            steps:
              a: [{branch: [{when: n == 0, to: b}]}]
              b: [{branch: [{when: n == 0, to: c}]}]
              c: [{branch: [{when: n == 0, to: a}]}]
              sorry: [{say: Sorry.}]
        """
        )
        assert made.ask("f").twiml == "<Say>Sorry.</Say>"
        assert "circle" in caplog.text

    def test_a_loop_that_comes_to_an_end_is_no_circle(self, line):
        made = line(
            f="""
            vars: {n: 0}
            steps:
              a: [{set: {n: "{{ n + 1 }}"}}, {branch: [{when: n < 100, to: a}]}, {say: "{{ n }}"}]
        """
        )
        assert made.ask("f").twiml == "<Say>100</Say>"

    def test_on_error_that_leads_to_the_step_that_fails_ends(self, line):
        assert line(f="on_error: a\nsteps: {a: [{say: '{{ 1 / 0 }}'}]}").ask("f").twiml == SORRY

    @pytest.mark.parametrize(
        ("target", "twiml"),
        [
            ("hangup", "<Hangup />"),
            ("https://example.com/x", "<Redirect>https://example.com/x</Redirect>"),
            ("g/sorry", "<Say>From g.</Say>"),
            ("restart", "<Say>Start.</Say>"),
        ],
    )
    def test_on_error_may_be_any_target(self, line, target, twiml):
        made = line(
            f=f"on_error: {target}\nsteps: {{a: [{{say: Start.}}], b: [{{say: '{{{{ 1 / 0 }}}}'}}]}}",
            g="steps: {sorry: [{say: From g.}]}",
        )
        assert made.ask("f/b").twiml == twiml

    def test_the_step_that_fails_is_that_of_its_own_flow(self, line):
        made = line(
            f="on_error: sorry\nsteps: {a: [{redirect: g/}], sorry: [{say: f}]}",
            g="on_error: sorry\nsteps: {a: [{say: '{{ 1 / 0 }}'}], sorry: [{say: g}]}",
        )
        assert made.ask("f").twiml == "<Say>g</Say>"

    def test_what_was_set_before_the_fault_stays_set(self, line):
        made = line(
            f="on_error: b\nvars: {x: 0}\nsteps: {a: [{set: {x: 1}}, {say: '{{ 1 / 0 }}'}], b: [{say: '{{ x }}'}]}"
        )
        assert made.ask("f").twiml == "<Say>1</Say>"

    def test_a_conversation_by_message_is_apologised_to_by_message(self, line):
        made = line(f="channel: messaging\nsteps: {a: [{message: '{{ 1 / 0 }}'}]}")
        sent = {"CallSid": None, "MessageSid": "SM1"}
        assert re.fullmatch(r"<Message>We are sorry, [^<]*</Message>", made.ask("f", **sent).twiml)
        assert re.fullmatch(r"<Message>We are sorry, [^<]*</Message>", made.ask("unknown", **sent).twiml)

    def test_long_texts_in_any_script_are_cut_into_documents_that_twilio_takes(self, line):
        words = "".join(f"        - say: {'語' * 900}\n" for _ in range(40))
        made = line(f=f"steps:\n      a:\n{words}")
        document, heard = made.ask("f"), 0
        while True:
            assert len(document.body) <= 64 * 1024
            heard += document.twiml.count("<Say>語")
            if "<Redirect>" not in document.twiml:
                break
            document = made.ask(document.redirect)
        assert heard == 40


class TestWhatDoesNotExist:
    def test_a_word_that_an_address_makes_up_is_a_fault(self, line, caplog):
        made = line(f="steps: {a: [{say: One.}]}")
        assert made.ask("f/a?_w=garbage").twiml == SORRY
        assert "nothing is meant by the word `garbage`" in caplog.text

    @pytest.mark.parametrize(
        "address",
        [
            "nowhere",
            "nowhere/a",
            "f/nothing",
            "f/a?_a=99",
            "f/a?_a=0.0.0",
            "f/a?_i=7",
            "f/a?_q=1&_n=3",
            "f/a?_a=",
            "f/a?_a=0&_n=x",
            "f/a?_n=99999999999999999999",
            "f/nothing?_w=back",
            "f/a?_w=nonsense",
            "f/a?_v=00000000",
            "f/nothing?_v=00000000&_a=1",
            "f/a?_t=-1&_c=&_v=",
            "f/a%0d%0aX: y",
            "%F0%9F%98%80/%00",
        ],
    )
    @pytest.mark.parametrize("variables", ["", "vars: {x: 0}\n"], ids=["static", "with variables"])
    def test_every_address_is_answered_with_a_document(self, line, address, variables):
        made = line(f=f"{variables}steps: {{a: [{{gather: {{num_digits: 1, say: Yes?, branch: {{1: a}}}}}}]}}")
        root = ElementTree.fromstring(made.ask(address, Digits="1").body.decode())
        assert root.tag == "Response"
        assert len(root) > 0, "nobody is hung up on without a word"

    @pytest.mark.parametrize("variables", ["", "vars: {x: 0}\n"], ids=["static", "with variables"])
    def test_what_a_known_flow_lost_goes_to_on_error(self, line, variables):
        made = line(f=f"{variables}on_error: b\nsteps: {{a: [{{say: a}}], b: [{{say: Sorry.}}]}}")
        assert made.ask("f/gone").twiml == "<Say>Sorry.</Say>"
        assert made.ask("f/a?_a=5").twiml == "<Say>Sorry.</Say>"

    def test_an_answer_to_a_call_whose_session_is_lost_begins_with_first_values(self, line):
        text = "vars: {x: 7}\ntakes: {y: 1}\nsteps: {a: [{gather: {num_digits: 1, branch: {1: b}}}], b: [{say: '{{ x }} {{ y }}'}]}"
        address = line(f=text).ask("f?y=5").address()
        assert line(f=text).ask(address, Digits="1").twiml == "<Say>7 5</Say>"


NASTY = """
vars: {n: 0}
on_error: sorry
steps:
  a:
    - set: {n: "{{ n + 1 }}"}
    - gather:
        say: "{{ speech }} {{ params.A }}"
        retry: {attempts: 2, no_match: "{{ answer }}?"}
        save: said
        branch: {1: b, yes | no: c, "/x{2}/": a, else: d}
  b: [{say: "{{ said | digits }}"}, {redirect: "https://example.com/{{ said }}"}]
  c: [{say: "{{ said | money }}"}, {branch: {on: said, yes: a, else: d}}]
  d: [{log: "{{ said }}"}, {dial: {number: "{{ said }}", branch: {busy: a, else: b}}}]
  sorry: [{say: "Sorry, {{ said if said is defined else '' }}."}]
"""


PROGRAM = load_sources({"f.yaml": NASTY}).program
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class TestWhateverIsSent:
    @settings(max_examples=120, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["Digits", "SpeechResult", "DialCallStatus", "A", "From", "Confidence"]),
                st.text(max_size=20) | st.sampled_from(["1", "yes", "no", "xx", "busy", "</Say>", "\ud800", "\x00"]),
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_every_answer_is_a_document_and_every_session_can_be_kept(self, sent):
        session, address, asked = None, "", {}
        for name, value in sent:
            params = {"CallSid": "CA1", name: value}
            outcome, session = respond_in_session(
                PROGRAM, Request("f", address, NOON, params, asked, {}, "../"), session
            )
            session = Session.from_json(session.to_json())
            root = ElementTree.fromstring(outcome.body.decode())
            assert root.tag == "Response"
            url = urlsplit(next((e.get("action") for e in root.iter() if e.get("action")), "../f/a"))
            address, asked = url.path.rpartition("/")[2], dict(parse_qsl(url.query))
