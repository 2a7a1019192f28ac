"""Which parameters of an answer are doubted: a misspelt one, and one that only another verb sends, never a new one."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Source
from engine.document.folder import Folder
from engine.grammar.names import snake
from engine.grammar.vocabulary import VOICE
from engine.model.build import build

VERBS = {
    "gather": "gather: {say: Press 1., %s}",
    "record": "record: {%s}",
    "dial": "dial: {number: '+15550100', %s}",
    "enqueue": "enqueue: {name: support, %s}",
    "connect": "connect: {conversation_relay: 'wss://example.com/', %s}",
    "pay": "pay: {%s}",
    "refer": "refer: {sip: 'sip:desk@example.com', %s}",
}


def doubts(verb: str, parameter: str) -> list[str]:
    """What is said of a parameter that is saved: the label, or the title where there is none."""
    report = Report()
    step = VERBS[verb] % f"save: {{kept: {parameter}}}"
    build(
        Folder(Path(), (Source("f.yaml", f"steps: {{menu: [{{{step}}}, {{say: '{{{{ kept }}}}'}}]}}"),), None), report
    )
    assert {found.code for found in report.diagnostics} <= {"L209"}, report.diagnostics
    return [found.label or found.title for found in report.diagnostics]


@pytest.mark.parametrize("verb", VERBS)
def test_what_a_verb_sends_is_not_doubted(verb: str) -> None:
    conduct = VOICE.children[verb].conduct
    assert conduct.sends
    for sent in (*conduct.answer, *conduct.sends):
        assert doubts(verb, snake(sent)) == [], sent


def test_every_verb_that_comes_back_is_known() -> None:
    assert {name for name, verb in VOICE.children.items() if verb.conduct.comes_back} == set(VERBS)


@pytest.mark.parametrize(
    "parameter", ["answer", "from", "caller_name", "call_sid", "sip_header_x_account", "new_thing"]
)
def test_what_any_request_may_carry_is_not_doubted(parameter: str) -> None:
    assert [doubts(verb, parameter) for verb in VERBS] == [[]] * len(VERBS)


@pytest.mark.parametrize(
    ("verb", "parameter", "said"),
    [
        ("record", "recording_urll", "did you mean `recording_url`?"),
        ("record", "recordingurl", "did you mean `recording_url`?"),
        ("dial", "dial_call_statis", "did you mean `dial_call_status`?"),
        ("pay", "payement_token", "did you mean `payment_token`?"),
        ("gather", "confidnce", "did you mean `confidence`?"),
        ("gather", "caller_nam", "did you mean `caller_name`?"),
        ("gather", "recording_url", "`gather` sends no `recording_url`"),
        ("record", "handoff_data", "`record` sends no `handoff_data`"),
        ("enqueue", "queue_tme", "did you mean `queue_time`?"),
    ],
)
def test_a_slip_and_another_verbs_are_doubted(verb: str, parameter: str, said: str) -> None:
    assert doubts(verb, parameter) == [said]
