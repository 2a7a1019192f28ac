"""The call scripts of the project are listed and played on the page, with the flows that callers hear."""

import pytest

from tests.page.conftest import MENU

SCRIPT = """\
calls:
  Billing:
    turns:
      - hear: For billing, press 1.
      - press: 1
      - hear: Billing.

  The front desk:
    turns:
      - press: 2
      - hear: Front desk.
"""


@pytest.fixture
def page(opened):
    found = opened()
    tests = found.folder.parent / "tests"
    tests.mkdir()
    (tests / "menu.calls.yaml").write_text(SCRIPT)
    return found


def test_scripts_are_listed_before_they_are_run(page):
    first, second = page.get("/api/scripts")
    assert {name: first[name] for name in ("path", "file", "flow", "name", "line", "state", "message")} == {
        "path": "tests/menu.calls.yaml",
        "file": "menu.calls.yaml",
        "flow": "menu",
        "name": "Billing",
        "line": 2,
        "state": "new",
        "message": "",
    }
    assert (second["name"], second["line"]) == ("The front desk", 8)
    assert page.desk.scripts == 2


def test_a_run_says_which_calls_go_as_written_and_where_another_does_not(page):
    passed, failed = page.post("/api/scripts/run", {"path": ""})
    assert (passed["state"], passed["message"]) == ("passed", "")
    assert failed["state"] == "failed"
    assert failed["failed_line"] == 11
    assert failed["message"].endswith(".")
    assert page.get("/api/scripts") == [passed, failed]


def test_what_came_of_a_run_is_forgotten_when_the_flows_or_the_file_change(page):
    page.post("/api/scripts/run", {"path": "tests/menu.calls.yaml"})
    page.save("menu.yaml", MENU.replace("Hello", "Good day"))
    assert [one["state"] for one in page.get("/api/scripts")] == ["new", "new"]
    page.post("/api/scripts/run", {"path": ""})
    file = page.folder.parent / "tests" / "menu.calls.yaml"
    file.write_text(SCRIPT.replace("press: 2", "press: 3"))
    assert [one["state"] for one in page.get("/api/scripts")] == ["new", "new"]


def test_scripts_are_played_with_what_callers_hear_while_a_file_has_errors(page):
    page.save("menu.yaml", MENU.replace("1: billing", "1: biling"))
    assert page.post("/api/scripts/run", {"path": ""})[0]["state"] == "passed"


def test_a_script_with_a_mistake_says_which(page):
    file = page.folder / "broken.calls.yaml"
    file.write_text("flow: menuu\ncalls:\n  A:\n    turns:\n      - press: 1\n")
    broken = next(one for one in page.get("/api/scripts") if one["file"] == "broken.calls.yaml")
    assert (broken["path"], broken["state"], broken["line"]) == ("flows/broken.calls.yaml", "failed", 1)
    assert "`menuu`" in broken["message"]


@pytest.mark.parametrize(
    "path", ["../menu.calls.yaml", "/etc/passwd", "tests/../tests/menu.calls.yaml", "flows/menu.yaml"]
)
def test_no_other_file_is_run(page, path):
    answer = page.ask("POST", "/api/scripts/run", body={"path": path})
    assert answer.status_code == 404


def test_a_script_that_is_a_link_to_a_file_elsewhere_is_listed_and_played_where_it_stands(page, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "other.calls.yaml"
    elsewhere.parent.mkdir()
    elsewhere.write_text("flow: menu\n" + SCRIPT)
    (page.folder.parent / "tests" / "menu.calls.yaml").unlink()
    (page.folder.parent / "tests" / "linked.calls.yaml").symlink_to(elsewhere)
    listed = page.get("/api/scripts")
    assert [one["path"] for one in listed] == ["tests/linked.calls.yaml"] * 2
    assert [one["state"] for one in page.post("/api/scripts/run", {"path": "tests/linked.calls.yaml"})] == [
        "passed",
        "failed",
    ]


def test_what_is_no_text_is_refused(page):
    answer = page.ask("POST", "/api/scripts/run", body={"path": 5})
    assert (answer.status_code, answer.json()) == (400, {"error": "`path` must be a string."})
    assert page.ask("POST", "/api/scripts/run", body=[]).status_code == 400
