"""Delivers messages, and asks what a number answers when somebody texts it."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime

from engine.phone.conversation import Conversation
from engine.phone.events import Did, OptOut, Texted
from engine.phone.line import Go, Line
from engine.phone.party import API_VERSION
from engine.phone.segments import segments
from engine.phone.tape import Moment, Sids, Tape
from engine.standin.driving import Order
from engine.standin.orders import texts_of
from engine.standin.pacing import Inbox
from engine.standin.parameters import one
from engine.standin.people import People
from engine.standin.reach import Reach
from engine.standin.records import Records
from engine.standin.reply_limit import ReplyLimit
from engine.standin.resources import MessageResource, new_sid
from engine.standin.telling import quoted, told
from engine.standin.working import Workers

CONVERSATIONS = 1000  # whose cookies are kept
SENDS = 1.0  # seconds until a message is sent, and again until it is delivered
# What Twilio answers by itself (Twilio, "Support for opt-out keywords (SMS STOP filtering)").
ANSWERS = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
UNSUBSCRIBED, UNREACHABLE, OVERFLOW, TOO_RAPID = 21610, 30003, 30001, 14107


class NewSids(Sids):
    """SIDs as Twilio makes them: of random digits."""

    def next(self, prefix: str) -> str:
        return new_sid(prefix)


class _Pair:
    """A conversation between a person and a number, and what the person wrote that is not answered yet."""

    def __init__(self, conversation: Conversation, tape: Tape, started: datetime, close: Callable[[], None]) -> None:
        self.conversation, self.tape, self.started, self.close = conversation, tape, started, close
        self.written: deque[MessageResource] = deque()
        self.busy = False


class Texting:
    """Every message of the account: those that go out, those that come in, and what is replied to them."""

    def __init__(self, records: Records, people: People, reach: Reach, workers: Workers, speed: float) -> None:
        self._records, self._people, self._reach = records, people, reach
        self._workers, self._speed = workers, speed
        self._replies = ReplyLimit()
        self._pairs: OrderedDict[tuple[str, str, Go | None, Go | None], _Pair] = OrderedDict()
        self._lock = threading.Lock()

    def send(self, message: MessageResource, order: Order) -> None:
        """Delivers a message that goes out, and reports how far it is (Twilio, Message resource, StatusCallback)."""
        application = self._records.applications.get(one(order, "ApplicationSid"))
        url = one(order, "StatusCallback") or ((application and application.message_status_callback) or "")
        reports = (Go(url),) if url else ()
        self._begin(message.sid, reports)

    def from_call(self, texted: Texted) -> None:
        """A message that a flow sends in a call."""
        self._add(texted, "outbound-call", ())

    def receive(self, from_: str, to: str, body: str) -> str:
        """Somebody texts a number of the account: its document is asked, and its replies are delivered."""
        message = self._records.add_message(
            to=to, from_=from_, body=body, direction="inbound", status="received", num_segments=segments(body)
        )
        number = self._records.number(to.rpartition(":")[2])
        go, fallback = texts_of(number, self._records) if number else (None, None)
        with self._lock:
            pair = self._pair(from_, to, go, fallback)
            pair.written.append(message)
            if not pair.busy:
                pair.busy = self._workers.start(lambda: self._answer(pair, go is not None))
                if not pair.busy:
                    pair.written.clear()
                    self._note(message.sid, "is not answered: too much is going on")
        return message.sid

    def _pair(self, from_: str, to: str, go: Go | None, fallback: Go | None) -> _Pair:
        key = (from_, to, go, fallback)
        if (held := self._pairs.get(key)) is not None:
            self._pairs.move_to_end(key)
            return held
        account, started = self._records.account, self._records.clock()
        transport, tape = self._reach.open(), Tape(started)
        conversation = Conversation(
            transport,
            account.auth_token,
            NewSids(),
            tape,
            go or Go(""),
            account=account.sid,
            from_=from_,
            to=to,
            fallback=fallback,
            stopped=self._records.opted_out(from_, to),
        )
        conversation.deliver = lambda texted, reports: self._add(texted, "outbound-reply", reports)
        pair = self._pairs[key] = _Pair(conversation, tape, started, transport.close)
        tape.listeners.append(lambda moment: self._listen(pair, from_, to, moment))
        if len(self._pairs) > CONVERSATIONS:
            oldest = next((one for one, other in self._pairs.items() if not other.busy and other is not pair), None)
            if oldest is not None:
                self._pairs.pop(oldest).close()
        return pair

    def _answer(self, pair: _Pair, asks: bool) -> None:
        """Answers what a person wrote, one message after another."""
        while True:
            with self._lock:
                if not pair.written:
                    pair.busy = False
                    return
                message = pair.written.popleft()
            try:
                if asks:
                    pair.tape.now = max((self._records.clock() - pair.started).total_seconds(), pair.tape.now)
                    pair.tape.moments.clear()  # everything in them was told
                    pair.tape.passed.clear()
                    pair.conversation.text(message.body, sid=message.sid)
                else:
                    self._note(message.sid, f"{message.to} has no messaging URL: nothing is asked")
                    pair.conversation.opt_out(message.body)  # STOP is Twilio's own, with an address or without
            except Exception:
                with self._lock:
                    pair.busy = False
                raise

    def _listen(self, pair: _Pair, person: str, number: str, moment: Moment) -> None:
        event = moment.event
        if isinstance(event, OptOut):
            if event.kind == "START":
                self._records.opt_in(person, number)
            elif event.kind == "STOP":
                self._records.opt_out(person, number)
            self._note("", f"Twilio itself answers {event.word}")
            self._add(Texted(ANSWERS[event.kind], (), person, number, new_sid("SM")), "outbound-reply", (), asked=False)
        elif not isinstance(event, Did) and (line := told(event)):
            self._note("", f"{number}  {line}")

    def _add(self, texted: Texted, direction: str, reports: tuple[Go, ...], *, asked: bool = True) -> None:
        """Keeps and delivers a message that a document sends."""
        now = self._records.clock()
        message = MessageResource(
            sid=texted.sid,
            account_sid=self._records.account.sid,
            date_created=now,
            date_updated=now,
            to=texted.to,
            from_=texted.from_,
            body=texted.body,
            media=texted.media,
            direction=direction,
            num_segments=segments(texted.body),
        )
        self._records.messages.add(message)
        if direction == "outbound-reply" and not self._replies.takes(texted.from_, texted.to, now):
            self._change(message.sid, status="failed", error_code=TOO_RAPID)
            return
        self._begin(message.sid, reports, filtered=asked)

    def _begin(self, sid: str, reports: tuple[Go, ...], *, filtered: bool = True) -> None:
        if not self._workers.start(lambda: self._deliver(sid, reports, filtered)):
            self._change(sid, status="failed", error_code=OVERFLOW)

    def _deliver(self, sid: str, reports: tuple[Go, ...], filtered: bool) -> None:
        """Takes a message to the phone of the person, and reports each status on the way."""
        records = self._records
        message = records.messages.get(sid)
        if message is None:
            return
        if message.from_ is None:  # a messaging service chooses one of the numbers
            number = next(iter(records.numbers.all()), None)
            message = self._change(sid, from_=number.phone_number if number else None) or message
        transport = self._reach.open()
        tape = Tape(records.clock())
        line = Line(transport, records.account.auth_token, tape, sid, "messaging")
        tape.listeners.append(lambda moment: self._note(sid, told(moment.event)))
        statuses: tuple[tuple[str, int | None], ...] = (("sent", None), ("delivered", None))
        if filtered and records.opted_out(message.to, message.from_ or ""):
            statuses = (("failed", UNSUBSCRIBED),)
        elif self._people.of(message.to).answers == "failed":
            statuses = (("sent", None), ("undelivered", UNREACHABLE))
        try:
            for status, error in statuses:
                Inbox(self._speed).wait(SENDS)
                if self._reach.closed:
                    return
                dates = {"date_sent": records.clock()} if status == "sent" else {}
                if self._change(sid, status=status, error_code=error, **dates) is None:
                    return
                if status == "delivered":
                    shown = quoted(message.body, 40) if message.body else f"{len(message.media)} media"
                    records.note(f"{sid[:8]}  {message.to} reads {shown}", sid)
                for go in reports:
                    line.callback(go.url, go.method, _status(message, status, error))
            if status == "delivered" and message.from_ and records.number(message.to):
                self.receive(message.from_, message.to, message.body)  # one number of the account texts another
        finally:
            transport.close()

    def _change(self, sid: str, **changes: object) -> MessageResource | None:
        try:
            return self._records.update_message(sid, **changes)
        except KeyError:  # somebody deleted it
            return None

    def _note(self, sid: str, text: str) -> None:
        if text:
            self._records.note(f"{sid[:8]}  {text}".strip(), sid)

    def close(self) -> None:
        """Closes the connections that are kept open."""
        with self._lock:
            for pair in self._pairs.values():
                if not pair.busy:
                    pair.close()


def _status(message: MessageResource, status: str, error: int | None) -> tuple[tuple[str, str], ...]:
    """Twilio, "Track the Message Status of Outbound Messages"."""
    service = (("MessagingServiceSid", message.messaging_service_sid),) if message.messaging_service_sid else ()
    return (
        ("MessageSid", message.sid),
        ("SmsSid", message.sid),
        ("MessageStatus", status),
        ("SmsStatus", status),
        ("From", message.from_ or ""),
        ("To", message.to),
        ("AccountSid", message.account_sid),
        ("ApiVersion", API_VERSION),
        *service,
        *((("ErrorCode", str(error)),) if error else ()),
    )
