"""Reads `channel`: whether a flow answers calls, messages, or both."""

from engine.diagnostics.source import Span
from engine.document import nodes
from engine.grammar.channels import CHANNELS
from engine.grammar.vocabulary import BOTH, VOICE, Element
from engine.model.reading.reader import Reader

Channels = tuple[str, ...]

_WANTED = "`voice`, `messaging`, or a list of both"
_EXAMPLES = ("write  channel: messaging", "or  channel: [voice, messaging]")


def read_channel(reader: Reader, node: nodes.Node | None) -> tuple[Channels, Element, bool]:
    """The channels in the order of `CHANNELS`, their verbs, and whether that is certain.

    Where nobody can tell which channel was meant, the verbs of both may stand.
    """
    if node is None:
        return ("voice",), VOICE, True
    items = node.items if isinstance(node, nodes.Sequence) else (node,)
    found: dict[str, nodes.Scalar] = {}
    certain = bool(items)
    if not items:
        reader.missing("channel", node, *_EXAMPLES)
    for item in items:
        scalar = reader.scalar("channel", item, _WANTED, *_EXAMPLES)
        if scalar is None:
            certain = False
        elif scalar.text not in CHANNELS:
            reader.unknown("there is no channel", scalar, CHANNELS)
            certain = False
        elif scalar.text in found:
            title = f"the channel `{scalar.text}` is written twice"
            reader.report.error("F101", title, scalar.span, label="again here")
        else:
            found[scalar.text] = scalar
    if not certain:
        return tuple(CHANNELS), BOTH, False
    channels = tuple(channel for channel in CHANNELS if channel in found)
    return channels, BOTH if len(channels) > 1 else CHANNELS[channels[0]].verbs, True


def is_of_calls(reader: Reader, element: Element, key: nodes.Scalar) -> bool:
    """Whether a key in a gather of messaging is a field that only calls have, which is told."""
    asked = VOICE.children["gather"]
    name = key.text.removesuffix("_")
    if element.class_name != "MessagingGather" or name not in {**asked.attributes, **asked.children}:
        return False
    tell_of_calls(reader, name, key.span, "what may stand here: message, say, timeout, retry, branch, save")
    return True


def tell_of_calls(reader: Reader, name: str, span: Span, *helps: str) -> None:
    """Reports what only calls have, in a flow that answers messages alone."""
    title = f"`{name}` belongs to calls, and this flow answers messages"
    reader.report.error("F108", title, span, helps=helps or ("leave it out",))
