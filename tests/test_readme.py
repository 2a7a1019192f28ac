"""The README is true: its flows load and can be called, its messages are the real ones, its lists are whole."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.diagnostics import Report, Source, render_text
from engine.phone.scripts import play, read_script
from engine.program.library import load_sources
from engine.server.settings import _VARIABLES
from engine.testing.project import Project

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
FLOWS = [text for kind, text in BLOCKS if kind == "yaml" and "steps:" in text]


@pytest.mark.parametrize("text", FLOWS)
def test_a_flow_of_the_readme_loads_without_a_word(text):
    loaded = load_sources({"flows/shop.yaml": text})
    assert loaded.program is not None
    assert render_text(loaded.report.diagnostics) == ""


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "yaml" and "calls:" in text])
def test_a_call_of_the_readme_goes_as_written(text):
    report = Report()
    script = read_script(Source(text.split("\n")[0].removeprefix("# "), text), report)
    assert script is not None
    assert not report.diagnostics
    folder = next(ROOT / name for name in ("flows", "examples") if (ROOT / name / f"{script.flow}.yaml").exists())
    project = Project.load(folder)
    assert isinstance(project, Project)
    for result in play(script, project):
        assert result.failure is None, result.failure


def test_the_message_shown_is_the_one_that_is_printed():
    shown = next(text for kind, text in BLOCKS if kind == "text" and "error[" in text)
    broken = FLOWS[0].replace("else: voicemail}", "else: voicemial}")
    assert render_text(load_sources({"flows/shop.yaml": broken}).report.diagnostics).strip() == shown.strip()


def test_the_call_tree_shown_is_what_is_printed():
    shown = next(text for kind, text in BLOCKS if kind == "console" and "touchtone graph clinic\n" in text)
    printed = CliRunner().invoke(main, ["graph", "clinic", "--flows", str(ROOT / "flows")]).output
    assert shown.partition("…\n")[2].removesuffix("…\n") in printed


def test_the_recording_that_is_named_is_on_the_prompt_sheet():
    (name,) = re.findall(r"`(clinic-[\w-]+\.wav)`", README)
    assert name in CliRunner().invoke(main, ["prompts", "--flows", str(ROOT / "flows")]).output


def test_every_command_is_listed_and_no_other():
    section = README.partition("## The command")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `touchtone (\w+)", section, re.MULTILINE)
    assert sorted(listed) == sorted(main.commands)


def test_every_setting_is_listed_once():
    table = README.partition("Settings come from flags")[2].partition("\n## ")[0]
    listed = [name for line in table.splitlines() for name in re.findall(r"`([A-Z_]+)`", line.partition(" | ")[0])]
    assert sorted(listed) == sorted(variable for variable, _ in _VARIABLES.values())


def test_its_text_fits_the_page():
    """Tables have lines as long as their cells."""
    assert [line for line in README.splitlines() if len(line) > 140 and not line.startswith("|")] == []


def test_every_room_is_on_the_map():
    rooms = {path.name for path in (ROOT / "engine").iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    drawn = set(re.findall(r"^[├└]── (\w+)/", README, re.MULTILINE))
    assert drawn == rooms


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#:]+)\)", README))
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()


def test_the_transcript_of_the_readme_is_what_the_telephone_prints():
    shown = next(text for kind, text in BLOCKS if kind == "console" and "touchtone phone clinic\n" in text)
    called, _, lines = shown.partition("touchtone phone clinic\n")[2].partition("\n")
    assert called == "Calling clinic on the server at http://127.0.0.1:8000 (touchtone dev)"  # which runs by then
    result = CliRunner().invoke(main, ["phone", "clinic", "--flows", str(ROOT / "flows")], input="")
    assert result.stdout.startswith(lines)


def test_the_ready_made_flows_answer_as_the_readme_shows():
    shown = next(text for kind, text in BLOCKS if kind == "console" and "curl -g" in text)
    curl, answer, phone, calling, *lines = shown.strip().split("\n")
    address = curl.split("/flows/")[1].rstrip("'")
    twimlets = str(ROOT / "examples" / "twimlets")
    result = CliRunner().invoke(main, ["twiml", address, "--flows", twimlets, "--raw"])
    assert result.stdout.strip() == answer
    flow = phone.split("'")[1]
    assert calling == f"Calling {flow.split('?')[0]} on the server at http://127.0.0.1:8000 (touchtone dev)"
    result = CliRunner().invoke(main, ["phone", flow, "--flows", twimlets], input="")
    assert result.stdout.startswith("\n".join(lines))
    named = README.partition("## Ready-made flows by URL")[2].partition("```")[0]
    assert set(re.findall(r"`(\w+)`", named)) == {file.stem for file in Path(twimlets).glob("[!_]*.yaml")}
