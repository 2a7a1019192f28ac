"""Finds where a call goes on: from targets, and the words that are targets, to instructions."""

from collections.abc import Mapping
from typing import Any
from weakref import ReferenceType

from engine.diagnostics.suggest import nearest
from engine.grammar.masks import MASK
from engine.grammar.templates import Template
from engine.model.parts import ToStep, ToUrl, ToWord
from engine.program.holes import UrlHole, escape_attribute, text_of
from engine.program.place import Place
from engine.program.program import Program
from engine.program.tracks import Ask, AskByText, Call, Choose, Goal, Reach, Spot, Track, Wait
from engine.program.urls import from_folder
from engine.runtime.document import DOCUMENT_CUT, Document
from engine.runtime.entering import begin_flow, complete, is_new
from engine.runtime.fault import Fault
from engine.runtime.saving import save_value
from engine.runtime.trail import Entered, Took

RETURN = "return"  # the word by which an address asks for the end of a subflow; no target

Branching = Ask | AskByText | Wait | Choose | Call | Reach


class Route:
    """The way of a call from step to step: what it leads to is a spot to play from, or None where the document ends.

    `newest` is the program that steps are taken from when a call enters them, if it is not the one that asked; `inside` are the
    blocks that were begun in this document; `ended` says that it came to the word `hangup` or `leave`.
    """

    __slots__ = ("document", "ended", "inside", "newest")

    def __init__(self, document: Document, newest: Program | None = None) -> None:
        self.document, self.newest = document, newest
        self.inside: set[object] = set()
        self.ended = False

    def continue_in_next_document(self, track: Track, place: str, query: str = "_i") -> Spot | None:
        """Ends the document before an instruction: the next one begins with it."""
        document, whole = self.document, place == "0" and query == "_i"
        document.redirect_to_next(document.address(track.path, "" if whole else f"{query}={place}"))
        return None

    def take(self, operation: Branching, chosen: int, track: Track, compared: str) -> Spot | None:
        """Takes an exit of an instruction, by its number; `compared` is what was compared with its keys."""
        document = self.document
        if document.trail is not None:
            answers = operation.answers
            place, span = operation.place, answers.exits[chosen].span
            document.trail.append(
                Took(track.flow, track.step, place, chosen, answers.own, compared, span, document.written)
            )
        goal = operation.goals[chosen]
        if isinstance(goal, ToWord) and goal.word == "repeat" and not isinstance(operation, Choose):
            return self._begin_again(track)
        return self.lead(goal, track)

    def lead(self, goal: Goal, track: Track) -> Spot | None:
        """Where a target leads that stands in a track."""
        if isinstance(goal, ReferenceType):
            around = goal()
            assert around is not None, "the program, which is played, holds its steps"
            return around, 0
        if isinstance(goal, Track):
            return goal, 0
        if isinstance(goal, ToStep):
            flow, memory = goal.flow or track.flow, self.document.memory
            if memory is not None and memory.frame.number and flow != memory.frame.flow:
                memory.leave_for_good()
                self.document.know_other_variables()
            return self.enter(flow, goal.step)
        if isinstance(goal, ToWord):
            return self.follow(goal.word, track)
        return self._leave_for(goal, track)

    def first(self, flow: str, step: str) -> Track | None:
        """The first track of a step, of the flow's start for ""; taken from the newest program that has it."""
        document = self.document
        if self.newest is not None:
            newer = self.newest.tracks(flow, step, document.channel)
            if newer is not None:
                document.take_program(self.newest)
                self.newest = None
                complete(document)
                return newer.first
        known = document.program.tracks(flow, step, document.channel)
        return known.first if known else None

    def enter(self, flow: str, step: str, given: Mapping[str, object] | None = None) -> Spot | None:
        """Begins a step; `given` are the values that its flow may take, where it is entered by address."""
        document, first = self.document, self.first(flow, step)
        if first is None:
            if missing := document.program.lacks(flow):
                raise Fault(missing, document.at)
            known = document.program.flows.get(flow)
            close = nearest(step, known.steps) if known else None
            hint = f" (did you mean `{close}`?)" if close else ""
            raise Fault(f"the flow `{flow}` has no step `{step}`{hint}", document.at)
        new = is_new(document, flow)
        # As long as nothing is written, a step may be played again and again: a circle is found by counting.
        circle = document.length and self.block(first) in self.inside
        if circle or (new and document.waited) or document.length > DOCUMENT_CUT:
            document.redirect_to_next(document.address(first.path, ""))
            return None
        self.arrive(first)
        if new:
            begin_flow(document, flow, given or {})
        return first, 0

    def arrive(self, track: Track) -> None:
        """Notes that a step is played from now on."""
        document = self.document
        if document.trail is not None:
            span = document.program.flows[track.flow].steps[track.step].span
            document.trail.append(Entered(track.flow, track.step, span, document.written))
        document.here = Place(track.flow, track.step)
        document.forget_scope()

    def block(self, track: Track) -> object:
        """What a track is known by in `inside`: a step is another one in each subflow."""
        memory = self.document.memory
        return track if track.place else (track.flow, track.step, memory.frame.number if memory is not None else 0)

    def follow(self, word: str, track: Track) -> Spot | None:
        """Goes where one of the words leads that are targets; Fault for any other."""
        document = self.document
        if word == "repeat":
            self._forget_question(track)
            return self._begin_again(track.again) if track.again else self.enter(track.flow, track.step)
        if word == "restart":
            return self.enter(track.flow, "")
        if word == "back":
            return self._back(track)
        if word not in ("hangup", "leave"):  # an address may ask for any
            raise Fault(f"nothing is meant by the word `{word[:40]}`", document.at)
        self.ended = True
        if document.channel == "voice":  # a conversation is over when nothing more is asked
            document.write("<Hangup />" if word == "hangup" else "<Leave />")
        return None

    def run_out(self, track: Track) -> Spot | None:
        """What follows the last instruction of a step: in a subflow the flow that called, else nothing."""
        document = self.document
        if document.memory is None or not document.memory.inside:
            return None
        if document.waited:
            document.redirect_to_next(document.address(track.path, f"_w={RETURN}"))
            return None
        return self.give_back(None)

    def give_back(self, value: Any, *, secret: bool = False) -> Spot | None:
        """Goes on behind the instruction that called the subflow, which returned `value`; `secret` if it made that of an answer that is."""
        document, memory = self.document, self.document.memory
        assert memory is not None, "only a subflow returns"
        place = memory.give_back()
        document.know_other_variables()
        spot = document.program.spot(place, document.channel)
        operation = spot[0].operations[spot[1]] if spot else None
        if spot is None or not isinstance(operation, Call):
            # An edit has taken the place away: the step is played from its start, which the caller has not left for long.
            return self.enter(place.flow, place.step)
        track, index = spot
        self.arrive(track)
        document.at = operation.span
        document.know_answer(text_of(value))
        save_value(document, operation.save, value, secret=secret)
        answers = operation.answers
        chosen = answers.choose(answers.written(value), document.scope)
        if chosen is None:
            chosen = answers.name("else")
        return (
            (track, index + 1)
            if chosen is None
            else self.take(operation, chosen, track, MASK if secret else document.answer)
        )

    def _leave_for(self, goal: ToUrl, track: Track) -> Spot | None:
        document = self.document
        if isinstance(goal.url, Template):
            document.personal = True
            url = UrlHole(goal.url, track.flow).fill(document)
        elif goal.url.startswith(("./", "../")):
            url = escape_attribute(document.media(from_folder(track.flow, goal.url)))
        else:
            url = escape_attribute(goal.url)
        document.write(f"<Redirect>{url}</Redirect>")
        return None

    def _forget_question(self, track: Track) -> None:
        """Takes the question whose answer led into the track from those that were answered: it is asked again."""
        memory = self.document.memory
        while track.parent is not None:
            outer, after = track.parent
            operation = outer.operations[after - 1]
            if not isinstance(operation, Choose):
                if memory is not None and memory.questions[-1:] == [outer.at(operation)]:
                    memory.questions.pop()
                return
            track = outer

    def _begin_again(self, tree: Track) -> Spot | None:
        """Plays a block from its beginning: a tree, or its step."""
        if not tree.place:
            return self.enter(tree.flow, tree.step)
        if self.document.length and tree in self.inside:
            self.document.redirect_to_next(self.document.address(tree.path, f"_i={tree.place}.0"))
            return None
        return tree, 0

    def _back(self, track: Track) -> Spot | None:
        document, memory = self.document, self.document.memory
        if document.waited:
            document.redirect_to_next(document.address(track.path, "_w=back"))
            return None
        while memory is not None and memory.questions:
            spot = document.program.spot(memory.questions.pop(), document.channel)
            if spot is not None:
                return spot
        return self.enter(track.flow, "")
