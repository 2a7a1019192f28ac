"""What call scripts expect of the log, of variables, and of messages that Twilio answers by itself."""

from collections.abc import Callable

import pytest

from engine.diagnostics import Report, Source, render_line, render_text
from engine.phone.scripts import Result, play, read_script
from engine.phone.scripts.write import new_script, written_call
from engine.program.library import load_sources
from engine.testing.project import Project

CALL = """\
vars: {code: "", path: /a/, count: 1, list: [1, 2]}
steps:
  menu:
    - log: A caller from {{ call.from }}.
    - gather: {num_digits: 4, say: Your code., save: code}
    - log: The code is {{ code }}.
    - log: /looks like a pattern/
    - say: Thank you.
    - gather: {say: Once more., branch: {1: menu, else: hangup}}
"""
TEXT = """\
channel: messaging
vars: {cancelled: false}
steps:
  ask:
    - gather: {message: "A visit on Monday: reply YES or NO.", branch: {yes: yes, no: no, else: ask}}
  yes: [{message: See you.}]
  no: [{set: {cancelled: true}}, {message: Cancelled.}]
"""

Play = Callable[..., Result]


@pytest.fixture(scope="module")
def project() -> Project:
    loaded = load_sources({"call.yaml": CALL, "text.yaml": TEXT})
    assert loaded.program is not None, render_text(loaded.report.diagnostics)
    return Project(loaded.program)


def read(text: str) -> tuple[object, list[str]]:
    report = Report()
    script = read_script(Source("x.calls.yaml", text), report)
    return script, [line.partition(": error")[2] for line in render_line(report.diagnostics).splitlines()]


@pytest.fixture
def played(project: Project) -> Play:
    """Plays a script of one call; mistakes in it fail the test."""

    def make(flow: str, *turns: str, given: str = "{}") -> Result:
        lines = "".join(f"    - {turn}\n" for turn in turns)
        report = Report()
        script = read_script(Source("x.calls.yaml", f"flow: {flow}\ngiven: {given}\ncalls:\n  A:\n{lines}"), report)
        assert script is not None
        assert not report.errors, render_line(report.diagnostics)
        (result,) = play(script, project)
        return result

    return make


def fine(result: Result) -> None:
    assert result.failure is None, f"{result.failure}\n{result.transcript}"


def missed(result: Result) -> list[str]:
    assert result.failure is not None, result.transcript
    return [result.failure.title, *result.failure.notes]


# The log


@pytest.mark.parametrize(
    "turn",
    [
        "logged: the CODE is  1234",
        "logged: code",
        "logged: '1234'",
        r"logged: /is \d+\./",
        "logged: {exactly: The code is 1234.}",
        "logged: {exactly: /looks like a pattern/}",
        "logged: {not: A caller}",
        r"logged: {not: /caller|\d{5}/}".replace("{5}", "\\d\\d\\d\\d"),
        "logged: [looks, The code]",
    ],
)
def test_what_is_logged_since_the_last_act_is_expected(turn: str, played: Play) -> None:
    fine(played("call", "logged: A caller from +15550001111.", "press: 1234", turn, "hear: Thank you."))


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ("logged: code 1235", ["the flow does not log `code 1235`", "logged since `press: 1234`: The code is 1234.", "logged since `press: 1234`: /looks like a pattern/"]),
        ("logged: A caller", ["the flow does not log `A caller`", "it was logged before `press: 1234`; `logged` stands above the turn that follows it"]),
        ("logged: {exactly: code}", ["the flow does not log exactly `code`"]),
        ("logged: {not: the code}", ["the flow logs `the code`"]),
        (r"logged: {not: /\d/}", [r"the flow logs `\d`"]),
        ("logged: The code is 1234. /looks", ["the flow does not log `The code is 1234. /looks`"]),
    ],
)  # fmt: skip
def test_what_is_not_logged_is_told_with_what_is(turn: str, said: list[str], played: Play) -> None:
    assert missed(played("call", "press: 1234", turn))[: len(said)] == said


def test_where_nothing_is_logged_that_is_told(played: Play) -> None:
    assert missed(played("call", "press: 1234", "press: 9", "logged: x")) == [
        "the flow does not log `x`",
        "nothing was logged since `press: 9`",
        "the call is over: the flow hung up",
    ]


def test_a_mistake_in_what_is_logged_is_told() -> None:
    assert read("calls: {A: [logged: {matches: x}]}\n")[1] == [
        "[F402]: `logged` has no key `matches` (a pattern stands between slashes: logged: /…/)"
    ]
    assert read("calls: {A: [logged: /a(/]}\n")[1] == ["[F403]: this is no regular expression: missing )"]
    assert read("calls: {A: [logged: []]}\n")[1] == ["[F403]: `logged` says nothing"]
    assert read("calls: {A: [logs: x]}\n")[1] == ["[F401]: there is no turn `logs` (did you mean `logged`?)"]


def test_what_is_logged_is_written_down_as_it_is_read(played: Play, project: Project) -> None:
    result = played("call", "press: 1234", "hangup")
    written = new_script("call", written_call("A", result.story.moments))
    assert "- logged: The code is 1234.\n" in written
    assert '- logged: {exactly: "/looks like a pattern/"}\n' in written
    script, wrong = read(written)
    assert not wrong
    (again,) = play(script, project)  # type: ignore[arg-type]
    fine(again)


# Variables


