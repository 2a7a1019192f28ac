"""Plays a turn: from the place a request asks for to the TwiML that answers it."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.diagnostics.source import Span
from engine.grammar.names import find_parameter
from engine.grammar.templates import Template
from engine.model.parts import Save, Target, ToStep, ToUrl, ToWord
from engine.program.holes import UrlHole, escape_attribute, fill, is_personal, settle, text_of
from engine.program.tracks import Ask, Choose, Close, Jump, Note, Operation, Put, Track, Utter, Wait
from engine.runtime.page import DOCUMENT_CUT, Page
from engine.runtime.results import gather_answer, wait_answer
from engine.runtime.scope import storable

MOVES = 10_000  # operations in one turn: more is a circle that no caller could hear the end of

Spot = tuple[Track, int]


class Fault(Exception):
    """Something that a step cannot do for this caller: `message` says what, `span` where."""

    def __init__(self, message: str, span: Span | None) -> None:
        super().__init__(message)
        self.message, self.span = message, span


class Machine(Page):
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
        """Asks the question of a gather for the `again`-th time after the first, after silence."""
        operation = track.operations[index]
        assert isinstance(operation, Ask), "only a gather is asked again"
        self.at = operation.span
        self._play(self._ask(operation, track, index, again, "no_input"))

    def follow(self, word: str, flow: str) -> None:
        """Plays one of the words that are targets, asked for by address."""
        track = self._track(flow, self.turn.step)
        self._play(self._word(word, track) if track else None)

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
        track = Track(self.turn.flow, self.turn.step, "")
        self._play(self._target(target, track))

    # The course of a turn.

    def _play(self, spot: Spot | None) -> None:
        for _ in range(MOVES):
            if spot is None:
                return
            track, index = spot
            if index >= len(track.operations):
                spot = track.parent
                continue
            operation = track.operations[index]
            self.at = operation.span
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
        return (track, index + 1) if chosen is None else self._target(operation.goals[chosen], track)

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
        return (track, index + 1) if chosen is None else self._target(operation.goals[chosen], track)

    def _gathered(self, operation: Ask, track: Track, index: int, again: int) -> Spot | None:
        self.answer = gather_answer(self.turn.params)
        self._scope = None
        if not self.answer:
            if again + 1 < operation.attempts:
                return self._ask(operation, track, index, again + 1, "no_input")
            return self._unanswered(operation, track, index, "no_input")
        self._save(operation.save)
        if operation.answers.needs_scope:
            self.personal = True
        chosen = operation.answers.choose(self.answer, self.scope)
        if chosen is not None or operation.answers.takes_all:
            goal = operation.goals[chosen] if chosen is not None else None
            if self.memory is not None and not (isinstance(goal, ToWord) and goal.word == "back"):
                self.memory.questions.append(f"{track.path}:{operation.place}")
            return self._target(goal, track) if goal is not None else (track, index + 1)
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
        return (track, index + 1) if chosen is None else self._target(operation.goals[chosen], track)

    def _put(self, operation: Put, track: Track, index: int) -> Spot | None:
        if self._waited:
            return self._cut(track, operation.place)
        assert self.memory is not None, "a flow that sets variables keeps a session"
        for name, value in operation.values:
            self.memory.variables[name] = storable(settle(value, self.scope))
            self._scope = None
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

    # Targets.

    def _target(self, goal: Target | Track, track: Track) -> Spot | None:
        if isinstance(goal, Track):
            self._inside.add(goal)
            return goal, 0
        if isinstance(goal, ToStep):
            return self._enter(goal.flow or track.flow, goal.step)
        if isinstance(goal, ToWord):
            return self._word(goal.word, track)
        return self._leave_for(goal, track)

    def _leave_for(self, goal: ToUrl, track: Track) -> Spot | None:
        if isinstance(goal.url, Template):
            self.personal = True
            url = UrlHole(goal.url).fill(self)
        elif goal.url.startswith("./"):
            url = escape_attribute(self.media(f"{track.flow}/{goal.url[2:]}"))
        else:
            url = escape_attribute(goal.url)
        self.write(f"<Redirect>{url}</Redirect>")
        return None

    def _track(self, flow: str, step: str) -> Track | None:
        if self.newest is not None:
            newer = self.newest.tracks(flow, step)
            if newer is not None:
                self.program, self.newest = self.newest, None
                self._write_suffix()
                return newer.first
        known = self.program.tracks(flow, step)
        return known.first if known else None

    def _enter(self, flow: str, step: str, *, by_address: bool = False) -> Spot | None:
        first = self._track(flow, step)
        if first is None:
            raise Fault(f"the flow `{flow}` has no step `{step}` any more", self.at)
        here = (first.flow, first.step)
        new = self.memory is not None and flow not in self.memory.entered and self._has_variables(flow)
        if here in self._inside or (new and self._waited) or self._length > DOCUMENT_CUT:
            self.write(f"<Redirect>{self.address(first.path, '')}</Redirect>")
            return None
        self._inside.add(here)
        if new:
            self._begin_flow(flow, by_address)
        return first, 0

    def _has_variables(self, name: str) -> bool:
        flow = self.program.flows[name]
        return bool(flow.variables or flow.takes or flow.required)

    def _begin_flow(self, name: str, by_address: bool) -> None:
        """Gives a flow its variables, the first time that a call enters it."""
        flow, memory = self.program.flows[name], self.memory
        assert memory is not None, "a flow with variables keeps a session"
        memory.entered.append(name)
        for taken in (*flow.required, *flow.takes):
            if by_address and taken in self.turn.params:
                memory.variables[taken] = str(self.turn.params[taken])
            elif taken in flow.required and taken not in memory.variables:
                raise Fault(f"the flow `{name}` must be given `{taken}`, and was not", flow.steps[flow.start].span)
            elif taken not in flow.required:
                memory.variables.setdefault(taken, storable(settle(flow.takes[taken], self.scope)))
        self._scope = None
        for variable, value in flow.variables.items():
            memory.variables[variable] = storable(settle(value, self.scope))
            self._scope = None

    def _word(self, word: str, track: Track) -> Spot | None:
        if word == "repeat":
            return self._repeat_tree(track) if track.place else self._enter(track.flow, track.step)
        if word == "restart":
            return self._enter(track.flow, "")
        if word == "back":
            return self._back(track)
        flow = self.program.flows.get(track.flow)
        if flow is None or flow.channel == "voice":
            self.write("<Hangup />" if word == "hangup" else "<Leave />")
        return None

    def _repeat_tree(self, tree: Track) -> Spot | None:
        if tree in self._inside:
            self.write(f"<Redirect>{self.address(tree.path, f'_i={tree.place}.0')}</Redirect>")
            return None
        self._inside.add(tree)
        return tree, 0

    def _back(self, track: Track) -> Spot | None:
        if self._waited:
            self.write(f"<Redirect>{self.address(track.path, '_w=back')}</Redirect>")
            return None
        while self.memory is not None and self.memory.questions:
            path, _, place = self.memory.questions.pop().partition(":")
            flow, _, step = path.partition("/")
            known = self.program.tracks(flow, step)
            if known and place in known.places:
                return known.places[place]
        return self._word("restart", track)


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
