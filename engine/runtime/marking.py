"""Notes what is secret while a turn is played: the answer that came in, and the variables that hold it or what was made of it."""

from collections.abc import Iterable, Sequence

from engine.grammar.masks import SHORTEST
from engine.model.parts import Exit
from engine.runtime.call_stack import MARKS
from engine.runtime.document import Document
from engine.runtime.hidden import ANSWER_NAMES, OPEN, Hidden, entry_at


def hide_answer(document: Document, *, outcome: bool = False) -> None:
    """Notes that the answer that came in is secret; where the answer itself says no more than how it went (`outcome`), what came with it."""
    hidden, request = hidden_in(document), document.request
    hidden.answers = document.personal = True
    hidden.names = ANSWER_NAMES - {"answer"} if outcome else ANSWER_NAMES
    for name, value in request.params.items():
        if name not in OPEN and name not in request.entry:
            hidden.add(value)
    if not outcome:
        hidden.add(document.answer)


def hidden_in(document: Document) -> Hidden:
    """What is secret in the turn of a document, from now on."""
    if document.hidden is None:
        document.hidden = Hidden(document.memory)
    return document.hidden


def mark(document: Document, name: str, secret: bool) -> None:
    """Notes that a variable was set, and whether to something secret: it stays so until it is set to something else."""
    memory = document.memory
    if memory is None or (not secret and document.hidden is None):
        return
    variables = memory.variables
    marks: Sequence[str] = variables.get(MARKS, ())
    if secret:
        hidden_in(document).add(entry_at(variables, name))
        if name not in marks:
            variables[MARKS] = [*marks, name]
    elif gone := [one for one in marks if one.partition(".")[0] == name]:
        left = [one for one in marks if one not in gone]
        if left:
            variables[MARKS] = left
        else:
            del variables[MARKS]


def mark_compared(document: Document, exits: Iterable[Exit]) -> None:
    """Marks what a secret answer is compared with: the variables, or entries of them, that stand in the conditions of its branch.

    What is too short to tell anything, as a number of tries, stays as it is.
    """
    memory = document.memory
    for path in {path for exit_ in exits if exit_.when is not None for path in exit_.when.entries}:
        if memory is not None and path[0] in memory.variables:
            name = ".".join(path)
            value = entry_at(memory.variables, name)
            if isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) >= SHORTEST:
                mark(document, name, secret=True)
