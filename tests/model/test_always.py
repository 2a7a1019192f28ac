"""What the doubts about a flow make of `always`: what it leads to, what it covers, which of its keys are never understood."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Source
from engine.document.folder import Folder
from engine.model.build import build
from engine.model.gathers import may_take


def check(text: str, project: str = "") -> list[tuple[str, int]]:
    """The codes found in a flow, with their lines."""
    report = Report()
    build(Folder(Path(), (Source("f.yaml", text),), Source("_project.yaml", project) if project else None), report)
    return [(found.code, found.span.source.position(found.span.start)[0]) for found in report.diagnostics]


def menu(always: str, branch: str = "{1: sales}", after: str = "") -> str:
    """Line 1 is `always`, line 4 a gather, line 5 what may follow it."""
    return f"always: {always}\nsteps:\n  menu:\n    - gather: {{say: Press 1., branch: {branch}}}\n{after}  sales: [{{say: Hi.}}]\n"


@pytest.mark.parametrize(
    ("always", "found"),
    [
        ("{0: sales}", [("L201", 4)]),
        ("{no_match: sales}", [("L201", 4)]),
        ("{no_input: sales}", []),
        ("{else: sales}", []),
    ],
)
def test_silence_that_it_covers_is_no_silent_end(always, found):
    assert check(menu(always)) == found


@pytest.mark.parametrize(
    ("always", "branch", "found"),
    [
        ("{else: sales}", "{1: sales}", [("L101", 5)]),
        ("{no_input: sales, no_match: sales}", "{1: sales}", [("L101", 5)]),
        ("{no_input: sales}", "{1: sales, no_match: sales}", [("L101", 5)]),
        ("{no_input: sales}", "{1: sales}", []),
        ("{else: sales, 9: [{say: Help.}]}", "{1: sales}", []),
        ("{else: sales, 9: [{say: Help.}, {redirect: back}]}", "{1: sales}", [("L101", 5)]),
        ("{9: [{say: Help.}]}", "{1: sales, else: sales}", []),
        # A gather that takes every answer goes on.
        ("{else: sales}", "{no_input: sales}", []),
    ],
)
def test_what_follows_a_gather_is_reached_unless_always_takes_every_answer(always, branch, found):
    assert check(menu(always, branch, "    - say: Behind.\n")) == found


def test_a_question_in_a_tree_is_passed_as_it_says_itself():
    """What a tree leads behind is the gather it stands at, not the question within it."""
    tree = "[{gather: {say: 'Press 1.', branch: {1: sales, else: sales}}}, {say: Never.}]"
    assert check(menu(f"{{9: {tree}, 8: [{{say: Eight.}}], no_input: sales}}")) == [("L101", 1)]


def test_a_step_that_only_always_leads_to_is_not_lonely():
    text = (
        "always: {0: desk, 9: [{redirect: help}]}\nsteps:\n  menu: [%s]\n  desk: [{say: Hi.}]\n  help: [{say: Hi.}]\n"
    )
    assert check(text % "{gather: {say: Press 0., branch: {else: menu}}}") == []
    assert {code for code, _ in check(text % "{say: Hi.}")} == {"L102", "L203"}


def test_the_words_may_name_its_keys():
    text = "always: {7: sales, no_input: hangup}\nsteps:\n  menu:\n    - gather: {say: 'Press 1. Press %s.', branch: {1: sales}}\n  sales: [{say: Hi.}]\n"
    assert check(text % 7) == []
    assert check(text % 8) == [("L202", 4)]


@pytest.mark.parametrize(
    ("always", "gather", "found"),
    [
        ("{0: sales}", "branch: {1: sales}", 0),
        ("{99: sales}", "branch: {1: sales}", 0),
        ("{99: sales}", "num_digits: 1, branch: {1: sales}", 1),
        ("{99: sales}", "num_digits: '{{ 1 + 1 }}', branch: {1: sales}", 0),
        ("{'#': sales}", "branch: {1: sales}", 1),
        ("{'#': sales}", "finish_on_key: '*', branch: {1: sales}", 0),
        ("{'#': sales}", "branch: {'#': sales}", 0),
        ("{help: sales}", "branch: {1: sales}", 1),
        ("{0 | help: sales}", "branch: {1: sales}", 0),
        ("{help: sales}", "branch: {1 | sales: sales}", 0),
        ("{0: sales}", "input: speech, branch: {sales: sales}", 0),
    ],
)
def test_a_key_that_no_gather_is_given_is_doubted_at_its_place(always, gather, found):
    text = f"always: {always}\nsteps:\n  menu:\n    - gather: {{say: 'Press 1, help, 99 or pound.', {gather}}}\n    - say: Hi.\n  sales: [{{say: Hi.}}]\n"
    assert check(text).count(("L203", 1)) == found


def test_what_the_project_says_for_all_is_not_doubted_for_each():
    text = "steps:\n  menu: [{gather: {say: Press 1., branch: {1: menu}}}, {say: Hi.}]\n"
    assert check(text, "always: {help: f/menu, '#': f/menu}") == []


def test_what_a_tree_dials_is_heard_as_in_a_step():
    tree = "[{dial: {number: {phone_number: '+15550100', url: sales}}}]"
    flow = menu(f"{{9: {tree}, else: hangup}}").replace("{say: Hi.}", "{dial: '+15550101'}")
    assert check(flow) == [("F204", 5)]


@pytest.mark.parametrize(
    ("always", "branch", "found"),
    [
        ("{else: sales}", "{}", [("L201", 4)]),
        ("{else: sales, no_match: sales}", "{}", [("L201", 4)]),
        ("{no_input: sales}", "{}", []),
        ("{else: sales}", "{no_input: sales}", []),
    ],
)
def test_else_serves_no_gather_that_takes_every_answer(always, branch, found):
    assert [each for each in check(menu(always, branch)) if each[0] != "L102"] == found


@pytest.mark.parametrize(
    ("own", "shared", "taken"),
    [
        ("help", "Help!", False),
        ("café", "CAFE", False),
        ("1", "1.", False),
        ("help", "help me", True),
        ("1", "01", True),
        ("/1/", "1", True),
    ],
)
def test_a_key_that_every_gather_has_is_never_taken_from_it(own, shared, taken):
    flow = f"always: {{'{shared}': sales}}\nsteps:\n  menu: [{{gather: {{say: Ask., input: dtmf speech, branch: {{'{own}': sales, else: sales}}}}}}]\n  sales: [{{say: Hi.}}]\n"
    project = build(Folder(Path(), (Source("f.yaml", flow),), None), Report())
    assert project is not None
    made = project.flows["f"]
    assert may_take(made, made.always[0]) is taken
