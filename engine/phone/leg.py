"""One leg of a call: plays documents verb by verb until somebody must act."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from engine.grammar.fields import Role
from engine.grammar.overlay import PLACES
from engine.phone import codes
from engine.phone.document import Document, Node, Trouble
from engine.phone.events import Event, Heard, HungUp, Limit, Lost, Played, Waiting, Warned
from engine.phone.line import Go, Line
from engine.phone.party import Party
from engine.phone.tape import Side, Sids
from engine.phone.transport import Pairs

T = TypeVar("T")

DOCUMENTS = 50  # documents in a row in which nobody is asked anything: a circle
LONGEST = 14400.0  # seconds; Twilio ends a call after four hours
APOLOGY = "We are sorry, an application error has occurred. Goodbye."


class Act(NamedTuple):
    """What somebody did where the call waits: `press`, `say`, `silence`, `pick up`, or an `outcome` of the verb.

    `words` are keys, words or the outcome; `during` words of the prompt that they came in the middle of;
    `held`: more may follow; `seconds` how long it took; `answered_by` who picked up; `extra` parameters of the outcome.
    """

    kind: str
    words: str = ""
    during: str = ""
    held: bool = False
    confidence: float | None = None
    seconds: int = 0
    answered_by: str = ""
    extra: Pairs = ()


class Ask(NamedTuple):
    """The call waits: on which leg, and for what."""

    leg: "Leg"
    event: Waiting


class Gone(Exception):
    """Thrown into a course: one side hung up."""

    def __init__(self, side: Side) -> None:
        super().__init__(f"the {side} hung up")
        self.side = side


class Moved(Gone):
    """Thrown into a course: the call is moved to another document (Twilio, "Modify calls in progress")."""

    def __init__(self, go: Go) -> None:
        super().__init__("caller")
        self.go = go


class Taken(Exception):
    """Thrown into a course: somebody takes the caller out of the queue, whatever is played there."""

    def __init__(self, act: Act) -> None:
        super().__init__(act.words)
        self.act = act


@dataclass(frozen=True, slots=True)
class End:
    """The leg ends: by its flow, the end of its document, …"""

    by: str


Way = None | Go | End
Waits = Generator[Ask, Act, T]  # waits for acts, and gives a T in the end
Course = Waits[Way]


class Verbs(NamedTuple):
    """How each verb is carried out, by its name in the vocabulary: at once, or waiting for somebody."""

    at_once: Mapping[str, Callable[["Leg", Node], Way]]
    waiting: Mapping[str, Callable[["Leg", Node], Course]]


class Running(NamedTuple):
    """Something that runs beside the call: the noun, its name, and how it is reported that it stopped."""

    kind: str
    name: str
    stopped: Callable[[], None]


class Leg:
    """A leg that plays TwiML. `role` is the kind of document it plays besides the caller's own course."""

    def __init__(
        self,
        party: Party,
        line: Line,
        sids: Sids,
        verbs: Verbs,
        *,
        side: Side = "caller",
        role: Role = "action",
        fallback: Go | None = None,
    ) -> None:
        self.party, self.line, self.sids, self.verbs = party, line, sids, verbs
        self.side, self.role, self.fallback = side, role, fallback
        self.here = ""  # the address of the document that is played
        self.first = True  # no verb has been carried out yet
        self.barge_in = False  # a key stops what is played now
        self.unasked = 0  # documents since somebody was asked something
        self.running: list[Running] = []  # what was started beside the call, and not stopped yet
        self.closing: list[Callable[[], None]] = []  # what is reported when the call ends

    @property
    def answered(self) -> bool:
        return self.party.status != "ringing"

    def answer(self) -> None:
        """The first thing to hear answers the call."""
        if self.party.status == "ringing":
            self.party.status = "in-progress"

    def tell(self, event: Event) -> None:
        self.line.tape.tell(event, self.side)

    def warn(self, code: int, text: str) -> None:
        self.tell(Warned(code, text, error=code in codes.ERRORS))

    def ask(self, event: Waiting) -> Waits[Act]:
        """Waits for what somebody does; the clock and the count of documents begin anew."""
        self.line.post_due(self.line.tape.now)
        act = yield Ask(self, event)
        self.unasked = 0
        return act

    def part(self, gone: Gone, go: Go) -> None:
        """Tells an address what came of a verb that somebody left by hanging up; not in a call that is moved elsewhere."""
        if not isinstance(gone, Moved):
            self.line.notice(go, self.party.params(), self.side)

    def address(self, written: str) -> str:
        """An address of the document as an absolute one; nothing written is the document itself."""
        return self.line.full(self.here, written)

    def way(self, node: Node, params: Pairs = (), url: str = "action", method: str = "method") -> Go:
        """The way to a verb's `action`; without one to the current document, by POST whatever fetched it."""
        return Go(self.address(node.get(url)), node.get(method, "POST").upper(), params)

    def course(self, go: Go) -> Waits[str]:
        """Plays from a document on until the leg ends; gives who ended it."""
        while True:
            try:
                way = yield from self.play(go)
            except Moved as moved:
                if self.side != "caller":
                    raise
                go, self.unasked, self.barge_in = moved.go, 0, False
                continue
            except Trouble as trouble:
                self.warn_error(trouble)
                if self.fallback is None:
                    return self._apologize()
                # Twilio, "Webhooks: fallback URL"; for mistakes in a document the names are unverified.
                reason = (("ErrorCode", str(trouble.code)), ("ErrorUrl", go.url))
                go = Go(self.fallback.url, self.fallback.method, reason)
                self.fallback = None
                continue
            if isinstance(way, Go):
                go = way
                continue
            return way.by if isinstance(way, End) else "end"

    def play(self, go: Go) -> Course:
        """Plays one document; gives the way on. Raises Trouble."""
        self.unasked += 1
        if self.unasked > DOCUMENTS:
            self.tell(Limit(f"{DOCUMENTS} documents in a row ask nobody anything; the last is {go.url}"))
            return End("limit")
        document, url = self.line.document(go, self.party.params(), self.side)
        self.here, token = url, self.line.token
        if document.kind != "twiml":
            return self._sounding(document)
        for before, verb in zip(document.before, document.verbs, strict=False):
            self.line.come(token, before, self.side)
            if not self._allowed(verb):
                continue
            at_once, waiting = self.verbs.at_once.get(verb.name), self.verbs.waiting.get(verb.name)
            if at_once is not None:
                way = at_once(self, verb)
            elif waiting is not None:
                way = yield from waiting(self, verb)
            else:
                self.tell(Limit(f"this telephone does not know what `{verb.tag}` does, and leaves it out"))
                continue
            self.first = False
            if way is not None:
                return way
            if self.line.tape.now > LONGEST:
                self.tell(Limit("Twilio ends a call after four hours"))
                return End("limit")
        self.line.come(token, document.before[-1], self.side)
        return None

    def warn_error(self, trouble: Trouble) -> None:
        self.tell(Warned(trouble.code, trouble.text, error=True))

    def _sounding(self, document: Document) -> Way:
        """Twilio, "How Twilio interacts with your app": a sound is played, plain text read aloud; then Twilio hangs up."""
        self.answer()
        self.tell(Played(self.here) if document.kind == "audio" else Heard(document.text))
        return End("end")

    def _allowed(self, verb: Node) -> bool:
        place = PLACES.get(self.role)
        if place is None or verb.name in place.verbs:
            return True
        if self.role == "whisper" and verb.name == "dial":
            raise Trouble(13201, "what is heard by somebody who is dialled cannot dial")
        if self.role == "conference_wait":
            raise Trouble(13238, f"`{verb.tag}`: {place.fact}")
        # Unverified: what happens to the verb; here it is left out.
        self.warn(12200, f"`{verb.tag}` is left out: {place.fact}")
        return False

    def lose(self, act: Act, why: str) -> None:
        """Keys or words that nobody hears."""
        if act.words:
            self.tell(Lost(act.words, why))

    def _apologize(self) -> str:
        self.answer()
        self.tell(Heard(APOLOGY))
        return "error"

    def end(self, by: str) -> None:
        """The leg is over: says so, and what became of the call."""
        if self.party.status in ("ringing", "in-progress"):
            self.party.status = "completed" if self.answered else "canceled"
        self.tell(HungUp(by))

    def close(self) -> None:
        """Reports what is reported when a call is over."""
        while self.running:
            self.running.pop(0).stopped()
        for report in self.closing:
            report()
        self.closing.clear()
        self.line.post_due()
