"""What becomes of verbs that wait for somebody is a button; and calls that would never end are cut."""

import pytest

from engine.simulation import Refused, house

STEPS = """
vars: {{result: ""}}
steps:
  begin:
{verb}
    - say: "It ended {{{{ result }}}}."
  wait:
    - say: You are next.
    - pause: 5
  key:
    - gather: {{say: Press 9 to leave., num_digits: 1, branch: {{9: out}}}}
  out:
    - leave
"""


def steps(verb: str) -> str:
    return STEPS.format(verb=verb)


ENQUEUE = steps("    - enqueue: {name: support, wait_url: wait, save: {result: queue_result}}")
PAY = steps("    - pay: {charge_amount: '20.45', save: {result: result}, branch: {success: [], else: out}}")
CONFERENCE = steps("    - dial: {conference: room, save: {result: dial_call_status}}")
REFER = steps("    - refer: {sip: 'sip:ann@example.com', save: {result: refer_call_status}}")
CONNECT = steps(
    "    - connect: {conversation_relay: {url: 'wss://ai.example.com'}, save: {result: session_status, note: handoff_data}}"
).replace('result: ""', 'result: "", note: ""')


def labels(bench):
    return [one["label"] for one in bench.waits["outcomes"]]


def test_a_queue_plays_its_music_until_somebody_comes(bench):
    bench.save(q=ENQUEUE)
    bench.call("q")
    assert bench.waits["kind"] == "enqueue"
    assert "Somebody takes the call" in labels(bench)
    assert bench.told() == ["You are next."]
    bench.do({"silence": True})
    assert bench.told() == ["You are next.", "You are next."]
    bench.do({"settle": "bridged"})
    assert bench.told()[-1] == "It ended bridged."


def test_a_key_leaves_a_queue_that_asks_for_it(bench):
    bench.save(q=ENQUEUE.replace("wait_url: wait", "wait_url: key"))
    bench.call("q")
    assert bench.waits["kind"] == "answer"
    assert bench.waits["keys"] == {"9": "out"}
    assert labels(bench) == ["Somebody takes the call", "Leaves the queue"]
    bench.do({"settle": "bridged"})
    assert bench.told()[-1] == "It ended bridged."
    bench.do({"back": True}, {"press": "9"})
    assert bench.told()[-1] == "It ended leave."


@pytest.mark.parametrize(
    ("flow", "kind", "outcome", "words"),
    [
        (PAY, "pay", {"settle": "success"}, "It ended success."),
        (CONFERENCE, "conference", {"settle": "answered"}, "It ended answered."),
        (REFER, "refer", {"settle": "success"}, "It ended success."),
        (CONNECT, "connect", {"settle": "completed", "params": {"HandoffData": "agent"}}, "It ended completed."),
    ],
)
def test_each_waiting_verb_has_its_outcomes(bench, flow, kind, outcome, words):
    bench.save(verb=flow)
    bench.call("verb")
    assert bench.waits["kind"] == kind
    assert outcome["settle"] in [one["do"].get("settle") for one in bench.waits["outcomes"]]
    bench.do(outcome)
    assert bench.told()[-1] == words
    if "params" in outcome:
        assert bench.state["vars"]["note"] == "agent"
    assert bench.state["acts"] == [outcome]


def test_an_outcome_of_another_verb_is_refused_and_nothing_has_happened(bench):
    bench.save(verb=CONFERENCE)
    before = bench.call("verb")
    for act in ({"settle": "busy"}, {"record": 12}, {"text": "hello"}, {"later": "nonsense"}):
        with pytest.raises(Refused):
            bench.do(act)
    after = bench.simulator.get(before["id"])
    assert after == before


def test_time_passes_while_two_talk(bench):
    bench.save(verb=CONFERENCE)
    bench.call("verb")
    before = bench.state["seconds"]
    bench.do({"later": "10m"})
    assert bench.state["seconds"] == before + 600
    assert bench.told("time") == ["10m later"]


def test_several_that_are_dialed_are_told_apart(bench):
    bench.save(d=steps('    - dial: {number: ["+15550101", "+15550102"], save: {result: dial_call_status}}'))
    bench.call("d")
    assert labels(bench)[:2] == ["+15550101 picks up", "+15550102 picks up"]
    bench.do({"settle": "picks_up 1"})
    assert bench.waits["sentence"] == "The caller talks with +15550102."
    with pytest.raises(Refused):
        bench.do({"settle": "busy"})
    bench.do({"back": True})
    with pytest.raises(Refused, match="rings at"):
        bench.do({"settle": "picks_up 7"})


def test_a_flow_that_redirects_for_ever_is_cut(bench):
    bench.save(
        round="""
        steps:
          one:
            - say: One.
            - redirect: two
          two:
            - say: Two.
            - redirect: one
        """
    )
    bench.call("round")
    assert bench.state["over"]
    assert bench.state["ended"] == "The call was stopped: it would never have ended."
    assert bench.waits is None
    assert any("50 documents in a row" in text for text in bench.told("error"))


def test_a_play_that_takes_too_long_is_cut(bench, monkeypatch):
    bench.save(verb=CONFERENCE)
    monkeypatch.setattr(house, "SECONDS", -1.0)
    bench.call("verb")
    assert bench.state["over"]
    assert bench.state["ended"] == "The call was stopped: it took too long."
    assert bench.told("error") == ["The call was stopped: it took too long."]


def test_an_act_too_many_is_refused(bench, monkeypatch):
    from engine.simulation import call

    monkeypatch.setattr(call, "ACTS", 3)
    bench.save(menu="steps: {m: [{gather: {say: Press 1., branch: {1: m}}}]}")
    bench.call("menu")
    bench.press("1", "1", "1")
    with pytest.raises(Refused, match="at most 3 turns"):
        bench.press("1")


def test_twenty_calls_are_open_and_the_one_used_longest_ago_goes(bench):
    bench.save(menu="steps: {m: [{gather: {say: Press 1., branch: {1: m}}}]}")
    first = bench.call("menu")["id"]
    second = bench.call("menu")["id"]
    bench.simulator.act(first, {"press": "1"})
    for _ in range(19):
        bench.call("menu")
    states = bench.simulator.all()
    assert len(states) == 20
    assert {one["id"] for one in states} >= {first}
    assert second not in {one["id"] for one in states}


def test_a_fault_of_a_step_is_an_error_with_its_place(bench):
    bench.save(
        f="""
        vars: {n: 1}
        on_error: sorry
        steps:
          begin:
            - say: "{{ 1 / (n - 1) }}"
          sorry:
            - say: Sorry.
        """
    )
    bench.call("f")
    assert bench.told() == ["Sorry."]
    (error,) = bench.told("error")
    assert "f.yaml:6" in error
    assert "divided by zero" in error


def test_twilios_warnings_have_their_numbers(bench):
    bench.save(f="steps: {begin: [{twiml: '<Gather><Dial>1</Dial></Gather>'}]}")
    bench.call("f")
    assert bench.told("warning") == ["Twilio warning 13320: `Dial` cannot stand in `Gather`"]


def test_a_call_that_goes_on_elsewhere_says_where(bench):
    bench.save(f="steps: {begin: [{say: Bye.}, {redirect: {url: 'https://elsewhere.example/x'}}]}")
    bench.call("f")
    assert bench.state["over"]
    assert bench.state["ended"] == "The call went on at https://elsewhere.example/x, which is not played here."
    assert [one["kind"] for one in bench.state["captions"]] == ["heard", "note"]
