"""Which variables of a flow hold secret answers, and what reads them: told from the text, before any call."""

from collections.abc import Collection, Iterator

from engine.grammar.templates import Expression, Template
from engine.model.flow import Flow
from engine.model.parts import Assign, Branching, ByLanguage, Joined, Nested, Piece, Verb


def secret_verbs(flow: Flow) -> list[Verb]:
    """The verbs of a flow whose answer is secret."""
    return [one for one in flow.graph.instructions if isinstance(one, Verb) and one.secret]


def secret_variables(flow: Flow) -> frozenset[str]:
    """The variables in which a secret answer is saved, and those that are set from one of them."""
    names = {name for verb in secret_verbs(flow) for name in saved_by(verb)}
    assigned = [pair for one in flow.graph.instructions if isinstance(one, Assign) for pair in one.values]
    while names and (more := {name for name, value in assigned if reads(value, names)} - names):
        names |= more
    return frozenset(names)


def saved_by(instruction: Branching) -> list[str]:
    """The variables in which an instruction saves its answer."""
    save = instruction.save
    return [] if save is None else [*filter(None, [save.answer]), *(name for name, _ in save.parameters)]


def reads(value: object, names: Collection[str]) -> bool:
    """Whether a template in a value looks up one of the names."""
    return any(not text.names.isdisjoint(names) for text in templates_in(value))


def templates_in(value: object) -> Iterator[Template | Expression]:
    """Every template in a value, and in all that an element holds."""
    match value:
        case Template() | Expression():
            yield value
        case ByLanguage(entries=entries):
            yield from templates_in(tuple(entries.values()))
        case Joined(items=items):
            yield from templates_in(items)
        case Nested(value=inner):
            yield from templates_in(inner)
        case Piece():
            yield from templates_in(tuple(inner for _, inner in value.attributes))
            yield from templates_in(value.content)
        case dict():
            yield from templates_in(tuple(value.values()))
        case list() | tuple():
            for one in value:
                yield from templates_in(one)
