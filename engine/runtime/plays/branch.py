"""Plays what leads elsewhere: a redirect, a branch, a call of a subflow, and its return."""

from engine.grammar.masks import MASK
from engine.model.parts import ToUrl
from engine.program.holes import fill, is_personal, settle
from engine.program.tracks import Call, Choose, Close, Jump, Spot, Track
from engine.runtime.call_stack import DEPTH
from engine.runtime.entering import begin_flow
from engine.runtime.fault import Fault
from engine.runtime.turn import Turn


def redirect(turn: Turn, operation: Jump, track: Track, index: int) -> Spot | None:
    """Goes on at a target."""
    if not isinstance(operation.target, ToUrl):
        return turn.route.lead(operation.target, track)
    document = turn.document
    if is_personal(operation.parts):
        if document.waited:
            return turn.route.continue_in_next_document(track, operation.place)
        document.personal = True
    document.write(fill(operation.parts, document), operation.parts)
    return None


def branch(turn: Turn, operation: Choose, track: Track, index: int) -> Spot | None:
    """Takes the exit that a value decides on."""
    document, answers = turn.document, operation.answers
    if document.waited:
        return turn.route.continue_in_next_document(track, operation.place)
    document.personal = True
    value = answers.written(operation.on.value(document.scope)) if operation.on else ""
    chosen = answers.choose(value, document.scope)
    if chosen is None:
        chosen = answers.name("else")
    if chosen is None:
        return track, index + 1
    secret = document.hidden is not None and document.hidden.reads(operation.on)
    return turn.route.take(operation, chosen, track, MASK if secret else value)


def subflow(turn: Turn, operation: Call, track: Track, index: int) -> Spot | None:
    """Calls a flow."""
    document, route = turn.document, turn.route
    if document.waited:
        return route.continue_in_next_document(track, operation.place)
    memory = document.memory
    assert memory is not None, "a flow that calls another keeps a session"
    given = {name: settle(value, document.scope) for name, value in operation.given}
    hidden = document.hidden
    secret = [name for name, value in operation.given if hidden.reads(value)] if hidden is not None else ()
    if route.first(operation.flow, "") is None:
        missing = document.program.lacks(operation.flow)
        raise Fault(missing or f"there is no flow named `{operation.flow}`", operation.span)
    if not memory.call(operation.flow, track.at(operation)):
        raise Fault(f"more than {DEPTH} subflows are called within one another here", operation.span)
    document.know_other_variables()
    begin_flow(document, operation.flow, given, secret)
    return route.enter(operation.flow, "")


def return_(turn: Turn, operation: Close, track: Track, index: int) -> Spot | None:
    """Ends a subflow with a value, elsewhere the document."""
    document = turn.document
    if document.memory is None or not document.memory.inside:
        return None
    if document.waited:
        return turn.route.continue_in_next_document(track, operation.place)
    secret = document.hidden is not None and document.hidden.reads(operation.value)
    return turn.route.give_back(settle(operation.value, document.scope), secret=secret)
