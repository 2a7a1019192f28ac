"""Reads `save`: what is kept of an answer, and under which names."""

import re

from engine.document import nodes
from engine.grammar.names import NAMES, snake
from engine.model.parts import Save
from engine.model.reader import VARIABLE, Reader, shortened

_WANTED = "the name of a variable, or a mapping of names and parameters"


def read_save(reader: Reader, node: nodes.Node) -> Save | None:
    """`save: name`, or `save: {name: parameter}`; the names become variables of the flow."""
    if isinstance(node, nodes.Mapping):
        pairs: list[tuple[str, str]] = []
        for key, value in node.entries:
            parameter = reader.scalar(key.text, value, "the name of a parameter", f"write  {key.text}: recording_url")
            if reader.variable(key, NAMES):
                reader.saved.setdefault(key.text, key.span)
                if parameter and _is_parameter(reader, parameter):
                    pairs.append((key.text, parameter.text))
        return Save("", tuple(pairs))
    scalar = reader.scalar("save", node, _WANTED, "write  save: account")
    if scalar is None or not reader.variable(scalar, NAMES):
        return None
    reader.saved.setdefault(scalar.text, scalar.span)
    return Save(scalar.text)


def _is_parameter(reader: Reader, word: nodes.Scalar) -> bool:
    """Whether the word may name a parameter: Twilio has new ones every year, so only its form can be wrong."""
    if VARIABLE.fullmatch(word.text):
        return True
    meant = snake(word.text) if re.fullmatch(r"[A-Za-z][\w-]*", word.text) else ""
    label = f"did you mean `{meant}`?" if meant else ""
    helps = ("parameters are named in snake_case: Twilio's RecordingUrl is recording_url",)
    title = f"no parameter of an answer is named `{shortened(word.text)}`"
    reader.report.error("F102", title, word.span, label=label, helps=helps)
    return False
