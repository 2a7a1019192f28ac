"""The page's own files reach the browser as they are now, and once only."""

from importlib.resources import files

import pytest


@pytest.fixture
def page(opened):
    return opened()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/static/main.js", "text/javascript"),
        ("/static/page.css", "text/css"),
        ("/static/picture.css", "text/css"),
    ],
)
def test_a_file_has_its_type_and_a_mark_by_which_it_is_asked_for_only_when_it_changed(page, path, kind):
    answer = page.ask("GET", path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["cache-control"] == "no-cache"
    again = page.ask("GET", path, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


def test_every_file_that_the_page_consists_of_is_served(page):
    names = [entry.name for entry in (files("engine.page") / "static").iterdir()]
    assert "index.html" in names
    for name in names:
        assert page.ask("GET", f"/static/{name}").status_code == 200, name


def test_nothing_of_the_page_comes_from_elsewhere_or_needs_inline_code():
    for entry in (files("engine.page") / "static").iterdir():
        text = entry.read_text()
        if entry.name.endswith(".html"):
            assert " style=" not in text
            assert "<style" not in text
            assert " onclick=" not in text
        for line in text.splitlines():
            for start in ("src=", "href=", "import ", "url(", "fetch("):
                assert f'{start}"http' not in line, f"{entry.name}: {line}"
                assert f"{start}http" not in line, f"{entry.name}: {line}"
