"""One turn while it is played: what the plays of its instructions share."""

from engine.program.place import Place
from engine.program.program import Program
from engine.runtime.document import Document
from engine.runtime.effects.journal import Journal, Needs
from engine.runtime.route import Route
from engine.runtime.session import Question


class Turn:
    """A turn under way: the `document` that it writes, and the `route` that it takes.

    `journal` holds what the world answered so far, `needs` is what the turn asks of it now; `asked` is the question that the next
    message answers, `followed` the places of the questions whose silence was followed since the person last wrote.
    """

    __slots__ = ("asked", "document", "followed", "journal", "needs", "route")

    def __init__(self, document: Document, newest: Program | None = None, journal: Journal | None = None) -> None:
        self.document, self.route = document, Route(document, newest)
        self.journal = journal
        self.needs: Needs | None = None
        self.asked: Question | None = None
        self.followed: tuple[Place, ...] = ()

    def begin(self) -> None:
        """Begins the document anew; nothing that was asked is asked any more."""
        self.document.begin()
        self.route.inside.clear()
        self.asked = None
