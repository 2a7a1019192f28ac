"""The words of the YAML parser, translated into what to write instead: quotes."""

import re
from dataclasses import replace
from typing import Any

import yaml

from engine.diagnostics import Label
from engine.document.layout import entry_at, line_bounds, quote
from engine.document.trouble import Scene, Trouble

_QUOTED_END = re.compile(r"""(?:^|[\s\[{,])("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*(?:[|>]\s*)?$""")
_TEXT = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')"""
_LISTED = re.compile(rf"{_TEXT}(?:\s*,\s*{_TEXT})+")
_BLANKS = re.compile(r"[ \t]*")
_BRACKET = re.compile(r"(?<![{\w])[\[{](?![{%#])")


def quoted_before(text: str, at: int, loader: Any) -> tuple[int, int] | None:
    """The quoted text that ends right before `at`, blanks aside."""
    start, _ = line_bounds(text, at)
    same_line = _QUOTED_END.search(text, start, at)
    last = None
    try:
        for token in yaml.scan(text, Loader=loader):
            if token.start_mark.index >= at:
                break
            last = token
    except yaml.MarkedYAMLError:
        # The scanner holds back what may yet be a key; the line itself shows it.
        if same_line is not None:
            return same_line.span(1)
    if not isinstance(last, yaml.ScalarToken) or last.style not in ("'", '"'):
        return None
    low, high = last.start_mark.index, last.end_mark.index
    return (low, high) if not text[high:at].strip() else None


def quotes(scene: Scene) -> Trouble | None:
    text = scene.text
    if "quoted scalar" in scene.context and ("end of stream" in scene.problem or "document" in scene.problem):
        return _unclosed(scene, scene.began, None)
    if scene.quoted is None or scene.at >= len(text):
        return None
    start, end = scene.quoted
    behind = _BLANKS.match(text, end)
    assert behind, "no blanks match, too"
    if behind.end() == len(text) or text[behind.end()] in "\r\n":
        return None
    scene = replace(scene, at=behind.end())
    if "\n" in text[start:end] or "\r" in text[start:end]:
        # Two quotes far apart, and text behind the second: it was meant to open, not to close.
        return _unclosed(scene, start, end - 1)
    if line_bounds(text, start) != line_bounds(text, scene.at):
        return None
    entry = entry_at(text, start)
    sign = text[start]
    if (entry.key and entry.key_start <= start < entry.key_end) or (
        entry.key == "" and re.search(r":(?:\s|$)", text[end : entry.end])
    ):
        low = entry.key_start
        line_end = line_bounds(text, start)[1]
        colon = re.compile(r"\s*:(?:\s|$)").search(text, end, line_end)
        high = colon.start() if colon else entry.end
        value = text[colon.end() : entry.end].strip() if colon else ""
        fixed = f"{quote(unquoted(text[low:high]))}: {value}".rstrip()
        title = "a key goes on after its closing quote"
        return scene.trouble(
            "F013", title, scene.at, high, "outside the quotes", helps=(f"write  {fixed}",), patch=(low, high)
        )
    whole = text[entry.start : entry.end]
    inner = whole[1:-1] if len(whole) > 1 and whole.endswith(sign) else None
    if _LISTED.fullmatch(whole):
        # `"+15550101", "+15550102"`: several texts, each in quotes of its own.
        listed = f"{{number: [{whole}]}}" if entry.key == "dial" else f"[{whole}]"
        return scene.trouble(
            "F013",
            "several texts stand in a list",
            scene.at,
            max(entry.end, scene.at + 1),
            "a second text",
            helps=(f"write  {entry.written(listed)}",),
            patch=(entry.start, max(entry.end, scene.at + 1)),
        )
    # `'It's here'`: the apostrophe closed what it should not; `'yes' in speech`: the quotes are part of the text.
    nested = text[end : end + 1].isalnum() or text[end : end + 1] in "./:+-_"
    apostrophe = inner is not None and (inner.count(sign) == 1 or nested)
    fixed = quote(inner if inner is not None and apostrophe else whole)
    if inner is not None and apostrophe and sign == '"' and entry.key in ("when", "on"):
        fixed = inner.replace('"', "'")
    return scene.trouble(
        "F013",
        "text goes on after its closing quote",
        scene.at,
        max(entry.end, scene.at + 1),
        "outside the quotes",
        helps=(f"write  {entry.written(fixed)}",),
        patch=(entry.start, max(entry.end, scene.at + 1)),
    )


def _unclosed(scene: Scene, start: int, closed: int | None) -> Trouble:
    text, sign = scene.text, scene.text[start]
    stop = line_bounds(text, start)[1]
    entry = entry_at(text, start)
    rest = text[start + 1 : stop].rstrip()
    if entry.key and entry.key_start <= start < entry.start:
        fixed = f"{quote(entry.key.strip(sign))}: {text[entry.start : entry.end]}".rstrip()
    elif rest[:1] and (found := re.match(r"([^\s:]+):(?:\s|$)(.*)", rest)) and not entry.key:
        fixed = f"{sign}{found.group(1)}{sign}:{found.group(2) and ' '}{found.group(2).strip()}"
    elif rest[-1:] in ("}", "]") and (opened := _BRACKET.search(text, line_bounds(text, start)[0], start)):
        # `{tries: "{{ tries + 1 }}}`: the last brace is the mapping's.
        inner = rest[: rest.rindex("}}", 0, len(rest) - 1) + 2] if "}}}" in rest else rest.rstrip("}]")
        fixed = f"{text[opened.end() - 1 : start]}{sign}{inner}{sign}{rest[len(inner) :]}"
    else:
        fixed = entry.written(f"{sign}{rest}{sign}")
    also = () if closed is None else (Label(scene.span(closed, closed + 1), "YAML closes it only here"),)
    return scene.trouble(
        "F006",
        "this quote is never closed" if closed is None else "this quote is not closed on its line",
        start,
        start + 1,
        "opened here",
        helps=(f"write  {fixed}",),
        also=also,
        patch=(start, stop),
    )


def escape(scene: Scene) -> Trouble | None:
    if "quoted" not in scene.context or (
        "escape" not in scene.problem and "hexdecimal" not in scene.problem and "hexadecimal" not in scene.problem
    ):
        return None
    text, start = scene.text, scene.began
    slash = text.rfind("\\", start, scene.at + 1)
    entry = entry_at(text, start)
    word = text[slash : slash + 2]
    end = entry.end if text[entry.end - 1] == '"' and entry.end - 1 > slash else line_bounds(text, start)[1]
    whole = text[start:end]
    single = "'" + whole.strip('"').replace("'", "''") + "'"
    is_key = entry.key_start <= start < entry.key_end and entry.key
    fixed = f"'{entry.key.strip(chr(34))}': {text[entry.start : entry.end]}" if is_key else entry.written(single)
    patch = (entry.key_start, entry.key_end) if is_key else (start, end)
    return scene.trouble(
        "F007",
        f"`{word}` means nothing between double quotes",
        slash,
        slash + 2,
        "single quotes take it as written",
        helps=(f"write  {fixed}",),
        patch=patch,
    )


def unquoted(key: str) -> str:
    """The alternatives of a key without quotes of their own: `"*" | 0` is `* | 0`."""
    parts = [part.strip() for part in key.split("|")]
    bare = [part[1:-1] if len(part) > 1 and part[0] == part[-1] and part[0] in "\"'" else part for part in parts]
    return " | ".join(bare)
