"""Time that passes in call scripts, and conversations that the flow begins."""

from collections.abc import Callable

import pytest

from engine.diagnostics import Report, Source, render_line, render_text
from engine.phone.scripts import Result, check_names, play, read_script
from engine.phone.scripts.write import new_script, written_call
from engine.program.library import load_sources
from engine.testing.project import Project

BOOK = """\
channel: messaging
steps:
  hello:
    - gather:
        message: For a visit reply V.
        timeout: 1d
        branch: {V: visit, else: hello}
  visit:
    - gather: {message: Which day?, save: day}
    - message: "{{ day }} it is, at {{ now.hour }}."
"""
REMIND = """\
channel: messaging
takes: {name: there}
start: incoming
steps:
  incoming: [{message: For anything else call.}]
  remind:               # touchtone: ignore[L102]
    - gather:
        message: Hello {{ name }}, reply C.
        timeout: 2h
        branch: {C: [{message: "Thank you, {{ name }}."}], else: incoming}
"""
NOTE = "channel: messaging\nsteps: {a: [{message: 'It is {{ now.hour }}.'}]}"
BOTH = """\
channel: [voice, messaging]
steps: {a: [{gather: {say: Press 1 or write it., timeout: 1h, branch: {1: [{say: One.}], else: hangup}}}]}
"""
DESK = """\
hours: {desk: {timezone: UTC, mon-fri: 09:00-17:00}}
vars: {text: ""}
steps:
  menu:
    - gather: {say: Press 1 for the desk., branch: {1: queue, 2: talk, 3: box, 4: meet}}
  queue:
    - enqueue: {name: desk, wait_url: music, branch: {bridged: hangup, leave: closed}}
  music:
    - branch: [{when: hours.desk.open, to: [{say: Please hold.}]}, {else: gone}]
    - pause: 20
  gone: [{say: We are closed now.}, leave]
  closed: [{say: Please call again.}]
  talk:
    - dial: "+15550100"
    - branch: [{when: hours.desk.open, to: [{say: Still open.}]}, {else: [{say: Closed by now.}]}]
  box:
    - record: {transcribe: true, transcribe_callback: done, save: text}
    - enqueue: {name: desk, branch: {bridged: [{say: "Text: {{ text }}."}]}}
  done: [{set: {text: "{{ params.TranscriptionText }}"}}]
  meet:
    - dial: {conference: room}
"""
SOURCES = {"book": BOOK, "remind": REMIND, "note": NOTE, "both": BOTH, "desk": DESK}

Play = Callable[..., Result]


@pytest.fixture(scope="module")
def project() -> Project:
    loaded = load_sources({f"{name}.yaml": text for name, text in SOURCES.items()})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    return Project(loaded.program)


@pytest.fixture
def played(project: Project) -> Play:
    """Plays a script of one call; mistakes in it fail the test."""

    def make(flow: str, *turns: str, given: str = "{}") -> Result:
        lines = "".join(f"    - {turn}\n" for turn in turns)
        report = Report()
        script = read_script(Source("x.calls.yaml", f"flow: {flow}\ngiven: {given}\ncalls:\n  A:\n{lines}"), report)
        assert script is not None
        flows = {name: one.steps for name, one in project.program.flows.items()}
        channels = {name: one.channels for name, one in project.program.flows.items()}
        assert check_names(script, flows, report, channels), render_line(report.diagnostics)
        assert not report.errors, render_line(report.diagnostics)
        (result,) = play(script, project)
        return result

    return make


def fine(result: Result) -> None:
    assert result.failure is None, f"{result.failure}\n{result.transcript}"


