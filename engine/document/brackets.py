"""The words of the YAML parser, translated into what to write instead: `{…}` and `[…]`."""

import re

from engine.diagnostics import Label
from engine.document.layout import entry_at, line_bounds, quote
from engine.document.trouble import Scene, Trouble

_REGEX_KEY = re.compile(r"(?P<regex>/(?:[^/\\\r\n]|\\.)+/)\s*:")
_CLOSING = {"[": "]", "{": "}"}


def pattern(scene: Scene) -> Trouble | None:
    """`/\\d{4}/` as a key between braces, where its own braces and commas mean something."""
    if "flow" not in scene.context:
        return None
    start, end = line_bounds(scene.text, scene.at)
    if scene.began < start:
        # A bracket further up is still open: that is the mistake.
        return None
    for found in _REGEX_KEY.finditer(scene.text, start, end):
        low, high = found.span("regex")
        if low <= scene.at <= found.end() and set(found.group("regex")) & set("{}[],"):
            regex = found.group("regex")
            value = scene.text[found.end() : end].strip().rstrip("}").split(",")[0].strip()
            return scene.trouble(
                "F015",
                "a key between slashes needs quotes within `{…}`",
                low,
                high,
                "put quotes around it",
                helps=(f"write  {quote(regex)}: {value}".rstrip(),),
                patch=(low, high),
            )
    return None


def bracket(scene: Scene) -> Trouble | None:
    text, at = scene.text, scene.at
    if "flow" not in scene.context:
        before = text[at : at + 1]
        if before and before in "]}" and "node content" not in scene.problem:
            return scene.trouble(
                "F007",
                f"this `{before}` closes nothing",
                at,
                at + 1,
                "one too many",
                helps=("delete it",),
                patch=(at, at + 1),
                filling=" ",
            )
        return None
    opened = text[scene.began : scene.began + 1]
    if opened not in ("[", "{"):
        return None
    closing = _CLOSING[opened]
    line_end = line_bounds(text, scene.began)[1]
    if at > line_end or at >= len(text.rstrip()):
        # A missing comma, if the bracket is closed on the line where the parser stopped; else nothing closes it.
        here, stop = line_bounds(text, at)
        rest = text[here:stop]
        if rest.count(closing) > rest.count(opened):
            return _comma(scene, opened)
        entry = entry_at(text, scene.began)
        whole = f"{text[scene.began : line_end].rstrip()}{closing}"
        helps = (f"write  {entry.written(whole) if entry.start == scene.began else whole}",)
        return scene.trouble(
            "F007",
            f"this `{opened}` is never closed",
            scene.began,
            scene.began + 1,
            f"a `{closing}` is missing",
            helps=helps,
            patch=(scene.began, line_end),
        )
    if text[at] in "]}":
        return scene.trouble(
            "F007",
            f"`{text[at]}` closes what `{opened}` opened",
            at,
            at + 1,
            f"`{closing}` was expected",
            also=(Label(scene.span(scene.began, scene.began + 1), "opened here"),),
            helps=(f"write  {closing}",),
        )
    return _comma(scene, opened)


def _comma(scene: Scene, opened: str) -> Trouble:
    text, at = scene.text, scene.at
    low, high = line_bounds(text, scene.began)
    also: tuple[Label, ...] = ()
    helps = ("a text with brackets, braces or colons needs quotes here",)
    if not low <= at <= high:
        also = (Label(scene.span(scene.began, scene.began + 1), "within this"),)
        entry = entry_at(text, at)
        if entry.key and entry.key_end == at:
            at = entry.key_start
        if not text[line_bounds(text, at)[0] : at].strip():
            helps = (f"write  {text[:at].rstrip().splitlines()[-1].strip()},",)
    title = f"a comma or `{_CLOSING[opened]}` is missing before this"
    return scene.trouble("F007", title, at, at + 1, "not understood here", also=also, helps=helps)
