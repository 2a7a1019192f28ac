"""Reports texts in a list where only elements may stand."""

from engine.document import nodes
from engine.grammar.vocabulary import Element
from engine.model.reading.reader import Reader, pasted, several, shortened


def loose_text(reader: Reader, element: Element, node: nodes.Sequence) -> None:
    """Reports texts in a list where only elements may stand, once for the list."""
    loose = [item for item in node.items if isinstance(item, nodes.Scalar)]
    text = pasted(shortened(loose[0].text))
    if element.text in element.children:
        helps = (f"write  {element.name}: {{{element.text}: [{', '.join(pasted(item.text) for item in loose[:3])}]}}",)
    elif element.text is not None:
        helps = (f"write one for each:  - {element.name}: {text}",)
    elif "say" in element.children:
        helps = (f"write  - say: {text}",)
    else:
        helps = (several(f"in `{element.name}` may stand", element.children),)
    reader.report.error("F112", f"`{element.name}` takes no loose text in a list", loose[0].span, helps=helps)
