"""Tells attributes apart that have one name in both channels: `timeout: 5` is a call's, `timeout: 2h` a conversation's."""

import re
from collections.abc import Iterable

from engine.document import nodes
from engine.grammar.fields import Wrong
from engine.grammar.vocabulary import Attribute, Element


def attribute_for(name: str, elements: Iterable[Element], node: nodes.Node) -> Attribute | None:
    """The attribute of that name whose kind of value is written; None if the elements have none.

    In doubt it is the first, for a number with a unit the last: that is the one that takes units.
    """
    found: dict[str, Attribute] = {}
    for element in elements:
        for known in (element.attributes, element.twins):
            if name in known:
                found.setdefault(known[name].xml, known[name])
    candidates = list(found.values())
    if isinstance(node, nodes.Mapping) and node.entries:
        node = node.entries[0][1]  # by language: one is like the others
    if len(candidates) < 2 or not isinstance(node, nodes.Scalar) or "{{" in node.text:
        return candidates[0] if candidates else None
    takes = (one for one in candidates if not isinstance(one.field.read(node.text), Wrong))
    return next(takes, candidates[-1] if re.match(r"\s*\d.*[a-z]", node.text) else candidates[0])


def xml_names(element: Element) -> set[str]:
    """The names in TwiML of all its attributes."""
    return {attribute.xml for known in (element.attributes, element.twins) for attribute in known.values()}
