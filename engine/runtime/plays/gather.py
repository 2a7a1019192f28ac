"""Plays a question of a call: it is asked, and its answer is taken."""

from engine.program.holes import fill
from engine.program.tracks import Ask, Spot, Track
from engine.runtime.document import DOCUMENT_CUT
from engine.runtime.plays.answers import leave_unanswered, take_answer
from engine.runtime.results import gather_answer
from engine.runtime.turn import Turn


def gather(turn: Turn, operation: Ask, track: Track, index: int) -> Spot | None:
    """Asks for the first time."""
    return _ask(turn, operation, track, index, 0, "")


def ask_again(turn: Turn, operation: Ask, track: Track, index: int, again: int) -> Spot | None:
    """Asks for the `again`-th time after the first, after silence; takes the way of silence after the last."""
    if again < operation.attempts:
        return _ask(turn, operation, track, index, again, "no_input")
    return leave_unanswered(turn, operation, track, index, "no_input")


def come_back(turn: Turn, operation: Ask, track: Track, index: int, again: int) -> Spot | None:
    """Takes what was pressed or said, or silence, after the question was asked again `again` times."""
    turn.document.know_answer(gather_answer(turn.document.request.params))
    why = "no_input"
    if turn.document.answer:
        taken, spot = take_answer(turn, operation, track, index)
        if taken:
            return spot
        why = "no_match"
    if again + 1 < operation.attempts:
        return _ask(turn, operation, track, index, again + 1, why)
    return leave_unanswered(turn, operation, track, index, why)


def _ask(turn: Turn, operation: Ask, track: Track, index: int, again: int, why: str) -> Spot | None:
    """Writes the question, and again after each silence as long as it can stand in the same document."""
    document = turn.document
    while True:
        parts, personal = operation.asking(again, why)
        if personal:
            if document.waited:
                if not again:
                    return turn.route.continue_in_next_document(track, operation.place)
                return turn.route.continue_in_next_document(track, f"{operation.place}&amp;_n={again}", "_q")
            document.personal = True
        document.write(fill(parts, document), parts)
        if not operation.silent:
            return None
        document.waited = True
        if again + 1 >= operation.attempts:
            return leave_unanswered(turn, operation, track, index, "no_input")
        if document.length > DOCUMENT_CUT:
            return turn.route.continue_in_next_document(track, f"{operation.place}&amp;_n={again + 1}", "_q")
        again, why = again + 1, "no_input"
