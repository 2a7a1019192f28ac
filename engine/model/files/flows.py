"""Reads a flow file: its keys, variables, defaults and steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.diagnostics.diagnostic import Diagnostic
from engine.diagnostics.report import Report
from engine.diagnostics.source import Source, Span
from engine.document import nodes
from engine.document.catalogue import Catalogue
from engine.document.parse import parse
from engine.grammar.hosts import Allows, never
from engine.grammar.templates import Expression, Template
from engine.grammar.verbs import FLOW_KEYS, PROJECT_KEYS, Word
from engine.grammar.vocabulary import BOTH, MESSAGING, VOICE
from engine.model.files.always import always_keys, check_project_always, project_always, read_always
from engine.model.files.defaults import read_defaults
from engine.model.files.languages import check_filters, read_languages
from engine.model.files.retries import read_retry
from engine.model.files.steps import STEPS_EXAMPLE, read_steps
from engine.model.files.variables import read_takes, read_variables
from engine.model.flow import Flow
from engine.model.functions.functions import Functions
from engine.model.graph import FlowGraph, node_of
from engine.model.parts import Instruction, Target, ToStep
from engine.model.reading.channels import read_channel
from engine.model.reading.reader import NAME, Defaults, Reader, first_line, shortened
from engine.model.reading.targets import read_target
from engine.model.spoken import Language

if TYPE_CHECKING:
    from engine.model.hours.opening import Hours

_NOUNS = {"steps": "step", "vars": "variable", "takes": "variable"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A flow as read by itself, before its targets are looked up: with it what the linker needs to check.

    `names` are the variables it makes or is given, `hours` the opening hours it names,
    `places` the names of its steps, `plain` the texts that may be meant as expressions, `misnamed` the names of steps that
    cannot be one, `asked` the instructions that ask more than the caller (subflows, and the world), `takes` where each variable
    stands that it takes; `switches` says that it sets the language of the call; `certain`, that its channels are those written;
    `added` are doubts about translations, each with the name that must be known for it.
    """

    flow: Flow
    used: tuple[Template | Expression, ...]
    names: frozenset[str]
    hours: frozenset[str] = frozenset()
    places: Mapping[str, Span] = field(default_factory=dict)
    start_span: Span | None = None
    plain: tuple[nodes.Scalar, ...] = ()
    misnamed: frozenset[str] = frozenset()
    asked: tuple[Instruction, ...] = ()
    takes: Mapping[str, Span] = field(default_factory=dict)
    switches: bool = False
    certain: bool = True
    added: tuple[tuple[str, Diagnostic], ...] = ()


@dataclass(frozen=True, slots=True)
class Common:
    """What `_project.yaml` gives to every flow."""

    defaults: Defaults = field(default_factory=Defaults)
    variables: Mapping[str, Any] = field(default_factory=dict)
    on_error: Target | None = None
    ignored: frozenset[str] = frozenset()
    used: tuple[Template | Expression, ...] = ()
    hours: "Mapping[str, Hours | None]" = field(default_factory=dict)  # None are those that could not be read
    languages: Mapping[str, Language] = field(default_factory=dict)
    always: nodes.Mapping | None = None
    functions: Functions | None = None  # of `functions.py`; None where nobody knows them
    signs: bool = True  # whether the settings have what `auth: twilio` signs with
    allowed: Allows = never  # hosts that the settings let requests ask
    catalogues: Mapping[str, Catalogue] = field(default_factory=dict)  # by language, in small letters


def read_project(source: Source, report: Report, *, signs: bool = True) -> Common:
    """The entries of `_project.yaml`, for all flows; `signs` as in `Common`."""
    node = parse(source, report, nouns=_NOUNS)
    if node is None:
        return Common()
    reader = Reader(report, "voice", VOICE, signs=signs)
    mapping = reader.mapping("_project.yaml", node, "a mapping", "write  defaults: {say: {voice: Polly.Joanna}}")
    if mapping is None:
        return Common()
    _check_keys(reader, mapping, PROJECT_KEYS, "a project file has no key")
    reader.languages = read_languages(reader, mapping.get("languages"), {}, heard=False)
    on_error = _read_on_error(reader, mapping.get("on_error"))
    if isinstance(on_error, ToStep) and not on_error.flow:
        title = "in `_project.yaml` a target names its flow"
        report.error("F203", title, on_error.span, helps=(f"write  on_error: FLOW/{on_error.step}",))
        on_error = None
    hours = _read_hours(reader, mapping.get("hours"), {})
    aside = replace(reader.apart(), report=report, vocabulary=BOTH)
    always = check_project_always(aside, mapping.get("always"))
    return Common(
        read_defaults(reader, mapping.get("defaults"), (VOICE, MESSAGING)),
        read_variables(reader, mapping.get("vars")),
        on_error,
        _read_check(reader, mapping.get("check")),
        (*reader.used, *aside.used),
        hours,
        reader.languages,
        always,
    )


