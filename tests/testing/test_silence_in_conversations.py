"""Time that passes in a script, on the telephone and in a test in Python reaches the server: it follows silence."""

import pytest

from engine.diagnostics import render_text
from engine.phone.conversation import Conversation
from engine.phone.events import Logged, Reached, Texted
from engine.phone.handset import play_lines
from engine.phone.transcript import transcript
from engine.program.library import load_sources
from engine.testing.coverage import Coverage, survey
from engine.testing.project import Project

ASK = """
channel: messaging
steps:
  ask:
    - gather:
        message: Reply C or R.
        timeout: 2h
        branch:
          C: [{message: Confirmed.}]
          no_input: nudge
          else: [{message: Else.}]
  nudge:
    - message: Are you still there?
    - log: nobody answers
    - gather:
        say: Yes or no?
        timeout: 1h
        branch:
          yes: [{message: Fine.}]
          no_input: [{request: {url: "https://shop.example.com/", branch: {else: []}}}, {message: Goodbye.}]
          else: hangup
"""


@pytest.fixture
def project() -> Project:
    loaded = load_sources({"f.yaml": ASK})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    return Project(loaded.program)


def texts(talk: Conversation) -> list[tuple[float, str]]:
    return [(one.at, one.event.body) for one in talk.moments if isinstance(one.event, Texted)]


def test_texts_come_at_their_time(project):
    talk = project.phone().write("/flows/f").text("hi").later(7199)
    assert talk.heard == ()
    assert talk.later(1).heard == ("Are you still there?", "Yes or no?")
    talk.text("yes").later(86400)
    assert texts(talk) == [
        (0, "Reply C or R."),
        (7200, "Are you still there?"),
        (7200, "Yes or no?"),
        (7200, "Fine."),
    ]


def test_several_come_one_after_the_other(project):
    talk = project.phone().write("/flows/f").text("hi").later(86400)
    assert [(round(at), body) for at, body in texts(talk)[1:]] == [
        (7200, "Are you still there?"),
        (7200, "Yes or no?"),
        (10800, "Goodbye."),
    ]
    assert talk.now == 86400
    assert [event for event in talk.events if isinstance(event, Logged)] == [Logged("nobody answers", "f.yaml:14:12")]
    assert [event.kind for event in talk.events if isinstance(event, Reached)] == ["request"]


def test_what_silence_leads_to_is_lived(project):
    talk = project.phone().write("/flows/f").text("hi").later(7200)
    assert project.steps(talk) == ("f/ask", "f/nudge")
    assert project.exits(talk) == ("f/ask:0 1",)
    coverage = Coverage(survey(project.program)).plus(project, [talk])
    assert "f/nudge" in coverage.taken


def test_nothing_comes_after_stop(project):
    talk = project.phone().write("/flows/f").text("hi").text("STOP").later(86400)
    assert [body for _, body in texts(talk)] == ["Reply C or R."]


def test_each_telephone_has_a_conversation_of_its_own(project):
    phone = project.phone()
    one = phone.write("/flows/f", "+15550000001").text("hi")
    other = project.phone().write("/flows/f", "+15550000001").text("hi")
    one.text("c")
    assert other.later(7200).heard == ("Are you still there?", "Yes or no?")
    assert one.later(7200).heard == ()


def test_a_flow_that_writes_first_reminds(project):
    talk = project.phone().write("/flows/f").begin().later(7200)
    (first, *_) = [event for event in talk.news[1:] if isinstance(event.event, Texted)]
    assert (first.event.to, first.event.from_) == ("+15550001111", "+15550002222")


class TestTheTelephone:
    def test_later_lets_time_pass(self, project):
        talk = project.phone().write("/flows/f")
        assert list(play_lines(["hi\n", "later 2 hours\n", "\n", "yes\n"], talk)) == [None, None, None]
        assert transcript(talk.moments).splitlines()[2:5] == [
            "> later 2h",
            "  (logs nobody answers)",
            '  "Are you still there?"',
        ]

    @pytest.mark.parametrize(
        ("line", "said"),
        [("later", "later"), ("later today", "later today"), ("'later 2h", "later 2h"), ("'hi", "'hi")],
    )
    def test_anything_else_is_a_message(self, project, line, said):
        talk = project.phone().write("/flows/f")
        assert list(play_lines([line], talk)) == [None]
        assert dict(talk.requests[0].params)["Body"] == said

    def test_a_server_elsewhere_has_a_clock_of_its_own(self, project):
        talk = project.phone().write("/flows/f")
        talk.waking = None
        assert list(play_lines(["hi", "later 2h"], talk)) == [
            None,
            "`later 2h` cannot happen: the server has a clock of its own",
        ]

    def test_a_conversation_does_not_outlive_the_calendar(self, project):
        talk = project.phone().write("/flows/f")
        assert list(play_lines(["later 999999999d"], talk)) == [
            "`later 999999999d` cannot happen: a conversation lasts at most 36600d"
        ]


def test_a_suggested_script_lets_the_time_pass_that_silence_takes(project):
    from engine.testing.suggest import suggest

    (script,) = suggest(project, Coverage(survey(project.program)), ("f",)).scripts.values()
    assert "- later: 2h\n      - later: 1h\n      - hear: Goodbye." in script
    assert "takes `no_input` of f/ask" in script
