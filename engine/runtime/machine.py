"""Plays a turn: from the place a request asks for to the TwiML that answers it."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.grammar.names import find_parameter
from engine.grammar.templates import Template
from engine.model.parts import Save, Target, ToUrl, ToWord
from engine.program.holes import fill, is_personal, settle, text_of
from engine.program.tracks import Ask, Choose, Close, Jump, Note, Operation, Put, Track, Utter, Wait
from engine.runtime.page import DOCUMENT_CUT, LARGEST
from engine.runtime.results import gather_answer, wait_answer
from engine.runtime.scope import storable
from engine.runtime.way import Fault, Spot, Way

MOVES = 2_000  # operations in one turn: more is a circle that no caller could hear the end of


class Machine(Way):
    """One turn: plays operations into the document until it ends, or must be cut."""

    __slots__ = ()

    # Where a turn begins.

    def enter(self, flow: str, step: str) -> None:
        """Plays from the start of a step."""
        self._play(self._enter(flow, step, by_address=True))

    def go_on(self, track: Track, index: int) -> None:
        """Plays from an instruction."""
        self._play((track, index))

    def ask_again(self, track: Track, index: int, again: int) -> None:
        """Asks the question of a gather for the `again`-th time after the first, after silence; takes the way of silence after the last."""
        operation = track.operations[index]
        assert isinstance(operation, Ask), "only a gather is asked again"
        self.at = operation.span
        if again < operation.attempts:
            self._play(self._ask(operation, track, index, again, "no_input"))
        else:
            self._play(self._unanswered(operation, track, index, "no_input"))

    def follow(self, word: str, flow: str) -> None:
        """Plays one of the words that are targets, asked for by address."""
        track = self._track(flow, self.turn.step)
        if track is None:
            raise Fault(f"the flow `{flow}` has no step `{self.turn.step}` any more", None)
        self._play(self._word(word, track))

    def take_answer(self, track: Track, index: int, again: int) -> None:
        """Plays what follows the answer to a gather that was asked again `again` times, or to another verb that came back."""
        operation = track.operations[index]
        self.at = operation.span
        if isinstance(operation, Ask):
            self._play(self._gathered(operation, track, index, again))
        elif isinstance(operation, Wait):
            self._play(self._returned(operation, track, index))
        else:
            self._play((track, index + 1))

    def recover(self, target: Target) -> None:
        """Begins the document anew at the step for errors."""
        self.begin()
        self._scope = None
        self._play(self._target(target, Track(*self.here, "")))

    # The course of a turn.

    def _play(self, spot: Spot | None) -> None:
        for _ in range(MOVES):
            if spot is None:
                return
            track, index = spot
            if index >= len(track.operations):
                spot = track.parent
                continue
            if index == 0:
                self._inside.add(track if track.place else (track.flow, track.step))
            operation = track.operations[index]
            if self._length > LARGEST:
                raise Fault("the TwiML of this step is larger than the 64 kB that Twilio takes", self.at)
            self.at = operation.span
            if track.step != self.here[1] or track.flow != self.here[0]:
                self._arrive(track)
            if self._length > DOCUMENT_CUT:
                self._cut(track, operation.place)
                return
            spot = PLAYS[type(operation)](self, operation, track, index)
        raise Fault("the call goes round in a circle here", self.at)

    def _cut(self, track: Track, place: str, query: str = "_i") -> Spot | None:
        whole = place == "0" and query == "_i"
        self.write(f"<Redirect>{self.address(track.path, '' if whole else f'{query}={place}')}</Redirect>")
        return None

    def _utter(self, operation: Utter, track: Track, index: int) -> Spot | None:
        if operation.personal:
            if self._waited:
                return self._cut(track, operation.place)
            self.personal = True
        self.write(fill(operation.parts, self))
        self._waited = self._waited or operation.waits
        return None if operation.ends else (track, index + 1)

    def _hold(self, operation: Wait, track: Track, index: int) -> Spot | None:
        if operation.personal:
            if self._waited:
                return self._cut(track, operation.place)
            self.personal = True
        self.write(fill(operation.parts, self))
        return None

    def _returned(self, operation: Wait, track: Track, index: int) -> Spot | None:
        self.answer, self._scope = wait_answer(operation, self.turn.params), None
        self._save(operation.save)
        chosen = operation.answers.choose(self.answer, self.scope)
        self.personal = True
        if chosen is None:
            chosen = operation.answers.name(self.answer, "else")
        return (track, index + 1) if chosen is None else self._take(operation, chosen, track)

    # Gather.

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

    def _unanswered(self, operation: Ask, track: Track, index: int, *names: str) -> Spot | None:
        chosen = operation.answers.name(*names, "else")
        if chosen is None:
            return track, index + 1
        goal = operation.goals[chosen]
        if self._waited and isinstance(goal, ToUrl) and isinstance(goal.url, Template):
            return self._cut(track, f"{operation.place}&amp;_n={operation.attempts}", "_q")
        return self._take(operation, chosen, track)

    def _gathered(self, operation: Ask, track: Track, index: int, again: int) -> Spot | None:
        self.answer = gather_answer(self.turn.params)
        self._scope = None
        if not self.answer:
            if again + 1 < operation.attempts:
                return self._ask(operation, track, index, again + 1, "no_input")
            return self._unanswered(operation, track, index, "no_input")
        self._save(operation.save)
        scope: Mapping[str, object] = {}
        if operation.answers.needs_scope:  # keys alone decide most menus
            self.personal, scope = True, self.scope
        chosen = operation.answers.choose(self.answer, scope)
        if chosen is not None or operation.answers.takes_all:
            goal = operation.goals[chosen] if chosen is not None else None
            if self.memory is not None and not (isinstance(goal, ToWord) and goal.word == "back"):
                self.memory.questions.append(f"{track.path}:{operation.place}")
            return self._take(operation, chosen, track) if chosen is not None else (track, index + 1)
        if again + 1 < operation.attempts:
            return self._ask(operation, track, index, again + 1, "no_match")
        return self._unanswered(operation, track, index, "no_match")

    def _save(self, save: Save | None) -> None:
        if save is None or self.memory is None:
            return
        if save.answer:
            self.memory.variables[save.answer] = self.answer
        for variable, parameter in save.parameters:
            value = self.answer if parameter == "answer" else find_parameter(self.turn.params, parameter)
            self.memory.variables[variable] = value or ""
        self._scope = None

    # The engine's own verbs.

    def _jump(self, operation: Jump, track: Track, index: int) -> Spot | None:
        if isinstance(operation.target, ToUrl):
            if is_personal(operation.parts):
                if self._waited:
                    return self._cut(track, operation.place)
                self.personal = True
            self.write(fill(operation.parts, self))
            return None
        return self._target(operation.target, track)

    def _choose(self, operation: Choose, track: Track, index: int) -> Spot | None:
        if self._waited:
            return self._cut(track, operation.place)
        self.personal = True
        value = text_of(operation.on.value(self.scope)) if operation.on else ""
        chosen = operation.answers.choose(value, self.scope)
        if chosen is None:
            chosen = operation.answers.name("else")
        return (track, index + 1) if chosen is None else self._take(operation, chosen, track)

    def _put(self, operation: Put, track: Track, index: int) -> Spot | None:
        if self._waited:
            return self._cut(track, operation.place)
        assert self.memory is not None, "a flow that sets variables keeps a session"
        scope = self.scope
        for name, value in operation.values:
            scope[name] = self.memory.variables[name] = storable(settle(value, scope))
        return track, index + 1

    def _note(self, operation: Note, track: Track, index: int) -> Spot | None:
        if self._waited:
            return self._cut(track, operation.place)
        self.personal = True
        text = operation.text.render(self.scope) if isinstance(operation.text, Template) else operation.text
        self.lines.append((text, operation.span))
        return track, index + 1

    def _close(self, operation: Close, track: Track, index: int) -> Spot | None:
        return None


PLAYS: Mapping[type[Operation], Callable[[Machine, Any, Track, int], Spot | None]] = {
    Utter: Machine._utter,
    Wait: Machine._hold,
    Ask: Machine._first_ask,
    Jump: Machine._jump,
    Choose: Machine._choose,
    Put: Machine._put,
    Note: Machine._note,
    Close: Machine._close,
}
