"""A telephone inside the house of a project under test, with a server and a memory of its own."""

import math
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary, ref

from engine.phone import Conversation, Phone, PhoneCall, Request, Response
from engine.phone.conversation import Woken
from engine.phone.course import Answers
from engine.phone.events import Logged, Texted, Told
from engine.phone.party import API_VERSION
from engine.phone.scripts.stubs import Stub
from engine.phone.story import Story
from engine.phone.transport import Pairs
from engine.program.library import Library
from engine.runtime.desk import Desk, Heard
from engine.runtime.effects.world import World
from engine.runtime.outcome import Outcome
from engine.runtime.request import Request as Asked
from engine.runtime.session import Session
from engine.runtime.stores.memory import MemoryStore
from engine.runtime.trail import NO_TRAIL, Trail
from engine.testing.lived import Answered
from engine.testing.world import Exchange, Improvise, Scripted, reached, reports

BASE = "https://touchtone.test"
TOKEN = "0123456789abcdef0123456789abcdef"  # nobody's: it signs the requests of telephones under test

DUE = 1000  # conversations of one telephone that are looked through for what is due

T = TypeVar("T")


class Tested(Protocol):
    """What a telephone needs of the project that it is in."""

    library: Library
    stories: "WeakKeyDictionary[Story, Extension]"

    @property
    def mask(self) -> Callable[[str], str]: ...

    @property
    def world(self) -> World: ...

    @property
    def missing(self) -> str: ...

    def carry(self, extension: "Extension", request: Request, /) -> Response: ...

    def live(self, extension: "Extension", work: Coroutine[Any, Any, T], /) -> T: ...

    def note(self, asked: Asked, outcome: Outcome, /) -> None: ...


class Extension(Phone):
    """A telephone inside the house: its calls are answered by a desk and a memory of its own."""

    def __init__(
        self,
        project: Tested,
        at: datetime,
        answers: Answers,
        stubs: Sequence[Stub] = (),
        world: World | None = None,
        improvise: Improvise | None = None,
    ) -> None:
        super().__init__(self._carry, base=BASE, token=TOKEN, started=at, answers=answers)
        self._project, self._at = project, at.astimezone(UTC)  # as the clock of a server tells it
        self._store = MemoryStore(lambda: self.time.timestamp())
        own = world is None and improvise is None
        beyond = project.world if own else world or World()
        self.world = Scripted(stubs, beyond, improvise, mask=project.mask, missing=project.missing if own else "")
        self.desk = Desk(project.library, self._store, told=project.note, world=self.world, listener=self._listen)
        self.logged: list[Logged] = []  # what flows logged for the request that is answered now
        self._last: ref[Story] | None = None  # weak: a call keeps its telephone, not the other way round
        self.trail: Trail = NO_TRAIL  # of the request that is answered now
        self.answered: dict[str, Answered] = {}  # by the token of its request

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
        conversation.waking = _Timers(self, conversation)
        return conversation

    def session(self, story: Story) -> Session | None:
        """What the server remembers of a call or conversation."""
        return _at_once(self._store.turn(_key(story), lambda session: (session, session)))

    def due(self, story: Story, until: float) -> float | None:
        """The second of a conversation, up to `until`, at which the server has something to do in it next."""
        began, key = self._at.timestamp(), _key(story)
        at = next((at for one, at in _at_once(self._store.due(began + until, DUE)) if one == key), None)
        # The clock of the server counts whole microseconds, and must not stand a little before it.
        return None if at is None else math.ceil((at - began) * 1e4) / 1e4

    def wake(self, story: Story) -> Woken | None:
        """What the server does now in a conversation by itself; None if that is nothing."""
        asked, sent = len(self.world.exchanges), len(self.world.reminders)
        self.logged.clear()
        self.trail = NO_TRAIL
        outcome = self._project.live(self, self.desk.follow_silence(_key(story), self.time))
        if outcome is None:
            return None
        token = f"silence-{len(self.answered)}"
        self.answered[token] = Answered(outcome.body, self.trail)
        texts = tuple(
            (Texted(one.body, one.media_url, one.to, one.from_), one.status_callback)
            for one in self.world.reminders[sent:]
        )
        new = self.world.exchanges[asked:]
        told: tuple[Told, ...] = (*map(reached, new), *self.logged)
        return Woken(told, texts, token, len(texts), self._reports(new))

    def _reports(self, new: Sequence[Exchange]) -> tuple[tuple[str, Pairs], ...]:
        """What Twilio posts of what the flows sent."""
        account = (("AccountSid", self._account), ("ApiVersion", API_VERSION))
        return tuple((url, (*facts, *account)) for one in new for url, facts in reports(one))

    def _listen(self, heard: Heard) -> None:
        self.trail = heard.outcome.trail

    def _carry(self, request: Request) -> Response:
        before = len(self.world.exchanges)
        self.logged.clear()
        self.trail = NO_TRAIL
        answer = self._project.carry(self, request)
        new = self.world.exchanges[before:]
        if new or self.logged:
            answer = replace(answer, reached=(*map(reached, new), *self.logged), reports=self._reports(new))
        token = next(value for name, value in request.headers if name == "I-Twilio-Idempotency-Token")
        self.answered[token] = Answered(answer.body, self.trail)
        return answer


class _Timers:
    """The clock of an extension's server, as one of its conversations goes with it."""

    def __init__(self, extension: Extension, story: Story) -> None:
        self._extension, self._story = extension, ref(story)

    def due(self, until: float) -> float | None:
        """See `Extension.due`."""
        story = self._story()
        return self._extension.due(story, until) if story is not None else None

    def wake(self) -> Woken | None:
        """See `Extension.wake`."""
        story = self._story()
        return self._extension.wake(story) if story is not None else None


def _key(story: Story) -> str:
    """What the session of a call is kept under, its sid; that of a conversation, its two numbers."""
    if isinstance(story, PhoneCall):
        return story.sid
    return _pair(next((dict(asked.params) for asked in story.requests), {}))


def _pair(sent: Mapping[str, str]) -> str:
    """The two numbers of a conversation, the person's first: a message that goes out is from ours."""
    first, second = ("To", "From") if sent.get("Direction", "").startswith("outbound") else ("From", "To")
    return f"{sent.get(first, '')}>{sent.get(second, '')}"


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as stop:
        given: T = stop.value
        return given
    raise AssertionError("a store in memory waits for nothing")
