"""What a flow asks of the world waits for an answer by hand; nothing is really asked unless somebody says so."""

import pytest

from engine.runtime.effects.effect import HttpCall, Result
from engine.simulation import Refused

FIND = """
vars: {customer: null, status: ""}
steps:
  menu:
    - gather:
        say: Press 1.
        branch: {1: find}
  find:
    - request:
        url: https://crm.example.com/customers
        method: POST
        params: {token: "{{ env.TOKEN }}"}
        json: {number: "{{ call.from }}"}
        save: {customer: body, status: status}
        branch:
          404: unknown
          timeout: slow
          ok: greet
  greet:
    - say: "Hello {{ customer.name }}."
    - gather:
        say: Press 2.
        branch: {2: again}
  again:
    - request:
        url: https://crm.example.com/orders
        save: {customer: body}
    - say: "You ordered {{ customer }}."
  unknown:
    - say: We do not know you.
  slow:
    - say: Please call later.
"""
RUN = """
vars: {tier: ""}
steps:
  look:
    - run: {function: lookup, args: {number: "{{ call.from }}"}, save: tier}
    - say: "Tier {{ tier }}."
"""
SEND = """
steps:
  menu:
    - send:
        to: "{{ call.from }}"
        body: Here is your link.
        branch: {sent: fine, error: broken}
  fine:
    - say: We sent a text.
  broken:
    - say: The text could not be sent.
"""


@pytest.fixture
def crm(make):
    made = make(TOKEN="s3cret-token")
    made.save(crm=FIND)
    made.call("crm")
    return made


def test_the_call_waits_and_says_what_is_asked(crm):
    crm.press("1")
    assert crm.asked == []
    assert crm.waits["kind"] == "world"
    asked = crm.waits["asked"]
    assert asked["kind"] == "request"
    assert asked["place"] == "crm/find:0"
    assert crm.state["now"] == "crm/find"
    assert asked["text"] == "POST https://crm.example.com/customers?token=•••"
    assert asked["body"] == '{\n  "number": "+15550001111"\n}'
    assert asked["may_send"]
    assert "name" in asked["suggest"]
    assert "s3cret" not in str(crm.state)


def test_the_suggested_answer_can_be_given_as_it_is(crm):
    crm.press("1")
    crm.do({"answer": crm.waits["asked"]["suggest"]})
    assert crm.told()[-2].startswith("Hello ")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"name": "Ann"}, "Hello Ann."),
        ('{"name": "Ann"}', "Hello Ann."),
        ("{name: Ann}", "Hello Ann."),
        ({"status": 200, "body": {"name": "Ann"}}, "Hello Ann."),
        (404, "We do not know you."),
        ("404", "We do not know you."),
        ("timeout", "Please call later."),
        ({"request": {"/customers": {"name": "Ann"}}}, "Hello Ann."),
        ({"request": 404}, "We do not know you."),
    ],
)
def test_an_answer_is_written_as_a_script_has_it(crm, answer, words):
    crm.press("1")
    crm.do({"answer": answer})
    assert words in crm.told()
    assert crm.asked == []


@pytest.mark.parametrize("answer", ["{name: ", {"status": 900}, "timeuot", {"request": {"/orders": 200}}, ""])
def test_what_is_no_answer_is_refused_and_the_call_waits_on(crm, answer):
    crm.press("1")
    with pytest.raises(Refused):
        crm.do({"answer": answer})
    crm.state = crm.simulator.get(crm.state["id"])
    assert crm.waits["kind"] == "world"


def test_the_outcomes_are_buttons(crm):
    crm.press("1")
    by_label = {one["label"]: one["do"] for one in crm.waits["outcomes"]}
    assert {"404", "timeout", "error"} <= by_label.keys()
    crm.do(by_label["404"])
    assert "We do not know you." in crm.told()


def test_it_is_really_asked_once_when_one_says_so(crm):
    crm.press("1")
    crm.do({"send": True})
    (effect,) = crm.asked
    assert isinstance(effect, HttpCall)
    assert dict(effect.params) == {"token": "s3cret-token"}
    assert "Hello Ann." in crm.told()
    crm.press("2")
    assert crm.waits["kind"] == "world"  # that one is another
    assert len(crm.asked) == 1
    crm.do({"back": True}, {"press": "2"}, {"answer": "a lamp"})
    assert len(crm.asked) == 1  # what was really asked is not asked again
    assert "You ordered a lamp." in crm.told()


def test_where_it_really_fails_the_call_hears_of_it(crm):
    crm.result = Result("404", {"body": "", "status": 404, "headers": {}})
    crm.press("1")
    crm.do({"send": True})
    assert "We do not know you." in crm.told()


def test_nothing_else_is_done_while_the_world_is_asked(crm):
    crm.press("1")
    with pytest.raises(Refused, match="waits for the world"):
        crm.press("2")
    crm.do({"back": True})
    assert crm.waits["kind"] == "answer"
    with pytest.raises(Refused, match="asks nothing"):
        crm.do({"answer": 404})
    with pytest.raises(Refused, match="asks nothing"):
        crm.do({"send": True})


def test_what_a_script_gives_answers_later_questions_too(crm):
    crm.press("1")
    crm.do({"answer": {"request": {"/customers": {"name": "Ann"}, "/orders": "two lamps"}}})
    crm.press("2")
    assert "You ordered two lamps." in crm.told()
    assert [one["asked"] for one in crm.state["given"]["answers"]][1] == "GET https://crm.example.com/orders"


def test_the_script_of_the_call_has_the_answers(crm):
    crm.press("1")
    crm.do({"answer": {"name": "Ann"}}, {"press": "2"}, {"answer": "a lamp"})
    assert "name: Ann" in crm.script()
    assert "s3cret" not in crm.script()
    assert crm.failures() == [None]


def test_a_call_that_asks_with_its_first_document(bench):
    (bench.folder / "functions.py").write_text("def lookup(number):\n    raise AssertionError\n")
    bench.save(look=RUN)
    bench.call("look")
    assert bench.waits["asked"]["text"] == "lookup"
    assert bench.waits["asked"]["body"] == '{\n  "number": "+15550001111"\n}'
    bench.do({"answer": "gold"})
    assert bench.told() == ["Tier gold."]
    with pytest.raises(Refused, match="nothing to go back to"):
        bench.do({"back": True})


def test_a_text_is_shown_and_not_sent(bench):
    bench.save(link=SEND)
    bench.call("link")
    assert bench.waits["asked"] == {
        "kind": "send",
        "place": "link/menu:0",
        "text": "a text to +15550001111",
        "body": "Here is your link.",
        "suggest": "sent",
        "may_send": True,
        "script": None,
    }
    bench.do({"answer": "sent"})
    assert bench.told() == ["We sent a text."]
    bench.call("link")
    bench.do({"answer": "error"})
    assert bench.told() == ["The text could not be sent."]
    assert bench.asked == []


def test_what_was_asked_is_a_line_of_the_call(crm):
    crm.press("1")
    crm.do({"answer": {"name": "Ann"}})
    notes = crm.told("note")
    assert notes == ['request: POST https://crm.example.com/customers?token=••• {"number": "+15550001111"} → 200']
