"""Reads a flow file: its keys, variables, defaults and steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.diagnostics.diagnostic import Label
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.document.parse import parse
from engine.grammar.names import NAMES
from engine.grammar.templates import Expression, Template
from engine.grammar.verbs import CHANNELS, FLOW_KEYS, PROJECT_KEYS, TARGET_WORDS, Word
from engine.grammar.vocabulary import MESSAGING, VOICE, Element
from engine.model.defaults import read_defaults
from engine.model.instructions import read_block
from engine.model.parts import Block, Flow, Target, ToStep
from engine.model.reader import NAME, Defaults, Reader, first_line, mended_name, shortened
from engine.model.retries import read_retry
from engine.model.targets import read_target
from engine.model.values import read_plain
from engine.model.walk import flow_targets

_ANY_CHANNEL = replace(VOICE, children={**MESSAGING.children, **VOICE.children})
_STEPS = "write  steps:\n         welcome:\n           - say: Hello"
_NOUNS = {"steps": "step", "vars": "variable", "takes": "variable"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A flow as read by itself, before its targets are looked up: with it what the linker needs to check.

    `targets` are all that are written in it, `names` the variables it makes or is given, `hours` the opening hours it names,
    `places` the names of its steps, `plain` the texts that may be meant as expressions, `misnamed` the names of steps that
    cannot be one.
    """

    flow: Flow
    targets: tuple[Target, ...]
    used: tuple[Template | Expression, ...]
    names: frozenset[str]
    hours: frozenset[str] = frozenset()
    places: Mapping[str, Span] = field(default_factory=dict)
    start_span: Span | None = None
    plain: tuple[nodes.Scalar, ...] = ()
    misnamed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Common:
    """What `_project.yaml` gives to every flow."""

    defaults: Defaults = field(default_factory=Defaults)
    variables: Mapping[str, Any] = field(default_factory=dict)
    on_error: Target | None = None
    ignored: frozenset[str] = frozenset()
    used: tuple[Template | Expression, ...] = ()
    hours: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()


def read_project(source: Source, report: Report) -> Common:
    """The entries of `_project.yaml`, for all flows."""
    node = parse(source, report, nouns=_NOUNS)
    if node is None:
        return Common()
    reader = Reader(report, "voice", VOICE)
    mapping = reader.mapping("_project.yaml", node, "a mapping", "write  defaults: {say: {voice: Polly.Joanna}}")
    if mapping is None:
        return Common()
    _check_keys(reader, mapping, PROJECT_KEYS, "a project file has no key")
    reader.languages = _keys(mapping.get("languages"))
    on_error = _read_on_error(reader, mapping.get("on_error"))
    if isinstance(on_error, ToStep) and not on_error.flow:
        title = "in `_project.yaml` a target names its flow"
        report.error("F203", title, on_error.span, helps=(f"write  on_error: FLOW/{on_error.step}",))
        on_error = None
    return Common(
        read_defaults(reader, mapping.get("defaults"), (VOICE, MESSAGING)),
        _read_variables(reader, mapping.get("vars")),
        on_error,
        _read_check(reader, mapping.get("check")),
        tuple(reader.used),
        _keys(mapping.get("hours")),
        reader.languages,
    )


