"""Takes the answer to a question, of a call or of a conversation."""

from collections.abc import Mapping

from engine.grammar.masks import MASK
from engine.grammar.templates import Template
from engine.model.parts import ToUrl, ToWord
from engine.program.tracks import Ask, AskByText, Spot, Track
from engine.runtime.marking import hide_answer, mark_compared
from engine.runtime.saving import mark_saved, note_saved, save_answer
from engine.runtime.turn import Turn


def take_answer(turn: Turn, operation: Ask | AskByText, track: Track, index: int) -> tuple[bool, Spot | None]:
    """Whether the answer is one that the question takes, and then where it leads; it is saved either way."""
    document, answers, save = turn.document, operation.answers, operation.save
    memory, pressed = document.memory, bool(document.request.params.get("Digits"))
    before = dict(memory.variables) if memory is not None and save else None
    known: dict[str, Mapping[str, object]] = {}

    def read_as(reading: str) -> None:
        """Takes the answer in one of its readings, and saves it."""
        document.know_answer(reading)
        save_answer(document, save, pressed=pressed)

    def scope_of(reading: str) -> Mapping[str, object]:
        if reading not in known:
            read_as(reading)
            known[reading] = document.scope
        return known[reading]

    if answers.needs_scope:  # keys alone decide most menus
        document.personal = True
    if operation.secret:
        hide_answer(document)
    chosen, reading = answers.hear(document.answer, scope_of)
    read_as(reading)
    if memory is not None and before is not None and answers.is_always(chosen):
        memory.variables.clear()
        memory.variables.update(before)
    else:
        if document.hidden is not None:
            mark_saved(document, save, secret=operation.secret)
        note_saved(document, save)
    if operation.secret:
        mark_compared(document, answers.exits)
    if chosen is None and answers.takes_all:
        chosen = answers.name("else")
    elif chosen is None:
        return False, None
    goal = operation.goals[chosen] if chosen is not None else None
    if memory is not None and not (isinstance(goal, ToWord) and goal.word in ("back", "repeat")):
        memory.note_answered(track.at(operation))
    if chosen is None:
        return True, (track, index + 1)
    return True, turn.route.take(operation, chosen, track, MASK if operation.secret else document.answer)


def leave_unanswered(turn: Turn, operation: Ask | AskByText, track: Track, index: int, name: str) -> Spot | None:
    """Goes on where no answer came, or none that the question takes: `name` is `no_input` or `no_match`."""
    document = turn.document
    chosen = operation.answers.name(name, "else")
    if chosen is None:
        return track, index + 1
    goal = operation.goals[chosen]
    answer = MASK if operation.secret else document.answer
    if document.waited and isinstance(goal, ToUrl) and isinstance(goal.url, Template):
        place = f"{operation.place}&amp;_n={operation.attempts}"
        return turn.route.continue_in_next_document(track, place, "_q")
    return turn.route.take(operation, chosen, track, answer if name == "no_match" else name)
