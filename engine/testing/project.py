"""A project under test: its flows answered in process, and telephones that ring them."""

from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from engine.diagnostics import Report
from engine.document.folder import FUNCTIONS
from engine.grammar.channels import CHANNELS
from engine.grammar.verbs.run import RUN
from engine.model.parts import PerformEffect
from engine.phone import Request, Response, in_process
from engine.phone.course import Answers
from engine.phone.events import Logged
from engine.phone.phone import STARTED
from engine.phone.scripts.stubs import Ask, Stub
from engine.phone.story import Story
from engine.phone.tape import Side
from engine.program.library import Library, load_folder, load_for
from engine.program.program import Program
from engine.runtime.effects.effect import FunctionCall
from engine.runtime.effects.functions import Functions
from engine.runtime.effects.secrets import Secrets
from engine.runtime.effects.world import World
from engine.runtime.outcome import Outcome, apology
from engine.runtime.request import Reply
from engine.runtime.request import Request as Asked
from engine.runtime.session import Session
from engine.runtime.trail import Entered, Took
from engine.server.app import assemble
from engine.server.settings import Settings
from engine.testing.extension import BASE, TOKEN, Extension
from engine.testing.lived import lived
from engine.testing.world import SAID, Exchange, Improvise

T = TypeVar("T")

_APOLOGIES = tuple(map(apology, CHANNELS))


