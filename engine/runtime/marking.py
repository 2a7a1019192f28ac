"""Notes what is secret while a turn is played: the answer that came in, and the variables that hold it or what was made of it."""

from collections.abc import Sequence

from engine.runtime.call_stack import MARKS
from engine.runtime.document import Document
from engine.runtime.hidden import ANSWER_NAMES, OPEN, Hidden


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
        hidden_in(document).add(variables.get(name))
        if name not in marks:
            variables[MARKS] = [*marks, name]
    elif name in marks:
        left = [one for one in marks if one != name]
        if left:
            variables[MARKS] = left
        else:
            del variables[MARKS]
