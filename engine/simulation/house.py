"""The server that answers one simulated call: the flows as callers hear them, with a memory and a clock of its own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any
from weakref import ref

from engine.model.flow import Flow
from engine.model.flow import Project as Flows
from engine.phone import Conversation, PhoneCall, Request, Response
from engine.phone.conversation import Woken
from engine.phone.line import Go
from engine.phone.story import Story
from engine.phone.tape import Sids
from engine.program.library import Library
from engine.program.program import Program
from engine.runtime.desk import Desk, Heard
from engine.runtime.outcome import Outcome
from engine.runtime.request import Request as Asked
from engine.testing.extension import Extension
from engine.testing.project import Project
from engine.testing.world import Improvise

SECONDS = 10.0  # of real time that one play may take
KEPT = 32  # versions of the flows that one call may go back to

Told = Callable[[Heard, Program, float], None]  # with the seconds that the answer took


class Cut(BaseException):
    """Thrown through a play that takes too long. No step may take it for a fault of its own."""


class Shelf(Library):
    """The versions that one call has met. The server's own library drops versions by its own count; these stay whole."""

    __slots__ = ()

    def hold(self, program: Program) -> list[object]:
        """Keeps a version; the one that was not used for longest may have to go."""
        self._versions.pop(program.version, None)
        self._versions[program.version] = program
        while len(self._versions) > KEPT:
            self._versions.pop(next(iter(self._versions)))
        return []

    def publish(self, program: Program) -> list[object]:
        """Makes a version the current one."""
        self.current = program
        return self.hold(program)


class House(Project):
    """The flows that one play of a call is answered by; `publish` is a save."""

    def __init__(self, program: Program, folder: Path) -> None:
        super().__init__(program, folder)
        self.library = Shelf(program)

    def publish(self, program: Program) -> None:
        """From the next step on the call goes on in this version, as in `touchtone dev`."""
        if program is not self.library.current:
            self.program = program
            self.library.publish(program)

    def note(self, asked: Asked, outcome: Outcome) -> None:
        """See `Project.note`; a fault is kept with the place in the call where it happened."""
        super().note(asked, outcome)
        if isinstance(self._extension, Desktop):
            self._extension.troubles += [(self._extension.length, str(fault)) for fault in self.faults]


class Desktop(Extension):
    """The telephone of the design page: a call that follows saves, and tells each turn as it is answered.

    `heards` are the turns so far; `turns` tells for the token of a request which of them answered it, counted from 1; `troubles` are
    faults of steps, with the number of moments before each.
    """

    def __init__(self, house: House, at: datetime, seed: int, improvise: Improvise, told: Told) -> None:
        super().__init__(house, at, {}, (), None, improvise)
        self._sids = Sids(seed)
        self.desk = Desk(
            house.library, self._store, follow=True, told=house.note, world=self.world, listener=self._listen
        )
        self._house, self._outside, self._until, self._asked = house, told, 0.0, 0.0
        self._open: ref[Story] | None = None
        self.heards: list[Heard] = []
        self.turns: dict[str, int] = {}
        self.troubles: list[tuple[int, str]] = []

    @property
    def length(self) -> int:
        """How many moments the call has so far."""
        story = self._open() if self._open else None
        return story.length if story else 0

    def come_in(self, url: str, from_: str, to: str, params: Mapping[str, str]) -> tuple[PhoneCall, Go]:
        """A call that is not begun yet, and the way to its first document."""
        call, go = self.placed(url, from_, to, params=params)
        self._open = ref(call)
        self._project.stories[call] = self
        return call, go

    def write(self, *args: Any, **named: Any) -> Conversation:
        """As `Phone.write`."""
        conversation = super().write(*args, **named)
        self._open = ref(conversation)
        return conversation

    def begun(self, call: PhoneCall) -> None:
        """The call has come to a first stop: from here on the server's clock runs with it."""
        self._last = ref(call)

    def start_watch(self) -> None:
        """From now on a play has so many seconds of real time."""
        self._until = monotonic() + SECONDS

    def _carry(self, request: Request) -> Response:
        if monotonic() > self._until:
            raise Cut
        before, self._asked = len(self.heards), perf_counter()
        answer = super()._carry(request)
        if len(self.heards) > before:
            token = next(value for name, value in request.headers if name == "I-Twilio-Idempotency-Token")
            self.turns[token] = len(self.heards)
        return answer

    def wake(self, story: Story) -> Woken | None:
        """See `Extension.wake`."""
        if monotonic() > self._until:
            raise Cut
        self._asked = perf_counter()
        woken = super().wake(story)
        if woken is not None:
            self.turns[woken.token] = len(self.heards)
        return woken

    def _listen(self, heard: Heard) -> None:
        took = perf_counter() - self._asked
        super()._listen(heard)
        self.heards.append(heard)
        library = self._house.library
        self._outside(heard, library.find(heard.version) or library.current, took)


def with_first_values(program: Program, flow: str, values: Mapping[str, Any]) -> Program:
    """The same version, in which the variables of a flow begin with other values."""
    if not values or flow not in program.flows:
        return program
    flows = {**program.flows, flow: _given(program.flows[flow], values)}
    version = program.version
    return Program(Flows(flows), program.sources, program.env, absent=program.absent, before=program, version=version)


def _given(flow: Flow, values: Mapping[str, Any]) -> Flow:
    return replace(
        flow,
        takes={name: value for name, value in flow.takes.items() if name not in values},
        required=flow.required - values.keys(),
        variables={**flow.variables, **values},
        keeps=True,
    )
