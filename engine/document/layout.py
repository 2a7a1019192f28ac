"""Where things stand on a line of a flow file, told from the text alone."""

import re
from dataclasses import dataclass

_LINE = re.compile(
    r"""(?P<indent>\s*)(?P<dash>(?:-[ \t]+)*)
    (?:(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'{\[](?:[^\r\n]*?[^ \t\r\n])??)[ \t]*:(?:[ \t]+|$))?
    (?P<value>.*)""",
    re.VERBOSE,
)
_ENTRY = re.compile(
    r"\s*(?:(?P<key>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^\s\"'](?:[^\r\n]*?[^ \t\r\n])??)[ \t]*:(?:[ \t]+|$))?(?P<value>.*)"
)
_COMMENT = re.compile(r"(?<![ \t])(?:[ \t]{2,}|\t)#.*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` as somebody wrote it, in character offsets of the text; `key` is "" for an item of a list."""

    indent: int
    key: str
    key_start: int
    key_end: int
    start: int
    end: int
    dash: bool

    def written(self, value: str) -> str:
        """The entry as it would be written with another value: what goes into a help."""
        if self.key:
            return f"{self.key}: {value}"
        return f"- {value}" if self.dash else value


def line_bounds(text: str, offset: int) -> tuple[int, int]:
    """Offsets of the beginning and the end (without the line end) of the line that holds `offset`."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    ends = [at for at in (text.find("\n", offset), text.find("\r", offset)) if at >= 0]
    return start, min(ends, default=len(text))


def entry_at(text: str, offset: int) -> Entry:
    """The entry of the line that holds `offset`; within `{…}` or `[…]` that between the nearest commas or brackets."""
    start, end = line_bounds(text, offset)
    match = _LINE.match(text, start, end)
    assert match, "every line matches"
    indent = match.end("indent") - start
    value = match.group("value")
    if value[:1] in ("{", "[") and offset > match.start("value") and not value.startswith(("{{", "{%")):
        left = max(text.rfind(sign, start, offset) for sign in "{[,") + 1
        # A `{{` belongs to what it stands in.
        while text.startswith(("{{", "{%"), left - 2) or text.startswith(("{{", "{%"), left - 1):
            left = max(text.rfind(sign, start, left - 2) for sign in "{[,") + 1
        right = _closing(text, offset, end)
        inner = _ENTRY.match(text, left, right)
        assert inner, "every entry matches"
        return _entry(inner, indent, False)
    return _entry(match, indent, bool(match.group("dash")))


def _closing(text: str, offset: int, end: int) -> int:
    depth = 0
    for at in range(offset, end):
        if text[at] in "{[":
            depth += 1
        elif text[at] in "}]":
            depth -= 1
        if depth < 0 or (depth == 0 and text[at] == ","):
            return at
    return end


def _entry(match: re.Match[str], indent: int, dash: bool) -> Entry:
    key = match.group("key") or ""
    value = _COMMENT.sub("", match.group("value")).rstrip()
    start = match.start("value")
    at = match.start("key") if key else start
    return Entry(indent, key, at, at + len(key), start, start + len(value), dash)


def quote(text: str) -> str:
    """The text in quotes, as somebody would write it: double ones, single ones where those would need escapes."""
    if "\\" in text or '"' in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def line_above(text: str, start: int) -> tuple[int, int, int] | None:
    """The nearest line above that is neither blank nor a comment: its start, its end, its indentation."""
    while start > 0:
        start, end = line_bounds(text, start - 1 - (text[start - 2 : start] == "\r\n"))
        line = text[start:end]
        if line.strip() and not line.lstrip().startswith("#"):
            return start, start + len(line.rstrip()), len(line) - len(line.lstrip())
    return None


def levels_above(text: str, start: int) -> dict[int, bool]:
    """The indentations at which a line may stand here, and whether items of a list stand there."""
    levels: dict[int, bool] = {}
    limit = 1 << 30
    while (found := line_above(text, start)) is not None:
        start, _, deep = found
        if deep < limit:
            dash = re.match(r"(?:- +)+", text[start + deep :])
            levels[deep] = dash is not None
            if dash is not None and ":" in text[start + deep : line_bounds(text, start)[1]]:
                levels.setdefault(deep + dash.end(), False)
            limit = deep
    return levels
