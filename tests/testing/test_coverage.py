"""Coverage counts steps and exits, where they are written, and loses none."""

from pathlib import Path

import pytest

from engine.program.library import load_sources
from engine.testing.coverage import Coverage, lcov, reached, shown, survey, table
from engine.testing.project import Project

FLOW = """\
steps:
  menu:                 # the menu: first
    - gather:
        say: Press 1.
        branch:
          1 | sales: sales
          "*":
            - branch:
                - when: digits == '*'
                  to: sales
                - else: hangup
          no_input: sales
          else: menu
  sales: [{dial: {number: "+15550100", branch: {completed: hangup, busy: sorry, else: menu}}}]
  sorry: [{say: Sorry.}]
  lost: [{say: Nobody comes here.}]
"""


def project_of(**flows: str) -> Project:
    loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
    assert loaded.program is not None, loaded.report.diagnostics
    return Project(loaded.program)


class TestGround:
    def test_every_step_and_exit_is_there_with_its_line_and_words(self):
        ground = survey(project_of(f=FLOW).program)
        assert [(step.where, step.text) for step in ground.steps] == [
            ("f.yaml:2", "menu"),
            ("f.yaml:14", "sales"),
            ("f.yaml:15", "sorry"),
            ("f.yaml:16", "lost"),
        ]
        assert [(exit_.where, exit_.text) for exit_ in ground.exits] == [
            ("f.yaml:6", "1 | sales"),
            ("f.yaml:7", '"*"'),
            ("f.yaml:12", "no_input"),
            ("f.yaml:13", "else"),
            ("f.yaml:9", "when digits == '*'"),
            ("f.yaml:11", "else"),
            ("f.yaml:14", "completed"),
            ("f.yaml:14", "busy"),
            ("f.yaml:14", "else"),
        ]

    def test_flows_in_one_line_have_their_places_too(self):
        ground = survey(project_of(f="steps: {a: [{redirect: b-a}], b-a: [{say: a}]}").program)
        assert [(step.span.text, step.span.start) for step in ground.steps] == [("a", 8), ("b-a", 30)]

    def test_a_comment_behind_a_name_is_not_taken_for_it(self):
        ground = survey(project_of(f=FLOW).program)
        assert (ground.steps[0].span.text, ground.steps[0].span.start) == ("menu", len("steps:\n  "))

    def test_a_part_of_the_ground_is_that_of_some_flows(self):
        ground = survey(project_of(f=FLOW, g="steps: {a: [{say: Hi.}]}").program)
        assert [place.id for place in ground.of("g").places] == ["g/a"]
        assert list(ground.by_flow()) == ["f", "g"]

    def test_steps_that_no_target_leads_to_are_not_reached(self):
        program = project_of(f="on_error: sorry\n" + FLOW.replace("busy: sorry, ", "")).program
        assert reached(program) == {"f/menu", "f/sales"}


class TestCounting:
    def test_nothing_is_taken_before_anybody_calls(self):
        coverage = Coverage(survey(project_of(f=FLOW).program))
        assert (len(coverage.missing_steps), len(coverage.missing_exits), coverage.percent) == (4, 9, 0.0)

    def test_calls_add_up(self):
        project = project_of(f=FLOW)
        coverage = Coverage(survey(project.program))
        calls = [project.phone().ring("/flows/f").press("1").dial(status) for status in ("busy", "completed", "busy")]
        once = coverage.plus(project, calls[:1])
        assert once.plus(project, calls[1:]).taken == coverage.plus(project, calls).taken
        assert once.merged(coverage.plus(project, calls[1:])).taken == coverage.plus(project, calls).taken
        assert coverage.plus(project, calls).taken["f/sales:0 1"] == 2
        assert coverage.taken == {}

    def test_each_way_out_counts_by_itself(self):
        project = project_of(f=FLOW)
        call = project.phone().ring("/flows/f").press("*").dial("no-answer").silence()
        coverage = Coverage(survey(project.program)).plus(project, [call])
        assert {place.text for place in coverage.missing_exits} == {"1 | sales", "completed", "busy", "else"}

    def test_a_project_without_exits_can_be_covered(self):
        project = project_of(f="steps: {a: [{say: Hi.}]}")
        coverage = Coverage(survey(project.program)).plus(project, [project.phone().ring("/flows/f")])
        assert coverage.percent == 100.0

    def test_an_empty_project_is_covered(self):
        assert Coverage(survey(project_of().program)).percent == 100.0

    @pytest.mark.parametrize(
        ("percent", "text"), [(0.0, "0 %"), (0.2, "1 %"), (49.6, "50 %"), (99.9, "99 %"), (100.0, "100 %")]
    )
    def test_a_hundred_means_all_and_nothing_means_none(self, percent, text):
        assert shown(percent) == text


