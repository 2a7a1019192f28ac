"""Reads `channel`: whether a flow answers calls, messages, or both."""

from engine.document import nodes
from engine.grammar.verbs import CHANNELS
from engine.grammar.vocabulary import BOTH, MESSAGING, VOICE, Element
from engine.model.reader import Reader

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
        return CHANNELS, BOTH, False
    channels = tuple(channel for channel in CHANNELS if channel in found)
    return channels, BOTH if len(channels) > 1 else VOICE if channels == ("voice",) else MESSAGING, True
