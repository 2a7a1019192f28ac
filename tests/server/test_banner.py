"""What the server tells the person who started it."""

from pathlib import Path

import pytest

from engine.program.library import load_sources
from engine.server.banner import Banner
from engine.server.settings import Settings

SHOP = "{description: A shop, steps: {one: [{say: Hello}]}}"


@pytest.fixture
def banner() -> Banner:
    return Banner(Path("flows"), Settings(unsigned=True, port=8000), 8000, follow=True)


def test_a_line_for_each_flow_with_its_address(banner, capsys):
    banner.show(load_sources({"shop.yaml": SHOP}).program)
    assert "  shop  A shop  http://127.0.0.1:8000/flows/shop\n" in capsys.readouterr().out


def test_a_reload_names_what_was_saved_what_is_new_and_what_is_gone(banner, capsys):
    banner.show(load_sources({"shop.yaml": SHOP, "old.yaml": SHOP}).program)
    capsys.readouterr()
    banner.reloaded(load_sources({"shop.yaml": SHOP.replace("Hello", "Hi"), "new.yaml": SHOP}))
    told = capsys.readouterr().out.splitlines()
    assert told[:3] == ["New: new.yaml, at http://127.0.0.1:8000/flows/new", "Gone: old.yaml", "Saved: shop.yaml"]
    assert told[3].endswith("is heard from now on.")


def test_a_broken_file_is_shown_and_the_last_good_version_goes_on(banner, capsys):
    banner.reloaded(load_sources({"shop.yaml": SHOP.replace("say", "sya")}))
    told = capsys.readouterr()
    assert "did you mean `say`?" in told.err
    assert told.err.endswith("1 error; callers go on hearing the last good version\n")
    assert told.out == ""
