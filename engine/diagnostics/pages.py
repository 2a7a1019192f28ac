"""The page that explains a code."""

from functools import cache
from importlib.resources import files


def page(code: str) -> str | None:
    """The Markdown page of a code such as `F101` (in any case); None if there is no such code."""
    code = code.upper()
    if code not in codes():
        return None
    return (files(__package__) / "explain" / f"{code}.md").read_text(encoding="utf-8")


@cache
def codes() -> tuple[str, ...]:
    """Every code that has a page, in order."""
    folder = files(__package__) / "explain"
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name.removesuffix(".md") for entry in folder.iterdir() if entry.name.endswith(".md")))
