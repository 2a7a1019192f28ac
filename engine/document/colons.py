"""The words of the YAML parser, translated into what to write instead: colons."""

import re

from engine.diagnostics import Label
from engine.document.dashes import no_dash
from engine.document.layout import Entry, entry_at, levels_above, line_above, line_bounds, quote
from engine.document.trouble import Scene, Trouble

_BARE = re.compile(
    r"(?P<dash>(?:- +)*)(?P<key>[\w*-]+(?:[ \t]*\|[ \t]*[\w*-]+)*)[ \t]+(?P<value>(?:(?!:(?:[ \t]|$))[^\r\n])+)"
)
_TWO_WORDS = re.compile(r"(?P<key>[a-z]+(?:_[a-z]+)*)[ \t]+(?P<value>[\w.+/-]+)")
_NO_SPACE = re.compile(r"\s*(?:- +)*(?P<key>[\w| *-]+?):(?P<value>[^\s/:][^\r\n]*)$")


def key_above(scene: Scene) -> Trouble | None:
    """`- dial` without a colon, and what belongs to it below."""
    text, at = scene.text, scene.at
    start, end = line_bounds(text, at)
    above = line_above(text, start)
    if "mapping values" not in scene.problem or above is None or not entry_at(text, start).key:
        return None
    low, high, deep = above
    word = re.fullmatch(r"(?P<dash>(?:- +)*)(?P<key>[\w-]+)", text[low + deep : high])
    if word is None or len(text[start:end]) - len(text[start:end].lstrip()) <= deep + len(word["dash"]):
        return None
    return scene.trouble(
        "F007",
        f"a colon is missing after `{word['key']}`",
        high - len(word["key"]),
        high,
        "what is below belongs to it",
        helps=(f"write  {word['dash']}{word['key']}:",),
    )


def first_key(scene: Scene) -> Trouble | None:
    """`say Hello` as the first line of a block, with keys below: YAML takes both lines for one key."""
    text, at = scene.text, scene.at
    start, _ = line_bounds(text, at)
    entry = entry_at(text, start)
    if "mapping values" not in scene.problem or not entry.key or entry.dash or not start <= entry.key_end <= at:
        return None
    first = None
    while (above := line_above(text, start)) is not None:
        low, high, deep = above
        bare = _BARE.fullmatch(text[low + deep : high])
        if bare is None or deep + len(bare["dash"]) != entry.indent:
            break
        first, start = (above, bare), low
        if bare["dash"]:
            break
    if first is None:
        return None
    (low, high, deep), bare = first
    parent = line_above(text, low)
    if not bare["dash"] and parent is not None:
        over = entry_at(text, parent[0] + parent[2])
        if parent[2] >= entry.indent:
            return None
        if over.end > over.start:  # the text of that line goes on
            return _too_deep(scene, entry, over) if over.key else None
    key, value = bare["key"], bare["value"]
    if ": " in value or " #" in value or value[0] in "&*!|>%@`":
        value = quote(value)
    began = low + deep + len(bare["dash"])
    return scene.trouble(
        "F007",
        "this line is no key: it has no colon",
        began,
        high,
        "a colon is missing",
        helps=(f"write  {bare['dash']}{key}: {value}",),
        patch=(began, high),
        filling=" ",
    )


def _too_deep(scene: Scene, entry: Entry, over: Entry) -> Trouble:
    title = f"this line is indented deeper, but `{over.key}` already has a value"
    also = (Label(scene.span(over.key_start, over.end), "this line has a value"),)
    helps = (f"indent it like `{over.key}`",)
    low, high = entry.key_start, max(entry.end, entry.key_end + 1)
    return scene.trouble("F007", title, low, high, "too deep", also=also, helps=helps)


def colon_missing(scene: Scene) -> Trouble | None:
    text = scene.text
    previous = line_bounds(text, max(line_bounds(text, scene.at)[0] - 1, 0))
    first = "document start" in scene.problem
    for start, end in dict.fromkeys((line_bounds(text, scene.began), previous)):
        found = _NO_SPACE.match(text[start:end])
        if found is not None and (
            first or "mapping values" in scene.problem or "expected ':'" in scene.problem or "key" in scene.problem
        ):
            key, value = found.group("key"), found.group("value")
            colon = start + found.end("key")
            return scene.trouble(
                "F007",
                "a space is missing after the colon",
                colon,
                colon + 1,
                "no key without the space",
                helps=(f"write  {key}: {value}",),
                patch=(colon + 1, end),
                filling=" ",
            )
    if text.startswith(":", scene.at) and not text[line_bounds(text, scene.at)[0] : scene.at].strip(" -"):
        return scene.trouble(
            "F011",
            "a key is missing before the colon",
            scene.at,
            scene.at + 1,
            "no key",
            helps=('the key for "nothing else" is  else:',),
        )
    began = scene.began
    if (
        first
        and (line := line_above(text, line_bounds(text, began)[0])) is not None
        and ": " not in text[line[0] : line[1]]
    ):
        # Only the file's first line may stand there without a key, as the whole of a document.
        began = line[0] + line[2]
    elif "expected ':'" not in scene.problem:
        return None
    start, end = line_bounds(text, began)
    word = text[began:end].rstrip()
    if " " not in word and levels_above(text, start).get(began - start):
        return no_dash(scene, began, ())
    before = text[:start].rstrip()
    above = entry_at(text, len(before) - 1) if before else None
    split = re.fullmatch(r"(?P<key>else|no_input|no_match|[0-9*#]+)[ \t]+(?P<value>\S+)", word)
    if above is not None and above.key == "when":
        split = split or re.fullmatch(r"(?P<key>to)[ \t]+(?P<value>\S+)", word)
    helps: tuple[str, ...] = (f"write  {word}:  if it is a key",) if " " not in word else ()
    if split is not None:
        helps = (f"write  {split['key']}: {split['value']}",)
    elif above is not None and above.key and above.end > above.start:
        helps = (*helps, f"indent it more than `{above.key}` if the text of `{above.key}` goes on")
        if pair := _TWO_WORDS.fullmatch(word):
            helps = (f"write  {pair['key']}: {pair['value']}  if it is a key", *helps)
    elif " " in word:
        helps = ("indent it like the text that it belongs to",)
    else:
        helps = (*helps, f"write  - {word}  if it is an instruction")
    title = "this line is no key: it has no colon"
    return scene.trouble(
        "F007",
        title,
        began,
        began + len(word),
        "a colon is missing",
        helps=helps,
        patch=(began, start + len(text[start:end].rstrip())),
        filling=" ",
    )
