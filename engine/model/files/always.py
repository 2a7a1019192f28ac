"""Reads `always`: what every gather of a flow understands beside its own keys."""

from collections.abc import Iterator
from dataclasses import replace

from engine.diagnostics.diagnostic import Severity
from engine.diagnostics.report import Report
from engine.document import nodes
from engine.grammar.vocabulary import VOICE
from engine.model.files.instructions import read_block
from engine.model.graph import OWN, PROJECT, always_of
from engine.model.keys import Identity, identity
from engine.model.parts import Block, Exit, Key, ToStep
from engine.model.reading.branches import ReadBlock, read_branch
from engine.model.reading.reader import Reader

_EXAMPLE = "write  always: {0: operator}"
_GATHER = VOICE.children["gather"]


def always_keys(*written: nodes.Node | None) -> tuple[Key, ...]:
    """The keys of `always`, of the flow and of the project, for what a gather fills in; mistakes are told by `read_always`."""
    reader = Reader(Report(), "voice", VOICE)
    read = [_read(reader, node, "", _no_block) for node in written if isinstance(node, nodes.Mapping)]
    return tuple(key for exits in read for exit_ in exits for key in exit_.keys)


def read_always(reader: Reader, node: nodes.Node | None) -> tuple[Exit, ...]:
    """The exits written at a flow's `always`."""
    mapping = _mapping(reader, node)
    return _read(reader, mapping, OWN, read_block) if mapping else ()


def check_project_always(reader: Reader, node: nodes.Node | None) -> nodes.Mapping | None:
    """Reports what is wrong with the `always` of `_project.yaml`; its exits are read for each flow by `project_always`.

    Of what `reader` finds it keeps the templates alone, without those that name what the trees themselves set.
    """
    mapping = _mapping(reader, node)
    if mapping is not None:
        for target in _homeless(_read(reader, mapping, PROJECT, read_block)):
            title, helps = "in `_project.yaml` a target names its flow", (f"write  FLOW/{target.step}",)
            reader.report.error("F203", title, target.span, helps=helps)
    reader.used = [thing for thing in reader.used if thing.names.isdisjoint(reader.saved)]
    return mapping


def project_always(reader: Reader, mapping: nodes.Mapping, own: tuple[Exit, ...]) -> tuple[Exit, ...]:
    """The exits of the project's `always` as a flow has them, in its voice: without the keys that stand in the flow's `own`.

    What holds a verb that the flow's channel lacks is left out, and a target without its flow, which has been told.
    """
    known = {identity(key) for exit_ in own for key in exit_.keys}
    names = {name for exit_ in own for name in exit_.names}
    exits: list[Exit] = []
    for number, entry in enumerate(mapping.entries):
        trial = reader.apart()
        read = _read(trial, nodes.Mapping((entry,), mapping.span), f"{PROJECT}.{number}", read_block)
        # What no key can be has been told where it is written, and what can only be texted says nothing to a flow of calls.
        errors = [found for found in trial.report.diagnostics if found.severity is Severity.ERROR]
        wrong = [found for found in errors if found.code != "F114"]
        if any(found.code == "F108" for found in wrong) or any(_homeless(read)):
            continue
        for found in wrong:
            reader.report.add(found)
        left = [_without(exit_, known, names) for exit_ in read]
        if kept := [exit_ for exit_ in left if exit_.keys or exit_.names]:
            exits += kept
            reader.join(trial)
    return tuple(exits)


def _mapping(reader: Reader, node: nodes.Node | None) -> nodes.Mapping | None:
    if node is None:
        return None
    mapping = reader.mapping("always", node, "a mapping of keys and targets", _EXAMPLE)
    for key, _ in mapping.entries if mapping else ():
        if "{{" in key.text:
            helps = ("write it as a condition in the `branch` of a gather",)
            reader.report.error("F114", "a key of `always` cannot be a template", key.span, helps=helps)
    return mapping


def _read(reader: Reader, mapping: nodes.Mapping, place: str, read_tree: ReadBlock) -> tuple[Exit, ...]:
    fixed = tuple(entry for entry in mapping.entries if "{{" not in entry[0].text)
    return read_branch(reader, nodes.Mapping(fixed, mapping.span), place, _GATHER, read_tree)


def _no_block(reader: Reader, name: str, node: nodes.Node, place: str) -> Block:
    return Block(place, (), node.span)


def _homeless(exits: tuple[Exit, ...]) -> Iterator[ToStep]:
    """The targets that name a step and not its flow."""
    edges = always_of("", exits).edges
    return (edge.goes for edge in edges if isinstance(edge.goes, ToStep) and not edge.goes.flow)


def _without(exit_: Exit, known: set[Identity], names: set[str]) -> Exit:
    keys = tuple(key for key in exit_.keys if identity(key) not in known)
    return replace(exit_, keys=keys, names=tuple(name for name in exit_.names if name not in names))
