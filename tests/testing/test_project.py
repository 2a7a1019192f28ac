"""A project under test: each telephone is a world of its own, and what a call lived is known exactly."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.diagnostics import Report
from engine.program.library import load_sources
from engine.testing.project import Project

CLINIC = Path(__file__).parents[2] / "flows"


def project_of(**flows: str) -> Project:
    loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
    assert loaded.program is not None, loaded.report.diagnostics
    return Project(loaded.program)


class TestLoading:
    def test_a_folder_of_flows_is_a_project(self):
        project = Project.load(CLINIC)
        assert isinstance(project, Project)
        assert project.phone().ring(project.entry("clinic")).heard[0] == "Thank you for calling Riverside Clinic."

    def test_mistakes_come_back_as_their_report(self, tmp_path):
        (tmp_path / "f.yaml").write_text("steps: {a: [{redirect: nowhere}]}")
        report = Project.load(tmp_path)
        assert isinstance(report, Report)
        assert report.errors

    def test_a_folder_that_is_not_there_is_a_report_too(self, tmp_path):
        assert isinstance(Project.load(tmp_path / "nothing"), Report)

    def test_recordings_of_the_folder_are_served(self, tmp_path):
        (tmp_path / "audio").mkdir()
        (tmp_path / "audio" / "hello.mp3").write_bytes(b"ID3")
        (tmp_path / "f.yaml").write_text("steps: {a: [{play: audio/hello.mp3}]}")
        project = Project.load(tmp_path)
        assert isinstance(project, Project)
        assert not project.phone().ring(project.entry("f")).warnings

    def test_templates_know_the_environment_they_are_given(self, tmp_path):
        (tmp_path / "f.yaml").write_text("steps: {a: [{say: '{{ env.SHOP }}'}]}")
        project = Project.load(tmp_path, {"SHOP": "Ann's"})
        assert isinstance(project, Project)
        assert project.phone().ring("/flows/f").heard == ("Ann's",)


SILENT = """
vars: {n: 0}
steps:
  menu:
    - gather: {say: Press 1., retry: {attempts: 2}, branch: {1: sales, no_input: silent, else: menu}}
  sales: [{set: {n: "{{ n + 1 }}"}}, {say: Sales.}, hangup]
  silent: [{say: Still there?}]
"""


class TestWhatWasLived:
    def test_steps_and_exits_stand_in_the_order_they_were_lived(self):
        project = project_of(f=SILENT)
        call = project.phone().ring("/flows/f").press("9").press("9").press("1")
        assert project.steps(call) == ("f/menu", "f/menu", "f/sales")
        assert project.exits(call) == ("f/menu:0 2", "f/menu:0 0")

    def test_what_stands_behind_a_silence_is_lived_once_the_caller_was_silent(self):
        """The whole way of silence stands in one document; it counts from where the caller came to it."""
        project = project_of(f=SILENT)
        call = project.phone().ring("/flows/f")
        assert (project.steps(call), project.exits(call)) == (("f/menu",), ())
        call.silence()
        assert project.exits(call) == ()
        call.silence()
        assert (project.steps(call), project.exits(call)) == (("f/menu", "f/silent"), ("f/menu:0 1",))

    def test_each_side_of_the_line_has_its_own_way(self):
        project = Project.load(CLINIC)
        assert isinstance(project, Project)
        call = project.phone().ring("/flows/clinic").press("0").pick_up()
        assert project.steps(call, "callee") == ("clinic/screen",)
        assert project.steps(call, "caller") == ("clinic/welcome", "clinic/menu", "clinic/operator")
        assert project.steps(call)[-1] == "clinic/screen"

    def test_a_callback_is_lived_though_nobody_hears_it(self):
        project = project_of(
            f="""
            steps:
              a: [{dial: {number: {phone_number: "+15550100", status_callback: done}}}, {say: Bye.}]
              done: [{branch: {on: params.CallStatus, completed: well, else: badly}}]
              well: [{log: well}]
              badly: [{log: badly}]
            """
        )
        call = project.phone().ring("/flows/f").dial("completed")
        assert project.steps(call) == ("f/a", "f/done", "f/well")
        assert project.exits(call) == ("f/done:0 0",)
        assert project.steps(call, "caller") == ("f/a",)

    def test_so_is_what_follows_when_the_caller_has_hung_up(self):
        project = project_of(f="steps: {a: [{record: {branch: {hangup: gone}}}], gone: [{log: gone}]}")
        call = project.phone().ring("/flows/f").record(5, hangup=True)
        assert project.exits(call) == ("f/a:0 0",)
        assert project.steps(call) == ("f/a", "f/gone")

    def test_a_conversation_has_a_way_as_well(self):
        project = project_of(
            m="""
            channel: messaging
            steps:
              a: [{branch: {on: message.body, hours: open, else: other}}]
              open: [{message: Nine to five.}]
              other: [{message: Write HOURS.}]
            """
        )
        talk = project.phone().write("/flows/m").text("hello").text("hours")
        assert project.steps(talk) == ("m/a", "m/other", "m/a", "m/open")
        assert project.exits(talk) == ("m/a:0 1", "m/a:0 0")

    def test_what_is_asked_of_another_server_confuses_nothing(self):
        """The waiting music is somebody else's, and is not played; that the caller hung up is told to the flow all the same."""
        project = project_of(
            f="""
            steps:
              a: [{enqueue: {name: line, wait_url: "https://example.com/music", branch: {hangup: gone, else: hangup}}}]
              gone: [{log: gone}]
            """
        )
        call = project.phone().ring("/flows/f").hang_up()
        assert project.exits(call) == ("f/a:0 0",)
        assert project.steps(call) == ("f/a", "f/gone")

    def test_nothing_of_it_stands_in_what_the_telephone_gets(self):
        project = project_of(f=SILENT)
        call = project.phone().ring("/flows/f").press("1")
        assert project.steps(call) == ("f/menu", "f/sales")
        assert {answer.body.count(b"<?") for answer in project.stories[call].answered.values()} == {1}

    def test_elements_that_twilio_leaves_out_are_counted(self):
        """What stands behind a verb that nobody knows is come to when the call comes to it, not before."""
        project = project_of(
            f="""
            steps:
              a:
                - twiml: <Sing>la</Sing>
                - gather: {say: Press 1., branch: {1: a, no_input: b}}
              b: [{say: Still there?}]
            """
        )
        call = project.phone().ring("/flows/f")
        assert project.steps(call) == ("f/a",)
        assert project.steps(call.silence()) == ("f/a", "f/b")

    def test_what_a_fault_threw_away_was_not_lived(self):
        project = project_of(
            f="on_error: c\nsteps: {a: [{say: Hi.}, {redirect: b}], b: [{say: '{{ 1 // 0 }}'}], c: [{say: Sorry.}]}"
        )
        assert project.steps(project.phone().ring("/flows/f")) == ("f/c",)


