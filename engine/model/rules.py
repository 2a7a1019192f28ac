"""Checks one element by the rules of its description: what it needs, and what may not stand together."""

from engine.diagnostics.source import Span
from engine.grammar.overlay import TEXT
from engine.model.parts import Piece
from engine.model.reader import Reader, first_line


def check_piece(reader: Reader, piece: Piece, written: set[str]) -> None:
    """Reports what the piece lacks (F109), what does not go together in it (F110), and what Twilio has retired (L301)."""
    element = piece.element
    given = {xml for xml, _ in piece.attributes}
    at = first_line(piece.span)
    held: dict[str, int] = {}
    places: dict[str, Span] = {}
    for attribute in element.attributes.values():
        if attribute.xml in given:
            held[f"@{attribute.name}"] = 1
        elif attribute.required:
            mending = f"write  {element.name}: {{{attribute.name}: …}}"
            reader.report.error("F109", f"`{element.name}` needs `{attribute.name}`", at, helps=(mending,))
        if attribute.deprecated and attribute.xml in written:
            title = f"`{attribute.name}` of `{element.name}` is out of use"
            reader.report.hint("L301", title, at, helps=(attribute.deprecated,))
    if element.deprecated:
        reader.report.hint("L301", f"`{element.name}` is out of use", at, helps=(element.deprecated,))
    for item in piece.content:
        name = item.element.name if isinstance(item, Piece) else TEXT
        held[name] = held.get(name, 0) + 1
        if isinstance(item, Piece):
            places.setdefault(name, first_line(item.span))
            for attribute in item.element.attributes.values():
                if any(attribute.xml == xml for xml, _ in item.attributes):
                    inner = f"{name}@{attribute.name}"
                    held[inner] = held.get(inner, 0) + 1
                    places.setdefault(inner, first_line(item.span))
    for rule in element.rules:
        broken = rule.broken(held)
        if broken is not None:
            shown = ", ".join(element.children)
            helps = (f"inside `{element.name}` may stand: {shown}",) if broken == "" and shown else ()
            reader.report.error("F110" if broken else "F109", rule.fact, places.get(broken, at), helps=helps)
