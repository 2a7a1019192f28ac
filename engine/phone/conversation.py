"""A conversation by text message: what is written goes to the server, what it replies comes back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol, Self
from urllib.parse import urljoin

from engine.grammar.fields.duration import shown
from engine.grammar.optout import START, opts_out
from engine.phone.document import Document, Node, Trouble
from engine.phone.events import Did, Limit, OptOut, Texted, Told, Warned
from engine.phone.line import Go, Line
from engine.phone.party import API_VERSION
from engine.phone.segments import segments
from engine.phone.story import Story
from engine.phone.tape import Sids, Tape
from engine.phone.transport import Pairs, Transport

REPLIES = 10  # to one message (Twilio, error 14109)
DOCUMENTS = 50  # for one message (Twilio, error 14106)
MEDIA = 10
IDLE = 4 * 3600  # seconds after which cookies are forgotten (Twilio, "Webhooks: HTTP cookies")


class Woken(NamedTuple):
    """What a server did by itself: what is told of it, and the texts that it sent, each with the address for its report or "".

    `token` names the document that the texts stood in, in so many `elements` (see `Passed`). `reports` as in `Response`.
    """

    told: tuple[Told, ...]
    texts: tuple[tuple[Texted, str], ...]
    token: str
    elements: int
    reports: tuple[tuple[str, Pairs], ...] = ()


class Waking(Protocol):
    """A server whose clock goes with a conversation: as time passes, it does what is due."""

    def due(self, until: float) -> float | None:
        """The second of the conversation, up to `until`, at which it has something to do next; None for nothing."""

    def wake(self) -> Woken | None:
        """What it does now; None if it was nothing after all."""


class Conversation(Story):
    """The messages between two numbers. `replies` are those to the last message.

    `waking` is the server where its clock goes with the conversation; None where it has a clock of its own, and texts whenever it
    wants to.
    """

    def __init__(
        self,
        transport: Transport,
        token: str,
        sids: Sids,
        tape: Tape,
        go: Go,
        *,
        account: str,
        from_: str,
        to: str,
        fallback: Go | None = None,
        stopped: bool = False,
    ) -> None:
        super().__init__(tape, Line(transport, token, tape, sids.next("SM"), "messaging"))
        self._sids, self._go, self._fallback = sids, go, fallback
        self._account, self._from, self._to = account, from_, to
        self.waking: Waking | None = None
        self._last = 0.0
        self.deliver: Callable[[Texted, tuple[Go, ...]], None] | None = None  # delivers replies, and reports that
        self._stopped = stopped  # whoever writes here has written STOP, and not START since

    @property
    def replies(self) -> tuple[Texted, ...]:
        return tuple(moment.event for moment in self.news if isinstance(moment.event, Texted))

    @property
    def heard(self) -> tuple[str, ...]:
        """The words of the replies."""
        return tuple(reply.body for reply in self.replies)

    def begin(self, url: str = "") -> Self:
        """Lets the other side write first, as an appointment's reminder does: what it sends is asked for at `url`, by default at the
        address of the number.

        Twilio asks for nothing then: whoever sends for a flow asks it what to send, with the parameters of a message that goes
        out through the API, where From is the flow's own number (Twilio, Messages resource, `direction`).
        """
        sid = self._sids.next("SM")
        asked = (
            ("MessageSid", sid),
            ("AccountSid", self._account),
            ("From", self._to),
            ("To", self._from),
            ("Direction", "outbound-api"),
            ("ApiVersion", API_VERSION),
        )
        go = Go(urljoin(self._go.url, url), self._go.method) if url else None
        self._play((*asked, *self._go.params), go)
        return self

    def text(self, body: str, media: Sequence[tuple[str, str]] = (), *, sid: str = "") -> Self:
        """Writes a message, with media as pairs of URL and content type; `sid` is its name, where it has one already."""
        self._tape.act(Did("text", body))
        self.opt_out(body)
        if self._tape.now - self._last >= IDLE:
            self._line.jar.clear()
        self._last = self._tape.now
        sid = sid or self._sids.next("MM" if media else "SM")
        self._play(self._standard(sid, body, media))
        return self

    def wait(self, seconds: float) -> Self:
        """Lets time pass, in which the server may write by itself; after four hours its cookies are forgotten."""
        until = self._tape.now + seconds
        while self.waking is not None and (at := self.waking.due(until)) is not None:
            self._tape.now = max(self._tape.now, at)
            woken = self.waking.wake()
            if woken is None:
                break
            self._hear(woken)
        self._tape.now = max(self._tape.now, until)
        return self

    def _hear(self, woken: Woken) -> None:
        for one in woken.told:
            self._tape.tell(one)
        self._line.report(woken.reports)
        self._line.come(woken.token, woken.elements, "caller")
        for text, report in woken.texts:
            self._deliver(text, (Go(report),) if report else ())
        self._line.post_due()

    def later(self, seconds: int) -> Self:
        """As `wait`, as an act of its own: what is heard from here on is heard after it."""
        self._tape.act(Did("later", shown(seconds)))
        return self.wait(seconds)

    def opt_out(self, body: str) -> None:
        """Twilio's own part where a text is one of its keywords; only numbers of phones have them."""
        word = body.strip().casefold()
        kind = "" if ":" in self._from else opts_out(body)
        if self._stopped and word in START:
            kind = "START"
        if kind:
            self._stopped = kind == "STOP" or (self._stopped and kind != "START")
            self._tape.tell(OptOut(body.strip().upper(), kind))

    def _blocked(self, to: str) -> bool:
        """Whether a reply is not delivered, which is told (Twilio, error 21610)."""
        blocked = self._stopped and to == self._from
        if blocked:
            self._tape.tell(Warned(21610, "the reply is not delivered: this number wrote STOP"))
        return blocked

    def _standard(self, sid: str, body: str, media: Sequence[tuple[str, str]]) -> Pairs:
        """Twilio, "Messaging: Parameters in Twilio's request to your application"."""
        files = [
            pair
            for index, (url, kind) in enumerate(media)
            for pair in ((f"MediaUrl{index}", url), (f"MediaContentType{index}", kind))
        ]
        return (
            ("MessageSid", sid),
            ("SmsSid", sid),
            ("SmsMessageSid", sid),
            ("AccountSid", self._account),
            ("From", self._from),
            ("To", self._to),
            ("Body", body),
            ("NumMedia", str(len(media))),
            ("NumSegments", str(segments(body))),
            ("SmsStatus", "received"),
            ("ApiVersion", API_VERSION),
            *files,
            *self._go.params,
        )

    def _play(self, standard: Pairs, go: Go | None = None) -> None:
        self._answer(standard, go or Go(self._go.url, self._go.method))
        self._line.post_due()  # what became of the replies: once all of them are sent

    def _answer(self, standard: Pairs, go: Go | None) -> None:
        fallback, replies = self._fallback, 0
        for _ in range(DOCUMENTS):
            assert go is not None, "there is a document to ask for"
            try:
                document, here = self._line.document(go, standard, "caller")
            except Trouble as trouble:
                self._tape.tell(Warned(trouble.code, trouble.text, error=True))
                if fallback is None:
                    return
                reason = (("ErrorCode", str(trouble.code)), ("ErrorUrl", go.url))
                go, fallback = Go(fallback.url, fallback.method, reason), None
                continue
            self._line.come(self._line.token, document.before[-1], "caller")
            go, replies = self._carry_out(document, here, replies)
            if go is None:
                return
        self._tape.tell(Warned(14106, f"more than {DOCUMENTS} documents answer one message", error=True))
        self._tape.tell(Limit(f"{DOCUMENTS} documents in a row for one message"))

    def _carry_out(self, document: Document, here: str, replies: int) -> tuple[Go | None, int]:
        """Sends the replies of a document; the way on, if there is one, and the number of replies so far."""
        if document.kind == "text" and document.text and not self._blocked(self._from):
            reply = Texted(document.text, (), self._from, self._to, self._sids.next("SM"))
            self._tape.tell(reply)
            if self.deliver is not None:
                self.deliver(reply, ())
        for verb in document.verbs:
            if verb.name == "redirect":
                url = self._line.full(here, verb.text)
                return Go(url, verb.get("method", "POST").upper()), replies
            if verb.name != "message":
                continue
            replies += 1
            if replies > REPLIES:
                self._tape.tell(Warned(14109, f"more than {REPLIES} replies to one message; the rest is not sent"))
                return None, replies
            self._send(verb, here)
        return None, replies

    def _send(self, message: Node, here: str) -> None:
        """Sends a reply, and reports it where that is asked for."""
        words = [child.text for child in message.children if child.name == "body"]
        media = [self._line.full(here, child.text) for child in message.children if child.name == "media"]
        # Twilio, TwiML <Message>: several bodies are joined
        body = "".join([message.text, *words])
        if len(body) > 1600 or not (body or media):
            length = f"has {len(body)} characters, at most 1600 are sent" if body else "is empty"
            self._tape.tell(Warned(14103, f"a message {length}"))
            return
        to, sender = message.get("to") or self._from, message.get("from") or self._to
        # Unverified: whether the answer to `action` is carried out; as in the library it is a report like the other.
        urls = [url for url in dict.fromkeys(message.get(name) for name in ("action", "statusCallback")) if url]
        method = message.get("method", "POST").upper()
        reports = tuple(Go(self._line.full(here, url), method) for url in urls)
        self._deliver(Texted(body, tuple(media[:MEDIA]), to, sender), reports)

    def _deliver(self, text: Texted, reports: Sequence[Go]) -> None:
        """Delivers a text, unless it is blocked; what becomes of it is reported once all texts are sent."""
        if self._blocked(text.to):
            return
        reply = replace(text, sid=self._sids.next("MM" if text.media else "SM"))
        self._tape.tell(reply)
        if self.deliver is not None:
            self.deliver(reply, tuple(reports))
            return
        for report in reports:
            facts = (
                ("MessageSid", reply.sid),
                ("SmsSid", reply.sid),
                ("MessageStatus", "sent"),
                ("SmsStatus", "sent"),
                ("AccountSid", self._account),
                ("From", text.from_),
                ("To", text.to),
                ("ApiVersion", API_VERSION),
            )
            self._line.later(partial(self._line.callback, report.url, report.method, facts))