def read_flow(name: str, source: Source, report: Report, common: Common) -> Draft | None:
    """The flow in `source`; None if it cannot be read at all. Every mistake of the file by itself is in the report."""
    node = parse(source, report, nouns=_NOUNS)
    if node is None:
        return None
    reader = Reader(report, "voice", VOICE, functions=common.functions, allowed=common.allowed, signs=common.signs)
    if not isinstance(node, nodes.Mapping):
        report.error("F112", "a flow is a mapping with `steps` in it", first_line(node.span), helps=(STEPS_EXAMPLE,))
        return None
    mapping = node
    channels, reader.vocabulary, certain = read_channel(reader, mapping.get("channel"))
    reader.channel = channels[0]
    heard = reader.channel != "messaging"
    reader.languages = read_languages(reader, mapping.get("languages"), common.languages, heard=heard)
    reader.catalogues = {
        each: common.catalogues[each.lower()] for each in reader.languages if each.lower() in common.catalogues
    }
    _check_keys(reader, mapping, FLOW_KEYS, "a flow has no key")
    reader.defaults = common.defaults.merged(read_defaults(reader, mapping.get("defaults"), (reader.vocabulary,)))
    if "gather" in reader.vocabulary.children:
        # Read when the other defaults are known: the words of a retry have their voice from there.
        for entries in reader.defaults.retry:
            elsewhere = entries.span.source is not source
            gather = reader.vocabulary.children["gather"]
            reader.retry |= read_retry(reader, entries, gather, inherited=True, shared=elsewhere)
    variables = read_variables(reader, mapping.get("vars"))
    shared = {word: value for word, value in common.variables.items() if word not in variables}
    takes, required = read_takes(reader, mapping.get("takes"), mapping.get("vars"))
    reader.always = always_keys(mapping.get("always"), common.always)
    steps, places = read_steps(reader, mapping)
    always = read_always(reader, mapping.get("always"))
    if common.always is not None and any(node_of(name, *each).asks for each in steps.items()):
        always += project_always(reader, common.always, always)
    start, start_span = next(iter(steps), ""), None
    written = mapping.get("start")
    if written is not None and (scalar := reader.scalar("start", written, "the name of a step")):
        start, start_span = scalar.text, None if scalar.text in reader.misnamed else scalar.span
    description = mapping.get("description")
    if description is not None and not isinstance(description, nodes.Scalar):
        reader.shape("description", "one line of text", description)
    on_error = _read_on_error(reader, mapping.get("on_error"))
    hours = _read_hours(reader, mapping.get("hours"), common.hours)
    check_filters(reader)
    if not steps:
        return None
    failing = on_error or common.on_error
    flow = Flow(
        name,
        source,
        channels,
        start,
        steps,
        description.text if isinstance(description, nodes.Scalar) else "",
        takes,
        required,
        variables,
        failing,
        shared,
        always,
        hours={word: one for word, one in hours.items() if one is not None},
        languages=reader.languages,
        texts=tuple(reader.texts),
        graph=FlowGraph(name, start, steps, always, failing),
    )
    names = frozenset({*shared, *variables, *takes, *required, *reader.saved})
    used, plain = tuple(reader.used), tuple(reader.plain)
    asked, given = tuple(reader.asked), _places(mapping.get("takes"))
    known = frozenset(hours)
    switches, bad = reader.switches, reader.misnamed
    return Draft(
        flow,
        used,
        names,
        known,
        places,
        start_span,
        plain,
        bad,
        asked,
        given,
        switches,
        certain,
        tuple(reader.added),
    )


def _check_keys(reader: Reader, mapping: nodes.Mapping, known: Mapping[str, Word], what: str) -> None:
    for key, value in mapping.entries:
        word = known.get(key.text)
        if word is None and key.text in FLOW_KEYS:
            title = f"`{key.text}` belongs in a flow, not in `_project.yaml`"
            reader.report.error("F102", title, key.span, helps=(f"here may stand: {', '.join(known)}",))
        elif word is None and isinstance(value, nodes.Sequence) and NAME.fullmatch(key.text) and "steps" in known:
            reader.forgive(value)
            helps = (f"indent `{key.text}` and what stands below it by two places",)
            title = f"`{key.text}` looks like a step, and stands beside `steps`"
            reader.report.error("F102", title, key.span, label="indent it below `steps`", helps=helps)
        elif word is None:
            reader.unknown(what, key, known)


def _places(node: nodes.Node | None) -> dict[str, Span]:
    """The keys of a mapping, and where each stands."""
    return {key.text: key.span for key, _ in node.entries} if isinstance(node, nodes.Mapping) else {}


def _read_on_error(reader: Reader, node: nodes.Node | None) -> Target | None:
    return read_target(reader, "on_error", node) if node is not None else None


def _read_hours(
    reader: Reader, node: nodes.Node | None, inherited: "Mapping[str, Hours | None]"
) -> "Mapping[str, Hours | None]":
    """The opening hours that a file knows, its own before those of the project; takes note of the conditions that close them."""
    if node is None and not inherited:
        return inherited
    # Loaded with the first hours: a project without any starts sooner.
    from engine.model.hours.asked import check_circles, conditions
    from engine.model.hours.read import read_hours

    hours = {**inherited, **(read_hours(reader, node) if node is not None else {})}
    check_circles(hours, reader.report)
    reader.used += conditions(reader.used, hours)
    return hours


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