@pytest.mark.parametrize(
    "values",
    [
        r"{code: /\d+/}",
        "{code: '1234', count: 1, path: {exactly: /a/}}",
        "{count: 1.0}",
        "{count: {exactly: '1.00'}, code: {not: '1234.0'}}",
        "{count: {not: '01'}}",
        r"{code: {not: /\D/}, count: {not: 2}}",
        "{code: {not: ''}}",
        r"{list: '/\[1, \d\]/', path: /.a./}",
    ],
)
def test_a_variable_holds_a_value_or_what_a_pattern_takes(values: str, played: Play) -> None:
    fine(played("call", "press: 1234", f"set: {values}"))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (r"{code: /\d/}", r"`code` is `1234`, not like `/\d/`"),
        ("{code: '123'}", "`code` is `1234`, not `123`"),
        ("{code: '1234.0'}", "`code` is `1234`, not `1234.0`"),
        ("{count: 01}", "`count` is `1`, not `01`"),
        ("{count: {not: 1.0}}", "`count` is `1.0`"),
        ("{count: true}", "`count` is `1`, not `true`"),
        ("{code: {not: '1234'}}", "`code` is `1234`"),
        (r"{code: {not: /\d+/}}", "`code` is `1234`"),
        ("{code: {exactly: /1234/}}", "`code` is `1234`, not `/1234/`"),
        ("{code: ''}", "`code` is `1234`, not ``"),
        ("{path: /a/}", "`path` is `/a/`, not like `/a/`"),
        ("{cod: /x/}", "the call has no variable `cod`"),
    ],
)
def test_a_variable_that_holds_something_else_is_told(values: str, said: str, played: Play) -> None:
    assert missed(played("call", "press: 1234", f"set: {values}"))[0] == said


def test_a_mistake_in_what_a_variable_holds_is_told() -> None:
    assert read("calls: {A: [set: {code: {matches: x}}]}\n")[1] == [
        "[F402]: `code` has no key `matches` (a pattern stands between slashes: code: /…/)"
    ]
    assert read("calls: {A: [set: {code: /a(/}]}\n")[1] == ["[F403]: this is no regular expression: missing )"]
    assert read("calls: {A: [set: {code: [1]}]}\n")[1] == ['[F403]: `code` must be a text (write code: "123456")']
    assert read("calls: {A: [set: {}]}\n")[1] == ["[F403]: `set` says nothing"]


# What is heard


def test_a_pattern_that_is_not_heard(played: Play) -> None:
    fine(played("call", r"hear: {not: /\d/}"))
    assert missed(played("call", "hear: {not: /your\\s+code/}"))[0] == r"the caller hears `your\s+code`"
    fine(played("call", "hear: {not: /^code/}", "hear: {not: /a.b/}"))


# What Twilio answers by itself


@pytest.mark.parametrize("word", ["CANCEL", "stop", " Quit ", "UNSUBSCRIBE", "end"])
@pytest.mark.parametrize("turn", ["hear: Cancelled.", "at: 'no'", "logged: x", "asked: x", "set: {cancelled: true}"])
def test_a_word_for_stop_never_reaches_the_flow_and_that_is_told(word: str, turn: str, played: Play) -> None:
    found = missed(played("text", "text: hi", f"text: '{word}'", turn))
    assert f"Twilio answers `{word.strip()}` by itself: the flow gets no such message to answer" in found
    assert "what was asked before is closed; nothing reaches who wrote it until START" in found


def test_help_is_answered_by_twilio_and_the_question_stays_open(played: Play) -> None:
    fine(played("text", "text: hi", "text: help", "hear: {not: reply}", "text: 'yes'", "hear: See you."))
    found = missed(played("text", "text: hi", "text: INFO", "hear: reply"))
    assert found[-1:] == ["Twilio answers `INFO` by itself: the flow gets no such message to answer"]


@pytest.mark.parametrize(
    ("body", "from_"), [("please stop", "+15550111"), ("cancel it", "+15550111"), ("CANCEL", "whatsapp:+15550111")]
)
def test_what_is_no_such_word_or_on_another_channel_is_the_flows(body: str, from_: str, played: Play) -> None:
    result = played(
        "text",
        "text: hi",
        f"text: {body}",
        "hear: {exactly: 'A visit on Monday: reply YES or NO.'}",
        given=f"{{from: '{from_}'}}",
    )
    fine(result)
    assert not any(
        "Twilio answers" in note
        for note in missed(played("text", "text: hi", f"text: {body}", "hear: x", given=f"{{from: '{from_}'}}"))
    )


# What is enormous


def test_a_huge_line_and_a_pattern_that_would_explode_cost_little() -> None:
    text = "steps: {a: [{log: \"{{ 'x' * 60000 }}\"}, {gather: {say: Well?}}, {say: Bye.}]}"
    loaded = load_sources({"f.yaml": text})
    assert loaded.program is not None
    script, wrong = read(
        "flow: f\ncalls:\n  A: [logged: /(x+x+)+y/]\n  B: [{logged: {not: /(x*)*y/}}]\n  C: [logged: y]\n"
    )
    assert not wrong
    first, second, third = play(script, Project(loaded.program))  # type: ignore[arg-type]
    fine(second)
    for result in (first, third):
        assert max(map(len, missed(result))) < 300
        assert max(map(len, result.transcript.splitlines())) <= 80
        assert len(result.transcript) < 1000
