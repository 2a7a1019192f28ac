"""The words of the YAML parser, translated into what to write instead: signs."""

import re
from dataclasses import replace
from typing import Any

import yaml

from engine.diagnostics import Source
from engine.document.brackets import pattern, unclosed
from engine.document.layout import Entry, entry_at, line_bounds, quote
from engine.document.parser_errors import is_known, offset_of, words_of
from engine.document.quotes import escape, quoted_before, quotes, unquoted
from engine.document.structure import structure, unreadable
from engine.document.trouble import Scene, Trouble

_STAR_NOTE = "the same holds for the pound key: without quotes  #: operator  is a comment"
_TEMPLATES = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))
_INSTRUCTION = re.compile(r"(?P<verb>[a-z_]+):\s+(?P<value>\S.*)")
_PAIR = re.compile(r"(?P<first>\S.*?)[ \t,]+(?P<key>to|when|else):[ \t]+(?P<second>\S.*)")
_BRANCH_KEY = re.compile(r"[\s0-9*#|\"']+|else|no_input|no_match|to|completed|busy|no-answer|failed|declined")


def find(source: Source, text: str, error: yaml.YAMLError, loader: Any) -> Trouble:
    """What stopped the parser; `text` is the source's, as far as it was patched, and the error's marks are places in it."""
    at = offset_of(error)
    if not isinstance(error, yaml.MarkedYAMLError) or not is_known(error):
        return unreadable(Scene(source, text, words_of(error), "", at, at, None))
    began = error.context_mark.index if error.context_mark is not None else at
    scene = Scene(source, text, error.problem or "", error.context or "", at, began, quoted_before(text, at, loader))
    if (trouble := unclosed(scene, loader)) is not None:
        return trouble
    for look in (_indented_by_tab, _sign, _template, pattern, quotes, escape, _colon):
        trouble = look(scene)
        if trouble is not None:
            return trouble
    return structure(scene)


def _indented_by_tab(scene: Scene) -> Trouble | None:
    text = scene.text
    for offset in (scene.at, scene.began):
        start, end = line_bounds(text, offset)
        blank = text[start : end - len(text[start:end].lstrip())]
        if "\t" in blank:
            low = start + blank.index("\t")
            lines = [found.span() for found in re.finditer(r"^[^\S\r\n]*\t[^\r\n]*", text, re.MULTILINE)]
            more = len(lines) - 1
            return scene.trouble(
                "F005",
                "a tab cannot indent a line",
                low,
                start + len(blank),
                "a tab here",
                helps=("write two blanks for each level",),
                notes=(f"{more} more line{'s' if more > 1 else ''} of this file begin{'' if more > 1 else 's'} so",)
                if more
                else (),
                patches=tuple(lines),
                filling=" ",
            )
    if text[scene.at : scene.at + 1] == "\t":
        at = scene.at
        return scene.trouble(
            "F005",
            "a tab cannot stand here",
            at,
            at + 1,
            "a tab here",
            helps=("write a blank",),
            patch=(at, at + 1),
            filling=" ",
        )
    return None


def _sign(scene: Scene) -> Trouble | None:
    """A text or key that begins with a sign YAML keeps for itself."""
    text, began = scene.text, scene.began
    entry = entry_at(text, began)
    whole = text[entry.start : entry.end]
    thing = next((thing for thing in ("alias", "anchor", "tag") if thing in scene.context), "")
    if thing and began < len(text):
        star = thing == "alias"
        if entry.key and entry.key_start == began:
            value = text[entry.start : entry.end]
            bare = entry.key == "*"
            title = (
                "a bare `*` is YAML's alias sign, not the star key"
                if bare
                else f"a key that begins with `{text[began]}` needs quotes"
            )
            helps = (f"write  {quote(unquoted(entry.key))}: {value}".rstrip(),)
            end = began + 1
            label = "put quotes around it"
            patch = (entry.key_start, entry.key_end)
            notes = (_STAR_NOTE,) if bare else ()
            return scene.trouble(
                "F001" if star else "F009", title, began, end, label, helps=helps, notes=notes, patch=patch
            )
        title = f"a text that begins with `{text[began]}` needs quotes: it is YAML's {thing} sign"
        return scene.trouble(
            "F001" if star else "F009",
            title,
            began,
            began + 1,
            "put quotes around the text",
            helps=(f"write  {entry.written(quote(whole))}",),
            patch=(entry.start, entry.end),
        )
    sign = text[scene.at : scene.at + 1]
    if "directive" in scene.context:
        start, end = line_bounds(text, began)
        entry = entry_at(text, began)
        fixed = (
            f"{quote(entry.key)}: {text[entry.start : entry.end]}".rstrip()
            if entry.key
            else quote(text[start:end].rstrip())
        )
        title = "a line that begins with `%` needs quotes"
        return scene.trouble(
            "F014",
            title,
            began,
            began + 1,
            "put quotes around it",
            helps=(f"write  {fixed}",),
            patch=(began, began + 1),
        )
    if "start any token" in scene.problem and sign in "@`%|>" and not text.startswith("{%", scene.at - 1):
        is_key = bool(entry.key) and entry.key_start == scene.at
        named = "a backtick" if sign == "`" else f"`{sign}`"
        fixed = f"{quote(entry.key)}: {whole}".rstrip() if is_key else entry.written(quote(whole))
        start, end = (entry.key_start, entry.key_end) if is_key else (entry.start, entry.end)
        return scene.trouble(
            "F014",
            f"a {'key' if is_key else 'text'} that begins with {named} needs quotes",
            scene.at,
            scene.at + 1,
            "YAML keeps this sign for itself",
            helps=(f"write  {fixed}",),
            patch=(start, end),
        )
    return None