def read_flow(name: str, source: Source, report: Report, common: Common) -> Draft | None:
    """The flow in `source`; None if it cannot be read at all. Every mistake of the file by itself is in the report."""
    node = parse(source, report, nouns=_NOUNS)
    if node is None:
        return None
    reader = Reader(report, "voice", VOICE)
    if not isinstance(node, nodes.Mapping):
        report.error("F112", "a flow is a mapping with `steps` in it", first_line(node.span), helps=(_STEPS,))
        return None
    mapping = node
    reader.channel, reader.vocabulary = _read_channel(reader, mapping.get("channel"))
    reader.languages = _keys(mapping.get("languages")) | common.languages
    _check_keys(reader, mapping, FLOW_KEYS, "a flow has no key")
    reader.defaults = common.defaults.merged(read_defaults(reader, mapping.get("defaults"), (reader.vocabulary,)))
    if "gather" in reader.vocabulary.children:
        # Read when the other defaults are known: the words of a retry have their voice from there.
        for entries in reader.defaults.retry:
            reader.retry |= read_retry(reader, entries, reader.vocabulary.children["gather"])
    variables = _read_variables(reader, mapping.get("vars"))
    shared = {word: value for word, value in common.variables.items() if word not in variables}
    takes, required = _read_takes(reader, mapping.get("takes"), mapping.get("vars"))
    steps, places = _read_steps(reader, mapping)
    start, start_span = next(iter(steps), ""), None
    written = mapping.get("start")
    if written is not None and (scalar := reader.scalar("start", written, "the name of a step")):
        start, start_span = scalar.text, None if scalar.text in reader.misnamed else scalar.span
    description = mapping.get("description")
    if description is not None and not isinstance(description, nodes.Scalar):
        reader.shape("description", "one line of text", description)
    on_error = _read_on_error(reader, mapping.get("on_error"))
    if not steps:
        return None
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
        on_error or common.on_error,
        shared,
    )
    names = frozenset({*shared, *variables, *takes, *required, *reader.saved})
    hours = _keys(mapping.get("hours")) | common.hours
    targets, used, plain = tuple(flow_targets(flow)), tuple(reader.used), tuple(reader.plain)
    return Draft(flow, targets, used, names, hours, places, start_span, plain, reader.misnamed)


def _read_steps(reader: Reader, mapping: nodes.Mapping) -> tuple[dict[str, Block], dict[str, Span]]:
    """The steps by name, and where their names stand."""
    node = mapping.get("steps")
    nothing = isinstance(node, nodes.Scalar) and node.empty
    apart = {
        key.text for key, value in mapping.entries if key.text not in FLOW_KEYS and isinstance(value, nodes.Sequence)
    }
    if node is None or nothing or (isinstance(node, nodes.Mapping) and not node.entries):
        # A key that was meant to be `steps`, or steps that stand beside it, have been reported.
        if not apart and (
            node is not None or not any(nearest(key.text, FLOW_KEYS) == "steps" for key, _ in mapping.entries)
        ):
            at = node or mapping
            reader.report.error("F109", "this flow has no steps", first_line(at.span), helps=(_STEPS,))
        return {}, {}
    helps = (_STEPS,)
    first = node.items[0] if isinstance(node, nodes.Sequence) and node.items else None
    if isinstance(first, nodes.Mapping) and first.entries and isinstance(first.entries[0][1], nodes.Sequence):
        helps = (f"steps are a mapping: leave the `- ` before `{shortened(first.entries[0][0].text)}` out",)
    written = reader.mapping("steps", node, "a mapping of names, each with instructions", *helps)
    entries = written.entries if written else ()
    for twice in written.again if written else ():
        reader.forgive(twice)
    good = [key for key, _ in entries if _may_name_step(key.text)]
    reader.steps = frozenset(key.text for key in good)
    reader.misnamed = frozenset(apart.union(key.text for key, _ in entries)) - reader.steps
    steps: dict[str, Block] = {}
    for key, value in entries:
        if key.text in reader.misnamed:
            _misnamed(reader, key)
        block = read_block(reader, key.text, value, "")
        if key.text in reader.steps:
            steps[key.text] = block
    return steps, {key.text: key.span for key in good}


def _may_name_step(name: str) -> bool:
    return name not in TARGET_WORDS and NAME.fullmatch(name) is not None


def _misnamed(reader: Reader, key: nodes.Scalar) -> None:
    if key.text in TARGET_WORDS:
        title = f"`{key.text}` is a word of the language and cannot be a step"
        reader.report.error("F111", title, key.span, helps=(f"give the step another name, such as  {key.text}_step",))
        return
    helps = ("names of steps are small letters, digits, `_` and `-`,\nand begin with a letter",)
    title = f"`{shortened(key.text)}` cannot be the name of a step"
    reader.report.error("F111", title, key.span, label=f"write `{mended_name(key.text, 'step')}`", helps=helps)


def _served(known: Mapping[str, Word]) -> list[str]:
    return [name for name, word in known.items() if word.served]


