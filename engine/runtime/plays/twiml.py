"""Plays TwiML: it is written, and what a verb answers is taken."""

from engine.program.holes import fill
from engine.program.tracks import Spot, Track, Utter, Wait
from engine.runtime.marking import hide_answer
from engine.runtime.results import wait_answer
from engine.runtime.saving import mark_saved, note_saved, save_answer
from engine.runtime.turn import Turn


def emit(turn: Turn, operation: Utter, track: Track, index: int) -> Spot | None:
    """Writes a verb."""
    document = turn.document
    if operation.personal:
        if document.waited:
            return turn.route.continue_in_next_document(track, operation.place)
        document.personal = True
    document.write(fill(operation.parts, document), operation.parts)
    if operation.waits:
        document.waited = True
    return None if operation.ends else (track, index + 1)


def wait(turn: Turn, operation: Wait, track: Track, index: int) -> Spot | None:
    """Writes a verb that ends the document, and whose answer is awaited."""
    document = turn.document
    if operation.personal:
        if document.waited:
            return turn.route.continue_in_next_document(track, operation.place)
        document.personal = True
    document.write(fill(operation.parts, document), operation.parts)
    return None


def come_back(turn: Turn, operation: Wait, track: Track, index: int) -> Spot | None:
    """Takes the answer of a verb that came back."""
    document, answers = turn.document, operation.answers
    document.know_answer(wait_answer(operation, document.request.params))
    if operation.secret:
        hide_answer(document, outcome=True)
    save_answer(document, operation.save)
    if document.hidden is not None:
        mark_saved(document, operation.save, secret=operation.secret)
    note_saved(document, operation.save)
    document.personal = True
    # A name is a key that is the whole answer, and comes before a pattern.
    chosen = answers.name(document.answer) if document.answer != "else" else None
    if chosen is None:
        chosen = answers.choose(document.answer, document.scope)
    if chosen is None:
        chosen = answers.name("else")
    return (track, index + 1) if chosen is None else turn.route.take(operation, chosen, track, document.answer)
