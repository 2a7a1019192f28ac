"""Asks the caller: writes questions, and finds what an answer leads to."""

from collections.abc import Mapping

from engine.grammar.names import find_parameter
from engine.grammar.templates import Template
from engine.model.parts import Save, ToUrl, ToWord
from engine.program.holes import fill
from engine.program.tracks import Ask, AskByText, Spot, Track
from engine.runtime.page import DOCUMENT_CUT
from engine.runtime.results import gather_answer
from engine.runtime.way import Way


class Asking(Way):
    """The way of a call through its questions."""

    __slots__ = ()

    def _first_ask(self, operation: Ask, track: Track, index: int) -> Spot | None:
        return self._ask(operation, track, index, 0, "")

    def _ask(self, operation: Ask, track: Track, index: int, again: int, why: str) -> Spot | None:
        """Writes the question, and again after each silence as long as it can stand in the same document."""
        while True:
            parts, personal = operation.asking(again, why)
            if personal:
                if self._waited:
                    if not again:
                        return self._cut(track, operation.place)
                    return self._cut(track, f"{operation.place}&amp;_n={again}", "_q")
                self.personal = True
            self.write(fill(parts, self))
            if not operation.silent:
                return None
            self._waited = True
            if again + 1 >= operation.attempts:
                return self._unanswered(operation, track, index, "no_input")
            if self._length > DOCUMENT_CUT:
                return self._cut(track, f"{operation.place}&amp;_n={again + 1}", "_q")
            again, why = again + 1, "no_input"

    def _unanswered(self, operation: Ask | AskByText, track: Track, index: int, *names: str) -> Spot | None:
        chosen = operation.answers.name(*names, "else")
        if chosen is None:
            return track, index + 1
        goal = operation.goals[chosen]
        if self._waited and isinstance(goal, ToUrl) and isinstance(goal.url, Template):
            return self._cut(track, f"{operation.place}&amp;_n={operation.attempts}", "_q")
        return self._take(operation, chosen, track, self.answer if "no_match" in names else names[0])

    def _gathered(self, operation: Ask, track: Track, index: int, again: int) -> Spot | None:
        self.answer = gather_answer(self.request.params)
        self._scope = None
        if not self.answer:
            if again + 1 < operation.attempts:
                return self._ask(operation, track, index, again + 1, "no_input")
            return self._unanswered(operation, track, index, "no_input")
        taken, spot = self._matched(operation, track, index)
        if taken:
            return spot
        if again + 1 < operation.attempts:
            return self._ask(operation, track, index, again + 1, "no_match")
        return self._unanswered(operation, track, index, "no_match")

    def _matched(self, operation: Ask | AskByText, track: Track, index: int) -> tuple[bool, Spot | None]:
        """Whether the answer is one that the question takes, and then where it leads; it is saved either way."""
        variables = self.memory.variables if self.memory is not None else {}
        before = dict(variables) if operation.save else None
        answers, known = operation.answers, dict[str, Mapping[str, object]]()

        def scope_of(reading: str) -> Mapping[str, object]:
            if reading not in known:
                self._read_as(reading, operation.save)
                known[reading] = self.scope
            return known[reading]

        if answers.needs_scope:  # keys alone decide most menus
            self.personal = True
        chosen, reading = answers.hear(self.answer, scope_of)
        self._read_as(reading, operation.save)
        if answers.is_always(chosen) and before is not None:
            variables.clear()
            variables.update(before)
        else:
            self._note_saved(operation.save)
        if chosen is None and answers.takes_all:
            chosen = answers.name("else")
        elif chosen is None:
            return False, None
        goal = operation.goals[chosen] if chosen is not None else None
        if self.memory is not None and not (isinstance(goal, ToWord) and goal.word in ("back", "repeat")):
            self.memory.questions.append(track.at(operation))
        if chosen is None:
            return True, (track, index + 1)
        return True, self._take(operation, chosen, track, self.answer)

    def _read_as(self, reading: str, save: Save | None) -> None:
        """Takes the answer in one of its readings, and saves it."""
        self.answer, self._scope = reading, None
        self._save(save, pressed=bool(self.request.params.get("Digits")))

    def _save(self, save: Save | None, *, pressed: bool = False) -> None:
        """Keeps the answer; keys that were `pressed` at a gather are the answer itself, without a `#` that only finished it."""
        if save is None or self.memory is None:
            return
        if save.answer:
            self.memory.variables[save.answer] = self.answer
        for variable, parameter in save.parameters:
            mine = parameter == "answer" or (pressed and parameter == "digits")
            value = self.answer if mine else find_parameter(self.request.params, parameter)
            self.memory.variables[variable] = value or ""
        self._scope = None
