"""A picture as a file of its own: `touchtone graph FLOW -o FILE.svg`."""

from pathlib import Path
from xml.etree import ElementTree

from click.testing import CliRunner

from engine.cli import main

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def test_the_file_has_its_look_with_it_and_asks_nobody_for_anything(tmp_path):
    file = tmp_path / "clinic.svg"
    done = CliRunner().invoke(main, ["graph", "clinic", "--flows", str(ROOT / "flows"), "-o", str(file)])
    assert (done.exit_code, done.output) == (0, f"written to {file}\n")
    text = file.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    (style,) = root.iter(f"{SVG}style")
    assert "prefers-color-scheme: dark" in style.text
    cards = [one.get("data-step") for one in root.iter(f"{SVG}g") if one.get("data-step")]
    assert {"clinic/welcome", "clinic/nothing_recorded"} <= set(cards)
    assert "script" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_a_mistake_stands_on_its_card(tmp_path):
    (tmp_path / "shop.yaml").write_text("steps:\n  menu:\n    - redirect: biling\n  billing: [hangup]\n")
    done = CliRunner().invoke(main, ["graph", "shop", "--flows", str(tmp_path), "--format", "svg"])
    assert done.exit_code == 0
    assert "F201" in done.output
    assert "biling" in done.output
