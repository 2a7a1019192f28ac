"""What YAML reads without a word, though it is not what was meant."""

import re
from bisect import bisect_right
from collections.abc import Sequence as Listing
from typing import Any

from engine.diagnostics import Label, Report, Source, Span
from engine.document.layout import entry_at, line_bounds, quote
from engine.document.nodes import Node, Scalar
from engine.document.pound import bare, cut

_DASH = re.compile(r"[\r\n][^\S\r\n]*(?P<dash>-) ")

_STARS = {"*": "the star key", "#": "the pound key"}


def comment(source: Source, text: str, start: int, end: int, kept: str, report: Report) -> Scalar | None:
    """F008: a plain text cut by ` #`. Gives the text as it was meant, None if it stands as it is."""
    found = cut(text, kept, end)
    if found is None:
        return None
    entry = entry_at(text, start)
    after = text[end : found.end].lstrip()
    if not kept:
        start = found.start
    meant = text[start : found.end].rstrip()
    span = Span(source, found.start, found.end)
    if after.startswith("#:") and (not entry.key or entry.key_start == start):
        key, _, value = meant.rpartition(":")
        help_ = f"write  {quote(key.rstrip())}: {value.strip()}".rstrip()
        report.error(
            "F008", "the key is cut off: ` #` begins a comment", span, label="YAML does not read this", helps=[help_]
        )
        return Scalar(meant, Span(source, start, found.end), False)
    if found.doubtful:
        helps = [
            f"write  {entry.written(quote(meant))}  if it belongs to the text",
            "put two blanks before the `#` if it is a comment",
        ]
        report.warning("F008", "` #` begins a comment here", span, label="not part of the text", helps=helps)
        return None
    title = (
        "the text is cut off: ` #` begins a comment"
        if kept
        else "a value that begins with `#` needs quotes: YAML reads a comment"
    )
    report.error("F008", title, span, label="YAML does not read this", helps=[f"write  {entry.written(quote(meant))}"])
    return Scalar(meant, Span(source, start, found.end), True)


def bare_pound(source: Source, text: str, blocks: Listing[tuple[int, int]], report: Report) -> None:
    """F008: `#: target` on a line of its own; `blocks` are the texts over several lines, in which it may stand."""
    found = bare(text)
    starts = [first for first, _ in blocks] if found else []  # in the order of the file
    for start, end in found:
        above = bisect_right(starts, start) - 1
        if above < 0 or start >= blocks[above][1]:
            value = text[start + 2 : end].strip()
            report.error(
                "F008",
                "a bare `#` begins a comment, it is not the pound key",
                Span(source, start, start + 1),
                label="put quotes around it",
                helps=[f'write  "#": {value}'.rstrip()],
            )


def sign(source: Source, text: str, start: int, end: int, event: Any, report: Report) -> Scalar:
    """F009: an anchor on a scalar, or a tag before it. Gives the text as it looks."""
    end = max(end, start + len(text[start : line_bounds(text, start)[1]].split(" ", 1)[0]))
    whole = text[start:end].rstrip()
    word = whole.split(None, 1)[0].rstrip(",}]") if whole else ""
    thing = "an anchor" if word.startswith("&") else "a tag"
    helps = [f"write  {entry_at(text, start).written(quote(whole))}"]
    notes = (
        [f"in an expression write  not {word[1:]}"] if len(word) > 1 and word[0] == "!" and word[1] not in "!<" else []
    )
    title = f"`{word}` needs quotes: YAML reads {thing} here, and drops it"
    report.error(
        "F009", title, Span(source, start, start + len(word)), label=f"{thing}, not text", helps=helps, notes=notes
    )
    return Scalar(whole, Span(source, start, end), bool(event.style))


def tag(span: Span, report: Report) -> None:
    """F009: a tag before a list or a mapping."""
    report.error(
        "F009", f"`{span.text}` is a tag, which means nothing in a flow", span, label="a tag", helps=["delete it"]
    )


def star(source: Source, text: str, start: int, end: int, report: Report) -> Scalar:
    """F001: an alias that no anchor is known for: surely a text, or the star key. Gives the text."""
    entry = entry_at(text, start)
    if entry.key_start == start and entry.key:
        report.error(
            "F001",
            f"`{text[start:end]}` is YAML's alias sign; a key that begins with `*` needs quotes",
            Span(source, start, end),
            label="no anchor of that name",
            helps=[f"write  {quote(entry.key)}: {text[entry.start : entry.end]}".rstrip()],
        )
        return Scalar(entry.key, Span(source, start, end), False)
    value = text[start : max(entry.end, end)] if entry.start == start else text[start:end]
    report.error(
        "F001",
        "a text that begins with `*` needs quotes: it is YAML's alias sign",
        Span(source, start, end),
        label="no anchor of that name",
        helps=[f"write  {entry.written(quote(value))}"],
    )
    return Scalar(text[start:end], Span(source, start, end), False)


def circle(span: Span, report: Report) -> None:
    """F012: an alias within what it stands for."""
    report.error("F012", f"`{span.text}` stands within itself", span, label="no end to this")


def too_many(span: Span, limit: int, report: Report) -> None:
    """F012: aliases of aliases that grow beyond reason."""
    report.error(
        "F012", f"the aliases of this file make more than {limit:,} nodes", span, label="grows past the limit here"
    )


def too_deep(span: Span, limit: int, report: Report) -> None:
    """F007: nesting beyond reason."""
    report.error("F007", f"this is nested more than {limit} levels deep", span, label="one level too many")


