"""A project under test: its flows answered in process, and telephones that ring them."""

import re
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

from engine.diagnostics import Report
from engine.document.folder import FUNCTIONS
from engine.phone import Conversation, Phone, PhoneCall, Request, Response, in_process
from engine.phone.events import HungUp, Marked, Requested
from engine.phone.phone import STARTED
from engine.phone.scripts.stubs import Stub
from engine.phone.story import Story
from engine.phone.tape import Side
from engine.program.library import Library, load_folder
from engine.program.program import Program
from engine.runtime.desk import Desk
from engine.runtime.effects.effect import FunctionCall
from engine.runtime.effects.functions import Functions
from engine.runtime.effects.world import World
from engine.runtime.respond import Outcome
from engine.runtime.session import Session
from engine.runtime.stores.memory import MemoryStore
from engine.runtime.turn import Reply, Turn
from engine.server.app import create_app
from engine.server.settings import Settings
from engine.testing.world import SAID, Told

BASE = "https://touchtone.test"
TOKEN = "0123456789abcdef0123456789abcdef"  # nobody's: it signs the requests of telephones under test

# The marks with which a document begins: what was chosen whether anybody hears the document or not.
_FIRST_MARKS = re.compile(rb"<\?xml[^?]*\?>\s*<Response>((?:<\?touchtone [^?]*\?>)+)")
_MARK = re.compile(rb"<\?touchtone ([^?]*)\?>")

T = TypeVar("T")


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
        """`program` has marks; `folder` holds its recordings (`audio/`); `report` has its warnings and hints."""
        assert program.marks, "a program under test tells by marks where a call is"
        self.program, self.folder, self.report = program, folder, report or Report()
        self.library = Library(program)
        self.stories: WeakKeyDictionary[Story, Extension] = WeakKeyDictionary()
        known = Functions(folder / FUNCTIONS) if (folder / FUNCTIONS).exists() else None
        self.world = World({FunctionCall: known.perform} if known else {})
        self._faults: list[Fault] = []
        self._extension: Extension | None = None  # the telephone whose request is answered now
        settings = Settings(public_url=BASE, tokens=(TOKEN,), env=program.env)
        app = create_app(self._answer, settings, clock=self._time, audio=folder / "audio")
        self._transport = in_process(app, BASE)

    @classmethod
    def load(cls, folder: Path, env: Mapping[str, str] | None = None) -> "Project | Report":
        """The project of the flows in a folder; the report of their mistakes if they cannot be served."""
        loaded = load_folder(folder, env, marks=True)
        return loaded.report if loaded.program is None else cls(loaded.program, folder, loaded.report)

    def phone(
        self,
        at: datetime | None = None,
        answers: Mapping[str, str] | None = None,
        *,
        stubs: Sequence[Stub] = (),
        world: World | None = None,
    ) -> "Extension":
        """A telephone that rings `entry(flow)`; the server's clock stands at `at` (aware) when it does, and runs with the call.

        `answers` are outcomes given in advance, as of `Phone`; `stubs` answer for the world, of which nothing is asked, unless `world` performs what they do not speak of. What another telephone did is unknown to the flows.
        """
        assert at is None or at.tzinfo is not None, "the time of a call is a time somewhere"
        return Extension(self, at or STARTED, answers or {}, stubs, world)

    @staticmethod
    def entry(flow: str) -> str:
        """The address of a flow, to be rung or written to."""
        return f"/flows/{flow}"

    def steps(self, story: Story, side: Side | None = None) -> tuple[str, ...]:
        """The steps that were lived, as `clinic/menu`, in order.

        With `side` those that one side of the line came to; without it also those of callbacks, which nobody hears.
        """
        return tuple(mark.removeprefix("step ") for mark in self._marks(story, side) if mark.startswith("step "))

    def exits(self, story: Story) -> tuple[str, ...]:
        """The exits that were taken, as `clinic/menu:0 1`: step, place of the instruction in it, number in its branch."""
        return tuple(mark.removeprefix("exit ") for mark in self._marks(story) if mark.startswith("exit "))

    def last(self, story: Story, side: Side) -> str:
        """The step or exit that one side of the line came to last, as its mark names it: in a tree that is the exit that led to it."""
        return next(reversed(self._marks(story, side)), "")

    def variables(self, story: Story) -> Mapping[str, object]:
        """The variables of a call or conversation as they are now; none of a flow that keeps none."""
        session = self.session(story)
        return session.variables if session else {}

    def asked(self, story: Story) -> Sequence[str]:
        """What a call has asked of the world, a line each."""
        extension = self.stories.get(story)
        return extension.world.asked if extension else ()

    def unanswered(self, story: Story) -> Sequence[tuple[str, str]]:
        """What it has asked that nobody has an answer to: the verb, and the line."""
        extension = self.stories.get(story)
        return extension.world.unanswered if extension else ()

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

    def note(self, turn: Turn, outcome: Outcome) -> None:
        """Hears what came of a turn; what a script lets fail is no fault of the flow."""
        for trouble in (outcome.trouble, outcome.also):
            if trouble is not None and not trouble.message.startswith(SAID):
                place = trouble.span.location if trouble.span else f"{turn.flow}/{turn.step}"
                self._faults.append(Fault(trouble.message, place))

    def _answer(self, turn: Turn) -> Reply | Awaitable[Reply]:
        assert self._extension is not None, "only the project's telephones ask"
        return self._extension.desk.answer(turn)

    def _time(self) -> datetime:
        assert self._extension is not None, "only the project's telephones ask"
        return self._extension.time

    def _marks(self, story: Story, side: Side | None = None) -> list[str]:
        """The marks that a call came past, and those with which documents begin that nobody heard (callbacks)."""
        extension = self.stories.get(story)
        answers = extension.answers(story) if extension else []
        if not isinstance(story, PhoneCall):
            return [mark for marks in answers for mark in marks]
        over, asked, lived = False, 0, list[str]()
        for moment in story.moments:
            event = moment.event
            if isinstance(event, Marked):
                if side in (None, moment.side):
                    lived.append(event.text)
            elif isinstance(event, Requested):
                if side is None and (over or event.kind == "callback") and asked < len(answers):
                    lived += answers[asked]
                asked += 1
            elif isinstance(event, HungUp) and moment.side == "caller":
                over = True
        return lived


