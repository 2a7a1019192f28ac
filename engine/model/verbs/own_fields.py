"""Looks at the keys of an engine verb's mapping: which are written, and which it does not have."""

from collections.abc import Mapping

from engine.document import nodes
from engine.grammar.verbs import Word
from engine.model.reading.elements import canonical
from engine.model.reading.reader import Reader

# What other tools call these.
MEANT: Mapping[str, Mapping[str, str]] = {
    "request": {
        **dict.fromkeys(("uri", "address", "endpoint", "href"), "url"),
        **dict.fromkeys(("query", "qs", "querystring", "arguments"), "params"),
        **dict.fromkeys(("body", "payload", "content"), "json"),
        **dict.fromkeys(("data", "fields"), "form"),
        **dict.fromkeys(("verb", "type"), "method"),
        **dict.fromkeys(("attempts", "tries"), "retries"),
    },
    "run": {
        **dict.fromkeys(("name", "call", "python"), "function"),
        **dict.fromkeys(("with", "params", "parameters", "kwargs", "input"), "args"),
    },
    "send": {
        **dict.fromkeys(("text", "message", "content"), "body"),
        **dict.fromkeys(("number", "phone", "recipient"), "to"),
        **dict.fromkeys(("media", "image", "picture"), "media_url"),
        **dict.fromkeys(("sender", "caller_id"), "from"),
    },
}


def read_fields(
    reader: Reader, word: Word, node: nodes.Mapping
) -> tuple[dict[str, tuple[nodes.Scalar, nodes.Node]], bool]:
    """The keys of `node` that the verb has, with their values; and whether that was all, else the others are reported."""
    fields: dict[str, tuple[nodes.Scalar, nodes.Node]] = {}
    whole = True
    for key, value in node.entries:
        name = canonical(key.text)
        if name in word.keys:
            fields[name] = key, value
            continue
        whole = False
        meant = MEANT.get(word.name, {}).get(name.lower())
        if meant is None or node.get(meant) is not None:
            reader.unknown(f"`{word.name}` has no field", key, word.keys)
        else:
            title = f"`{word.name}` has no field `{key.text}`"
            reader.report.error("F102", title, key.span, label=f"did you mean `{meant}`?")
    return fields, whole
