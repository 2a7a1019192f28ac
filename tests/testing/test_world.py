"""Flows that ask the world, under test: answers are found for every branch, random callers live in a random world, nobody asks the
real one."""

from pathlib import Path

import pytest

from engine.diagnostics import Report, Source, render_line, render_text
from engine.phone.scripts import Result, play
from engine.phone.scripts.read import read_script
from engine.phone.scripts.stubs import Answer, Ask
from engine.testing.answered import answered_lines
from engine.testing.coverage import Coverage, survey
from engine.testing.explore import explore
from engine.testing.idle import idle
from engine.testing.project import Project
from engine.testing.suggest import Suggestions, suggest
from engine.testing.world import Exchange, answer_of, result_of

FUNCTIONS = """\
raise SystemExit("nobody runs this")
def look(n):
    pass
"""


@pytest.fixture
def project_of(tmp_path: Path):
    """A project of flows, with a function that must never be run."""

    def make(**flows: str) -> Project:
        (tmp_path / "functions.py").write_text(FUNCTIONS)
        for name, text in flows.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        project = Project.load(tmp_path)
        assert isinstance(project, Project), render_text(project.diagnostics)
        return project

    return make


def suggested(project: Project) -> Suggestions:
    return suggest(project, Coverage(survey(project.program)))


def played(project: Project, flow: str, text: str) -> tuple[Result, ...]:
    report = Report()
    script = read_script(Source(f"{flow}.calls.yaml", text), report)
    assert script is not None, text
    assert not report.diagnostics, f"{render_text(report.diagnostics)}\n{text}"
    return play(script, project)


def covered(project: Project, suggestions: Suggestions) -> float:
    """What the suggested scripts cover when they are read and played as any others."""
    coverage = Coverage(survey(project.program))
    for flow, text in suggestions.scripts.items():
        for result in played(project, flow, text):
            assert result.failure is None, f"{result.call.name}: {result.failure}\n{result.transcript}"
            coverage = coverage.plus(project, [result.story])
    return coverage.percent


FLOWS = {
    "statuses": """
steps:
  a: [{request: {url: https://x.example/a, branch: {404: b, 4xx: c, 5xx: d, 201: e, timeout: f, error: g, ok: h}}}]
  b: [{say: B.}]
  c: [{say: C.}]
  d: [{say: D.}]
  e: [{say: E.}]
  f: [{say: F.}]
  g: [{say: G.}]
  h: [{say: H.}]
""",
    "values": """
on_error: sorry
steps:
  a:
    - run: {function: look, args: {n: 1}, save: c, branch: {error: sorry, none at all: b, true: b, 3: b}}
    - branch: [{when: c.vip and c.age > 60, to: vip}, {when: c.plan == 'gold', to: gold}]
    - say: "{{ c.name }} owes {{ c.owed | money }}."
  b: [{say: B.}]
  vip: [{say: Dear.}]
  gold: [{say: Gold.}]
  sorry: [{say: Sorry.}]
""",
    "texts": "steps: {a: [{send: {to: '{{ call.from }}', body: Hello., branch: {sent: b, error: c}}}], b: [{say: B.}], c: [{say: C.}]}",
    "calls": """
steps:
  a:
    - gather: {num_digits: 1, say: Press., save: key, branch: {1: b, else: hangup}}
  b:
    - subflow: {flow: pin, with: {tries: 3}, branch: {true: c, false: d, else: e}}
  c: [{say: C.}]
  d: [{say: D.}]
  e: [{say: E.}]
""",
    "pin": """
takes: {tries: 2}
steps:
  a:
    - gather: {num_digits: 4, say: PIN., save: pin, branch: {no_input: [{return: nothing}]}}
    - request: {method: POST, url: https://x.example/pin, json: {pin: "{{ pin }}"}, branch: {403: wrong, error: [{return: false}]}}
    - return: true
  wrong:
    - set: {tries: "{{ tries | int - 1 }}"}
    - branch: [{when: tries > 0, to: a}, {when: tries == 0, to: out}]
  out: [{say: That was the last one.}, {return: false}]
""",
    "retries": """
steps:
  a:
    - request: {url: https://x.example/a, branch: {503: [{gather: {say: Wait., branch: {1: a, else: hangup}}}], error: b, ok: c}}
  b: [{say: B.}]
  c: [{say: C.}]
""",
    "helps": "on_error: sorry\nsteps: {a: [{request: {url: https://x.example/a}}, {say: Fine.}], sorry: [{say: Sorry.}]}",
    "writes": """
channel: messaging
steps:
  a:
    - request: {url: "https://x.example/{{ message.body }}", save: found, branch: {404: b}}
    - message: "{{ found.title }}"
  b: [{message: Nothing.}]
""",
}


