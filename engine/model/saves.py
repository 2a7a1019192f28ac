"""Reads `save`: what is kept of an answer, and under which names."""

import re

from engine.document import nodes
from engine.grammar.names import NAMES, snake
from engine.grammar.verbs import Word
from engine.model.parts import Save
from engine.model.reader import VARIABLE, Reader, shortened

_WANTED = "the name of a variable, or a mapping of names and parameters"


def read_save(reader: Reader, node: nodes.Node, verb: Word | None = None) -> Save | None:
    """`save: name`, or `save: {name: parameter}`; the names become variables of the flow.

    `verb` is the engine's own verb that has it, whose answer has no more than it gives; None where Twilio answers.
    """
    example = verb.gives[0] if verb and verb.gives else "recording_url"
    if isinstance(node, nodes.Mapping):
        pairs: list[tuple[str, str]] = []
        for key, value in node.entries:
            parameter = reader.scalar(key.text, value, "the name of a parameter", f"write  {key.text}: {example}")
            if reader.variable(key, NAMES):
                reader.saved.setdefault(key.text, key.span)
                if parameter and _is_parameter(reader, parameter, verb):
                    pairs.append((key.text, parameter.text))
        return Save("", tuple(pairs))
    scalar = reader.scalar("save", node, _WANTED, "write  save: account")
    if scalar is None or not reader.variable(scalar, NAMES):
        return None
    reader.saved.setdefault(scalar.text, scalar.span)
    return Save(scalar.text)


def _is_parameter(reader: Reader, word: nodes.Scalar, verb: Word | None) -> bool:
    """Whether the word may name a parameter: Twilio has new ones every year, so only its form can be wrong."""
    if verb is not None and verb.gives:
        if word.text not in verb.gives:
            reader.unknown(f"`{verb.name}` gives no", word, verb.gives)
        return word.text in verb.gives
    if VARIABLE.fullmatch(word.text):
        return True
    meant = snake(word.text) if re.fullmatch(r"[A-Za-z][\w-]*", word.text) else ""
    label = f"did you mean `{meant}`?" if meant else ""
    helps = ("parameters are named in snake_case: Twilio's RecordingUrl is recording_url",)
    title = f"no parameter of an answer is named `{shortened(word.text)}`"
    reader.report.error("F102", title, word.span, label=label, helps=helps)
    return False
