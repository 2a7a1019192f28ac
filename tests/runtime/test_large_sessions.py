"""A call that would remember too much goes to the step for errors, with 200, a line in the log, and what it knew before."""

import pytest

SORRY = "<Say>We are sorry, something went wrong. Please try again later.</Say><Hangup />"
FLOW = """
HEAD
vars: {kept: before, one: "", two: "", three: "", four: "", five: ""}
steps:
  a:
    - set: {kept: after, one: "BIG", two: "BIG", three: "BIG"}
    - gather: {num_digits: 1, say: "More?", branch: {1: b}}
  b:
    - say: B.
    - set: {kept: never}
    - set: {four: "BIG", five: "BIG"}
    - log: "{{ kept }}"
    - say: C.
  sorry: [{set: {one: less}}, {say: "Sorry, {{ kept }}."}]
  worse: [{set: {four: "BIG", five: "BIG"}}, {say: "Sorry."}]
  later: [{say: "{{ kept }} {{ one | length }} {{ five | length }}."}]
""".replace("BIG", "{{ params.T * 8 }}")
# Eight times this is no more than a value may have, and takes twice as much where it is kept: 125 kB.
TEXT = '"' * 8000


@pytest.fixture
def filled(line):
    """A call whose session has little room left."""

    def make(head="on_error: sorry"):
        made = line(f=FLOW.replace("HEAD", head))
        return made, made.ask("f", T=TEXT)

    return make


def test_the_call_goes_to_on_error_with_everything_as_it_was_before(filled, caplog):
    made, question = filled()
    assert "More?" in question.twiml
    caplog.set_level("INFO", "touchtone")
    answer = made.ask(question.address(), Digits="1", T=TEXT)
    assert answer.twiml == "<Say>Sorry, after.</Say>", "nothing of the step that failed is heard, nor what it set known"
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    place, _, message = record.getMessage().partition(": ")
    assert place == "f.yaml:13:7"
    assert message == (
        "the call would remember 625 kB, most of it in `two` (125 kB), `three` (125 kB), `one` (125 kB); "
        "a session may hold 512 kB"
    )
    assert made.ask("f/later").twiml == "<Say>after 4 0.</Say>", "what on_error set is kept"


def test_without_on_error_it_is_an_apology_and_the_call_goes_on(filled, caplog):
    made, question = filled("")
    assert made.ask(question.address(), Digits="1", T=TEXT).twiml == SORRY
    assert len(caplog.records) == 1
    assert made.ask("f/later").twiml == "<Say>after 64000 0.</Say>"


def test_the_same_request_again_gets_the_same_answer(filled, caplog):
    made, question = filled()
    first = made.ask(question.address(), "token", Digits="1", T=TEXT)
    assert made.ask(question.address(), "token", Digits="1", T=TEXT).body == first.body
    assert len(caplog.records) == 1


def test_a_step_for_errors_that_fills_the_session_itself_is_an_apology(filled, caplog):
    made, question = filled("on_error: worse")
    assert made.ask(question.address(), Digits="1", T=TEXT).twiml == SORRY
    assert len(caplog.records) == 1
    assert made.ask("f/later").twiml == "<Say>after 64000 0.</Say>"


def test_a_request_that_fills_the_session_by_itself_is_an_apology(line, caplog):
    """What came in is remembered as well."""
    made = line(f="vars: {x: 0}\nsteps: {a: [{say: One.}]}")
    address = "f?" + "&".join(f"n{number}={'%22' * 30_000}" for number in range(9))
    assert made.ask(address).twiml == SORRY
    assert "the call would remember " in caplog.text
    assert made.ask("f").twiml == "<Say>One.</Say>"
