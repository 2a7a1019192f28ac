"""Plays what the stand-in takes: calls on a telephone that asks the flow server, and messages."""

import threading
from collections.abc import Callable
from contextlib import suppress

from engine.phone.line import Go
from engine.phone.placing import Order, PlacedCall
from engine.standin import driving
from engine.standin.keeping import CallKeeper
from engine.standin.live import LiveCall
from engine.standin.orders import TIMEOUT, read_call, voice_of
from engine.standin.pacing import SPEED, Command, DropCallee, End, Inbox, Redirect, Typed
from engine.standin.parameters import one
from engine.standin.people import People, read_acts, read_person
from engine.standin.reach import Reach
from engine.standin.records import Records
from engine.standin.resources import CallResource, MessageResource
from engine.standin.texting import NewSids, Texting
from engine.standin.working import Workers

LIVE = 50  # calls at once; the others stay queued
MESSAGES = 8  # messages at once
LONGEST = 14_400.0  # seconds that a call lasts at most (Twilio, Calls resource, TimeLimit)
CLOSING = 3.0  # seconds that the end of the stand-in waits for what is being played


class TelephoneDriver:
    """The driver that really calls. `people` say what happens at the other end, `reach` which servers may be asked, `speed` how many
    seconds of a call pass in one, `live` how many calls there are at once; others stay queued.
    """

    def __init__(
        self,
        records: Records,
        *,
        people: People | None = None,
        reach: Reach | None = None,
        speed: float = SPEED,
        live: int = LIVE,
    ) -> None:
        self._records, self._speed = records, speed
        self.people, self._reach = people or People(), reach or Reach()
        self._calls, self._messages = Workers(live, "stand-in calls"), Workers(MESSAGES, "stand-in messages")
        self._texting = Texting(records, self.people, self._reach, self._messages, speed)
        self._inboxes: dict[str, Inbox] = {}
        self._lock = threading.Lock()

    # calls

    def place(self, call: CallResource, order: driving.Order) -> None:
        """Plays an outbound call."""
        rings = float(one(order, "Timeout") or TIMEOUT)
        limit = float(one(order, "TimeLimit") or LONGEST)
        read = read_call(call, order, self._records)
        if read.go.url or read.go.twiml:
            self._start(read, rings, min(limit, LONGEST))
        else:
            self._note(call.sid, "has nothing to play: its TwiML App has no voice URL")
            self._records.update_call(call.sid, status="failed")

    def call_number(self, from_: str, to: str, does: str = "") -> str:
        """Somebody calls a number of the account, and does what `does` says (see `read_person`, which raises ValueError)."""
        person = read_person(does)
        number = self._records.number(to)
        go, fallback, reports = voice_of(number, self._records) if number else (None, None, None)
        call = self._records.add_call(
            to=to,
            from_=from_,
            direction="inbound",
            status="ringing",
            phone_number_sid=number.sid if number else None,
        )
        if go is None or reports is None:
            self._note(call.sid, f"{to} has no voice URL: nobody answers")
            self._records.update_call(call.sid, status="no-answer")
            return call.sid
        order = Order(
            call.sid, call.account_sid, from_, to, go, direction="inbound", fallback=fallback, reports=reports
        )
        self._start(order, 0.0, LONGEST, person.does if does else None)
        return call.sid

    def _start(self, order: Order, rings: float, limit: float, does: tuple[str, ...] | None = None) -> None:
        inbox = Inbox(self._speed)
        with self._lock:
            self._inboxes[order.sid] = inbox
        if not self._calls.start(lambda: self._play(order, inbox, rings, limit, does)):
            self._forget(order.sid)
            self._note(order.sid, "cannot be placed: too many calls are waiting")
            self._records.update_call(order.sid, status="failed")

    def _play(self, order: Order, inbox: Inbox, rings: float, limit: float, does: tuple[str, ...] | None) -> None:
        started, transport = self._records.clock(), self._reach.open()
        placed = PlacedCall(
            order, transport, self._records.account.auth_token, started, NewSids(), api=self._records.base
        )
        keeper = CallKeeper(placed, self._records, started)
        live = LiveCall(
            placed,
            keeper,
            self.people,
            inbox,
            rings=rings,
            limit=limit,
            send=self._texting.from_call,
            does=does,
        )
        try:
            live.run()
        finally:
            self._forget(order.sid)
            transport.close()

    def _forget(self, sid: str) -> None:
        with self._lock:
            self._inboxes.pop(sid, None)

    def redirect(self, sid: str, url: str, method: str, twiml: str = "") -> None:
        """Moves a live call to another document."""
        self._ask(sid, Redirect(Go(url, method.upper(), twiml="" if url else twiml)))

    def hangup(self, sid: str) -> None:
        """Ends a live call, or one that has not been answered."""
        self._ask(sid, End())

    def cancel(self, sid: str) -> None:
        """Ends a call that is queued or rings."""
        self._ask(sid, End(status="canceled"))

    def expect(self, number: str, does: str) -> None:
        """Says who is behind a number from now on (see `read_person`, which raises ValueError)."""
        self.people.set(number, read_person(does))

    def verifies(self, number: str) -> bool:
        """Whether somebody answers at a number, and so would type the code that verifies it."""
        return self.people.of(number).answers == "human"

    def does(self, sid: str, words: str) -> bool:
        """The person of a live call does something now, in the words of `read_acts`; False if the call is not live.

        Raises ValueError for words that cannot be read.
        """
        return all(self._ask(sid, Typed(one)) for one in read_acts(words))

    def _ask(self, sid: str, command: Command) -> bool:
        call = self._records.calls.get(sid)
        if isinstance(command, End) and call is not None and call.status == "queued":
            with suppress(KeyError):  # it may be dropped meanwhile
                self._records.update_call(sid, status="canceled")  # also one that still waits for others to end
        with self._lock:
            inbox = self._inboxes.get(sid)
            if inbox is None and call is not None and call.parent_call_sid and isinstance(command, End):
                inbox, command = self._inboxes.get(call.parent_call_sid), DropCallee()
        if inbox is None:
            dialed = call is not None and not call.over and call.parent_call_sid
            what = "was dialed: only the call that dials it can be moved" if dialed else "is not live: nothing happens"
            self._note(sid, what)
            return False
        inbox.put(command)
        return True

    # messages

    def send(self, message: MessageResource, order: driving.Order) -> None:
        """Delivers an outbound message."""
        self._texting.send(message, order)

    def text_number(self, from_: str, to: str, body: str) -> str:
        """Somebody texts a number of the account."""
        return self._texting.receive(from_, to, body)

    def close(self) -> None:
        """Ends all calls; a server that does not answer is waited for a moment only."""
        self._reach.closed = True
        with self._lock:
            for inbox in self._inboxes.values():
                inbox.put(End("stop"))
        self._calls.close(CLOSING)
        self._messages.close(CLOSING)
        self._texting.close()

    def _note(self, sid: str, text: str) -> None:
        self._records.note(f"{sid[:8]}  {text}", sid)


def telephone(
    *, people: People | None = None, reach: Reach | None = None, speed: float = SPEED
) -> Callable[[Records], TelephoneDriver]:
    """What makes the driver of an application (see `standin_app`)."""
    return lambda records: TelephoneDriver(records, people=people, reach=reach, speed=speed)