def merge(key: Scalar, report: Report) -> None:
    """F012: `<<`, which YAML 1.1 loaders merge."""
    report.error(
        "F012",
        "merge keys (`<<`) are not read here",
        key.span,
        label="write the keys out",
        helps=["what several instructions share goes into `defaults:`"],
    )


def braces(source: Source, text: str, start: int, end: int, report: Report) -> Scalar:
    """F004: `{{ x }}` without quotes, which YAML reads as a mapping that is a key. Gives the template."""
    template = text[start:end]
    one_line = " ".join(template.split())
    report.error(
        "F004",
        "a template needs quotes: YAML reads a mapping at `{{`",
        Span(source, start, end),
        label="put quotes around it",
        helps=[f"write  {entry_at(text, start).written(quote(one_line))}"],
    )
    return Scalar(template, Span(source, start, end), False)


def template_key(span: Span, report: Report) -> None:
    """F004: `{{ x }}: target`."""
    inner = span.text.strip("{} ")
    helps = [f"to choose by it write  branch:  with  on: {inner}"]
    report.error("F004", "a key cannot be a template", span, label="no name may be one", helps=helps)


def dash(source: Source, text: str, start: int, end: int, report: Report) -> None:
    """F007: a line that looks like an item of a list, within a plain text of several lines."""
    found = _DASH.search(text, start, end)
    if found is not None:
        at = found.start("dash")
        report.error(
            "F007",
            "this `- ` begins no item: the text of the line above goes on",
            Span(source, at, at + 1),
            label="read as text",
            also=[Label(Span(source, start, line_bounds(text, start)[1]), "a text begins here")],
            helps=["indent it like the list it belongs to, or put quotes around the whole text"],
        )


def key(source: Source, text: str, found: Scalar, report: Report) -> None:
    """F011: a list, a mapping or nothing as a key."""
    first = text[found.span.start : found.span.start + 1]
    what = {"[": "a list", "{": "a mapping"}.get(first, "a list or a mapping" if found.span.text.strip() else "nothing")
    span = (
        found.span if found.span.text.strip() else Span(source, found.span.start, min(found.span.start + 1, len(text)))
    )
    helps = ["several alternatives are one key:  1 | 2: billing", 'a key of signs is quoted:  "*": repeat']
    report.error("F011", f"a key must be a word, not {what}", span, label="not a word", helps=helps)


def commas(
    source: Source,
    text: str,
    cuts: Listing[tuple[str | None, Scalar]],
    entries: dict[str, tuple[Scalar, Node]],
    report: Report,
) -> None:
    """F010: keys without a value in `{…}`, made by the commas of a text. Joins them to the text they were cut from."""
    places: dict[str, list[Scalar]] = {}
    for before, cut_key in cuts:
        value = entries[before][1] if before is not None else None
        if before is not None and isinstance(value, Scalar) and not value.quoted and value.text:
            places.setdefault(before, []).append(cut_key)
            continue
        report.error(
            "F010",
            f"`{cut_key.text}` has no value",
            cut_key.span,
            label="a colon is missing",
            helps=[f"write  {cut_key.span.text}: …", "a text with a comma needs quotes between `{` and `}`"],
        )
    for before, keys in tuple(places.items()):
        glued = re.fullmatch(r"([^\s:]+):([^\s:/]\S*)", keys[0].text) if len(keys) == 1 else None
        if glued is not None:
            title, helps = "a space is missing after the colon", [f"write  {glued[1]}: {glued[2]}"]
            report.error("F010", title, keys[0].span, label="a key without a value", helps=helps)
            continue
        first, value = entries[before]
        whole = Span(source, value.span.start, keys[-1].span.end)
        own = [f"or  {keys[0].text}: …  if it is a key"] if keys[0].text.isidentifier() else []
        entries[before] = (first, Scalar(whole.text, whole, False))
        report.error(
            "F010",
            f"the comma ends the text here: `{keys[0].text}` became a key of its own",
            keys[0].span,
            label="a key without a value",
            also=[Label(value.span, "the text before it")]
            if source.position(value.span.start)[0] != source.position(keys[0].span.start)[0]
            else [],
            helps=[f"write  {first.span.text}: {quote(' '.join(whole.text.split()))}", *own],
        )


def twice(again: Scalar, first: Scalar, noun: str, report: Report) -> None:
    """F101: the same key a second time."""
    report.error(
        "F101",
        f"the {noun} `{again.text}` is written twice",
        again.span,
        label="again here",
        also=[Label(first.span, "first here")],
        helps=["give one of them another name; plain YAML would silently keep only the last"],
    )


def zeros(entries: dict[str, tuple[Scalar, Node]], report: Report) -> None:
    """F020: `1` and `01` side by side."""
    seen: dict[str, Scalar] = {}
    for name, (found, _) in entries.items():
        if name.isascii() and name.isdigit():
            other = seen.setdefault(name.lstrip("0"), found)
            if other is not found:
                report.hint(
                    "F020",
                    f"`{other.text}` and `{name}` are two different keys",
                    found.span,
                    label="a key of its own",
                    also=[Label(other.span, "and another")],
                    notes=["digits are compared as they are pressed, not as numbers"],
                )


def second_document(span: Span, report: Report) -> None:
    """F018: more than one document in a file."""
    report.error(
        "F018",
        "one file is one flow: a second document begins here",
        span,
        label="nothing from here on is read",
        helps=["move what follows into a file of its own, or delete the `---`"],
    )
