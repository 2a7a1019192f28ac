"""Plays a turn: from the place a request asks for to the TwiML that answers it."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.grammar.templates import Template
from engine.model.parts import Target, ToUrl
from engine.program.holes import fill, is_personal, settle
from engine.program.place import Place
from engine.program.tracks import (
    Ask,
    AskByText,
    Call,
    Choose,
    Close,
    Jump,
    Letter,
    Note,
    Operation,
    Put,
    Reach,
    Refuse,
    Spot,
    Tell,
    Track,
    Utter,
    Wait,
)
from engine.runtime.calling import RETURN, Calling
from engine.runtime.page import DOCUMENT_CUT, LANGUAGE, LARGEST
from engine.runtime.reaching import Reaching
from engine.runtime.results import wait_answer
from engine.runtime.scope import storable
from engine.runtime.session import Question
from engine.runtime.texting import Texting
from engine.runtime.way import Fault

MOVES = 2_000  # operations in one turn: more is a circle that no caller could hear the end of


class Machine(Texting, Calling, Reaching):
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
        """Plays one of the words that are targets, or `return`, asked for by address."""
        track = self._track(flow, self.request.step)
        if track is None:
            raise Fault(f"the flow `{flow}` has no step `{self.request.step}` any more", None)
        self._play(self._run_out(track) if word == RETURN else self._word(word, track))

    def take_answer(self, track: Track, index: int, again: int) -> None:
        """Plays what follows the answer to a gather that was asked again `again` times, or to another verb that came back."""
        operation = track.operations[index]
        self.at = operation.span
        if isinstance(operation, Ask):
            self._play(self._gathered(operation, track, index, again))
        elif isinstance(operation, AskByText):
            self._play(self._replied(operation, track, index, again))
        elif isinstance(operation, Wait):
            self._play(self._came_back(operation, track, index))
        else:
            self._play((track, index + 1))

    def take_reply(self, question: Question) -> None:
        """Plays what follows a message that answers the open question of a conversation."""
        self._play(self._open(question))

    def find_help(self) -> Target | None:
        """The step for errors of the flow that failed, which need not be the one that was asked for, else of those that called it."""
        name = self.here.flow
        while True:
            flow = self.program.flows.get(name)
            if flow is not None and flow.on_error is not None:
                self.here = Place(name, self.here.step)
                return flow.on_error
            if self.memory is None or not self.memory.inside:
                return None
            name = self.memory.give_back().flow
            self.moved()

    def recover(self, target: Target) -> None:
        """Begins the document anew at the step for errors."""
        self.begin()
        self._scope = None
        self._play(self._target(target, Track(*self.here)))

    # The course of a turn.

    def _play(self, spot: Spot | None) -> None:
        for _ in range(MOVES):
            if spot is None:
                return
            track, index = spot
            if index >= len(track.operations):
                spot = track.parent or self._run_out(track)
                continue
            if index == 0:
                self._inside.add(track if track.place else (track.flow, track.step, self._visit))
            operation = track.operations[index]
            if self._length > LARGEST:
                raise Fault("the TwiML of this step is larger than the 64 kB that Twilio takes", self.at)
            self.at = operation.span
            if track.step != self.here.step or track.flow != self.here.flow:
                self._arrive(track)
            if self._length > DOCUMENT_CUT:
                self._cut(track, operation.place)
                return
            spot = PLAYS[type(operation)](self, operation, track, index)
        raise Fault("the call goes round in a circle here", self.at)

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

    def _came_back(self, operation: Wait, track: Track, index: int) -> Spot | None:
        self.answer, self._scope = wait_answer(operation, self.request.params), None
        self._save(operation.save)
        self._note_saved(operation.save)
        self.personal = True
        # A name is a key that is the whole answer, and comes before a pattern.
        chosen = operation.answers.name(self.answer) if self.answer != "else" else None
        if chosen is None:
            chosen = operation.answers.choose(self.answer, self.scope)
        if chosen is None:
            chosen = operation.answers.name("else")
        return (track, index + 1) if chosen is None else self._take(operation, chosen, track, self.answer)

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
        value = operation.answers.written(operation.on.value(self.scope)) if operation.on else ""
        chosen = operation.answers.choose(value, self.scope)
        if chosen is None:
            chosen = operation.answers.name("else")
        return (track, index + 1) if chosen is None else self._take(operation, chosen, track, value)

    def _put(self, operation: Put, track: Track, index: int) -> Spot | None:
        if self._waited:
            return self._cut(track, operation.place)
        assert self.memory is not None, "a flow that sets variables keeps a session"
        scope = self.scope
        for name, value in operation.values:
            settled = storable(settle(value, scope))
            if name == LANGUAGE:
                self._switch(str(settled), value, operation)
                scope = self.scope
            else:
                scope[name] = self.memory.variables[name] = settled
            if self.trail is not None:
                self._note_set(name, settled)
        return track, index + 1

    def _switch(self, language: str, value: object, operation: Put) -> None:
        if not self.speak(language):
            known = ", ".join(self.program.flows[self.here.flow].languages)
            span = value.span if isinstance(value, Template) else operation.span
            raise Fault(f"there is no language `{language[:40]}` here, only {known}", span)

    def _note(self, operation: Note, track: Track, index: int) -> Spot | None:
        if self._waited:
            return self._cut(track, operation.place)
        self.personal = True
        text = operation.text.render(self.scope) if isinstance(operation.text, Template) else operation.text
        self.lines.append((text, operation.span))
        return track, index + 1

    def _close(self, operation: Close, track: Track, index: int) -> Spot | None:
        if self.memory is None or not self.memory.inside:
            return None
        if self._waited:
            return self._cut(track, operation.place)
        return self._give_back(settle(operation.value, self.scope))


PLAYS: Mapping[type[Operation], Callable[[Machine, Any, Track, int], Spot | None]] = {
    Utter: Machine._utter,
    Wait: Machine._hold,
    Tell: Machine._tell,
    Letter: Machine._send_letter,
    Refuse: Machine._refuse,
    Ask: Machine._first_ask,
    AskByText: Machine._first_text,
    Jump: Machine._jump,
    Choose: Machine._choose,
    Put: Machine._put,
    Note: Machine._note,
    Close: Machine._close,
    Call: Machine._call,
    Reach: Machine._reach,
}