def _template(scene: Scene) -> Trouble | None:
    """`{{ x }}` or `{% if … %}` at the start of a text, with more behind it."""
    text = scene.text
    for offset in dict.fromkeys((scene.at, scene.began, max(scene.at - 1, 0))):
        entry = entry_at(text, offset)
        start, end = entry.start, entry.end
        found = _first_template(text, start, end)
        if found is None or text[start] in "\"'[" or not start <= offset <= end:
            continue
        low, high = found
        if low != start and (text[start] == "{" or "mapping values" in scene.problem):
            continue
        return scene.trouble(
            "F004",
            f"a template needs quotes: YAML reads a mapping at `{text[low : low + 2]}`",
            low,
            high,
            "put quotes around the text",
            helps=(f"write  {entry.written(quote(text[start:end]))}",),
            patch=(start, end),
        )
    return None


def _first_template(text: str, start: int, end: int) -> tuple[int, int] | None:
    found = []
    for opening, closing in _TEMPLATES:
        low = text.find(opening, start, end)
        high = text.find(closing, low + 2, end) if low >= 0 else -1
        if high >= 0:
            found.append((low, high + 2))
    return min(found, default=None)


def _colon(scene: Scene) -> Trouble | None:
    """`text: with: colon`."""
    text, at = scene.text, scene.at
    if "mapping values" not in scene.problem and not ("flow mapping" in scene.context and text[at : at + 1] == ":"):
        return None
    entry = entry_at(text, at)
    if not entry.start <= at < entry.end or not (entry.key or entry.dash) or text[entry.start] in "\"'":
        return None
    if text[entry.start] in "*&":
        return _sign(replace(scene, began=entry.start, context="alias" if text[entry.start] == "*" else "anchor"))
    if entry.key in ("when", "to") and (pair := _PAIR.fullmatch(text[entry.start : entry.end])):
        second, low = pair["key"], entry.start + pair.start("key")
        dash = "- " if entry.dash else ""
        helps = (f"write\n{dash}{entry.key}: {pair['first']}\n{' ' * len(dash)}{second}: {pair['second']}",)
        title = f"`{second}` stands on a line of its own"
        return scene.trouble(
            "F007", title, low, at + 1, "a second key here", helps=helps, patch=(entry.start, entry.end)
        )
    return scene.trouble(
        "F003",
        "a colon followed by a space needs quotes around the text",
        at,
        at + 1,
        "YAML reads a second key here",
        helps=(f"write  {_meant(entry, text[entry.start : entry.end])}",),
        patch=(entry.start, entry.end),
    )


def _meant(entry: Entry, whole: str) -> str:
    """What was meant by two colons: an instruction where a branch leads, or a text."""
    verb = _INSTRUCTION.fullmatch(whole)
    if verb is None or not _BRANCH_KEY.fullmatch(entry.key):
        return entry.written(quote(whole))
    if verb["verb"] in ("redirect", "goto", "go_to", "to"):
        return entry.written(verb["value"])
    value = verb["value"] if not set(verb["value"]) & set(",:[]{}#") else quote(verb["value"])
    return entry.written(f"[{{{verb['verb']}: {value}}}]")
