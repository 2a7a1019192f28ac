"""Checks one element by the rules of its description: what it needs, and what may not stand together."""

from engine.diagnostics.source import Span
from engine.grammar.overlay import TEXT, Rule
from engine.grammar.vocabulary import Element
from engine.model.parts import Piece
from engine.model.reading.reader import LONG_TITLE, Reader, first_line, folded, several


def check_piece(reader: Reader, piece: Piece, written: set[str], *, whole: bool) -> None:
    """Reports what the piece lacks (F109), what does not go together in it (F110), and what Twilio has retired (L301).

    `written` are the names of the attributes that the author wrote, right or wrong. Only where all entries could be read
    (`whole`) is it told that something is missing: it may be what could not be read.
    """
    element = piece.element
    given = {xml for xml, _ in piece.attributes}
    held: dict[str, int] = {}
    places: dict[str, list[Span]] = {}
    for attribute in element.attributes.values():
        if attribute.xml in given or attribute.name in written:
            held[f"@{attribute.name}"] = 1
        elif attribute.required and whole:
            example = f"write  {element.name}: {{{attribute.name}: …}}"
            reader.report.error(
                "F109", f"`{element.name}` needs `{attribute.name}`", first_line(piece.span), helps=(example,)
            )
        if attribute.deprecated and attribute.name in written:
            title = f"`{attribute.name}` of `{element.name}` is out of use"
            reader.report.hint("L301", title, first_line(piece.span), helps=(attribute.deprecated,))
    if element.deprecated:
        title = f"`{element.name}` is out of use"
        reader.report.hint("L301", title, first_line(piece.span), helps=(element.deprecated,))
    for item in piece.content:
        name = item.element.name if isinstance(item, Piece) else TEXT
        held[name] = held.get(name, 0) + 1
        if isinstance(item, Piece):
            places.setdefault(name, []).append(item.span)
            inside = {xml for xml, _ in item.attributes}
            for attribute in item.element.attributes.values() if inside else ():
                if attribute.xml in inside:
                    inner = f"{name}@{attribute.name}"
                    held[inner] = held.get(inner, 0) + 1
                    places.setdefault(inner, []).append(item.span)
    for rule in element.rules:
        broken = rule.broken(held)
        if broken == "":
            if whole:
                _missing(reader, element, rule, first_line(piece.span), bare=not (held or written))
        elif broken is not None:
            spans = places.get(broken, [piece.span])
            place = spans[min(rule.count, len(spans) - 1)] if rule.kind == "at_most" else spans[0]
            reader.report.error("F110", rule.fact, first_line(place))


def _missing(reader: Reader, element: Element, rule: Rule, at: Span, *, bare: bool) -> None:
    if bare and element.text and TEXT in rule.names:
        title, helps = f"`{element.name}` has no text", [f"write  {element.name}: …"]
    else:
        title, helps = f"`{element.name}` is not complete: {rule.fact}", []
    notes = []
    if len(title) > LONG_TITLE:
        title, notes = f"`{element.name}` is not complete", [folded(rule.fact)]
    if rule.kind == "needs":
        needed = rule.names[1]
        helps = [f"write  {needed[1:]}: …  in it"] if needed.startswith("@") else [f"put `{needed}` in it"]
    elif element.children and not element.mixed:
        helps.append(several(f"in `{element.name}` may stand", element.children))
    reader.report.error("F109", title, at, notes=notes, helps=helps)
