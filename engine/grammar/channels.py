"""The channels: what each serves and how it is spoken of, and what a condition says of the channel before anybody calls or writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import nodes

from engine.grammar.drafts import tree_of
from engine.grammar.templates import Expression
from engine.grammar.vocabulary import MESSAGING, VOICE, Element

# Voice verbs that mean something to whoever writes: `say` is a reply, `hangup` ends the conversation; sounds are left out.
IN_TEXTS = frozenset(("say", "hangup", "play", "pause"))

_SORRY = "We are sorry, something went wrong. Please try again later."


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in which somebody reaches a flow.

    `verbs` is the element with all that a flow for it alone may say; `served` are the verbs that a flow for both may use there;
    `tags` may stand in an answer. `one` and `many` are what comes in, `says` the verb that tells somebody a text, `apology`
    the TwiML where nothing else can be said.
    """

    name: str
    verbs: Element
    served: frozenset[str]
    tags: frozenset[str]
    one: str
    many: str
    says: str
    apology: str


CHANNELS: Mapping[str, Channel] = {
    channel.name: channel
    for channel in (
        Channel(
            "voice",
            VOICE,
            frozenset(VOICE.children),
            frozenset(verb.tag for verb in VOICE.children.values()),
            "call",
            "calls",
            "say",
            f"<Say>{_SORRY}</Say><Hangup />",
        ),
        Channel(
            "messaging",
            MESSAGING,
            frozenset(MESSAGING.children) | IN_TEXTS,
            frozenset(verb.tag for verb in MESSAGING.children.values() if verb.class_name != "MessagingGather"),
            "message",
            "messages",
            "message",
            f"<Message>{_SORRY}</Message>",
        ),
    )
}
"""By name, the one that a flow has by default first."""


def other_than(channel: str) -> Channel:
    """The other channel."""
    return next(each for each in CHANNELS.values() if each.name != channel)


def holds(condition: Expression, channel: str) -> bool | None:
    """Whether a condition holds on a channel, whatever else is so; None where that depends on something else."""
    return _holds(condition.text, channel) if "channel" in condition.names else None


def asks_channel(expression: Expression) -> bool:
    """Whether an expression is the name `channel` alone."""
    return expression.text.strip() == "channel"


@lru_cache(1024)
def _holds(text: str, channel: str) -> bool | None:
    return _truth(tree_of(text, expression=True), channel)


def _truth(node: nodes.Node, channel: str) -> bool | None:
    match node:
        case nodes.Not():
            inner = _truth(node.node, channel)
            return None if inner is None else not inner
        case nodes.And():
            both = (_truth(node.left, channel), _truth(node.right, channel))
            return False if False in both else None if None in both else True
        case nodes.Or():
            both = (_truth(node.left, channel), _truth(node.right, channel))
            return True if True in both else None if None in both else False
        case nodes.Compare() if len(node.ops) == 1:
            return _compared(node.expr, node.ops[0].op, node.ops[0].expr, channel)
        case nodes.Const():
            return bool(node.value)
    return None


def _compared(left: nodes.Node, sign: str, right: nodes.Node, channel: str) -> bool | None:
    if sign in ("eq", "ne"):
        if isinstance(right, nodes.Name):
            left, right = right, left
        if _is_channel(left) and isinstance(right, nodes.Const):
            return bool(right.value == channel) == (sign == "eq")
    if sign in ("in", "notin") and _is_channel(left) and isinstance(right, nodes.List | nodes.Tuple):
        if all(isinstance(item, nodes.Const) for item in right.items):
            return any(item.value == channel for item in right.items if isinstance(item, nodes.Const)) == (sign == "in")
    return None


def _is_channel(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "channel"
