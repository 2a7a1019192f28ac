"""The names that templates know, with what is secret masked: a document is filled once more, for the eyes of people."""

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import quote

from engine.grammar.masks import MASK
from engine.grammar.rendering import WARNINGS
from engine.program.holes import Frame
from engine.runtime.call_stack import CallStack
from engine.runtime.hidden import Hidden, shown_params, shown_variables
from engine.runtime.request import Request
from engine.runtime.scope import BROUGHT, Scope

_ENCODED = quote(MASK)  # in an address


class Played(Frame, Protocol):
    """What a veil needs of the document that is written."""

    request: Request
    memory: CallStack | None
    answer: str

    @property
    def scope(self) -> Scope:
        """The names that templates know, and their values."""


class Veil:
    """The names that templates know in the turn of a document, with what is secret masked: fills holes as the document does."""

    def __init__(self, document: Played, hidden: Hidden) -> None:
        self._document = document
        request, memory = document.request, document.memory
        known = {name: value for name, value in document.scope.items() if name not in BROUGHT or name == "hours"}
        if memory is not None:
            known |= shown_variables(memory.variables)
        known[WARNINGS] = []
        if hidden.answers:
            request = request.replaced(params=shown_params(request.params))
            known |= {name: MASK for name in hidden.names if document.scope[name]}
        if document.answer and "answer" not in hidden.names:
            known["answer"] = document.answer
        self.scope: Mapping[str, object] = Scope(request, memory.facts if memory is not None else {}, known)

    @property
    def language(self) -> str:
        """As that of the document."""
        return self._document.language

    def address(self, path: str, query: str, *, page: bool = False, absolute: bool = False) -> str:
        """As that of the document."""
        return self._document.address(path, query, page=page, absolute=absolute)

    def media(self, path: str) -> str:
        """As that of the document."""
        return self._document.media(path)

    def see(self, make: Callable[[Frame], str], otherwise: str) -> str:
        """What `make` gives with these names; `otherwise` where it makes nothing of a mask."""
        try:
            return make(self).replace(_ENCODED, MASK)
        except Exception:
            return otherwise
