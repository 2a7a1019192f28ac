"""Reads names with texts: the headers, the query and the form of a request."""

from collections.abc import Callable

from engine.document import nodes
from engine.grammar.templates import Template
from engine.model.parts import Pairs
from engine.model.reading.reader import Reader, is_null
from engine.model.reading.values import as_template


def read_pairs(
    reader: Reader,
    name: str,
    node: nodes.Node,
    example: str,
    judge: Callable[[nodes.Scalar, nodes.Scalar], bool] = lambda key, value: True,
) -> Pairs:
    """The mapping written at `name`; a list under a key is that key several times.

    Where the whole is one template, it must come out as a mapping. `judge` looks at each name and text, and says whether
    the pair may stand; what is wrong with it, it has reported.
    """
    if isinstance(node, nodes.Scalar) and "{{" in node.text:
        whole = as_template(reader, node)
        if isinstance(whole, Template) and whole.single:
            return whole
    mapping = reader.mapping(name, node, "a mapping of names and values", example)
    pairs: list[tuple[str, str | Template]] = []
    for key, value in mapping.entries if mapping else ():
        for item in value.items if isinstance(value, nodes.Sequence) else (value,):
            if not isinstance(item, nodes.Scalar):
                reader.shape(key.text, "text, or a list of texts", item)
            elif is_null(item):
                reader.missing(key.text, item, f'nothing is written  {key.text}: ""')
            elif judge(key, item) and (text := as_template(reader, item)) is not None:
                pairs.append((key.text, text))
    return tuple(pairs)