class TestSessions:
    def test_the_variables_of_a_call_are_known_after_each_move(self):
        project = project_of(f=SILENT)
        call = project.phone().ring("/flows/f")
        assert project.variables(call) == {"n": 0}
        call.press("1")
        assert project.variables(call) == {"n": 1}

    def test_those_of_a_conversation_too(self):
        project = project_of(
            m="channel: messaging\nvars: {n: 0}\nsteps: {a: [{set: {n: '{{ n + 1 }}'}}, {message: ok}]}"
        )
        talk = project.phone().write("/flows/m")
        assert project.variables(talk) == {}
        assert project.variables(talk.text("one").text("two")) == {"n": 1}  # each begins anew: no question is open

    def test_a_flow_without_variables_has_none(self):
        project = project_of(f="steps: {a: [{say: Hello.}]}")
        assert project.variables(project.phone().ring("/flows/f")) == {}

    def test_telephones_know_nothing_of_each_other(self):
        """The same acts give the same call, to the letter, whatever was played before."""
        project = project_of(
            f="vars: {n: 0}\nsteps: {a: [{set: {n: '{{ n + 1 }}'}}, {say: 'Visit {{ n }} of {{ call.sid }}.'}]}"
        )
        first, second = (project.phone().ring("/flows/f") for _ in range(2))
        assert first.moments == second.moments

    def test_calls_of_one_telephone_are_different_calls(self):
        project = project_of(f=SILENT)
        phone = project.phone()
        one, two = phone.ring("/flows/f"), phone.ring("/flows/f")
        one.press("1")
        assert (project.variables(one), project.variables(two)) == ({"n": 1}, {"n": 0})


class TestClock:
    FLOW = "vars: {x: 0}\nsteps: {a: [{say: '{{ now }}'}, {gather: {num_digits: 1, timeout: 60}}, {redirect: a}]}"

    def test_a_call_comes_in_at_the_time_it_is_given(self):
        at = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)
        assert "2026-12-24 18:00:00" in project_of(f=self.FLOW).phone(at=at).ring("/flows/f").heard[0]

    def test_the_servers_clock_is_utc_wherever_the_time_is_told(self):
        at = datetime.fromisoformat("2026-12-24T18:00-05:00")
        assert "2026-12-24 23:00:00+00:00" in project_of(f=self.FLOW).phone(at=at).ring("/flows/f").heard[0]

    def test_the_servers_clock_runs_with_the_call(self):
        at = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)
        call = project_of(f=self.FLOW).phone(at=at).ring("/flows/f").silence()
        assert "2026-12-24 18:01:0" in call.heard[0]

    def test_a_time_without_a_zone_is_a_mistake_of_the_programmer(self):
        with pytest.raises(AssertionError, match="somewhere"):
            project_of(f=self.FLOW).phone(at=datetime(2026, 12, 24))


class TestFaults:
    FLOW = "steps: {a: [{gather: {branch: {1: bad, else: a}}}], bad: [{say: '{{ 1 // (digits | int - 1) }}'}]}"

    def test_a_fault_is_told_once_with_its_place(self):
        project = project_of(f=self.FLOW)
        project.phone().ring("/flows/f").press("1")
        (fault,) = project.faults
        assert fault.place.startswith("f.yaml:1:")
        assert str(fault) == f"{fault.place}: {fault.message}"
        assert project.faults == ()

    def test_nothing_of_it_goes_to_the_log(self, caplog):
        project_of(f=self.FLOW).phone().ring("/flows/f").press("1")
        assert not caplog.records

    def test_the_fault_of_the_step_for_errors_follows(self):
        project = project_of(f="on_error: bad\nsteps: {a: [{redirect: bad}], bad: [{say: '{{ 1 // 0 }}'}]}")
        project.phone().ring("/flows/f")
        assert len(project.faults) == 2


def test_outcomes_can_be_given_in_advance():
    project = Project.load(CLINIC)
    assert isinstance(project, Project)
    call = project.phone(answers={"dial": "busy", "record": "12"}).ring("/flows/clinic").press("0")
    assert call.over
    assert call.ended_by == "flow"
