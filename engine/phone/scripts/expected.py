"""Reads the turns that expect something: what is heard, where the call is, what it holds, how it ends."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.diagnostics import Span
from engine.document import Mapping as Entries
from engine.document import Node, Scalar, Sequence
from engine.grammar.patterns import Pattern, PatternError
from engine.phone.scripts import script
from engine.phone.scripts.reader import Reader, first_line
from engine.phone.scripts.words import Kind, Words

Turns = tuple[script.Turn, ...]
ReadTurn = Callable[[Reader, Scalar, Node | None], Turns]  # the key, and what it says (None for a bare word)

_EXAMPLES = {
    "hear": "Thank you for calling",
    "asked": "GET https://example.com/customers",
    "logged": "the account is 4711",
    "set": '"123456"',
}
_PATTERN = ("pattern", "matches", "match", "regex", "like")  # what others call what stands between slashes
ENDS = ("hangup", "caller", "rejected", "busy", "error")


def place(key: Scalar, value: Node | None) -> Span:
    """The place of what a turn says; of its key where it says nothing."""
    return first_line(value.span) if value is not None else key.span


def _hear(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    words = _several(reader, "hear", value)
    return (script.Hear(key.text, words[0].span, words),) if words else ()


def _asked(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    words = _several(reader, "asked", value)
    return (script.Asks(key.text, words[0].span, words),) if words else ()


def _logged(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    words = _several(reader, "logged", value)
    return (script.Logs(key.text, words[0].span, words),) if words else ()


def _several(reader: Reader, name: str, value: Node | None) -> tuple[Words, ...]:
    nodes = value.items if isinstance(value, Sequence) else (value,)
    return tuple(found for node in nodes if node is not None and (found := _words(reader, name, node)))


def _words(reader: Reader, name: str, node: Node, label: str = "", *, empty: bool = False) -> Words | None:
    """Words that are expected under `name`, which messages call `label`; with `empty` they may be none."""
    kind: Kind = "part"
    label = label or name
    if isinstance(node, Entries):
        known = ("exactly", "not")
        if len(node.entries) != 1:
            title = f"`{label}` takes words, or one of `exactly` and `not`"
            reader.shape(title, node, f"write  {label}: {{exactly: {_EXAMPLES[name]}}}")
            return None
        named, node = node.entries[0]
        if named.text not in known:
            helps = (f"a pattern stands between slashes:  {label}: /…/",) if named.text in _PATTERN else ()
            reader.unknown("F402", f"`{label}` has no key", named, known, *helps)
            return None
        kind = "exactly" if named.text == "exactly" else "not"
    if empty and isinstance(node, Scalar) and not node.text.strip():
        return Words(node.text, node.span, kind)
    text = reader.text(label, node, f"write  {label}: {_EXAMPLES[name]}")
    if text is None:
        return None
    text = text if name == "set" else text.strip()
    if kind != "exactly" and len(text) > 2 and text.startswith("/") and text.endswith("/"):
        kind, text = "pattern" if kind == "part" else "unlike", text[1:-1]
        try:
            Pattern(text)
        except PatternError as error:
            reader.report.error("F403", f"this is no regular expression: {error.why}", node.span, label=error.part)
            return None
    return Words(text, first_line(node.span), kind)


def _at(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    name = reader.text(key.text, value, "write  at: menu") if value else None
    if not name:
        return ()
    flow, _, step = name.rpartition("/")
    return (script.Stands(key.text, place(key, value), flow, step),)


def _set(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    mapping = reader.mapping(key.text, value, 'write  set: {account: "123456"}') if value else None
    found = []
    for name, node in mapping.entries if mapping else ():
        words = _words(reader, "set", node, name.text, empty=True)
        if words is not None:  # nothing stands behind `account:`: the place is its name
            found.append((name.text, words if words.text or words.span.text else replace(words, span=name.span)))
    return (script.Holds(key.text, place(key, value), tuple(found)),) if found else ()


def _round_trips(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    for name, _ in value.entries if isinstance(value, Entries) else ():
        if name.text != "at_most":
            reader.unknown("F402", f"`{key.text}` has no key", name, ("at_most",))
            return ()
    at_most = value.get("at_most") if isinstance(value, Entries) else None
    count = reader.number(key.text, at_most or value, "4, or  round_trips: {at_most: 4}") if value else None
    return (script.Costs(key.text, place(key, value), count, at_most is not None),) if count is not None else ()


def _ends(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    if value is None:
        return (script.Ends(key.text, key.span),)
    by = reader.text(key.text, value, "write  ends: hangup")
    if by is not None and by not in ENDS and isinstance(value, Scalar):
        helps = ("`hangup`: the flow ended the call; `caller`: whoever called hung up",)
        reader.unknown("F405", "no call ends with", value, ENDS, *helps)
        return ()
    return (script.Ends(key.text, value.span, by),) if by else ()


def _leaves(reader: Reader, key: Scalar, value: Node | None) -> Turns:
    address = reader.text(key.text, value, "write  leaves: https://twimlets.com/forward") if value else None
    return (script.Leaves(key.text, place(key, value), address),) if address else ()


EXPECTED: Mapping[str, ReadTurn] = {
    "hear": _hear,
    "asked": _asked,
    "logged": _logged,
    "at": _at,
    "set": _set,
    "round_trips": _round_trips,
    "leaves": _leaves,
    "ends": _ends,
}
