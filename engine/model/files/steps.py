"""Reads `steps`: the names of a flow's steps and the instructions of each."""

from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.grammar.verbs import FLOW_KEYS, TARGET_WORDS
from engine.model.files.instructions import read_block
from engine.model.parts import Block
from engine.model.reading.reader import NAME, Reader, first_line, is_null, mended_name, shortened

STEPS_EXAMPLE = "write  steps:\n         welcome:\n           - say: Hello"


def read_steps(reader: Reader, mapping: nodes.Mapping) -> tuple[dict[str, Block], dict[str, Span]]:
    """The steps by name, and where their names stand."""
    node = mapping.get("steps")
    nothing = isinstance(node, nodes.Scalar) and is_null(node)
    apart = {
        key.text for key, value in mapping.entries if key.text not in FLOW_KEYS and isinstance(value, nodes.Sequence)
    }
    if node is None or nothing or (isinstance(node, nodes.Mapping) and not node.entries):
        # A key that was meant to be `steps`, or steps that stand beside it, have been reported.
        if not apart and (
            node is not None or not any(nearest(key.text, FLOW_KEYS) == "steps" for key, _ in mapping.entries)
        ):
            at = node or mapping
            reader.report.error("F109", "this flow has no steps", first_line(at.span), helps=(STEPS_EXAMPLE,))
        return {}, {}
    helps = (STEPS_EXAMPLE,)
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
