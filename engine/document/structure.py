"""The words of the YAML parser, translated into what to write instead: indentation, and signs out of place."""

import re
from dataclasses import replace

from engine.diagnostics import Label
from engine.document.brackets import bracket
from engine.document.colons import colon_missing, first_key, key_above
from engine.document.dashes import dash_in_line, dash_missing, is_first_item, no_dash
from engine.document.layout import entry_at, levels_above, line_above, line_bounds, quote
from engine.document.trouble import Scene, Trouble


def structure(scene: Scene) -> Trouble:
    """What is wrong with the shape of the text where the parser stopped; its own words if nothing else is known."""
    for look in (
        _document,
        _pound,
        _block,
        bracket,
        _question,
        _nothing,
        _behind,
        dash_in_line,
        key_above,
        colon_missing,
        first_key,
        dash_missing,
        _indentation,
    ):
        trouble = look(scene)
        if trouble is not None:
            return trouble if look in (_pound, _block, bracket) else replace(trouble, certain=False)
    return unreadable(scene)


def unreadable(scene: Scene) -> Trouble:
    """The parser's own words, where nothing better is known: true whatever they mean."""
    said = " ".join(part for part in (scene.context, scene.problem) if part)
    at = min(scene.at, max(len(scene.text) - 1, 0))
    return scene.trouble(
        "F007", "this cannot be read as YAML", at, at + 1, notes=(f"the parser says: {said}",), certain=False
    )


def _document(scene: Scene) -> Trouble | None:
    before = scene.text[: scene.at].rstrip()
    if before.endswith("...") and "document start" in scene.problem:
        start = before.rindex("...")
        helps = ("delete the `...`, or move what follows into a file of its own",)
        return scene.trouble("F018", "one file is one flow: it ends at `...`", start, start + 3, "the end", helps=helps)
    return None


def _pound(scene: Scene) -> Trouble | None:
    """A key cut by ` #`: the line before has no colon, but would have one behind the sign."""
    stop = line_bounds(scene.text, scene.at)[0]
    while True:
        start, end = line_bounds(scene.text, stop)
        line = scene.text[start:end]
        found = re.match(r"(\s*(?:- +)*)([^\s#\"'\[{][^:#\"']*?)[ \t]+(#[^:\r\n]*):(?:\s|$)(.*)$", line)
        if found is not None:
            at = start + found.start(3)
            key = f"{found.group(2)} {found.group(3)}"
            return scene.trouble(
                "F008",
                "the key is cut off: ` #` begins a comment",
                at,
                start + len(line.rstrip()),
                "YAML does not read this",
                helps=(f"write  {quote(key)}: {found.group(4)}".rstrip(),),
                patch=(start + found.start(2), start + found.end(3)),
            )
        # The sign stands on the line where the parser stopped, or on the one before.
        if (
            start == 0
            or (start <= scene.began and "document" not in scene.problem)
            or scene.text.count("\n", start, scene.at) > 1
        ):
            return None
        stop = start - 1


def _block(scene: Scene) -> Trouble | None:
    if "block scalar" not in scene.context:
        return None
    entry = entry_at(scene.text, scene.began)
    sign = scene.text[scene.began]
    return scene.trouble(
        "F007",
        f"after `{sign}` the text begins on the next line",
        scene.began,
        scene.began + 1,
        "begins a text of several lines",
        helps=(
            f"write  {entry.written(quote(scene.text[entry.start : entry.end]))}",
            "or put the text on the next line, indented",
        ),
        patch=(scene.began, entry.end),
    )


def _nothing(scene: Scene) -> Trouble | None:
    """`,`, `]` or `}` where a text should begin."""
    if "node content" not in scene.problem or scene.at >= len(scene.text):
        return None
    entry = entry_at(scene.text, scene.at)
    whole = scene.text[entry.start : entry.end]
    return scene.trouble(
        "F007",
        f"a text that begins with `{scene.text[scene.at]}` needs quotes",
        scene.at,
        scene.at + 1,
        "no text begins so",
        helps=(f"write  {entry.written(quote(whole))}",),
        patch=(entry.start, entry.end) if entry.end > entry.start else None,
    )