# How it is written


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("30m", 1800),
        ("4h", 14400),
        ("1d", 86400),
        ("1d12h", 129600),
        ("1h 30m", 5400),
        ("1 day", 86400),
        ("2 hours, 5 minutes", 7500),
        ("366d", 31622400),
    ],
)
def test_a_time_is_written_as_in_flows_or_in_words(written: str, seconds: int) -> None:
    report = Report()
    script = read_script(Source("x.calls.yaml", f"calls: {{A: [{{later: '{written}'}}]}}"), report)
    assert script is not None
    assert not report.errors
    assert [getattr(turn, "seconds", None) for turn in script.calls[0].turns] == [seconds]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("soon", "`later` must be a time such as 30m, 4h or 1d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("-1d", "`later` must be a time such as 30m, 4h or 1d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("1.5h", "`later` must be a time such as 30m, 4h or 1d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("1w", "`later` must be a time such as 30m, 4h or 1d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("1e9", "`later` must be a time such as 30m, 4h or 1d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("٣d", "`later` must be a time such as 30m, 4h or 1d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("[1d]", "`later` must be a time such as 30m, 4h or 1d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("0", "`later` must be 1s to 366d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("367d", "`later` must be 1s to 366d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("999999999d", "`later` must be 1s to 366d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("9" * 3000 + "d", "`later` must be a time such as 30m, 4h or 1d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
        ("1d " * 3000 + "x", "`later` must be a time such as 30m, 4h or 1d (write later: 90s, 30m, 4h, 1d, or 1h30m)"),
    ],
)
def test_what_is_no_such_time_is_told(written: str, said: str) -> None:
    report = Report()
    read_script(Source("x.calls.yaml", f"calls: {{A: [later: {written}]}}"), report)
    assert [line.partition(": error[F403]: ")[2] for line in render_line(report.diagnostics).splitlines()] == [said]


def test_what_others_call_it_leads_to_its_name() -> None:
    for word in ("after", "sleep"):
        report = Report()
        read_script(Source("x.calls.yaml", f"calls: {{A: [{word}: 1d]}}"), report)
        assert "did you mean `later`?" in render_line(report.diagnostics)


# Conversations


def test_a_question_that_has_run_out_lets_the_flow_begin_anew(played: Play) -> None:
    fine(played("book", "text: hi", "hear: reply V", "later: 23h", "text: v", "hear: Which day?"))
    fine(played("book", "text: hi", "later: 1d", "text: v", "hear: {exactly: For a visit reply V.}", "at: hello"))
    fine(played("book", "text: hi", "later: 12h", "later: 12h", "text: v", "at: hello"))
    fine(played("book", "text: hi", "text: V", "later: 5h", "text: Monday", "at: hello"))
    fine(played("book", "text: hi", "text: V", "later: 3h", "text: Monday", "hear: Monday it is, at 12."))


def test_nothing_is_heard_while_time_passes_and_what_was_heard_before_is_past(played: Play) -> None:
    result = played("book", "text: hi", "later: 1d", "hear: reply V")
    assert result.failure is not None
    assert "it was heard before `later: 1d`; `hear` stands above the turn that follows it" in result.failure.notes


def test_the_clock_of_the_flow_moves_from_the_time_that_is_given(played: Play) -> None:
    fine(
        played(
            "note",
            "text: a",
            "hear: It is 23.",
            "later: 2h",
            "text: b",
            "hear: It is 1.",
            given="{at: 2026-12-31 23:30}",
        )
    )


def test_more_time_than_there_are_years_is_told(played: Play) -> None:
    result = played("note", *["later: 366d"] * 101, "text: hi", given="{at: 8999-12-31 23:30}")
    assert result.failure is not None
    assert result.failure.title == "`later` cannot happen here: all turns of a call pass at most 36600d"


def test_a_flow_that_sends_one_message_and_waits_for_none_is_scripted(played: Play) -> None:
    fine(played("note", "hear: It is 9.", "at: a"))
    fine(played("note", "hear: {exactly: It is 9.}", "round_trips: 1"))
    result = played("note", "hear: It is 10.")
    assert result.failure is not None
    assert result.failure.title == "the caller does not hear `It is 10.`"


def test_what_is_written_to_a_conversation_that_the_flow_began_comes_to_the_address_of_its_number(played: Play) -> None:
    given = "{step: remind, takes: {name: Ann}}"
    fine(played("remind", "hear: Hello Ann", "text: C", "hear: Thank you, Ann.", given=given))
    fine(played("remind", "hear: Hello Ann", "later: 2h", "text: C", "at: incoming", given=given))
    fine(played("remind", "text: Hello?", "at: incoming"))


def test_a_flow_that_answers_both_is_asked_by_message_where_that_is_given(played: Play) -> None:
    fine(played("both", "hear: Press 1 or write it.", "press: 1", "hear: One."))
    fine(played("both", "hear: Press 1 or write it.", "text: 1", "hear: One.", given="{channel: messaging}"))
    fine(played("both", "text: hi", "text: 1", "hear: One."))
    assert played("both", "hear: Press 1", given="{channel: messaging}").story.round_trips == 1


def test_a_channel_that_there_is_not_is_told() -> None:
    report = Report()
    read_script(Source("x.calls.yaml", "given: {channel: sms}\ncalls: {A: [hear: x]}"), report)
    read_script(Source("x.calls.yaml", "given: {channel: voice}\ncalls: {A: [text: x]}"), report)
    assert [line.partition(": error")[2] for line in render_line(report.diagnostics).splitlines()] == [
        "[F404]: there is no channel `sms` (known here: voice, messaging)",
        "[F401]: `text` is a turn of a conversation, and this is a call (what a caller says is say: x)",
    ]


# Calls


def test_hours_close_while_somebody_waits(played: Play) -> None:
    late = "{at: 2026-01-05 16:50}"
    fine(
        played(
            "desk",
            "press: 1",
            "hear: Please hold.",
            "later: 5m",
            "hear: {not: closed}",
            "outcome: {enqueue: bridged}",
            "ends",
            given=late,
        )
    )
    fine(
        played(
            "desk",
            "press: 1",
            "later: 15m",
            "hear: [Please hold., We are closed now., Please call again.]",
            "ends: hangup",
            given=late,
        )
    )


def test_time_passes_in_a_talk_and_the_talk_goes_on(played: Play) -> None:
    late = "{at: 2026-01-05 16:50}"
    fine(played("desk", "press: 2", "picks_up", "later: 5m", "talks: 60 seconds", "hear: Still open.", given=late))
    fine(played("desk", "press: 2", "picks_up", "later: 15m", "talks: 60 seconds", "hear: Closed by now.", given=late))


def test_a_report_comes_when_it_is_due(played: Play) -> None:
    recorded = ("press: 3", "recorded: 12 seconds, then pound")

    def reports(*turns: str) -> int:
        result = played("desk", *recorded, *turns)
        fine(result)
        return sum(one.kind == "callback" for one in result.story.requests)

    assert reports("later: 1m") == 0
    assert reports("later: 1m", "later: 3m") == 1
    assert reports("later: 5m") == 1


def test_time_passes_in_a_conference_and_before_what_is_given_in_advance(played: Play) -> None:
    fine(played("desk", "press: 4", "later: 10m", "outcome: {conference: answered}", "ends"))
    fine(played("desk", "press: 4", "later: 10m", "ends", given="{conference: answered}"))


@pytest.mark.parametrize(
    ("turns", "why"),
    [
        (["later: 1h"], "a gather waits 5 s for an answer: what comes then is told by `silence`"),
        (["press: 2", "later: 1h"], "it rings for 30 s: what comes then is told by  answers: no-answer"),
        (["press: 3", "later: 1h"], "how long somebody speaks is told by  recorded: 30 seconds"),
        (["press: 1", "later: 5h"], "Twilio ends a call after 4h"),
        (["press: 1", "later: 3h", "later: 3h"], "Twilio ends a call after 4h"),
        (["hangup", "later: 1h"], "the call is over"),
    ],
)
def test_time_does_not_pass_where_something_would_happen(turns: list[str], why: str, played: Play) -> None:
    failure = played("desk", *turns, given="{at: 2026-01-05 9:00}".replace(" 9", " 09")).failure
    assert failure is not None
    assert failure.title == f"`later` cannot happen here: {why}"


def test_what_is_shorter_than_a_question_waits_changes_nothing(played: Play) -> None:
    fine(played("desk", "later: 4s", "press: 2", "later: 20s", "picks_up"))


def test_it_is_written_down_as_it_is_read(played: Play) -> None:
    result = played("book", "text: hi", "later: 36h", "text: v", "at: hello")
    written = new_script("book", written_call("A", result.story.moments))
    assert "    - later: 36h\n" in written
    report = Report()
    script = read_script(Source("book.calls.yaml", written), report)
    assert script is not None
    assert not report.errors
    assert [turn.key for turn in script.calls[0].turns] == ["text", "hear", "later", "text", "hear"]


def test_a_short_piece_of_music_for_hours_is_played_a_bounded_number_of_times(played: Play) -> None:
    result = played(
        "desk", "press: 1", "later: 3h", "hear: Please hold.", "hear: {not: closed}", given="{at: 2026-01-05 09:00}"
    )
    fine(result)
    assert result.story.round_trips < 200
    assert 3 * 3600 <= result.story.now < 4 * 3600
    fine(played("desk", "press: 1", "later: 3h", "hear: We are closed now.", "ends", given="{at: 2026-01-05 14:30}"))