class TestSuggests:
    @pytest.mark.parametrize("flow", FLOWS)
    def test_every_exit_has_a_call_with_its_answers(self, flow, project_of):
        project = project_of(**({flow: FLOWS[flow], "pin": FLOWS["pin"]}))
        suggestions = suggested(project)
        assert suggestions.regrets == ""
        assert covered(project, suggestions) == 100.0

    def test_a_call_reads_as_a_person_writes_it(self, project_of):
        project = project_of(
            f="steps: {a: [{request: {url: https://x.example/a, save: c, branch: {404: b}}}, {say: 'Hello {{ c.name }}.'}], b: [{say: B.}]}"
        )
        coverage = Coverage(survey(project.program)).plus(project, [played(project, "f", GIVEN_NAME)[0].story])
        assert suggest(project, coverage).scripts["f"] == (
            """\
flow: f

calls:
  "takes `404` of f/a, line 1":
    given:
      request:
        GET https://x.example/a: 404
    turns:
      - hear: B.
      - ends: hangup
"""
        )

    def test_a_way_through_what_nothing_takes_is_none(self, project_of):
        project = project_of(
            f="steps: {a: [{request: {url: https://x.example/a, save: c}}, {branch: [{when: c.x == 1, to: b}]}], b: [{say: B.}]}"
        )
        calls = [one.told for one in suggested(project).found]
        assert [stub.answers for call in calls for stub in call.start.stubs] == [(Answer({"x": 1}),)]

    def test_a_search_that_asks_for_ever_is_given_up(self, project_of):
        project = project_of(
            f="""
vars: {n: 0}
steps:
  a:
    - request: {url: https://x.example/a, branch: {error: c}}
    - set: {n: "{{ n + 1 }}"}
    - branch: [{when: n > 90, to: b}]
    - say: Again.
    - redirect: a
  b: [{say: B.}]
  c: [{say: C.}]
"""
        )
        suggestions = suggested(project)
        assert [place.id for place in suggestions.unreached] == ["f/a:2 0", "f/b"]
        assert not suggestions.complete


GIVEN_NAME = "given: {request: {/a: {name: Ann}}}\ncalls: {A: [{hear: Hello Ann.}]}\n"


class TestExplores:
    def test_callers_meet_every_answer_and_the_real_world_is_never_asked(self, project_of):
        project = project_of(**FLOWS)
        found = explore(project, 240, seed=2)
        assert {place.id for place in survey(project.program).of("statuses", "texts", "helps").places} <= found.taken
        assert {"calls/b:0 0", "calls/b:0 1", "pin/a:1 0"} <= found.taken

    def test_what_a_branch_or_on_error_takes_is_no_failure(self, project_of):
        assert explore(project_of(statuses=FLOWS["statuses"], helps=FLOWS["helps"]), 60).failures == ()

    def test_what_nothing_takes_is_one_and_comes_with_the_answers_that_show_it(self, project_of):
        project = project_of(
            f="steps: {a: [{request: {url: https://x.example/a, branch: {404: b}}}, {send: {to: '{{ call.from }}', body: Hi.}}], b: [{say: B.}]}"
        )
        request, text = sorted(explore(project, 60).failures, key=lambda failure: str(failure.trouble))
        assert str(request.trouble).endswith(
            "f.yaml:1:23: GET https://x.example/a is not answered, and neither its branch nor `on_error` takes that"
        )
        assert str(text.trouble).endswith(": the text is not sent, and neither its branch nor `on_error` takes that")
        assert "        GET https://x.example/a: error\n" in request.script
        assert "send" not in request.script
        assert "      send: error\n" in text.script
        for failure in (request, text):
            (result,) = played(project, "f", failure.script)
            assert result.failure is not None
            assert result.failure.title == f"a step has a fault: {failure.trouble}"

    def test_what_a_subflow_leaves_to_the_flow_that_calls_it_is_no_failure(self, project_of):
        project = project_of(
            f="on_error: b\nsteps: {a: [{subflow: inner}, {say: A.}], b: [{say: B.}]}",
            inner="steps: {a: [{request: {url: https://x.example/a}}]}",
        )
        assert explore(project, 20).failures == ()
        assert len(explore(project, 20, flows=["inner"]).failures) == 1

    def test_answers_that_do_not_matter_are_left_out(self, project_of):
        project = project_of(
            f="""
steps:
  a:
    - request: {url: https://x.example/a, branch: {error: b}}
    - gather: {say: Press., branch: {1: bad, else: hangup}}
  b: [{gather: {say: Press., branch: {1: bad, else: hangup}}}]
  bad: [{say: "{{ 1 // 0 }}"}]
"""
        )
        (failure,) = explore(project, 40).failures
        assert failure.script.count("https://") == 1
        assert [(move.key, move.words) for move in failure.told.moves] == [("press", "1")]


