"""`touchtone demo` serves a shipped flow and its page, and leaves nothing behind that nobody changed."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.commands import demo

SHIPPED = Path(demo.__file__).parent / "templates" / "demo"


def test_the_shipped_calls_take_every_step_and_exit(tmp_path, monkeypatch):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "spokes.yaml").write_text((SHIPPED / "flow.yaml").read_text())
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "spokes.calls.yaml").write_text((SHIPPED / "calls.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["check"]).output == "flows: nothing to say\n"
    played = CliRunner().invoke(main, ["test", "--cov"])
    assert played.exit_code == 0
    assert "100 %" in played.output


@pytest.mark.parametrize("shipped", sorted(SHIPPED.parent.glob("*/flow.yaml")), ids=lambda path: path.parent.name)
def test_what_is_shipped_runs_without_any_extra(shipped, tmp_path, monkeypatch):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "shipped.yaml").write_text(shipped.read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("engine.model.files.languages.has_babel", lambda: False)
    monkeypatch.setitem(sys.modules, "holidays", None)
    assert "error[" not in CliRunner().invoke(main, ["check"]).output


@pytest.fixture
def running(tmp_path):
    """Starts the demo with a folder for what is temporary; ends it at the end."""
    started = []

    def start(*words):
        environ = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "demo", "--no-browser", "--port", "0", *words],
            cwd=tmp_path,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        return process, said

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.real_clock
def test_it_answers_and_leaves_no_folder(running, tmp_path):
    process, said = running()
    flow = Path(re.search(r"again: +(\S+)", said)[1])
    assert flow.is_file()
    assert re.search(r"http://127\.0\.0\.1:\d+/\?token=", said)
    with urllib.request.urlopen(re.search(r"http://\S+/flows/spokes", said)[0]) as answer:
        assert b"Thank you for calling Spokes." in answer.read()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert not flow.parent.parent.exists()


@pytest.mark.real_clock
def test_what_was_changed_is_kept(running):
    process, said = running()
    flow = Path(re.search(r"again: +(\S+)", said)[1])
    flow.write_text(flow.read_text().replace("Spokes.", "Wheels."))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert f"Your changes are in {flow.parent.parent}" in errors
    assert "Wheels." in flow.read_text()


@pytest.mark.real_clock
def test_a_folder_of_ones_own_is_kept_and_taken_up_again(running, tmp_path):
    process, _ = running("mine")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    flow = tmp_path / "mine" / "flows" / "spokes.yaml"
    flow.write_text(flow.read_text().replace("bicycle shop", "ski shop"))
    _, said = running("mine")
    assert "ski shop" in said
