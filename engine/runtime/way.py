"""Finds where a call goes on: targets, steps, and the words that are targets."""

from collections.abc import Mapping
from weakref import ReferenceType

from engine.diagnostics.source import Span
from engine.diagnostics.suggest import nearest
from engine.grammar.templates import Template
from engine.model.parts import Save, ToStep, ToUrl, ToWord
from engine.program.holes import UrlHole, escape_attribute
from engine.program.place import Place
from engine.program.tracks import Ask, AskByText, Call, Choose, Goal, Reach, Spot, Track, Wait
from engine.program.urls import from_folder
from engine.runtime.entering import begin_flow, complete
from engine.runtime.page import DOCUMENT_CUT, Page
from engine.runtime.trail import Entered, Took


class Fault(Exception):
    """Something that a step cannot do for this caller: `message` says what, `span` where."""

    def __init__(self, message: str, span: Span | None) -> None:
        super().__init__(message)
        self.message, self.span = message, span


class Way(Page):
    """A document, and the way of a call from step to step: what it leads to is a spot to play from, or None where the document ends."""

    __slots__ = ()

    def _cut(self, track: Track, place: str, query: str = "_i") -> Spot | None:
        whole = place == "0" and query == "_i"
        self.lead_on(self.address(track.path, "" if whole else f"{query}={place}"))
        return None

    def _take(
        self, operation: Ask | AskByText | Wait | Choose | Call | Reach, chosen: int, track: Track, compared: str
    ) -> Spot | None:
        if self.trail is not None:
            answers = operation.answers
            self.trail.append(
                Took(
                    track.flow,
                    track.step,
                    operation.place,
                    chosen,
                    answers.own,
                    compared,
                    answers.exits[chosen].span,
                    self.written,
                )
            )
        goal = operation.goals[chosen]
        if isinstance(goal, ToWord) and goal.word == "repeat" and not isinstance(operation, Choose):
            return self._begin_again(track)
        return self._target(goal, track)

    def _target(self, goal: Goal, track: Track) -> Spot | None:
        if isinstance(goal, ReferenceType):
            around = goal()
            assert around is not None, "the program, which is played, holds its steps"
            return around, 0
        if isinstance(goal, Track):
            return goal, 0
        if isinstance(goal, ToStep):
            flow, memory = goal.flow or track.flow, self.memory
            if memory is not None and memory.visit.number and flow != memory.visit.flow:
                memory.leave_for_good()
                self.moved()
            return self._enter(flow, goal.step)
        if isinstance(goal, ToWord):
            return self._word(goal.word, track)
        return self._leave_for(goal, track)

    def _leave_for(self, goal: ToUrl, track: Track) -> Spot | None:
        if isinstance(goal.url, Template):
            self.personal = True
            url = UrlHole(goal.url, track.flow).fill(self)
        elif goal.url.startswith(("./", "../")):
            url = escape_attribute(self.media(from_folder(track.flow, goal.url)))
        else:
            url = escape_attribute(goal.url)
        self.write(f"<Redirect>{url}</Redirect>")
        return None

    def _track(self, flow: str, step: str) -> Track | None:
        if self.newest is not None:
            newer = self.newest.tracks(flow, step, self.channel)
            if newer is not None:
                self.program, self.newest = self.newest, None
                self._carried.clear()
                if self.memory is not None:
                    before = self.memory.variables if self.trail is None else dict(self.memory.variables)
                    complete(self.program.flows, self.memory, self._fresh_scope)
                    self._note_first_values(before)
                return newer.first
        known = self.program.tracks(flow, step, self.channel)
        return known.first if known else None

    def _enter(self, flow: str, step: str, *, by_address: bool = False) -> Spot | None:
        first = self._track(flow, step)
        if first is None:
            known = self.program.flows.get(flow)
            close = nearest(step, known.steps) if known else None
            hint = f" (did you mean `{close}`?)" if close else ""
            raise Fault(f"the flow `{flow}` has no step `{step}`{hint}", self.at)
        here = (first.flow, first.step, self._visit)
        new = self.memory is not None and flow not in self.memory.entered and self._has_variables(flow)
        # As long as nothing is written, a step may be played again and again: a circle is found by counting.
        if (here in self._inside and self._length) or (new and self._waited) or self._length > DOCUMENT_CUT:
            self.lead_on(self.address(first.path, ""))
            return None
        self._arrive(first)
        if new:
            self._begin_flow(flow, self.request.params if by_address else {})
        return first, 0

    def _arrive(self, track: Track) -> None:
        if self.trail is not None:
            span = self.program.flows[track.flow].steps[track.step].span
            self.trail.append(Entered(track.flow, track.step, span, self.written))
        self.here, self._scope = Place(track.flow, track.step), None

    def know_flow(self) -> None:
        """Gives the call the variables of the flow that is asked for, where its session was lost or another answered before."""
        flow = self.request.flow
        if self.memory is not None and flow not in self.memory.entered and self._has_variables(flow):
            self._begin_flow(flow, self.request.params)

    def _has_variables(self, name: str) -> bool:
        flow = self.program.flows[name]
        return bool(flow.variables or flow.shared or flow.takes or flow.required)

    def _begin_flow(self, name: str, given: Mapping[str, object]) -> None:
        """Gives a flow its variables, the first time that a call enters it; `given` are those that it may take."""
        flow, memory = self.program.flows[name], self.memory
        assert memory is not None, "a flow with variables keeps a session"
        before = memory.variables if self.trail is None else dict(memory.variables)
        missing = begin_flow(flow, memory, given, self._fresh_scope)
        self._note_first_values(before)
        self._scope = None
        if missing is not None:
            raise Fault(f"the flow `{name}` must be given `{missing}`, and was not", flow.steps[flow.start].span)

    def _note_saved(self, save: Save | None) -> None:
        """Notes the variables that hold what was saved of an answer."""
        if self.trail is not None and save is not None and self.memory is not None:
            for name in (*filter(None, [save.answer]), *(variable for variable, _ in save.parameters)):
                self._note_set(name, self.memory.variables[name])

    def _note_first_values(self, before: Mapping[str, object]) -> None:
        """Notes the variables that a flow began with, since they were as `before`."""
        if self.trail is None or self.memory is None:
            return
        written: dict[str, object] = {}
        start: Span | None = None
        for flow in (self.program.flows[name] for name in self.memory.entered if name in self.program.flows):
            written |= {**flow.shared, **flow.takes, **flow.variables}
            start = flow.steps[flow.start].span
        for name, value in self.memory.variables.items():
            if name not in before or before[name] is not value:
                first = written.get(name)
                where = first.span if isinstance(first, Template) else start if name in written else self.at or start
                self._note_set(name, value, where)

    def _fresh_scope(self) -> Mapping[str, object]:
        self._scope = None
        return self.scope

    def _word(self, word: str, track: Track) -> Spot | None:
        if word == "repeat":
            self._forget_question(track)
            return self._begin_again(track.again) if track.again else self._enter(track.flow, track.step)
        if word == "restart":
            return self._enter(track.flow, "")
        if word == "back":
            return self._back(track)
        if word not in ("hangup", "leave"):  # an address may ask for any
            raise Fault(f"nothing is meant by the word `{word[:40]}`", self.at)
        if self.channel == "voice":  # a conversation is over when nothing more is asked
            self.write("<Hangup />" if word == "hangup" else "<Leave />")
        return None

    def _forget_question(self, track: Track) -> None:
        """Takes the question whose answer led into the track from those that were answered: it is asked again."""
        while track.parent is not None:
            outer, after = track.parent
            operation = outer.operations[after - 1]
            if not isinstance(operation, Choose):
                if self.memory is not None and self.memory.questions[-1:] == [outer.at(operation)]:
                    self.memory.questions.pop()
                return
            track = outer

    def _begin_again(self, tree: Track) -> Spot | None:
        """Plays a block from its beginning: a tree, or its step."""
        if not tree.place:
            return self._enter(tree.flow, tree.step)
        if tree in self._inside and self._length:
            self.lead_on(self.address(tree.path, f"_i={tree.place}.0"))
            return None
        return tree, 0

    def _back(self, track: Track) -> Spot | None:
        if self._waited:
            self.lead_on(self.address(track.path, "_w=back"))
            return None
        while self.memory is not None and self.memory.questions:
            spot = self.program.spot(self.memory.questions.pop(), self.channel)
            if spot is not None:
                return spot
        return self._word("restart", track)
