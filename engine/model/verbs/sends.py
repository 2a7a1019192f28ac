"""Reads `send`: a text message through the account."""

from collections.abc import Mapping
from typing import Any

from engine.document import nodes
from engine.grammar.fields import Wrong
from engine.grammar.outside import MOST_MEDIA, OUTSIDE
from engine.grammar.templates import Template
from engine.grammar.verbs import ENGINE_VERBS
from engine.model.languages.by_language import read_in_languages
from engine.model.parts import ByLanguage, Send
from engine.model.reading.branches import ReadBlock, read_branch
from engine.model.reading.reader import Reader, first_line
from engine.model.reading.saves import read_save
from engine.model.reading.values import as_template, judged
from engine.model.verbs.own_fields import read_fields

EXAMPLE = "write  send: {to: '{{ call.from }}', body: See you soon.}"


def read_send(reader: Reader, place: str, node: nodes.Node, read_block: ReadBlock) -> Send | None:
    """The message at `node`, a mapping; None if something that it needs is missing or cannot be read, which is reported."""
    word = ENGINE_VERBS["send"]
    mapping = reader.mapping("send", node, "a mapping with `to` and `body`", EXAMPLE)
    if mapping is None:
        return None
    fields, whole = read_fields(reader, word, mapping)
    written = {name: value for name, (_, value) in fields.items()}
    needed = (
        "`to`" if "to" not in written else "" if written.keys() & {"body", "media_url"} else "`body`, or `media_url`"
    )
    if needed and whole:
        reader.report.error("F109", f"`send` needs {needed}", first_line(node.span), helps=(EXAMPLE,))
    to = _read_text(reader, "to", written["to"]) if "to" in written else None
    body = _read_body(reader, written["body"]) if "body" in written else None
    sender = (
        _read_text(reader, "from", written["from"]) if "from" in written else reader.defaults.own_of("send", "from")
    )
    send = Send(
        place,
        node.span,
        to or "",
        body,
        _read_media(reader, written["media_url"]) if "media_url" in written else (),
        sender,
        exits=read_branch(reader, written["branch"], place, word, read_block) if "branch" in written else (),
        branches="branch" in written,
        save=read_save(reader, written["save"], word) if "save" in written else None,
    )
    return send if to is not None else None


def read_send_defaults(reader: Reader, written: Mapping[str, tuple[nodes.Scalar, nodes.Node]]) -> dict[str, Any]:
    """What every `send` gets, by key; what cannot be is reported."""
    read = {name: _read_text(reader, name, node) for name, (_, node) in written.items()}
    return {name: value for name, value in read.items() if value is not None}


def _read_body(reader: Reader, node: nodes.Node) -> str | Template | ByLanguage | None:
    """The words of the message, in as many languages as there are."""
    found: str | Template | ByLanguage | None = read_in_languages(
        reader, "body", node, OUTSIDE["send"]["body"], lambda each: _read_text(reader, "body", each)
    )
    return found


def _read_text(reader: Reader, name: str, node: nodes.Node) -> str | Template | None:
    kind = OUTSIDE["send"][name]
    scalar = reader.scalar(name, node, "a phone number" if name != "body" else "text", EXAMPLE)
    text = as_template(reader, scalar) if scalar else None
    if scalar is None or not isinstance(text, str):
        return text
    return judged(reader, kind, name, scalar)


def _read_media(reader: Reader, node: nodes.Node) -> tuple[str | Template, ...]:
    kind = OUTSIDE["send"]["media_url"]
    items = node.items if isinstance(node, nodes.Sequence) else (node,)
    if len(items) > MOST_MEDIA:
        title = f"`media_url` has {len(items)} addresses, and a message takes {MOST_MEDIA}"
        reader.report.error("F104", title, first_line(items[MOST_MEDIA].span), label="one too many")
    found: list[str | Template] = []
    for item in items:
        scalar = reader.scalar(
            "media_url", item, "a URL, or a list of them", "write  media_url: https://example.com/map.png"
        )
        text = as_template(reader, scalar, url=True) if scalar else None
        read = kind.read(text) if isinstance(text, str) else text
        if isinstance(read, Wrong):
            assert scalar is not None, "it has been read"
            reader.wrong("media_url", read, scalar)
        elif read is not None:
            found.append(read)
    return tuple(found)
