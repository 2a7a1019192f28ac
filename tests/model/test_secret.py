"""`secret: true` as it is read: where it may stand, and the hint where a secret answer is said, sent or logged."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Source, render_text
from engine.document.folder import Folder
from engine.model.build import build


def report_of(text: str) -> Report:
    report = Report()
    build(Folder(Path(), (Source("example.yaml", text),), None), report)
    return report


def found(*instructions: str) -> list[str]:
    """The errors that are told of a step `a`, and L424."""
    rows = "\n".join(f"    - {one}" for one in instructions)
    report = report_of(f"steps:\n  a:\n{rows}\n  b:\n    - hangup\n")
    return [one.code for one in report.diagnostics if one.code.startswith("F") or one.code == "L424"]


@pytest.mark.parametrize("verb", ["gather: {num_digits: 4, ", "record: {", "pay: {"])
def test_it_may_stand_at_what_the_caller_gives(verb):
    assert found(f"{verb}secret: true}}") == []
    assert found(f"{verb}secret: false}}") == []


@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ("dial: {number: '+15550100', secret: true}", "F110"),
        ("say: {message: Hello, secret: true}", "F110"),
        ("request: {url: 'https://example.com', secret: true}", "F102"),
        ("gather: {secret: maybe}", "F103"),
        ("gather: {secret: '{{ x }}'}", "F103"),
        ("gather: {secret: [true]}", "F112"),
        ("gather: {secret: }", "F112"),
        ("gather: {secret: true, action: b}", "F110"),
    ],
)
def test_anywhere_else_it_is_an_error(instruction, code):
    assert code in found(instruction)


def test_the_error_says_which_verbs_have_it():
    report = report_of("steps: {a: [{dial: {number: '+15550100', secret: true}}]}")
    assert "only `gather`, `pay` and `record` have a `secret` answer; `dial` has none" in render_text(
        report.diagnostics
    )


@pytest.mark.parametrize(
    "instruction",
    [
        "say: 'It was {{ pin }}.'",
        "say: '{{ pin | digits }}'",
        "gather: {say: 'Is {{ twice }} right?', branch: {else: b}}",
        "log: 'pin {{ pin }}'",
        "send: {to: '+15550100', body: 'Your PIN is {{ pin }}'}",
        "sms: 'PIN {{ pin }}'",
        "say: 'You said {{ pin | length }} digits, {{ pin }}'",
    ],
)
def test_a_secret_that_is_said_sent_or_logged_is_a_hint(instruction):
    asked = "gather: {num_digits: 4, secret: true, save: pin}"
    assert found(asked, "set: {twice: '{{ pin ~ pin }}'}", instruction) == ["L424"]
    assert found(asked.replace("secret: true, ", ""), "set: {twice: '{{ pin ~ pin }}'}", instruction) == []


@pytest.mark.parametrize(
    "instruction",
    [
        "say: '{{ pin | length }} digits'",
        "say: 'pin'",
        "set: {again: '{{ pin }}'}",
        "request: {url: 'https://example.com/{{ pin }}', save: account}",
        "branch: [{when: pin == '1', to: b}]",
    ],
)
def test_what_the_flow_needs_it_for_is_no_hint(instruction):
    assert found("gather: {num_digits: 4, secret: true, save: pin}", instruction) == []


@pytest.mark.parametrize("goes", ["[{say: 'Not {{ answer }}.'}]", "c"])
def test_an_answer_that_is_said_where_it_leads_is_a_hint(goes):
    text = (
        f"steps:\n  a:\n    - gather: {{num_digits: 4, secret: true, branch: {{else: {goes}}}}}\n"
        "  c:\n    - say: 'Not {{ answer }}.'\n"
    )
    codes = [one.code for one in report_of(text).diagnostics]
    assert codes.count("L424") == 1
