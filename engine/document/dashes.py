"""The words of the YAML parser, translated into what to write instead: dashes."""

import re

from engine.diagnostics import Label
from engine.document.layout import entry_at, line_bounds, quote
from engine.document.trouble import Scene, Trouble


def dash_in_line(scene: Scene) -> Trouble | None:
    if "sequence entries" not in scene.problem:
        return None
    entry = entry_at(scene.text, scene.at)
    whole = scene.text[entry.start : entry.end]
    return scene.trouble(
        "F007",
        "a list begins on a line of its own",
        scene.at,
        scene.at + 1,
        "not behind a key",
        helps=(f"write\n{entry.key or 'key'}:\n  {whole}", f"or  {entry.written(quote(whole))}  if it is a text"),
        patch=(entry.start, entry.end),
    )


def dash_missing(scene: Scene) -> Trouble | None:
    text, at = scene.text, scene.at
    start, _ = line_bounds(text, at)
    if "block collection" not in scene.context and "block sequence" not in scene.context:
        return None
    column = scene.began - line_bounds(text, scene.began)[0]
    if at - start != column:
        return None
    return no_dash(scene, at, (Label(scene.span(scene.began, scene.began + 1), "the list begins here"),))


def no_dash(scene: Scene, at: int, also: tuple[Label, ...]) -> Trouble:
    """A line among items of a list that is none: without a dash, or without the blank behind it."""
    line = scene.text[at : line_bounds(scene.text, at)[1]].rstrip()
    if bare := re.match(r"-[\s\u00a0]*(?=\w)", line):
        title, helps = "a space is missing after the dash", (f"write  - {line[bare.end() :]}",)
        return scene.trouble("F007", title, at, at + bare.end(), "begins no item", helps=helps)
    title = "a `- ` is missing: this line stands in a list"
    either = (f"write  - {line}", "or indent it less, if it does not belong to the list")
    return scene.trouble("F007", title, at, at + len(line), "not an item of the list", also=also, helps=either)


def is_first_item(text: str, began: int) -> bool:
    """Whether the mapping that began there was to be the first item of a list: it has a value, or one that is no list."""
    entry = entry_at(text, began)
    below = text[line_bounds(text, began)[1] :].lstrip("\r\n")
    return entry.key_start == began and (entry.end > entry.start or not below.lstrip().startswith("- "))
