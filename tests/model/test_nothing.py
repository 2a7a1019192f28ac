"""`null` and `~` are nothing, as an empty value is: for a verb that needs nothing they are right, where a text is meant they are not."""

import pytest

from engine.diagnostics import render_text
from engine.program.library import load_sources


def codes(text: str) -> list[str]:
    return [found.code for found in load_sources({"f.yaml": text}).report.diagnostics if found.severity == "error"]


def same(nothing: str, word: str) -> None:
    """Both texts of a flow are the same program."""
    programs = [load_sources({"f.yaml": text}) for text in (nothing, word)]
    assert [render_text(each.report.diagnostics) for each in programs if each.program is None] == []
    one, other = (each.program.flows["f"].steps for each in programs if each.program)
    assert {name: block.instructions for name, block in one.items()} == {
        name: block.instructions for name, block in other.items()
    }


@pytest.mark.parametrize("nothing", ["null", "~", "Null", "NULL", ""])
@pytest.mark.parametrize("verb", ["hangup", "leave", "pause", "record", "reject", "return", "gather"])
def test_a_verb_without_anything_may_be_written_with_null(verb: str, nothing: str) -> None:
    same(f"steps:\n  menu:\n    - {verb}: {nothing}\n", f"steps:\n  menu:\n    - {verb}\n")


@pytest.mark.parametrize("nothing", ["null", "~"])
@pytest.mark.parametrize(
    "written",
    [
        "- gather: {say: Hello., branch: {1: [{hangup: NOTHING}], else: [{pause: NOTHING}]}}",
        "- gather: [{say: Hello.}, {pause: NOTHING}]",
        "- gather: {content: [{say: Hello.}, {pause: NOTHING}]}",
        "- gather: {say: Hello., retry: {no_input: [{pause: NOTHING}, {say: Again.}]}}",
        "- branch: [{else: [{pause: NOTHING}, {return: NOTHING}]}]",
        "- gather: {say: Hello., pause: NOTHING}",
        "- say: [Hello., {break: NOTHING}]",
        "- stop: {stream: NOTHING}",
        "- start: {recording: NOTHING}",
    ],
)
def test_null_is_nothing_wherever_a_verb_or_an_element_stands(written: str, nothing: str) -> None:
    empty = written.replace("NOTHING", "")
    same(f"steps:\n  menu:\n    {written.replace('NOTHING', nothing)}\n", f"steps:\n  menu:\n    {empty}\n")


@pytest.mark.parametrize("nothing", ["null", "~"])
@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ("say: NOTHING", "F109"),
        ("say: {message: NOTHING}", "F109"),
        ("play: NOTHING", "F109"),
        ("gather: {say: NOTHING}", "F109"),
        ("dial: NOTHING", "F109"),
        ("dial: {number: NOTHING}", "F109"),
        ("enqueue: NOTHING", "F109"),
        ("connect: NOTHING", "F109"),
        ("connect: {conversation_relay: NOTHING}", "F109"),
        ("refer: NOTHING", "F109"),
        ("pause: {length: NOTHING}", "F112"),
        ("log: NOTHING", "F112"),
        ("twiml: NOTHING", "F112"),
        ("redirect: NOTHING", "F112"),
        ("branch: NOTHING", "F112"),
        ("set: NOTHING", "F112"),
        ("subflow: NOTHING", "F112"),
        ("run: NOTHING", "F112"),
        ("request: NOTHING", "F112"),
        ("send: NOTHING", "F112"),
        ("send: {to: '+15550100', body: NOTHING}", "F112"),
        ("request: {url: NOTHING}", "F112"),
        ("request: {url: https://example.com/, method: NOTHING}", "F112"),
        ("gather: {say: Hello., branch: {1: NOTHING}}", "F112"),
        ("gather: {say: Hello., retry: {no_input: NOTHING}}", "F112"),
    ],
)
def test_null_is_an_error_where_something_is_meant(instruction: str, code: str, nothing: str) -> None:
    assert codes(f"steps:\n  menu:\n    - {instruction.replace('NOTHING', nothing)}\n    - say: Bye.\n") == [code]


def test_an_instruction_that_is_null_is_none() -> None:
    assert codes("steps:\n  menu:\n    - null\n    - say: Bye.\n") == ["F112"]
    assert codes("steps:\n  menu: ~\n  other: [hangup]\n") == ["F109"]


def test_the_quoted_word_is_a_text() -> None:
    assert codes('steps:\n  menu:\n    - say: "null"\n    - log: "~"\n') == []
