"""Reads `secret`: whether an answer is kept from everybody but the flow."""

from engine.grammar.fields.plain import Boolean
from engine.grammar.verbs import MAY_BE_SECRET
from engine.grammar.vocabulary import Element
from engine.model.reading.elements import Extras
from engine.model.reading.reader import Reader
from engine.model.reading.values import judged

_KIND = Boolean()


def read_secret(reader: Reader, element: Element, extras: Extras) -> bool:
    """Whether the answer of a verb is secret."""
    if "secret" not in extras:
        return False
    word, node = extras["secret"]
    if element.name not in MAY_BE_SECRET:
        *names, last = (f"`{name}`" for name in MAY_BE_SECRET)
        title = f"only {', '.join(names)} and {last} have a `secret` answer; `{element.name}` has none"
        reader.report.error("F110", title, word.span)
        return False
    scalar = reader.scalar("secret", node, _KIND.describe(), "write  secret: true")
    return scalar is not None and judged(reader, _KIND, "secret", scalar) == "true"