def _behind(scene: Scene) -> Trouble | None:
    """A text that begins like a list, a mapping or an alias, and goes on behind it."""
    text, at = scene.text, scene.at
    start, _ = line_bounds(text, at)
    entry = entry_at(text, start)
    before = text[entry.start : at].rstrip()
    if not entry.start < at < entry.end or not before or text[entry.start] not in "[{*" or "'\"".find(before[-1]) >= 0:
        return None
    whole = text[entry.start : entry.end]
    star = text[entry.start] == "*"
    return scene.trouble(
        "F001" if star else "F007",
        "text goes on behind an alias" if star else f"text goes on behind its closing `{before[-1]}`",
        at,
        entry.end,
        "one too many" if at + 1 == entry.end else "not read here",
        helps=(f"delete it, or write  {entry.written(quote(whole))}",),
        patch=(entry.start, entry.end),
    )


def _question(scene: Scene) -> Trouble | None:
    """`? what`, which YAML takes for a key."""
    entry = entry_at(scene.text, scene.at)
    if "mapping keys" not in scene.problem or not entry.key or entry.start != scene.at:
        return None
    return scene.trouble(
        "F014",
        "a text that begins with `? ` needs quotes",
        scene.at,
        scene.at + 1,
        "YAML's sign of a key",
        helps=(f"write  {entry.written(quote(scene.text[entry.start : entry.end]))}",),
        patch=(entry.start, entry.end),
    )


def _indentation(scene: Scene) -> Trouble | None:
    text, at = scene.text, scene.at
    start, end = line_bounds(text, at)
    line = text[start:end]
    indent = len(line) - len(line.lstrip(" "))
    if not line.strip():
        return None
    word = line.strip()
    above = line_above(text, start)
    if above is None:
        return None
    low, high, deep = above
    entry = entry_at(text, low + deep)
    levels = levels_above(text, start)
    if indent > deep and entry.key and entry.end > entry.start and "[{|>".find(text[entry.start]) < 0:
        title = f"this line is indented deeper, but `{entry.key}` already has a value"
        items = [level for level, dash in levels.items() if dash]
        helps: tuple[str, ...] = (
            f"indent it like `{entry.key}`",
            f"or leave the value of `{entry.key}` out, if this belongs to it",
        )
        if word.startswith("- ") and items:
            helps = (
                f"indent it by {_blanks(max(items))}, like the item above"
                if any(items)
                else "begin it at the left edge",
            )
        also = (Label(scene.span(low + deep, high), "this line has a value"),)
        return scene.trouble(
            "F007", title, start + indent, start + len(line.rstrip()), "too deep", also=also, helps=helps
        )
    if indent in levels:
        if "block mapping" in scene.context and word.startswith("- "):
            if is_first_item(text, scene.began):
                return no_dash(scene, scene.began, (Label(scene.span(start + indent, start + indent + 1), "the list"),))
            return scene.trouble(
                "F007",
                "a list item cannot stand between keys",
                start + indent,
                start + indent + 1,
                "a `-` here",
                helps=("indent it deeper than the key it belongs to",),
            )
        return None
    if entry.key and entry.end > entry.start and not re.match(r"- |[^:]+:(?:\s|$)", word):
        title = "this line is no key: it has no colon"
        helps = (f"indent it more than `{entry.key}` if the text of `{entry.key}` goes on",)
        return scene.trouble("F007", title, start + indent, start + len(line.rstrip()), "read as a key", helps=helps)
    # Like its neighbours: an item of a list stands where items stand, a key where keys stand.
    alike = [level for level, dash in levels.items() if dash == word.startswith("- ")] or list(levels)
    best = min(alike, key=lambda level: (abs(level - indent), -level))
    return scene.trouble(
        "F007",
        "the indentation of this line fits no line above",
        start,
        start + max(indent, 1),
        _blanks(indent),
        helps=(f"indent it by {_blanks(best)}" if best else "begin it at the left edge",),
    )


def _blanks(count: int) -> str:
    return f"{count} blank{'' if count == 1 else 's'}"
