"""Reads a verb of the engine by what is told of it: which keys it has, how the value of each is written, and what it cannot lack."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.document import nodes
from engine.grammar.fields import Address
from engine.grammar.overlay import ANY_TEXT
from engine.grammar.templates import Template
from engine.grammar.verbs.spec import Key, VerbSpec
from engine.model.parts import PerformEffect, Target
from engine.model.reading.branches import ReadBlock, read_branch
from engine.model.reading.by_language import read_in_languages
from engine.model.reading.elements import canonical
from engine.model.reading.reader import Reader, first_line, folded, is_null, pasted, shortened
from engine.model.reading.saves import read_save
from engine.model.reading.targets import read_target
from engine.model.reading.values import as_template, judged, read_plain


class Written(NamedTuple):
    """A verb as it stands in a flow: its keys with their values, and what each was read as.

    `whole` tells that it has no key which the verb does not have; `values` lack what was not written, and are None where what
    was written cannot be read. `rest` are the exits and what is kept, as an instruction takes them.
    """

    node: nodes.Node
    fields: Mapping[str, tuple[nodes.Scalar, nodes.Node]]
    whole: bool
    values: dict[str, Any]
    rest: dict[str, Any]


ReadKey = Callable[[Reader, str, Key, nodes.Node], Any]
"""Reads the value of a key; the text is its name in messages. None is no value, which is reported."""


def read_written(
    reader: Reader,
    spec: VerbSpec,
    place: str,
    node: nodes.Node,
    read_block: ReadBlock,
    forms: Mapping[str, ReadKey] | None = None,
) -> Written | None:
    """The verb at `node`, with every mistake in it reported; None if it is neither a mapping nor what may stand alone.

    `forms` read what only this verb has, by form.
    """
    known = {**FORMS, **(forms or {})}
    if spec.bare and not isinstance(node, nodes.Mapping):
        key = spec.fields[spec.bare]
        alone = {spec.bare: (nodes.Scalar("", node.span, False), node)}
        return Written(node, alone, True, {spec.bare: known[key.form](reader, spec.name, key, node)}, {})
    if spec.instead and isinstance(node, nodes.Scalar) and not is_null(node):
        reader.shape(spec.name, spec.wanted, node, spec.instead.format(shortened(node.text, 40)))
        return None
    mapping = reader.mapping(spec.name, node, spec.wanted, *([spec.written] if spec.written else ()))
    if mapping is None:
        return None
    fields, whole = read_fields(reader, spec, mapping)
    lacking = next((keys for keys in spec.needs if not fields.keys() & set(keys)), ())
    if lacking and whole:
        needed = ", or ".join(f"`{name}`" for name in lacking)
        helps = (spec.written,) if spec.written else ()
        reader.report.error("F109", f"`{spec.name}` needs {needed}", first_line(node.span), helps=helps)
    elif not lacking:
        _check_rules(reader, spec, fields, whole=whole)
    values = {
        name: known[spec.fields[name].form](reader, name, spec.fields[name], value)
        for name, (_, value) in fields.items()
        if spec.fields[name].form not in ("branch", "save")
    }
    rest: dict[str, Any] = {}
    if "branch" in fields:
        exits = read_branch(reader, fields["branch"][1], place, spec, read_block)
        rest |= {"exits": exits, "branches": True}
    if "save" in fields:
        rest["save"] = read_save(reader, fields["save"][1], spec)
    return Written(node, fields, whole, values, rest)


def made(reader: Reader, spec: VerbSpec, place: str, written: Written) -> PerformEffect | None:
    """The instruction, with what the verb gets by default; None without the first that it needs, which is reported."""
    given = {name: reader.defaults.own_of(spec.name, name) for name in spec.defaults if name not in written.values}
    values = {**written.values, **{name: value for name, value in given.items() if value is not None}}
    if any(values.get(name) is None for name in (spec.needs[0] if spec.needs else ())):
        return None
    return PerformEffect(place, written.node.span, spec, values, **written.rest)


def read_effect(
    reader: Reader, spec: VerbSpec, place: str, node: nodes.Node, read_block: ReadBlock
) -> PerformEffect | None:
    """A verb that asks something of the world, of which nothing is to be known but its spec."""
    written = read_written(reader, spec, place, node, read_block)
    return made(reader, spec, place, written) if written is not None else None


def read_effect_defaults(
    reader: Reader, spec: VerbSpec, written: Mapping[str, tuple[nodes.Scalar, nodes.Node]]
) -> dict[str, Any]:
    """What every such verb gets, by key; what cannot be is reported."""
    read = {
        name: FORMS[spec.fields[name].form](reader, name, spec.fields[name], node)
        for name, (_, node) in written.items()
    }
    return {name: value for name, value in read.items() if value is not None}


def read_fields(
    reader: Reader, spec: VerbSpec, node: nodes.Mapping
) -> tuple[dict[str, tuple[nodes.Scalar, nodes.Node]], bool]:
    """The keys of `node` that the verb has, with their values; and whether that was all, else the others are reported."""
    fields: dict[str, tuple[nodes.Scalar, nodes.Node]] = {}
    whole = True
    for key, value in node.entries:
        name = canonical(key.text)
        if name in spec.fields:
            fields[name] = key, value
            continue
        whole = False
        meant = spec.key_called(name.lower())
        if meant is None or node.get(meant) is not None:
            reader.unknown(f"`{spec.name}` has no field", key, spec.fields)
        else:
            title = f"`{spec.name}` has no field `{key.text}`"
            reader.report.error("F102", title, key.span, label=f"did you mean `{meant}`?")
    return fields, whole


def _check_rules(
    reader: Reader, spec: VerbSpec, fields: Mapping[str, tuple[nodes.Scalar, nodes.Node]], *, whole: bool
) -> None:
    """Reports keys that do not go together (F110), and one that needs another (F109)."""
    held = dict.fromkeys(fields, 1)
    for rule in spec.rules:
        broken = rule.broken(held)
        if broken:
            title, notes = f"`{broken}` does not go with `{rule.names[0]}`", (folded(rule.fact),)
            helps: tuple[str, ...] = ("leave one of the two out",)
            reader.report.error("F110", title, fields[broken][0].span, notes=notes, helps=helps)
        elif broken == "" and whole:
            first, needed = rule.names[:2]
            title, notes = f"`{first}` needs `{needed}`", (folded(rule.fact),)
            helps = _helps(spec.fields[needed])
            reader.report.error("F109", title, fields[first][0].span, notes=notes, helps=helps)


# How values are written.


def read_value(reader: Reader, name: str, key: Key, node: nodes.Node) -> str | Template | None:
    """A text that its kind judges, or a template."""
    wanted = key.wanted or (f"a {key.kind.describe()}" if key.kind is not None else "text")
    scalar = reader.scalar(name, node, wanted, *_helps(key))
    text = as_template(reader, scalar, url=isinstance(key.kind, Address)) if scalar else None
    if scalar is None or key.kind is None or not isinstance(text, str):
        return text
    return judged(reader, key.kind, name, scalar)


def _read_words(reader: Reader, name: str, key: Key, node: nodes.Node) -> Any:
    assert key.kind is not None, "words are of a kind"
    return read_in_languages(reader, name, node, key.kind, lambda each: read_value(reader, name, key, each))


def _read_localized(reader: Reader, name: str, key: Key, node: nodes.Node) -> Any:
    assert key.kind is not None, "what each language has is of a kind"
    return read_in_languages(
        reader, name, node, key.kind, lambda each: read_value(reader, name, key, each), words=False
    )


def _read_target(reader: Reader, name: str, key: Key, node: nodes.Node) -> Target | None:
    assert isinstance(key.kind, Address), "a target is an address"
    return read_target(reader, name, node, key.kind)


def _read_json_texts(reader: Reader, name: str, key: Key, node: nodes.Node) -> Template | dict[str, Any] | None:
    """Names and texts that are sent as a JSON object; a template by itself must come out as a mapping of them."""
    if isinstance(node, nodes.Scalar) and not is_null(node):
        whole = as_template(reader, node) if "{{" in node.text else None
        if isinstance(whole, Template) and whole.single:
            return whole
    mapping = reader.mapping(name, node, key.wanted, *_helps(key))
    texts: dict[str, Any] = {}
    for word, value in mapping.entries if mapping else ():

        def read(each: nodes.Node, word: nodes.Scalar = word) -> str | Template | None:
            return _json_text(reader, word, each)

        text = read_in_languages(reader, word.text, value, ANY_TEXT, read)
        if text is not None:
            texts[word.text] = text
    return None if mapping is None else texts


def _json_text(reader: Reader, word: nodes.Scalar, node: nodes.Node) -> str | Template | None:
    if not isinstance(node, nodes.Scalar):
        reader.shape(shortened(word.text), "text", node)
        return None
    if not node.text.strip() or is_null(node):  # Twilio, error 21656: no value may be null or empty
        reader.missing(shortened(word.text), node, f"write  {pasted(shortened(word.text))}: …")
        return None
    return as_template(reader, node)


def _read_list(reader: Reader, name: str, key: Key, node: nodes.Node) -> tuple[str | Template, ...]:
    items = node.items if isinstance(node, nodes.Sequence) else (node,)
    if key.most is not None and len(items) > key.most.number:
        title = f"`{name}` has {len(items)} {key.most.entries}, and {key.most.whole} takes {key.most.number}"
        reader.report.error("F104", title, first_line(items[key.most.number].span), label="one too many")
    read = [read_value(reader, name, key, item) for item in items]
    return tuple(value for value in read if value is not None)


def _read_named(reader: Reader, name: str, key: Key, node: nodes.Node) -> dict[str, Any] | None:
    mapping = reader.mapping(name, node, key.wanted or "a mapping of names and values", *_helps(key))
    return None if mapping is None else {word.text: read_plain(reader, value) for word, value in mapping.entries}


def _read_json(reader: Reader, name: str, key: Key, node: nodes.Node) -> Any:
    return read_plain(reader, node)


def _helps(key: Key) -> tuple[str, ...]:
    return (key.example,) if key.example else ()


FORMS: Mapping[str, ReadKey] = {
    "value": read_value,
    "words": _read_words,
    "localized": _read_localized,
    "target": _read_target,
    "json": _read_json_texts,
    "list": _read_list,
    "named": _read_named,
    "plain": _read_json,
}
"""What reads a value, by the form of its key."""