@dataclass(frozen=True, slots=True)
class Fault:
    """What a step could not do: in words, and `place`, the `file:line:column` it is written at (else `flow/step`)."""

    message: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class Project:
    """A folder of flows under test, answered in process: no socket, no file written, each telephone a world of its own.

    The same acts give the same call, whatever was played before.
    """

    def __init__(self, program: Program, folder: Path = Path(), report: Report | None = None) -> None:
        """`folder` holds its recordings (`audio/`); `report` has its warnings and hints."""
        self.program, self.folder, self.report = program, folder, report or Report()
        self.library = Library(program)
        self.stories: WeakKeyDictionary[Story, Extension] = WeakKeyDictionary()
        self.mask = Secrets(program.env.values()).mask  # hides secrets in a text
        self._faults: list[Fault] = []
        self._extension: Extension | None = None  # the telephone whose request is answered now
        settings = Settings(public_url=BASE, tokens=(TOKEN,), env=program.env)
        app = assemble(self._answer, settings, clock=self._time, audio=folder / "audio")
        self._transport = in_process(app, BASE)

    @classmethod
    def load(cls, folder: Path, env: Mapping[str, str] | None = None) -> "Project | Report":
        """The project of the flows in a folder; the report of their mistakes if they cannot be served."""
        loaded = load_folder(folder, env)
        return loaded.report if loaded.program is None else cls(loaded.program, folder, loaded.report)

    @classmethod
    def load_for(
        cls, folder: Path, flow: str, env: Mapping[str, str] | None = None
    ) -> "tuple[Project | Report, tuple[str, ...]]":
        """The project as far as one flow can be called, and the files that are left out for their errors (see `load_for`)."""
        loaded, wrong = load_for(folder, flow, env)
        project = loaded.report if loaded.program is None else cls(loaded.program, folder, loaded.report)
        return project, wrong

    def phone(
        self,
        at: datetime | None = None,
        answers: Answers | None = None,
        *,
        stubs: Sequence[Stub] = (),
        world: World | None = None,
        improvise: Improvise | None = None,
    ) -> Extension:
        """A telephone that rings `entry(flow)`; the server's clock stands at `at` (aware) when it does, and runs with the call.

        `answers` are outcomes given in advance, as of `Phone`; `stubs` answer for the world. What they do not speak of `improvise`
        answers; without it functions are run, and `world` performs all that it can. What another telephone did is unknown to
        the flows.
        """
        assert at is None or at.tzinfo is not None, "the time of a call is a time somewhere"
        return Extension(self, at or STARTED, answers or {}, stubs, world, improvise)

    @staticmethod
    def entry(flow: str) -> str:
        """The address of a flow, to be rung or written to."""
        return f"/flows/{flow}"

    def channels(self, flow: str) -> tuple[str, ...]:
        """The channels that a flow answers on: voice, messaging, or both."""
        return self.program.flows[flow].channels

    def steps(self, story: Story, side: Side | None = None) -> tuple[str, ...]:
        """The steps that were lived, as `clinic/menu`, in order.

        With `side` those that one side of the line came to; without it also those of callbacks, which nobody hears.
        """
        return tuple(event.id for event in self._lived(story, side) if isinstance(event, Entered))

    def exits(self, story: Story) -> tuple[str, ...]:
        """The exits that were taken, as `clinic/menu:0 1`: step, place of the instruction in it, number in its branch."""
        return tuple(event.id for event in self._lived(story) if isinstance(event, Took))

    def last(self, story: Story, side: Side) -> str:
        """The step or exit that one side of the line came to last: in a tree that is the exit that led to it."""
        return next((event.id for event in reversed(self._lived(story, side))), "")

    def variables(self, story: Story) -> Mapping[str, object]:
        """The variables of a call or conversation as they are now; none of a flow that keeps none."""
        session = self.session(story)
        return session.variables if session else {}

    def asked(self, story: Story) -> Sequence[Ask]:
        """What a call has asked of the world."""
        extension = self.stories.get(story)
        return extension.world.asked if extension else ()

    def exchanges(self, story: Story) -> Sequence[Exchange]:
        """What a call has asked of the world, and what came of it."""
        extension = self.stories.get(story)
        return tuple(extension.world.exchanges) if extension else ()

    def unanswered(self, story: Story) -> Sequence[tuple[Ask, str]]:
        """What it has asked that nobody has an answer to, and why, if there is more to say of it."""
        extension = self.stories.get(story)
        return tuple(extension.world.unanswered) if extension else ()

    def idle(self, story: Story) -> Sequence[Stub]:
        """The answers that were given for a call, and that nobody has asked for."""
        extension = self.stories.get(story)
        return extension.world.idle if extension else ()

    @cached_property
    def world(self) -> World:
        """What is there without any stub: the functions of the project, nothing else."""
        return World({FunctionCall: self._own.perform} if self._own and not self.missing else {})

    @cached_property
    def missing(self) -> str:
        """Why the functions cannot be run, in one sentence; "" if they can, or there are none."""
        return self._own.reload() if self._own else ""

    @cached_property
    def _own(self) -> Functions | None:
        """The functions, which are imported when one may be run for the first time."""
        return Functions(self.folder / FUNCTIONS) if (self.folder / FUNCTIONS).exists() else None

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of the functions that flows run."""
        flows = self.program.flows.values()
        return frozenset(
            one["function"]
            for flow in flows
            for one in flow.graph.instructions
            if isinstance(one, PerformEffect) and one.spec is RUN
        )

    def session(self, story: Story) -> Session | None:
        """All that is remembered of a call or conversation."""
        extension = self.stories.get(story)
        return extension.session(story) if extension else None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What went wrong in steps since the last look."""
        faults = tuple(self._faults)
        self._faults.clear()
        return faults

    def carry(self, extension: "Extension", request: Request) -> Response:
        """The answer to a request of one of the project's telephones."""
        self._extension = extension
        return self._transport(request)

    def live(self, extension: "Extension", work: Coroutine[Any, Any, T]) -> T:
        """What comes of something that the server of one of the project's telephones does by itself."""
        self._extension = extension
        return self._transport.do(work)

    def note(self, asked: Asked, outcome: Outcome) -> None:
        """Hears what came of a turn, and what it logged; what a script lets fail is no fault of the flow, unless nothing takes it."""
        if self._extension is not None:
            self._extension.logged += [Logged(self.mask(text), span.location) for text, span in outcome.lines]
        for trouble in (outcome.trouble, outcome.also):
            if trouble is None:
                continue
            message = trouble.message
            if message.startswith(SAID):
                if outcome.body not in _APOLOGIES:
                    continue
                message = f"{message.removeprefix(SAID)}, and neither its branch nor `on_error` takes that"
            place = trouble.span.location if trouble.span else f"{asked.flow}/{asked.step}"
            self._faults.append(Fault(message, place))

    def _answer(self, asked: Asked) -> Reply | Awaitable[Reply]:
        assert self._extension is not None, "only the project's telephones ask"
        return self._extension.desk.answer(asked)

    def _time(self) -> datetime:
        assert self._extension is not None, "only the project's telephones ask"
        return self._extension.time

    def _lived(self, story: Story, side: Side | None = None) -> list[Entered | Took]:
        extension = self.stories.get(story)
        return list(lived(story, extension.answered, side)) if extension else []
