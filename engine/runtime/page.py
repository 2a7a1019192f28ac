"""The document that a turn writes: its text so far, the addresses in it, and what its templates know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from engine.diagnostics.source import Span
from engine.program.holes import escape_attribute
from engine.program.program import Program
from engine.program.writing import CLOSING, OPENING
from engine.runtime.scope import make_scope
from engine.runtime.turn import Turn

DOCUMENT_CUT = 32_000  # characters after which a document goes on in the next one; Twilio takes 64 kB (error 11750)


@dataclass(slots=True)
class Memory:
    """What the machine may change of a session."""

    variables: dict[str, Any]
    entered: list[str]
    questions: list[str]
    facts: Mapping[str, str]


class Page:
    """One document. `memory` is None in a flow that needs no session; `personal` says that it depends on the caller.

    `newest` is the program that steps are taken from when a call enters them, if it is not the one that asked (`program`).
    """

    __slots__ = (
        "_inside",
        "_key",
        "_length",
        "_number",
        "_page_suffix",
        "_scope",
        "_suffix",
        "_waited",
        "answer",
        "at",
        "lines",
        "memory",
        "newest",
        "out",
        "personal",
        "program",
        "turn",
    )

    def __init__(
        self, program: Program, turn: Turn, memory: Memory | None, number: int, key: str, newest: Program | None = None
    ) -> None:
        self.program, self.turn, self.memory, self.newest = program, turn, memory, newest
        self.lines: list[tuple[str, Span]] = []
        self.at: Span | None = None
        self.answer = ""
        self.personal = memory is not None
        self._number, self._key = number, key
        self._scope: dict[str, object] | None = None
        self._write_suffix()
        self.begin()

    def begin(self) -> None:
        """Begins the document, or begins it anew."""
        self.out: list[str] = []
        self._inside: set[object] = set()
        self._waited = False
        self._length = 0

    @property
    def scope(self) -> Mapping[str, object]:
        """The names that templates know now."""
        if self._scope is None:
            memory = self.memory
            variables, facts = (memory.variables, memory.facts) if memory else ({}, {})
            channel = self.program.flows[self.turn.flow].channel if self.turn.flow in self.program.flows else "voice"
            self._scope = make_scope(self.turn, variables, facts, self.answer, self.program.env, channel)
        return self._scope

    def address(self, path: str, query: str, *, page: bool = False, absolute: bool = False) -> str:
        """The address of a place in a step, relative to this request's own, with what the next turn must know in its query."""
        base = self.turn.folder if absolute and self.turn.folder else self.turn.base
        suffix = self._page_suffix if page else self._suffix
        return f"{base}{path}?{query}&amp;{suffix}" if query else f"{base}{path}?{suffix}"

    def media(self, path: str) -> str:
        """The address of a file, relative to this request's own."""
        return self.turn.base + path

    def _write_suffix(self) -> None:
        carried = {"_v": self.program.version}
        if self.memory is not None:
            carried["_t"] = str(self._number)
        if "_c" in self.turn.asked:
            carried["_c"] = self.turn.asked["_c"]
        entry = dict(self.turn.entry)
        self._suffix = escape_attribute(urlencode({**carried, **entry}))
        if self.memory is not None and self._key:
            carried["_c"] = self._key
        self._page_suffix = escape_attribute(urlencode({**carried, **entry}))

    @property
    def length(self) -> int:
        """Characters written so far."""
        return self._length

    def document(self) -> str:
        """The TwiML that was written."""
        return f"{OPENING}{''.join(self.out)}{CLOSING}"

    def write(self, text: str) -> None:
        """Adds TwiML to the document."""
        self.out.append(text)
        self._length += len(text)
