"""What every gather understands is counted once for a flow, suggested, and tried by callers who do anything."""

from engine.program.library import load_sources
from engine.testing.coverage import Coverage, lcov, reached, survey, table
from engine.testing.explore import explore
from engine.testing.project import Project
from engine.testing.suggest import suggest

FLOW = """\
always:
  0: desk
  9:
    - gather: {say: More?, branch: {5: [{say: More.}], 6: other/}}
  else: last
steps:
  menu: [{gather: {say: One., branch: {1: [{gather: {say: Two., branch: {7: last}}}], else: last}}}]
  desk: [{say: Desk.}]
  last: [{say: Last.}]
"""
OTHER = "steps: {a: [{gather: {say: Other., branch: {1: b}}}, {say: After.}], b: [{say: Bye.}]}"
PROJECT = "always: {0: f/desk, 8: f/last, operator: f/desk}"
SILENT = "steps: {a: [{say: Hello.}]}"


def project_of(**flows: str) -> Project:
    loaded = load_sources({f"{name}.yaml": text for name, text in flows.items()})
    assert loaded.program is not None, loaded.report.diagnostics
    return Project(loaded.program)


def project() -> Project:
    return project_of(f=FLOW, other=OTHER, silent=SILENT, _project=PROJECT)


def test_an_exit_is_there_once_for_each_flow_that_asks_something():
    ground = survey(project().program)
    always = [(exit_.id, exit_.where, exit_.text) for exit_ in ground.exits if exit_.in_always]
    assert always == [
        ("f/always:a 0", "f.yaml:2", "0"),
        ("f/always:a 1", "f.yaml:3", "9"),
        ("f/always:a.1.0 0", "f.yaml:4", "5"),
        ("f/always:a.1.0 1", "f.yaml:4", "6"),
        ("f/always:a 2", "f.yaml:5", "else"),
        ("f/always:a 3", "_project.yaml:1", "8"),
        # Words are heard nowhere: nobody can be asked to say one.
        ("other/always:a 0", "_project.yaml:1", "0"),
        ("other/always:a 1", "_project.yaml:1", "8"),
    ]


def test_it_is_taken_at_whichever_gather():
    project = project_of(f=FLOW, other=OTHER)
    for keys in ("0", "10"):
        call = project.phone().ring("/flows/f")
        for key in keys:
            call.press(key)
        assert project.exits(call)[-1] == "f/always:a 0"
    call = project.phone().ring("/flows/f").press("1").press("9").press("5")
    assert project.exits(call) == ("f/menu:0 0", "f/always:a 1", "f/always:a.1.0 0")
    silent = project.phone().ring("/flows/f").press("1").silence()
    assert project.exits(silent)[-1] == "f/always:a 2"


def test_what_is_missing_of_it_is_named_where_it_is_written():
    covered = project()
    calls = [covered.phone().ring("/flows/f").press("0"), covered.phone().ring("/flows/other").press("0")]
    text = table(Coverage(survey(covered.program)).plus(covered, calls))
    assert "  f.yaml:3         exit always: 9\n" in text
    assert "  f.yaml:4         exit always: 5\n" in text
    assert text.count("  _project.yaml:1  exit always: 8\n") == 2
    assert "exit always: 0" not in text


def test_in_lcov_the_projects_belongs_to_the_projects_file():
    covered = project()
    calls = [covered.phone().ring("/flows/f").press("8")]
    records = lcov(Coverage(survey(covered.program)).plus(covered, calls)).split("end_of_record\n")
    mine = [record for record in records if "SF:_project.yaml" in record]
    assert [record.count("BRDA:") for record in mine] == [1, 2]
    assert ["BRDA:1,0,0,1" in record for record in mine] == [True, False]
    assert "BRDA:1,0,0,-" in mine[1]


def test_steps_that_only_it_leads_to_are_reached_from_a_step_that_asks():
    program = project().program
    assert reached(program) == {"f/menu", "f/desk", "f/last", "other/a", "other/b", "silent/a"}
    quiet = project_of(f="always: {0: desk}\nsteps: {menu: [{say: Hello.}], desk: [{say: Desk.}]}")
    assert reached(quiet.program) == {"f/menu"}


def test_a_call_is_suggested_for_each():
    played = project()
    found = suggest(played, Coverage(survey(played.program)))
    assert not found.unreached
    ways = {place.id: [move.words for move in one.told.moves] for one in found.found for place in one.places}
    assert ways["f/always:a 0"] == ["0"]
    assert ways["f/always:a.1.0 0"] == ["9", "5"]
    assert ways["other/always:a 1"] == ["9", "6", "8"]


def test_random_callers_press_it():
    taken = explore(project(), 60).taken
    assert {"f/always:a 0", "f/always:a 1", "f/always:a.1.0 0", "other/always:a 0"} <= taken


def test_whoever_writes_may_write_any_of_it_and_is_never_silent():
    flow = """
        channel: messaging
        always: {operator: desk, no_input: desk, no_match: desk, else: desk}
        steps:
          menu: [{gather: {say: Size?, branch: {1: desk}}}, {message: Bye.}]
          desk: [{message: A person will write.}]
        """
    ground = survey(project_of(m=flow).program)
    assert [exit_.text for exit_ in ground.exits if exit_.in_always] == ["operator", "no_match"]
