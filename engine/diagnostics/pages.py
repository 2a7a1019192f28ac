"""The page that explains a code."""

import re
import textwrap
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


_HEADS = {"bad": "For example:", "message": "is answered with:", "good": "Write instead:"}


def shown(markdown: str, columns: int = 80) -> str:
    """A page as a terminal shows it: prose folded, examples under a word on what they are, indented as far as there is room."""
    lines: list[str] = []
    for number, piece in enumerate(re.split(r"^```", markdown, flags=re.MULTILINE)):
        if number % 2:
            kind, _, example = piece.partition("\n")
            lines += [_HEADS.get(kind.split()[-1] if kind.strip() else "", "For example:"), ""]
            written = example.rstrip().split("\n")
            indent = " " * max(0, min(4, columns - max(map(len, written))))
            lines += [f"{indent}{line}".rstrip() for line in written] + [""]
            continue
        for paragraph in re.split(r"\n{2,}", piece.strip()):
            if paragraph.strip():
                text = " ".join(paragraph.removeprefix("# ").split())
                lines += [*textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False), ""]
    return "\n".join(lines).rstrip()
