"""Reads a flow file: its keys, variables, defaults and steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.document import nodes
from engine.document.parse import parse
from engine.grammar.names import NAMES
from engine.grammar.templates import Expression, Template
from engine.grammar.verbs import CHANNELS, FLOW_KEYS, PROJECT_KEYS, TARGET_WORDS, Word
from engine.grammar.vocabulary import MESSAGING, VOICE, Element
from engine.model.elements import canonical, read_attribute, read_plain
from engine.model.instructions import read_block
from engine.model.parts import Flow, Target, Value
from engine.model.reader import NAME, Defaults, Reader, first_line
from engine.model.retries import read_retry
from engine.model.targets import read_target


@dataclass(frozen=True, slots=True)
class Draft:
    """A flow as read by itself, before its targets are looked up: with it what the linker needs to check."""

    flow: Flow
    used: tuple[Template | Expression, ...]
    names: frozenset[str]
    start_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Common:
    """What `_project.yaml` gives to every flow."""

    defaults: Defaults = field(default_factory=Defaults)
    variables: Mapping[str, Any] = field(default_factory=dict)
    on_error: Target | None = None
    ignored: frozenset[str] = frozenset()
    used: tuple[Template | Expression, ...] = ()


def read_project(source: Source, report: Report) -> Common:
    """The entries of `_project.yaml`, for all flows."""
    node = parse(source, report)
    if node is None:
        return Common()
    reader = Reader(report, "voice", VOICE)
    mapping = reader.mapping("_project.yaml", node, "a mapping")
    if mapping is None:
        return Common()
    _check_keys(reader, mapping, PROJECT_KEYS, "a project file has no key")
    ignored: set[str] = set()
    check = mapping.get("check")
    if isinstance(check, nodes.Mapping) and isinstance(codes := check.get("ignore"), nodes.Sequence):
        ignored = {item.text for item in codes.items if isinstance(item, nodes.Scalar)}
    on_error = mapping.get("on_error")
    return Common(
        _read_defaults(reader, mapping.get("defaults"), (VOICE, MESSAGING)),
        _read_variables(reader, mapping.get("vars")),
        read_target(reader, "on_error", on_error) if on_error else None,
        frozenset(ignored),
        tuple(reader.used),
    )


def read_flow(name: str, source: Source, report: Report, common: Common) -> Draft | None:
    """The flow in `source`; None if it cannot be read at all. Every mistake of the file by itself is in the report."""
    node = parse(source, report)
    if node is None:
        return None
    reader = Reader(report, "voice", VOICE)
    mapping = reader.mapping("a flow", node, "a mapping with `steps:`", "write  steps: {welcome: [{say: Hello}]}")
    if mapping is None:
        return None
    reader.channel = _read_channel(reader, mapping.get("channel"))
    reader.vocabulary = VOICE if reader.channel == "voice" else MESSAGING
    _check_keys(reader, mapping, FLOW_KEYS, "a flow has no key")
    reader.defaults = common.defaults.merged(_read_defaults(reader, mapping.get("defaults"), (reader.vocabulary,)))
    if "gather" in reader.vocabulary.children:
        # Read when the other defaults are known: the words of a retry have their voice from there.
        for entries in reader.defaults.retry:
            reader.retry |= read_retry(reader, entries, reader.vocabulary.children["gather"])
    variables = {**common.variables, **_read_variables(reader, mapping.get("vars"))}
    takes, required = _read_takes(reader, mapping.get("takes"))
    steps_node = mapping.get("steps")
    steps = {}
    if steps_node is None:
        report.error(
            "F109",
            "this flow has no `steps`",
            first_line(node.span),
            helps=("write  steps: {welcome: [{say: Hello}]}",),
        )
        return None
    steps_mapping = reader.mapping("steps", steps_node, "a mapping: a name and a list of instructions each")
    for key, value in steps_mapping.entries if steps_mapping else ():
        if _step_name(reader, key):
            steps[key.text] = read_block(reader, key.text, value, "")
    start, start_span = next(iter(steps), ""), None
    written = mapping.get("start")
    if written is not None and (scalar := reader.scalar("start", written, "the name of a step")):
        start, start_span = scalar.text, scalar.span
    description = mapping.get("description")
    on_error = mapping.get("on_error")
    flow = Flow(
        name,
        source,
        reader.channel,
        start,
        steps,
        description.text if isinstance(description, nodes.Scalar) else "",
        takes,
        required,
        variables,
        read_target(reader, "on_error", on_error) if on_error else common.on_error,
    )
    return Draft(flow, tuple(reader.used), frozenset({*variables, *takes, *required, *reader.saved}), start_span)


def _check_keys(reader: Reader, mapping: nodes.Mapping, known: Mapping[str, Word], what: str) -> None:
    for key, _ in mapping.entries:
        word = known.get(key.text)
        if word is None:
            reader.unknown(what, key, known)
        elif not word.served:
            reader.report.error(
                "F107", f"`{key.text}` is not served yet by this version", key.span, helps=("leave it out for now",)
            )


def _read_channel(reader: Reader, node: nodes.Node | None) -> str:
    if node is None:
        return "voice"
    if isinstance(node, nodes.Sequence):
        title = "a flow for two channels is not served yet by this version"
        reader.report.error("F107", title, first_line(node.span), helps=("write a flow for each channel",))
        return "voice"
    scalar = reader.scalar("channel", node, "`voice` or `messaging`")
    if scalar is None:
        return "voice"
    if scalar.text not in CHANNELS:
        reader.unknown("there is no channel", scalar, CHANNELS)
        return "voice"
    return scalar.text


def _step_name(reader: Reader, key: nodes.Scalar) -> bool:
    if key.text in TARGET_WORDS:
        title = f"`{key.text}` is a word of the language and cannot be a step"
        reader.report.error("F111", title, key.span, helps=(f"give the step another name, such as `{key.text}_step`",))
        return False
    if NAME.fullmatch(key.text):
        return True
    helps = ("names of steps are small letters, digits, `_` and `-`, and begin with a letter",)
    reader.report.error("F111", f"`{key.text}` cannot be the name of a step", key.span, helps=helps)
    return False


def _read_variables(reader: Reader, node: nodes.Node | None) -> dict[str, Any]:
    mapping = (
        reader.mapping("vars", node, "a mapping of variables and first values", "write  vars: {visits: 0}")
        if node
        else None
    )
    return {
        key.text: read_plain(reader, value)
        for key, value in (mapping.entries if mapping else ())
        if reader.variable(key, NAMES)
    }


def _read_takes(reader: Reader, node: nodes.Node | None) -> tuple[dict[str, Any], frozenset[str]]:
    """The variables a flow is given: those with a value for when they are not, and those that are required."""
    mapping = (
        reader.mapping("takes", node, "a mapping", "write  takes: {account: required, tries: 3}") if node else None
    )
    takes: dict[str, Any] = {}
    required: set[str] = set()
    for key, value in mapping.entries if mapping else ():
        if not reader.variable(key, NAMES):
            continue
        if isinstance(value, nodes.Scalar) and not value.quoted and value.text == "required":
            required.add(key.text)
        else:
            takes[key.text] = read_plain(reader, value)
    return takes, frozenset(required)


def _read_defaults(reader: Reader, node: nodes.Node | None, roots: tuple[Element, ...]) -> Defaults:
    mapping = (
        reader.mapping("defaults", node, "a mapping of verbs", "write  defaults: {say: {voice: Polly.Joanna}}")
        if node
        else None
    )
    elements = _elements(roots)
    values: dict[str, dict[str, Value | Target]] = {}
    retry: tuple[nodes.Node, ...] = ()
    for key, entry in mapping.entries if mapping else ():
        classes = elements.get(canonical(key.text))
        if classes is None:
            reader.unknown("`defaults` knows no verb or element", key, elements)
            continue
        given = reader.mapping(key.text, entry, "a mapping of attributes")
        for field_key, value in given.entries if given else ():
            name = canonical(field_key.text)
            attribute = next((element.attributes[name] for element in classes if name in element.attributes), None)
            if name == "retry" and key.text == "gather":
                retry = (value,)
            elif attribute is None:
                known = dict.fromkeys(name for element in classes for name in element.attributes)
                reader.unknown(f"`{key.text}` has no attribute", field_key, known)
            else:
                read = read_attribute(reader, attribute, value)
                if read is not None:
                    values.setdefault(classes[0].name, {})[attribute.xml] = read
    return Defaults(values, retry)


def _elements(roots: tuple[Element, ...]) -> dict[str, list[Element]]:
    """Every element below the roots, by name; one name may stand for several classes (`sip` of dial and of refer)."""
    found: dict[str, list[Element]] = {}
    waiting = [element for root in roots for element in root.children.values()]
    while waiting:
        element = waiting.pop(0)
        known = found.setdefault(element.name, [])
        if element not in known:
            known.append(element)
            waiting.extend(element.children.values())
    return found