class TestTable:
    def test_it_names_what_is_missing_in_the_order_of_the_file(self):
        project = project_of(f=FLOW)
        call = project.phone().ring("/flows/f").press("1").dial("busy")
        assert table(Coverage(survey(project.program)).plus(project, [call])).splitlines() == [
            "flow      steps      exits   taken",
            "f          3/4        2/9    38 %",
            "",
            "not taken:",
            '  f.yaml:7   exit menu: "*"',
            "  f.yaml:9   exit menu: when digits == '*'",
            "  f.yaml:11  exit menu: else",
            "  f.yaml:12  exit menu: no_input",
            "  f.yaml:13  exit menu: else",
            "  f.yaml:14  exit sales: completed",
            "  f.yaml:14  exit sales: else",
            "  f.yaml:16  step lost",
        ]

    def test_several_flows_have_a_line_for_all(self):
        project = project_of(f=FLOW, other="steps: {a: [{say: Hi.}]}")
        coverage = Coverage(survey(project.program)).plus(project, [project.phone().ring("/flows/other")])
        lines = table(coverage).splitlines()
        assert [line.split()[0] for line in lines[1:4]] == ["f", "other", "all"]
        assert lines[3].split()[1:] == ["1/5", "0/9", "7", "%"]

    def test_a_flow_that_nobody_calls_is_one_line_of_what_is_missing(self):
        project = project_of(f=FLOW, other="steps: {a: [{gather: {branch: {1: b}}}], b: [{say: Hi.}]}")
        coverage = Coverage(survey(project.program)).plus(project, [project.phone().ring("/flows/other")])
        assert table(coverage).partition("not taken:\n")[2].splitlines() == [
            "  f.yaml:2      all of f",
            "  other.yaml:1  exit a: 1",
            "  other.yaml:1  step b",
        ]

    def test_no_line_is_wider_than_a_terminal(self):
        condition = " or ".join(f"digits == '{number}'" for number in range(40))
        project = project_of(f=f'steps: {{a: [{{branch: [{{when: "{condition}", to: a}}]}}, {{say: Hi.}}]}}')
        assert max(map(len, table(Coverage(survey(project.program))).splitlines())) == 80

    def test_nothing_is_missing_where_all_is_taken(self):
        project = project_of(f="steps: {a: [{say: Hi.}]}")
        coverage = Coverage(survey(project.program)).plus(project, [project.phone().ring("/flows/f")])
        assert "not taken" not in table(coverage)


class TestLcov:
    def test_steps_are_lines_and_exits_are_branches_of_the_flow_file(self):
        project = project_of(f=FLOW)
        call = project.phone().ring("/flows/f").press("1").dial("busy")
        assert lcov(Coverage(survey(project.program)).plus(project, [call])).splitlines() == [
            "TN:",
            "SF:f.yaml",
            "BRDA:6,0,0,1",
            "BRDA:7,0,1,0",
            "BRDA:12,0,2,0",
            "BRDA:13,0,3,0",
            "BRDA:9,1,0,0",
            "BRDA:11,1,1,0",
            "BRDA:14,2,0,0",
            "BRDA:14,2,1,1",
            "BRDA:14,2,2,0",
            "BRF:9",
            "BRH:2",
            "DA:2,1",
            "DA:6,1",
            "DA:7,0",
            "DA:9,0",
            "DA:11,0",
            "DA:12,0",
            "DA:13,0",
            "DA:14,1",
            "DA:15,1",
            "DA:16,0",
            "LF:10",
            "LH:4",
            "end_of_record",
        ]

    def test_exits_of_a_step_that_nobody_came_to_are_not_even_open(self):
        text = lcov(Coverage(survey(project_of(f=FLOW).program)))
        assert {line.rpartition(",")[2] for line in text.splitlines() if line.startswith("BRDA")} == {"-"}

    def test_each_flow_is_a_record(self):
        text = lcov(Coverage(survey(project_of(f=FLOW, g=FLOW).program)))
        assert text.count("end_of_record\n") == 2


def test_the_clinic_is_counted_as_it_is_written():
    project = Project.load(Path(__file__).parents[2] / "flows")
    assert isinstance(project, Project)
    ground = survey(project.program)
    source = ground.steps[0].span.source
    for step in ground.steps:
        assert source.line(step.line).startswith(f"  {step.text}:")
    for exit_ in ground.exits:
        assert exit_.text in source.line(exit_.line)
