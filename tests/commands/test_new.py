"""`touchtone new`: what it writes loads, plays, and takes nothing away that is there."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.commands.new import TEMPLATES


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: CliRunner().invoke(main, words)


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_loads_and_its_calls_take_every_exit(run, monkeypatch, tmp_path, template):
    assert run("new", "acme", "--template", template).exit_code == 0
    monkeypatch.chdir(tmp_path / "acme")
    checked = run("check")
    assert checked.exit_code == 0
    assert "L414" in checked.output or checked.output == "flows: nothing to say\n"  # a text needs an account
    tested = run("test", "--cov")
    assert tested.exit_code == 0, tested.output
    assert "exit" not in tested.output.partition("not taken:")[2]


def test_a_project_is_whole(run, tmp_path):
    made = run("new", "Riverside Clinic")
    assert made.exit_code == 0
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {
        f"Riverside Clinic/{path}"
        for path in (
            "flows/riverside-clinic.yaml",
            "tests/calls/riverside-clinic.calls.yaml",
            "README.md",
            ".env.example",
            ".gitignore",
            ".vscode/settings.json",
            ".vscode/extensions.json",
            ".touchtone/flow.schema.json",
        )
    }
    assert "cd 'Riverside Clinic'" in made.output
    root = tmp_path / "Riverside Clinic"
    schemas = json.loads((root / ".vscode/settings.json").read_text())["yaml.schemas"]
    assert all((root / path).is_file() for path in schemas)
    assert "touchtone phone riverside-clinic" in (root / "README.md").read_text()
    assert "{" not in (root / "README.md").read_text()


def test_a_flow_joins_a_project(run, monkeypatch, tmp_path):
    run("new", "acme")
    monkeypatch.chdir(tmp_path / "acme")
    added = run("new", "billing", "--template", "survey")
    assert added.exit_code == 0
    assert Path("flows/billing.yaml").is_file()
    assert "9 calls, all as written" in run("test").output  # 5 of the menu, 4 of the survey


def test_a_project_may_begin_in_the_folder_where_one_is(run, monkeypatch, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "notes.txt").write_text("mine")
    monkeypatch.chdir(tmp_path / "shop")
    assert run("new", ".").exit_code == 0
    assert Path("flows/shop.yaml").is_file()
    assert Path("notes.txt").read_text() == "mine"


def test_nothing_is_written_over(run, monkeypatch, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    refused = run("new", ".")
    assert refused.exit_code == 2
    assert "README.md already exists; nothing was written" in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("123",), "a letter from a to z"),
        (("taken",), "taken already exists"),
        (("a", "--template", "ivr"), "menu"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(run, tmp_path, words, said):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    refused = run("new", *words)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.output


def test_the_name_of_a_flow_is_offered(run, monkeypatch, tmp_path):
    (tmp_path / "flows").mkdir()
    refused = run("new", "After Hours")
    assert refused.exit_code == 2
    assert "touchtone new after-hours" in refused.stderr
    assert list((tmp_path / "flows").iterdir()) == []


def test_a_flow_that_cannot_be_written_leaves_nothing(run, tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "tests").write_text("a file where a folder must be")
    refused = run("new", "billing")
    assert refused.exit_code == 2
    assert "nothing was written" in refused.stderr
    assert list((tmp_path / "flows").iterdir()) == []
