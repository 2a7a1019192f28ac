"""Calls subflows, and gives what they return to the flow that called."""

from collections.abc import Mapping

from engine.model.parts import Save
from engine.program.holes import settle, text_of
from engine.program.tracks import Call, Spot, Track
from engine.runtime.memory import DEPTH
from engine.runtime.scope import storable
from engine.runtime.way import Fault, Way

RETURN = "return"  # the word by which an address asks for the end of a subflow


class Calling(Way):
    """The way of a call into subflows and back."""

    __slots__ = ()

    def _call(self, operation: Call, track: Track, index: int) -> Spot | None:
        if self._waited:
            return self._cut(track, operation.place)
        memory = self.memory
        assert memory is not None, "a flow that calls another keeps a session"
        given = {name: settle(value, self.scope) for name, value in operation.given}
        if self._track(operation.flow, "") is None:
            raise Fault(f"there is no flow named `{operation.flow}`", operation.span)
        if not memory.call(operation.flow, track.at(operation)):
            raise Fault(f"more than {DEPTH} subflows are called within one another here", operation.span)
        self.moved()
        self._begin_flow(operation.flow, given)
        return self._enter(operation.flow, "")

    def _run_out(self, track: Track) -> Spot | None:
        """What follows the last instruction of a step: in a subflow the flow that called, else nothing."""
        if self.memory is None or not self.memory.inside:
            return None
        if self._waited:
            self.lead_on(self.address(track.path, f"_w={RETURN}"))
            return None
        return self._give_back(None)

    def _give_back(self, value: object) -> Spot | None:
        """Goes on behind the instruction that called the subflow, which returned `value`."""
        memory = self.memory
        assert memory is not None, "only a subflow returns"
        place = memory.give_back()
        self.moved()
        spot = self.program.spot(place, self.channel)
        operation = spot[0].operations[spot[1]] if spot else None
        if spot is None or not isinstance(operation, Call):
            # An edit has taken the place away: the step is played from its start, which the caller has not left for long.
            return self._enter(place.flow, place.step)
        track, index = spot
        self._arrive(track)
        self.at, self.answer = operation.span, text_of(value)
        self._keep(operation.save, value)
        chosen = operation.answers.choose(operation.answers.written(value), self.scope)
        if chosen is None:
            chosen = operation.answers.name("else")
        return (track, index + 1) if chosen is None else self._take(operation, chosen, track, self.answer)

    def _keep(self, save: Save | None, value: object) -> None:
        """Keeps a value of the engine's own verbs, or entries of it; what there is none of is kept as nothing."""
        if save is None or self.memory is None:
            return
        if save.answer:
            self.memory.variables[save.answer] = storable(value)
        entries = value if isinstance(value, Mapping) else {}
        for variable, entry in save.parameters:
            self.memory.variables[variable] = storable(entries.get(entry))
        self._note_saved(save)
        self._scope = None
