"""What one may build on: the names of `engine`, their types, and what it costs to import them."""

import pydoc
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import engine

FLOW = "steps: {a: [{gather: {num_digits: 1, say: Press 1., branch: {1: b, else: hangup}}}], b: [{say: Thanks.}]}\n"


@pytest.mark.parametrize("name", engine.__all__)
def test_each_name_is_there_and_says_what_it_is_for(name):
    assert getattr(engine, name).__doc__


def test_another_name_is_none():
    with pytest.raises(AttributeError, match="no attribute 'create_apps'"):
        engine.create_apps  # noqa: B018
    with pytest.raises(ImportError):
        from engine import create_apps  # noqa: F401


def test_help_lists_each_name():
    told = pydoc.render_doc(engine, renderer=pydoc.plaintext)
    described = told.partition("DESCRIPTION")[2].partition("PACKAGE CONTENTS")[0]
    listed = told.partition("PACKAGE CONTENTS")[2]
    for name in engine.__all__:
        assert re.search(rf"^ +{name}  +\w", described, re.MULTILINE), name
        assert re.search(rf"^    (class )?{name}\(", listed, re.MULTILINE), name


def test_the_example_of_the_package_rings_a_flow(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "clinic.yaml").write_text(FLOW)
    example = engine.__doc__.partition("in the same process:\n\n")[2]
    exec(textwrap.dedent(example), {name: getattr(engine, name) for name in engine.__all__})
    assert "Heard(text='Thanks.'" in capsys.readouterr().out


def test_nothing_is_imported_before_it_is_used():
    code = "import sys, engine; print([name for name in sys.modules if name.startswith(('engine.', 'starlette'))])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_types_are_told_to_others(tmp_path):
    assert (Path(engine.__file__).parent / "py.typed").is_file()
    program = tmp_path / "program.py"
    program.write_text("from engine import Phone, create_app, in_process\nreveal_type(create_app)\nPhone(1)\n")
    cache = f"--cache-dir={tmp_path}"
    told = subprocess.run([sys.executable, "-m", "mypy", cache, program], capture_output=True, text=True).stdout
    assert "Application" in told
    assert 'Argument 1 to "Phone" has incompatible type "int"' in told


def test_a_phone_of_ones_own_rings_an_application_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "menu.yaml").write_text(FLOW)
    for path in ("flows", Path("flows")):
        assert engine.load_folder(path).program.flows.keys() == {"menu"}
    app = engine.create_app("flows", unsigned=True, store="memory:", public_url="https://example.com")
    with engine.in_process(app, "https://example.com") as line:
        call = engine.Phone(line, base="https://example.com").ring("/flows/menu")
        call.press("1")
    assert "Thanks." in [event.text for event in call.events if hasattr(event, "text")]