def _check_keys(reader: Reader, mapping: nodes.Mapping, known: Mapping[str, Word], what: str) -> None:
    for key, value in mapping.entries:
        word = known.get(key.text)
        if word is None and key.text in FLOW_KEYS:
            title = f"`{key.text}` belongs in a flow, not in `_project.yaml`"
            reader.report.error("F102", title, key.span, helps=(f"here may stand: {', '.join(_served(known))}",))
        elif word is None and isinstance(value, nodes.Sequence) and NAME.fullmatch(key.text) and "steps" in known:
            reader.forgive(value)
            helps = (f"indent `{key.text}` and what stands below it by two places",)
            title = f"`{key.text}` looks like a step, and stands beside `steps`"
            reader.report.error("F102", title, key.span, label="indent it below `steps`", helps=helps)
        elif word is None:
            reader.unknown(what, key, _served(known))
        elif not word.served:
            title = f"`{key.text}` is not served yet by this version"
            reader.report.error("F107", title, key.span, helps=("leave it out for now",))


def _keys(node: nodes.Node | None) -> frozenset[str]:
    """The names in something that is not served: whoever uses them need not be told again."""
    return frozenset(key.text for key, _ in node.entries) if isinstance(node, nodes.Mapping) else frozenset()


def _read_channel(reader: Reader, node: nodes.Node | None) -> tuple[str, Element]:
    """The channel and its verbs; where nobody can tell which channel was meant, the verbs of both."""
    if node is None:
        return "voice", VOICE
    if isinstance(node, nodes.Sequence):
        title = "a flow for two channels is not served yet by this version"
        reader.report.error("F107", title, first_line(node.span), helps=("write a flow for each channel",))
        return "voice", _ANY_CHANNEL
    scalar = reader.scalar("channel", node, "`voice` or `messaging`", "write  channel: voice")
    if scalar is None:
        return "voice", _ANY_CHANNEL
    if scalar.text not in CHANNELS:
        reader.unknown("there is no channel", scalar, CHANNELS)
        return "voice", _ANY_CHANNEL
    return scalar.text, VOICE if scalar.text == "voice" else MESSAGING


def _read_on_error(reader: Reader, node: nodes.Node | None) -> Target | None:
    return read_target(reader, "on_error", node) if node is not None else None


def _read_variables(reader: Reader, node: nodes.Node | None) -> dict[str, Any]:
    if node is None:
        return {}
    mapping = reader.mapping("vars", node, "a mapping of variables and first values", "write  vars: {visits: 0}")
    return {
        key.text: read_plain(reader, value)
        for key, value in (mapping.entries if mapping else ())
        if reader.variable(key, NAMES)
    }


def _read_takes(
    reader: Reader, node: nodes.Node | None, variables: nodes.Node | None
) -> tuple[dict[str, Any], frozenset[str]]:
    """The variables a flow is given: those with a value for when they are not, and those that are required."""
    if node is None:
        return {}, frozenset()
    mapping = reader.mapping("takes", node, "a mapping of variables", "write  takes: {account: required, tries: 3}")
    takes: dict[str, Any] = {}
    required: set[str] = set()
    for key, value in mapping.entries if mapping else ():
        if not reader.variable(key, NAMES):
            continue
        also = variables.key(key.text) if isinstance(variables, nodes.Mapping) else None
        if also is not None:
            title = f"the variable `{key.text}` stands in `vars` and in `takes`"
            helps = ("`vars` would overwrite what the flow is given; leave it out there",)
            reader.report.error("F101", title, key.span, also=(Label(also.span, "also here"),), helps=helps)
        if isinstance(value, nodes.Scalar) and not value.quoted and value.text == "required":
            required.add(key.text)
        else:
            takes[key.text] = read_plain(reader, value)
    return takes, frozenset(required)


def _read_check(reader: Reader, node: nodes.Node | None) -> frozenset[str]:
    """The codes that the project does not want to hear of."""
    if node is None:
        return frozenset()
    example = "write  check: {ignore: [L202]}"
    mapping = reader.mapping("check", node, "a mapping", example)
    codes: set[str] = set()
    for key, value in mapping.entries if mapping else ():
        if key.text != "ignore":
            reader.unknown("`check` has no field", key, ("ignore",))
        elif isinstance(value, nodes.Sequence):
            for item in value.items:
                scalar = reader.scalar("ignore", item, "a list of codes", example)
                if scalar and not scalar.text.startswith("L"):
                    title = f"`{shortened(scalar.text)}` cannot be ignored: it is no code of a warning or a hint"
                    reader.report.error("F105", title, scalar.span, helps=("codes that can begin with L, as  L202",))
                elif scalar:
                    codes.add(scalar.text)
        else:
            reader.shape("ignore", "a list of codes", value, example)
    return frozenset(codes)