class Extension(Phone):
    """A telephone inside the house: its calls are answered by a desk and a memory of its own."""

    def __init__(
        self,
        project: Project,
        at: datetime,
        answers: Mapping[str, str],
        stubs: Sequence[Stub] = (),
        world: World | None = None,
    ) -> None:
        super().__init__(self._carry, base=BASE, token=TOKEN, started=at, answers=answers)
        self._project, self._at = project, at.astimezone(UTC)  # as the clock of a server tells it
        self._store = MemoryStore(lambda: self.time.timestamp())
        self.world = Told(stubs, world or project.world)
        self.desk = Desk(project.library, self._store, told=project.note, world=self.world)
        self._last: ref[Story] | None = None  # weak: a call keeps its telephone, not the other way round
        self._answers_by_key: dict[str, list[list[str]]] = {}

    @property
    def time(self) -> datetime:
        """The time where the server is: it runs with what was rung last, once that has come to a first stop."""
        last = self._last() if self._last else None
        return self._at + timedelta(seconds=last.now) if last else self._at

    def ring(self, *args: Any, **named: Any) -> PhoneCall:
        """As `Phone.ring`."""
        self._last = None
        call = super().ring(*args, **named)
        self._last = ref(call)
        self._project.stories[call] = self
        return call

    def write(self, *args: Any, **named: Any) -> Conversation:
        """As `Phone.write`."""
        conversation = super().write(*args, **named)
        self._last = ref(conversation)
        self._project.stories[conversation] = self
        return conversation

    def session(self, story: Story) -> Session | None:
        """What the server remembers of a call or conversation."""
        return _at_once(self._store.turn(_key(story), lambda session: (session, session)))

    def answers(self, story: Story) -> list[list[str]]:
        """The marks in the answers to the requests of a call, as far as each answer begins with marks; all of a conversation's."""
        return self._answers_by_key.get(_key(story), [])

    def _carry(self, request: Request) -> Response:
        answer = self._project.carry(self, request)
        sent = dict(request.params)
        if "MessageSid" in sent:
            key, marked = f"{sent.get('From', '')}>{sent.get('To', '')}", answer.body
        else:
            token = next(value for name, value in request.headers if name == "I-Twilio-Idempotency-Token")
            first = _FIRST_MARKS.match(answer.body)
            key, marked = token.partition("-")[0], first[1] if first else b""
        self._answers_by_key.setdefault(key, []).append([mark.decode() for mark in _MARK.findall(marked)])
        return answer


def _key(story: Story) -> str:
    """What the session of a call is kept under, its sid; that of a conversation, its two numbers."""
    if isinstance(story, PhoneCall):
        return story.sid
    sent = next((dict(asked.params) for asked in story.requests), {})
    return f"{sent.get('From', '')}>{sent.get('To', '')}"


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as stop:
        given: T = stop.value
        return given
    raise AssertionError("a store in memory waits for nothing")
