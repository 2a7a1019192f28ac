"""Whether a step, with all that it leads to, says and asks nothing: then it is a flow for reports."""

from collections.abc import Mapping

from engine.grammar.overlay import PLACES
from engine.model.flow import Flow
from engine.model.graph import CALLED, Node
from engine.model.parts import Markup, ToUrl, Verb
from engine.model.walk import reachable


def is_quiet(flows: Mapping[str, Flow], flow: str, step: str) -> bool:
    """Whether nothing that a call can come to from a step is for a caller to hear or to answer; False for an unknown step.

    A step is taken as a callback is: engine verbs only. What lies behind an external URL is unknown, and counts as said.
    `on_error` does not count: a report that fails is still a report.
    """
    for name, each in reachable(flows, [(flow, step)], CALLED):
        nodes = flows[name].graph.at(each) if name in flows else ()
        if not nodes or not all(map(_is_quiet, nodes)):
            return False
    return True


def _is_quiet(node: Node) -> bool:
    allowed = PLACES["callback"].verbs
    return not any(
        isinstance(one, Markup) or (isinstance(one, Verb) and one.piece.element.name not in allowed)
        for one in node.instructions
    ) and not any(edge.role in CALLED and isinstance(edge.goes, ToUrl) for edge in node.edges)
