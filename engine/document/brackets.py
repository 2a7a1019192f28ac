"""The words of the YAML parser, translated into what to write instead: `{…}` and `[…]`."""

import re
from typing import Any

import yaml

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


def unclosed(scene: Scene, loader: Any) -> Trouble | None:
    """A bracket that opens at the end of what was written, often half a line that was saved: the parser stops where it wants its content."""
    text, at = scene.text, scene.at
    if "flow node" not in scene.context or "node content" not in scene.problem:
        return None
    opened = _open_before(text, at, loader)
    if not opened:
        return None
    innermost = opened[-1]
    start, end = line_bounds(text, innermost)
    ended = not text[at:].strip()
    item = text.startswith("- ", at) and at > end and _CLOSING[text[innermost]] not in text[at:]
    if not (ended or item):
        return None
    here = [each for each in opened if each >= start]
    closing = _CLOSING[text[innermost]]
    entry = entry_at(text, here[0])
    whole = f"{text[here[0] : end].rstrip(' ,')}{''.join(_CLOSING[text[each]] for each in reversed(here))}"
    plain = entry.start == here[0] and "#" not in whole
    return scene.trouble(
        "F007",
        f"this `{text[innermost]}` is never closed",
        innermost,
        innermost + 1,
        f"a `{closing}` is missing",
        helps=(f"write  {entry.written(whole)}",) if plain else (),
        patch=(here[0], end),
    )


def _open_before(text: str, at: int, loader: Any) -> list[int]:
    """Where the brackets begin that are open at `at`, the outermost first."""
    opened: list[int] = []
    try:
        for token in yaml.scan(text, Loader=loader):
            if token.start_mark.index >= at:
                break
            if isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken):
                opened.append(token.start_mark.index)
            elif isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken) and opened:
                opened.pop()
    except yaml.MarkedYAMLError:
        pass
    return opened


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
