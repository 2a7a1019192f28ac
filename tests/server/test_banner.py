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


def test_nothing_is_told_where_nothing_is_new(banner, capsys):
    """Editors save what nobody changed, and touch files."""
    doubtful = load_sources({"shop.yaml": SHOP.replace("Hello}", "Hello}, hangup, {say: Never}")})
    banner.show(doubtful.program)
    banner.reloaded(doubtful)
    told = capsys.readouterr()
    assert ("is heard from now on" in told.out, told.err) == (False, "")
    banner.reloaded(load_sources({"shop.yaml": SHOP}))
    banner.reloaded(doubtful)
    told = capsys.readouterr()
    assert "warning[L101]" in told.err
    assert "is heard from now on" in told.out
    banner.reloaded(doubtful)
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "")


def test_a_mistake_that_is_taken_back_leaves_what_was_heard(banner, capsys):
    good, bad = load_sources({"shop.yaml": SHOP}), load_sources({"shop.yaml": SHOP.replace("say", "sya")})
    banner.show(good.program)
    banner.reloaded(bad)
    capsys.readouterr()
    banner.reloaded(good)
    assert capsys.readouterr().out == f"Mended: version {good.program.version} goes on as it was.\n"
    banner.reloaded(bad)
    assert "did you mean `say`?" in capsys.readouterr().err


def test_a_broken_file_is_shown_and_the_last_good_version_goes_on(banner, capsys):
    banner.reloaded(load_sources({"shop.yaml": SHOP.replace("say", "sya")}))
    told = capsys.readouterr()
    assert "did you mean `say`?" in told.err
    assert told.err.endswith("1 error; callers go on hearing the last good version\n")
    assert told.out == ""
