"""What the stand-in keeps, in memory: the resources of the account, and what happened, a line each."""

import dataclasses
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from engine.standin.resources import (
    AccountResource,
    ApplicationResource,
    CallerIdResource,
    CallResource,
    MessageResource,
    NumberResource,
    RecordingResource,
    Resource,
    new_sid,
)

MOST = 5_000  # resources of a kind; beyond it the oldest one that is over is dropped
EVENTS = 10_000
LONGEST_LINE = 400  # letters of a line of what happened
_SHOWN = 60  # letters of a message in the list of what happened

_LOGIN = re.compile(r"://[^/\s?#]+@")

Clock = Callable[[], datetime]
Kind = TypeVar("Kind", bound=Resource)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: its number (from 1), when, a line of text, and the SID of what it happened to ("" for nothing)."""

    number: int
    at: datetime
    text: str
    sid: str = ""


class Table(Mapping[str, Kind], Generic[Kind]):
    """The resources of a kind by SID, in the order in which they were made; threads may share it."""

    def __init__(self, clock: Clock, lock: threading.RLock, most: int = MOST) -> None:
        self._clock, self._lock, self._most = clock, lock, most
        self._held: dict[str, Kind] = {}

    def __getitem__(self, sid: str) -> Kind:
        return self._held[sid]

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._held))

    def __len__(self) -> int:
        return len(self._held)

    def all(self) -> list[Kind]:
        """All of them, the oldest first."""
        with self._lock:
            return list(self._held.values())

    def add(self, one: Kind) -> Kind:
        """Keeps a new one; where there are too many the oldest that is over is dropped, or else the oldest."""
        with self._lock:
            self._held[one.sid] = one
            if len(self._held) > self._most:
                oldest = next((each for each in self._held.values() if each.over), None)
                del self._held[oldest.sid if oldest else next(iter(self._held))]
        return one

    def update(self, sid: str, **changes: Any) -> Kind:
        """Changes fields of one, and returns what it is now; raises KeyError for one that is not kept (any more)."""
        with self._lock:
            changed = dataclasses.replace(self._held[sid], date_updated=self._clock(), **changes)
            self._held[sid] = changed
            return changed

    def drop(self, sid: str) -> None:
        """Deletes one."""
        with self._lock:
            self._held.pop(sid, None)


class Records:
    """The account, its resources, and the list of what happened; threads may share it.

    `clock` is asked when something happens; `base` is the address of the stand-in. `told` is called with each event, in the thread where it happened.
    """

    def __init__(
        self,
        account: AccountResource,
        clock: Clock,
        *,
        base: str = "http://127.0.0.1:8010",
        told: Callable[[Event], None] | None = None,
        most: int = MOST,
    ) -> None:
        self.account, self.base = account, base
        self.clock = clock
        self._lock = threading.RLock()
        self._told, self._count = told, 0
        self._events: list[Event] = []
        self.calls: Table[CallResource] = Table(clock, self._lock, most)
        self.messages: Table[MessageResource] = Table(clock, self._lock, most)
        self.numbers: Table[NumberResource] = Table(clock, self._lock, most)
        self.caller_ids: Table[CallerIdResource] = Table(clock, self._lock, most)
        self.applications: Table[ApplicationResource] = Table(clock, self._lock, most)
        self.recordings: Table[RecordingResource] = Table(clock, self._lock, most)
        self._opted_out: set[tuple[str, str]] = set()

    # what happened

    def note(self, text: str, sid: str = "") -> None:
        """Adds a line to what happened."""
        with self._lock:
            self._count += 1
            event = Event(self._count, self.clock(), _one_line(text), sid)
            self._events.append(event)
            if len(self._events) > EVENTS:
                del self._events[: EVENTS // 10]
            if self._told is not None:
                self._told(event)

    def events(self, after: int = 0) -> list[Event]:
        """What happened after the event of this number, the oldest first."""
        with self._lock:
            return [event for event in self._events if event.number > after]

    # calls and messages

    def stamp(self, prefix: str) -> dict[str, Any]:
        """The fields that each new resource has: a new SID, the account, and now as its dates."""
        now = self.clock()
        return {
            "sid": new_sid(prefix),
            "account_sid": self.account.sid,
            "date_created": now,
            "date_updated": now,
        }

    def add_call(self, **fields: Any) -> CallResource:
        """A new call, noted: its fields except SID, account and dates."""
        call = self.calls.add(CallResource(**self.stamp("CA"), **fields))
        self.note(f"{_short(call.sid)}  {call.direction} call from {call.from_} to {call.to}: {call.status}", call.sid)
        return call

    def update_call(self, sid: str, **changes: Any) -> CallResource:
        """Changes a call; a new status is noted. Raises KeyError for a call that is not kept."""
        with self._lock:
            before = self.calls[sid]
            call = self.calls.update(sid, **changes)
            if call.status != before.status:
                seconds = f" after {call.duration} s" if call.over and call.duration else ""
                who = f", answered by {call.answered_by}" if call.answered_by and not call.over else ""
                self.note(f"{_short(sid)}  {call.status}{seconds}{who}", sid)
            elif call.answered_by != before.answered_by:
                self.note(f"{_short(sid)}  answered by {call.answered_by}", sid)
            return call

    def add_message(self, **fields: Any) -> MessageResource:
        """A new message, noted: its fields except SID, account and dates."""
        message = self.messages.add(MessageResource(**self.stamp("MM" if fields.get("media") else "SM"), **fields))
        said = message.body if len(message.body) <= _SHOWN else message.body[: _SHOWN - 1] + "…"
        from_ = message.from_ or message.messaging_service_sid
        self.note(f"{_short(message.sid)}  {message.direction} text from {from_} to {message.to}: {said}", message.sid)
        return message

    def update_message(self, sid: str, **changes: Any) -> MessageResource:
        """Changes a message; a new status is noted. Raises KeyError for a message that is not kept."""
        with self._lock:
            before = self.messages[sid]
            message = self.messages.update(sid, **changes)
            if message.status != before.status:
                error = f" ({message.error_code})" if message.error_code else ""
                self.note(f"{_short(sid)}  {message.status}{error}", sid)
            return message

    # numbers and the people behind them

    def number(self, phone_number: str) -> NumberResource | None:
        """The account's number of this spelling (E.164), or None."""
        return next((one for one in self.numbers.all() if one.phone_number == phone_number), None)

    def verified(self, phone_number: str) -> bool:
        """Whether it is a verified caller id."""
        return any(one.phone_number == phone_number for one in self.caller_ids.all())

    def opt_out(self, person: str, number: str) -> None:
        """The person wrote STOP to a number: messages from it are refused (error 21610) until START."""
        with self._lock:
            self._opted_out.add((person, number))

    def opt_in(self, person: str, number: str) -> None:
        """The person wrote START."""
        with self._lock:
            self._opted_out.discard((person, number))

    def opted_out(self, person: str, number: str) -> bool:
        """Whether the person wrote STOP to this number, and no START since."""
        return (person, number) in self._opted_out


def _one_line(text: str) -> str:
    """The text in one line, with nothing in it that a terminal would obey, and without the logins of addresses."""
    line = _LOGIN.sub("://…@", " ".join(text.split())[:LONGEST_LINE])
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)


def _short(sid: str) -> str:
    """The beginning of a SID, by which a person finds it again."""
    return sid[:8]