class TestAnswersAgain:
    @pytest.mark.parametrize(
        ("kind", "answer"),
        [
            ("request", Answer({"a": 1}, 201, {"b": "c"})),
            ("request", Answer("", 500)),
            ("request", Answer(failure="timeout")),
            ("request", Answer(failure="error")),
            ("run", Answer([1])),
            ("run", Answer("error")),
            ("run", Answer(failure="error")),
            ("send", Answer()),
            ("send", Answer(failure="error")),
        ],
    )
    def test_an_answer_is_told_by_what_came_of_it(self, kind, answer):
        ask = Ask(kind, "GET https://x.example/a", "GET https://x.example/a")
        assert answer_of(Exchange(ask, result_of(ask, answer))) == answer

    def test_an_answer_that_no_call_can_keep_is_none(self):
        ask = Ask("request", "GET https://x.example/a", "GET https://x.example/a")
        result = result_of(ask, Answer(["x"] * 1_000_000))
        assert result.answer == "error"
        assert "more than a call can keep" in result.problem

    def test_what_was_answered_in_a_call_is_written_as_lines(self, project_of):
        project = project_of(pin=FLOWS["pin"])
        (result,) = played(
            project,
            "pin",
            "given: {request: {/pin: [403, 500]}, takes: {tries: 2}}\ncalls: {A: [press: 1234, press: 1111]}\n",
        )
        assert answered_lines(project, result.story) == ("request:", "  POST https://x.example/pin: [403, 500]")


class TestIdle:
    def hints(self, project: Project, text: str) -> list[str]:
        report = Report()
        script = read_script(Source("helps.calls.yaml", text), report)
        assert script is not None
        assert not report.diagnostics
        found = tuple(idle(script, play(script, project), project))
        assert max(map(len, render_text(found).splitlines()), default=0) <= 80
        return render_line(found).splitlines()

    @pytest.fixture
    def project(self, project_of):
        return project_of(helps=FLOWS["helps"])

    def test_an_answer_that_no_call_asks_for_is_told(self, project):
        text = "given: {request: 200, send: sent}\ncalls: {A: [hear: Fine.]}\n"
        assert self.hints(project, text) == [
            "helps.calls.yaml:1:29: hint[L501]: nobody asks what `send` answers (leave it out)"
        ]

    def test_what_is_asked_instead_is_told_too(self, project):
        text = "given: {request: {/a: 200, /b: 404}}\ncalls: {A: [hear: Fine.]}\n"
        assert self.hints(project, text) == [
            "helps.calls.yaml:1:28: hint[L501]: nobody asks what `/b` answers (asked is GET https://x.example/a)"
        ]

    def test_one_that_another_call_asks_for_is_not(self, project):
        text = "given: {request: 200}\ncalls:\n  A: [hear: Fine.]\n  B:\n    given: {request: 404}\n    turns: [hear: Sorry.]\n"
        assert self.hints(project, text) == []

    def test_nothing_is_told_of_calls_that_go_otherwise(self, project):
        text = "given: {request: 200, send: sent}\ncalls: {A: [hear: Fine.], B: [hear: Nothing]}\n"
        assert self.hints(project, text) == []
