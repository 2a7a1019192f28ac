"""Reads `save`: what is kept of an answer, and under which names."""

import re

from engine.diagnostics.suggest import nearest
from engine.document import nodes
from engine.grammar.names import CALL, MESSAGE, NAMES, snake
from engine.grammar.verbs.spec import VerbSpec
from engine.grammar.vocabulary import VOICE, Element
from engine.model.parts import Save
from engine.model.reading.reader import VARIABLE, Reader, several, shortened

_WANTED = "the name of a variable, or a mapping of names and parameters"
# What is known of every answer, and what every request of Twilio's may carry; what comes with the end of a call does not.
_EVERY = frozenset(("answer", "digits", "speech", "confidence")).union(
    snake(sent) for sent in (*CALL.values(), *MESSAGE.values()) if not sent.startswith(("Recording", "CallDuration"))
)
_ALIKE = 0.85  # to be taken for misspelt: a parameter may be newer than this list
_NAMED_BY_OTHERS = ("sip_header_", "dial_sip_header_", "media_")


def read_save(reader: Reader, node: nodes.Node, verb: VerbSpec | Element | None = None) -> Save | None:
    """`save: name`, or `save: {name: parameter}`; the names become variables of the flow.

    `verb` has it: one of the engine's own, whose answer has no more than it gives, or one of TwiML; None where a flow answers.
    """
    example = verb.gives[0] if isinstance(verb, VerbSpec) and verb.gives else "recording_url"
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


def _is_parameter(reader: Reader, word: nodes.Scalar, verb: VerbSpec | Element | None) -> bool:
    """Whether the word may name a parameter: Twilio has new ones every year, so only its form can be wrong."""
    if isinstance(verb, VerbSpec) and verb.gives:
        if word.text not in verb.gives:
            reader.unknown(f"`{verb.name}` gives no", word, verb.gives)
        return word.text in verb.gives
    if VARIABLE.fullmatch(word.text):
        if isinstance(verb, Element):
            _doubt(reader, word, verb)
        return True
    meant = snake(word.text) if re.fullmatch(r"[A-Za-z][\w-]*", word.text) else ""
    label = f"did you mean `{meant}`?" if meant else ""
    helps = ("parameters are named in snake_case: Twilio's RecordingUrl is recording_url",)
    title = f"no parameter of an answer is named `{shortened(word.text)}`"
    reader.report.error("F102", title, word.span, label=label, helps=helps)
    return False


def _doubt(reader: Reader, word: nodes.Scalar, verb: Element) -> None:
    """Warns of a parameter that is like one that the verb sends, or that only another verb sends (L209)."""
    own = _sent(verb)
    if word.text in own or word.text in _EVERY or word.text.startswith(_NAMED_BY_OTHERS):
        return
    close = nearest(word.text, (*own, *_EVERY), _ALIKE)
    if close is None and not any(word.text in _sent(other) for other in VOICE.children.values()):
        return
    label = f"did you mean `{close}`?" if close else ""
    title = f"`{verb.name}` sends no `{shortened(word.text)}`"
    reader.report.warning("L209", title, word.span, label=label, helps=(several(f"`{verb.name}` sends", own),))


def _sent(verb: Element) -> tuple[str, ...]:
    """The parameters that come with the answer of a verb, as flows name them."""
    return tuple(snake(parameter) for parameter in (*verb.conduct.answer, *verb.conduct.sends))
