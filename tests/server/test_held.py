"""Which saved file is not live, and because of which other, is said in one or two short sentences."""

import pytest

from engine.program.last_good import HeldBack
from engine.program.library import load_sources
from engine.program.workspace import Loaded
from engine.server.banner import Banner
from engine.server.held import not_live
from engine.server.settings import Settings

SHOP = "steps: {a: [{say: Hello}]}"


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (HeldBack("a.yaml", (), True), "a.yaml has errors: callers still hear its last good version."),
        (HeldBack("a.yaml", (), False), "a.yaml has errors: it is not live until they are fixed."),
        (
            HeldBack("a.yaml", ("b.yaml",), True),
            "a.yaml is saved but not live: b.yaml does not fit it yet. Callers still hear the version of a.yaml from before.",
        ),
        (
            HeldBack("a.yaml", ("b.yaml", "c.yaml", "functions.py"), False),
            "a.yaml is saved but not live: b.yaml, c.yaml and functions.py do not fit it yet.",
        ),
        (HeldBack("gone.yaml", ("b.yaml",), False), "gone.yaml is deleted, and was never live: b.yaml needs it."),
        (HeldBack("gone.yaml", ("b.yaml",), True), "gone.yaml is deleted but still live: b.yaml needs it."),
    ],
)
def test_a_file_that_is_held_back(tmp_path, held, words):
    (tmp_path / "a.yaml").write_text("")
    assert not_live(held, tmp_path) == words


def test_it_is_told_once_within_80_columns(tmp_path, capsys):
    (tmp_path / "reservations.yaml").write_text("")
    held = (HeldBack("reservations.yaml", ("confirmations.yaml", "cancellations.yaml"), True),)
    banner = Banner(tmp_path, Settings(), 8000, follow=True)
    before, after = (load_sources({"shop.yaml": text}) for text in (SHOP, SHOP.replace("Hello", "Hi")))
    banner.show(before.program)
    capsys.readouterr()
    banner.reloaded(Loaded(before.program, before.report, held))
    told = capsys.readouterr()
    assert told.err.startswith("reservations.yaml is saved but not live: confirmations.yaml and\n")
    assert max(map(len, told.err.splitlines())) <= 80
    banner.reloaded(Loaded(after.program, after.report, held))
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.startswith("Saved: shop.yaml\n")


def test_what_is_held_back_at_the_start_is_told_with_the_flows(tmp_path, capsys):
    banner = Banner(tmp_path, Settings(), 8000, follow=True)
    held = (HeldBack("b.yaml", (), False),)
    loaded = load_sources({"shop.yaml": SHOP})
    banner.show(loaded.program, (), held)
    told = capsys.readouterr()
    assert "b.yaml has errors: it is not live until they are fixed.\n" in told.err
    banner.reloaded(Loaded(loaded.program, loaded.report, held))
    assert capsys.readouterr().err == ""


def test_of_many_files_a_few_are_named(tmp_path):
    (tmp_path / "a.yaml").touch()
    said = not_live(HeldBack("a.yaml", tuple(f"f{number}.yaml" for number in range(100)), served=True), tmp_path)
    assert "f0.yaml, f1.yaml, f2.yaml, f3.yaml, f4.yaml and 95 more do not fit it yet" in said


def test_of_many_files_that_are_not_live_some_are_told(tmp_path, capsys):
    banner = Banner(tmp_path, Settings(), 8000, follow=True)
    loaded = load_sources({"shop.yaml": SHOP})
    banner.show(loaded.program, (), tuple(HeldBack(f"f{number:03}.yaml", (), True) for number in range(100)))
    told = capsys.readouterr().err
    assert told.count("has errors") == 20
    assert told.endswith("80 more files are not live as they are saved.\n")
