"""`touchtone test` of scripts that are named one by one speaks of their flows, with what they are given; suggestions vary the time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.diagnostics import Report, Source
from engine.phone.scripts import play, read_script
from engine.program.library import load_sources
from engine.testing.coverage import Coverage, survey
from engine.testing.explore import explore
from engine.testing.project import Project
from engine.testing.suggest import suggest

FLOWS = {
    "desk": "steps:\n  a: [{gather: {say: Press., branch: {1: b, 2: hangup}}}]\n  b: [{say: Bye.}]\n",
    "other": "steps:\n  a: [{gather: {say: Other., branch: {1: hangup, 2: hangup}}}]\n",
    "pin": "takes: {account: required, name: there}\nsteps:\n  a:\n"
    "    - branch: [{when: account == '4711', to: [{say: Good.}]}, {else: [{say: \"{{ 1 // 0 }}\"}]}]\n",
}
SCRIPTS = {
    "desk": "calls: {A: [press: 1]}\n",
    "other": "calls: {A: [press: 1]}\n",
    "pin": 'given: {takes: {account: "4711"}}\ncalls: {A: [hear: Good.]}\n',
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "tests").mkdir()
    for name, text in FLOWS.items():
        (tmp_path / "flows" / f"{name}.yaml").write_text(text)
    for name, text in SCRIPTS.items():
        (tmp_path / "tests" / f"{name}.calls.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def output(*words: str) -> str:
    return CliRunner().invoke(main, ["test", *words]).output


@pytest.mark.parametrize(
    ("paths", "flows"),
    [
        (["tests/desk.calls.yaml"], {"desk"}),
        (["tests/desk.calls.yaml", "tests/other.calls.yaml"], {"desk", "other", "all"}),
        (["tests"], {"desk", "other", "pin", "all"}),
        (["tests", "tests/desk.calls.yaml"], {"desk", "other", "pin", "all"}),
        ([], {"desk", "other", "pin", "all"}),
    ],
)
def test_coverage_is_of_the_flows_of_the_scripts_that_are_named(paths: list[str], flows: set[str], house: Path) -> None:
    rows = [line.split() for line in output(*paths, "--cov").splitlines() if line.rstrip().endswith("%")]
    assert {row[0] for row in rows} == flows


def test_so_is_what_is_demanded_written_and_suggested(house: Path) -> None:
    one = "tests/other.calls.yaml"
    assert CliRunner().invoke(main, ["test", one, "--cov-fail-under", "60"]).exit_code == 0
    assert CliRunner().invoke(main, ["test", "--cov-fail-under", "80"]).exit_code == 1
    output(one, "--lcov", "lcov.info")
    assert [line for line in (house / "lcov.info").read_text().splitlines() if line.startswith("SF:")] == [
        "SF:flows/other.yaml"
    ]
    said = output(one, "--suggest")
    assert "flow: other" in said
    assert "desk" not in said
    assert "pin" not in said
    assert "flow: desk" in output("--suggest")


def test_random_callers_call_the_flows_of_the_scripts_that_are_named_with_what_these_give(house: Path) -> None:
    said = output("tests/pin.calls.yaml", "--explore", "60")
    assert "60 calls by callers who do anything" in said
    assert "desk" not in said
    assert "fault" not in said  # nobody comes with another account than the script's
    loaded = load_sources({"pin.yaml": FLOWS["pin"]})
    assert loaded.program is not None
    project = Project(loaded.program)
    assert explore(project, 60).failures
    assert not explore(project, 60, given={"pin": [{"account": "4711"}]}).failures


def test_what_is_suggested_is_given_what_scripts_give(house: Path) -> None:
    (house / "flows" / "pin.yaml").write_text(
        "takes: {account: required}\nsteps:\n  a: [{gather: {say: '{{ account }}', branch: {1: b, 2: hangup}}}]\n  b: [{say: B.}]\n"
    )
    (house / "tests" / "pin.calls.yaml").write_text('given: {takes: {account: "4711"}}\ncalls: {A: [hear: "4711"]}\n')
    said = output("tests/pin.calls.yaml", "--suggest")
    assert said.count('given: {takes: {account: "4711"}}') == 2


# The time of day

MENU = "menu: [{gather: {say: Press 1., branch: {1: ask, else: hangup}}}]"
HOURS = "timezone: America/New_York, mon-fri: '09:00-12:00, 13:00-18:00', 2026-12-24: 09:00-10:00"


@pytest.mark.parametrize(
    ("hours", "conditions"),
    [
        (HOURS, ["hours.desk.open"]),
        (HOURS, ["not hours.desk.open"]),
        (HOURS + ", closed: [2026-12-28..2026-12-31, {holidays: US}]", ["hours.desk.holiday", "hours.desk.open"]),
        (HOURS, ["now.hour >= 22", "now.hour < 5"]),
        (HOURS, ["now.hour >= 12 and now.hour < 14"]),
        (HOURS, ["now.weekday() >= 5", "now.weekday() == 2"]),
        (HOURS, ["now.month == 8"]),
        (HOURS, ["now.month == 12 and now.day == 24"]),
        (HOURS, ["hours.desk.now.hour == 3"]),
        (HOURS, ["now.strftime('%H:%M') > '17:30'"]),
        ("timezone: Asia/Tokyo, sat: 05:00-05:10", ["hours.desk.open"]),
    ],
)
def test_a_call_is_suggested_for_each_time_that_matters_behind_a_menu(hours: str, conditions: list[str]) -> None:
    exits = "".join(f'        - {{when: "{one}", to: [{{say: It is.}}]}}\n' for one in conditions)
    text = (
        f"hours: {{desk: {{{hours}}}}}\nsteps:\n  {MENU}\n  ask:\n    - branch:\n{exits}        - else: [{{say: It is not.}}]\n".replace(
            "- else: [{say: It is not.}]", "- {else: rest}"
        )
        + "  rest: [{say: It is not.}]\n"
    )
    loaded = load_sources({"f.yaml": text})
    assert loaded.program is not None, loaded.report.diagnostics
    project = Project(loaded.program)
    ground = survey(project.program)
    found = suggest(project, Coverage(ground))
    assert not found.unreached, [place.text for place in found.unreached]
    report, coverage = Report(), Coverage(ground)
    script = read_script(Source("f.calls.yaml", found.scripts["f"]), report)
    assert script is not None
    assert not report.errors
    for result in play(script, project):
        assert result.failure is None, f"{result.failure}\n{result.transcript}"
        coverage = coverage.plus(project, [result.story])
    assert coverage.percent == 100.0


# Texts that nothing takes


@pytest.mark.parametrize(
    "keys",
    [
        "{yes: b, no: b, no_match: c}",
        "{something: b, no_match: c}",
        "{something: b, zzz: b, no_match: c}",
        "{/.* .*/: b, no_match: c}",
    ],
)
@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_as_many_texts_are_suggested_that_nothing_takes_as_a_retry_needs(keys: str, attempts: int) -> None:
    ask = f"{{gather: {{message: Well?, retry: {{attempts: {attempts}, no_match: No.}}, branch: {keys}}}}}"
    text = f"channel: messaging\nsteps:\n  a: [{ask}]\n  b: [{{message: B.}}]\n  c: [{{message: C.}}]\n"
    loaded = load_sources({"f.yaml": text})
    assert loaded.program is not None, loaded.report.diagnostics
    found = suggest(Project(loaded.program), Coverage(survey(loaded.program)))
    assert not found.unreached, [place.text for place in found.unreached]
    (wrong,) = [one for one in found.found if any(place.text == "no_match" for place in one.places)]
    assert len(wrong.told.moves) == 1 + attempts
