"""A finding as the page shows it: a sentence, lines with what is wrong marked, what to do, and what to copy."""

import pytest

from engine.diagnostics import Report, Source, Span
from engine.page.problems import WIDE, problem
from engine.page.steps import step_at, steps_in


def found(text, word, title="there is a mistake", **more):
    source = Source("/project/flows/menu.yaml", text)
    at = text.index(word)
    report = Report()
    report.error("F201", title, Span(source, at, at + len(word)), **more)
    return problem(report.all[0])


def marked(told):
    line = next(one for one in told["frame"] if one["line"] == told["line"])
    return line["text"][line["from"] : line["to"]]


def test_the_frame_is_the_line_with_those_around_it():
    told = found("one:\n  two: bad\nthree:\nfour:\n", "bad")
    assert [(line["line"], line["text"]) for line in told["frame"]] == [(1, "one:"), (2, "  two: bad"), (3, "three:")]
    assert (told["line"], told["column"], marked(told)) == (2, 8, "bad")
    assert told["path"] == "/project/flows/menu.yaml"


def test_the_first_and_the_last_line_have_one_neighbor():
    assert [line["line"] for line in found("bad\ntwo\n", "bad")["frame"]] == [1, 2]
    assert [line["line"] for line in found("one\nbad", "bad")["frame"]] == [1, 2]


@pytest.mark.parametrize("before", ["", "x" * 50, "x" * 5000, "\t\t", "你好", "é" * 200])
@pytest.mark.parametrize("word", ["bad", "坏", "b" * 400])
@pytest.mark.parametrize("after", ["", " y" * 3000])
def test_a_line_of_any_length_is_cut_around_what_is_marked(before, word, after):
    told = found(f"a\n{before}{word}{after}\nb", word)
    line = next(one for one in told["frame"] if one["line"] == 2)
    assert len(line["text"]) <= WIDE + 10
    assert marked(told)
    assert word.startswith(marked(told)) or marked(told) == word


def test_a_place_behind_the_end_of_a_line_is_still_marked_somewhere():
    source = Source("/project/flows/menu.yaml", "one\n\nthree\n")
    report = Report()
    report.error("F001", "something is missing", Span(source, 4, 4))
    told = problem(report.all[0])
    line = next(one for one in told["frame"] if one["line"] == 2)
    assert line["to"] > line["from"] >= 0


def test_characters_that_nobody_sees_are_shown_as_such():
    told = found("a: \u202ebad\x07\n", "bad", title="there is a `\u202e` here")
    assert "\u202e" not in told["title"]
    assert "\u202e" not in told["frame"][0]["text"]
    assert marked(told) == "bad"


def test_of_a_place_without_a_text_there_is_no_frame():
    report = Report()
    report.error("F016", "there is no folder `flows`", Span(Source("/project/flows", ""), 0, 0))
    told = problem(report.all[0])
    assert (told["frame"], told["line"], told["column"], told["flow"]) == ([], 1, 1, "")
    assert told["title"] == "There is no folder `flows`."


@pytest.mark.parametrize(
    ("helps", "words", "fix"),
    [
        (["delete it"], "Delete it.", ""),
        (["write  retry: 3"], "Write `retry: 3`.", "retry: 3"),
        (["write  flows: ../flows  at the top"], "Write `flows: ../flows` at the top.", "flows: ../flows"),
        (["write\n- say: a\n- say: b"], "Write these lines.", "- say: a\n- say: b"),
        (["name the folder", "or call it  x.yaml"], "Name the folder. Or call it `x.yaml`.", "x.yaml"),
        ([], "", ""),
    ],
)
def test_what_to_do_is_a_sentence_and_what_to_copy_stands_by_itself(helps, words, fix):
    told = found("a: bad\n", "bad", helps=helps)
    assert (told["help"], told["fix"]) == (words, fix)


def test_facts_stand_beside_what_to_do():
    told = found("a: bad\n", "bad", helps=["delete it"], notes=["steps: a, b"])
    assert (told["help"], told["notes"]) == ("Delete it.", ["Steps: a, b."])


FLOW = """\
description: x
steps:
  # the first
  welcome:
    - say: >-
        steps:
          not_one: x
  "billing": # quoted
    - hangup:

  empty:
on_error: welcome
"""


def test_steps_are_found_by_their_lines_also_where_a_file_has_errors():
    steps = [(one.step, one.line, one.last) for one in steps_in(FLOW)]
    assert steps == [("welcome", 4, 7), ("billing", 8, 9), ("empty", 11, 11)]
    broken = FLOW.replace("    - hangup:", "    - hangup: [")
    assert [one.step for one in steps_in(broken)] == ["welcome", "billing", "empty"]
    source = Source("x.yaml", FLOW)
    assert [step_at(source, line) for line in (1, 3, 4, 6, 9, 11, 12)] == [
        "",
        "",
        "welcome",
        "welcome",
        "billing",
        "empty",
        "",
    ]


@pytest.mark.parametrize(
    "text", ["", "steps:", "steps: {a: [{say: b}]}", "- a\n", "steps:\n", "\x00\n" * 50, "steps:\n" + "  " * 5000]
)
def test_a_text_without_steps_in_lines_has_none(text):
    assert steps_in(text) == ()
