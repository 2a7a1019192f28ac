"""Keeps what happened in each call, for a day: written beside the turns, and shared by all processes that have the store."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from time import monotonic
from typing import Any

import msgspec

from engine.api.bodies import SID, Asked, Entered, Event, Failed, Logged, SetVariable, Status, Took
from engine.runtime import trail
from engine.runtime.request import ENDED, TOLD
from engine.runtime.stores import StoreError
from engine.runtime.stores.records import Records
from engine.server.listening import PlayedTurn
from engine.server.sparing import Sparing

log = logging.getLogger("touchtone.server")

LIFE = 86400.0  # seconds for which a call's trail is kept after its last turn
EVENTS = 500  # of a call: the oldest are left out
BYTES = 64 * 1024  # of a call's trail
TEXT = 1000  # characters of a text in it, or of a value as JSON
WAITING = 10_000  # turns that wait to be written at most
PAUSE = 0.05  # seconds in which turns are gathered before they are written


class CallTrail(msgspec.Struct, frozen=True):
    """What is kept of a call: where it is (`flow`, `step`, `since` as the text of a time), what happened, and how many older events
    are left out. `status` is the last that Twilio told, "" for none.
    """

    flow: str = ""
    step: str = ""
    since: str = ""
    status: str = ""
    events: tuple[Event, ...] = ()
    left_out: int = 0


class Trails:
    """Takes turns in the thread of the listeners, and writes them in the event loop, those of a moment together."""

    def __init__(self, records: Callable[[], Records]) -> None:
        self._records = records
        self._lock = threading.Lock()
        self._waiting: dict[str, list[PlayedTurn]] = {}
        self._count = self._lost = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writing: asyncio.Task[None] | None = None
        self._log = Sparing(log, monotonic)

    def start(self) -> None:
        """Writes in the running loop from now on."""
        self._loop = asyncio.get_running_loop()
        self._wake()

    async def stop(self) -> None:
        """Writes what still waits."""
        self._loop = None
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
            self._writing = None
        await self.write()

    def hear(self, played: PlayedTurn) -> None:
        """Takes a turn that was played; those of conversations, and those that Twilio repeated, tell nothing."""
        if played.repeated or not SID.fullmatch(played.key):
            return
        with self._lock:
            if self._count >= WAITING:
                self._lost += 1
                return
            self._count += 1
            self._waiting.setdefault(played.key, []).append(played)
            first, loop = self._count == 1, self._loop
        if first and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    async def begin(self, sid: str, flow: str) -> None:
        """Notes that a call was placed that will enter a flow; a store that cannot be used is logged."""
        begun = _written(CallTrail(flow=flow))
        try:
            await self._records().change(_name(sid), lambda kept: (None, kept or begun), LIFE)
        except StoreError as fault:
            self._log.warning("the trail of the call %s is not kept: %s", sid, fault)

    async def read(self, sid: str) -> CallTrail | None:
        """The trail of a call, with all that this process has heard so far; None for one that was not here within a day."""
        await self.write()
        kept = await self._records().change(_name(sid), lambda kept: (kept, kept), LIFE)
        return None if kept is None else _read(kept)

    async def write(self) -> None:
        """Writes what waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            lost, self._lost, self._count = self._lost, 0, 0
        if lost:
            self._log.warning("%d turns are missing in the trails of calls: the store is slower than the calls", lost)
        # Together: a store that is locked is waited for once, and not for each call, while a program waits for its answer.
        await asyncio.gather(*(self._write_one(sid, turns) for sid, turns in waiting.items()))

    async def _write_one(self, sid: str, turns: Sequence[PlayedTurn]) -> None:
        try:
            await self._records().change(_name(sid), lambda kept: (None, _with(kept, turns)), LIFE)
        except (StoreError, ValueError) as fault:
            self._log.warning("the trail of the call %s is not kept: %s", sid, fault)

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None and (self._writing is None or self._writing.done()):
            self._writing = loop.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        while self._count:
            await asyncio.sleep(PAUSE)
            await self.write()


def _name(sid: str) -> str:
    return f"trail:{sid}"


def _read(kept: bytes) -> CallTrail:
    try:
        return msgspec.json.decode(kept, type=CallTrail)
    except (msgspec.DecodeError, UnicodeDecodeError):  # another version of this program wrote it
        return CallTrail()


def _written(kept: CallTrail) -> bytes:
    return msgspec.json.encode(kept)


def _with(kept: bytes | None, turns: Sequence[PlayedTurn]) -> bytes:
    """The trail with those turns in it, in the order of their times."""
    before = CallTrail() if kept is None else _read(kept)
    flow, step, since, status = before.flow, before.step, before.since, before.status
    events = list(before.events)
    for turn in turns:
        at = turn.at.astimezone(UTC).isoformat(timespec="milliseconds")  # so that texts are in the order of times
        told = turn.facts.get("CallStatus", "")
        # Another leg, such as a whisper, enters steps of its own; and at a report nobody is on the line.
        own = turn.facts.get("CallSid", turn.key) == turn.key
        here = own and bool(told) and told not in ENDED and not any(turn.facts.get(name) for name in TOLD)
        if own and told and told != status:
            status = told
            events.append(Status(at, told))
        for event in _events(turn.trail, at):
            events.append(event)
            if here and isinstance(event, Entered) and not event.on_silence and at >= since:
                flow, step, since = event.flow, event.step, at
    events.sort(key=lambda event: event.at)
    left_out = before.left_out + max(0, len(events) - EVENTS)
    events = events[-EVENTS:]
    text = _written(CallTrail(flow, step, since, status, tuple(events), left_out))
    while len(text) > BYTES:
        gone = max(1, len(events) // 4)
        events, left_out = events[gone:], left_out + gone
        text = _written(CallTrail(flow, step, since, status, tuple(events), left_out))
    return text


def _events(done: trail.Trail, at: str) -> Iterator[Event]:
    silent = False
    for event in done:
        match event:
            case trail.Entered(flow=flow, step=step):
                yield Entered(at, flow, step, silent)
            case trail.Took(compared=compared):
                # What follows a question in its own document is heard by whoever does not answer.
                silent = silent or (compared == "no_input" and event.at > 0)
                yield Took(at, event.id, _cut(compared), silent)
            case trail.Set(name=name, value=value):
                yield SetVariable(at, name, _short(value))
            case trail.Asked(kind=kind, answer=answer, problem=problem, seconds=seconds):
                yield Asked(at, kind, _cut(answer), _cut(problem), None if seconds is None else round(seconds, 3))
            case trail.Logged(text=text):
                yield Logged(at, _cut(text))
            case trail.Failed(message=message):
                yield Failed(at, _cut(message))


def _cut(text: str) -> str:
    whole = text if len(text) <= TEXT else f"{text[:TEXT]}…"
    return whole.encode("utf-8", "replace").decode("utf-8")  # half of a character is no text for JSON


def _short(value: Any) -> Any:
    """A value as it is kept: one that is long is cut, as text."""
    if isinstance(value, str):
        return _cut(value)
    try:
        text = msgspec.json.encode(value)
    except (TypeError, ValueError):  # half of a character in it
        return _cut(str(value))
    return value if len(text) <= TEXT else _cut(text.decode())
