"""Plays what is not heard: variables are set, and lines written into the log."""

from engine.grammar.masks import MASK
from engine.grammar.templates import Template
from engine.program.holes import settle
from engine.program.tracks import Note, Put, Spot, Track
from engine.runtime.document import LANGUAGE
from engine.runtime.fault import Fault
from engine.runtime.hidden import Masked
from engine.runtime.marking import mark
from engine.runtime.scope import storable
from engine.runtime.turn import Turn


def set_(turn: Turn, operation: Put, track: Track, index: int) -> Spot | None:
    """Sets variables, or the language of the call."""
    document = turn.document
    if document.waited:
        return turn.route.continue_in_next_document(track, operation.place)
    assert document.memory is not None, "a flow that sets variables keeps a session"
    scope = document.scope
    for name, value in operation.values:
        settled = storable(settle(value, scope))
        if name == LANGUAGE:
            _switch(turn, str(settled), value, operation)
            scope = document.scope
        else:
            scope[name] = document.memory.variables[name] = settled
            if document.hidden is not None:
                mark(document, name, secret=document.hidden.reads(value))
        if document.trail is not None:
            document.note_set(name, settled)
    return track, index + 1


def log(turn: Turn, operation: Note, track: Track, index: int) -> Spot | None:
    """Writes a line into the log."""
    document = turn.document
    if document.waited:
        return turn.route.continue_in_next_document(track, operation.place)
    document.personal = True
    template = operation.text
    text = template.render(document.scope) if isinstance(template, Template) else template
    if document.hidden is not None and isinstance(template, Template):
        text = Masked(document.veil(lambda frame: template.render(frame.scope), MASK))
    document.lines.append((text, operation.span))
    return track, index + 1


def _switch(turn: Turn, language: str, value: object, operation: Put) -> None:
    document = turn.document
    if not document.speak(language):
        known = ", ".join(document.program.flows[document.here.flow].languages)
        span = value.span if isinstance(value, Template) else operation.span
        raise Fault(f"there is no language `{language[:40]}` here, only {known}", span)
