"""Finds what a template needs a library for."""

from collections.abc import Iterator

from jinja2 import nodes

from engine.diagnostics import Span
from engine.grammar.drafts import tree_of
from engine.grammar.locales import NEEDING
from engine.grammar.places import place
from engine.grammar.templates import Expression, Template


def needing_babel(thing: Template | Expression) -> Iterator[tuple[str, Span]]:
    """The filters in it that other languages than English need babel for, and where they stand."""
    text = thing.text
    if not any(name in text for name in NEEDING):
        return
    for found in tree_of(text, expression=isinstance(thing, Expression)).find_all(nodes.Filter):
        if found.name in NEEDING:
            at = max(text.find(found.name, found.lineno), 0)
            yield found.name, place(thing.scalar, at, len(found.name))
