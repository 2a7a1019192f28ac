"""The turn of a conversation in which nobody answers: `no_input` is followed at its time, and what it says is sent as texts.

It is a turn like any other, played by the version that asked. What Twilio would fetch and send for a message, the documents that
follow one another and the messages in them, is done here: each text is an effect, which happens once.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from msgspec.structs import replace

from engine.diagnostics.source import Span
from engine.program.program import Program
from engine.program.writing import CLOSING, OPENING
from engine.runtime.call_stack import QUESTIONS_KEPT, CallStack
from engine.runtime.conversing import NOTHING_RECALLED, Recalled
from engine.runtime.document import Document
from engine.runtime.effects.claim import SESSION_SECONDS, Claim, lost
from engine.runtime.effects.effect import Reminder, Result
from engine.runtime.effects.journal import Journal, Needs
from engine.runtime.facts import with_entry
from engine.runtime.hidden import NOTHING_HIDDEN
from engine.runtime.machine import play, play_silence
from engine.runtime.outcome import Outcome, Trouble, attempt, help_out
from engine.runtime.repeats import same
from engine.runtime.request import Request
from engine.runtime.session import NEVER, Pending, Question, Session
from engine.runtime.trail import Asked, Event
from engine.runtime.turn import Turn

DOCUMENTS = 50  # that follow one another, as for one message (Twilio, error 14106)
TEXTS = 10  # sent after one silence, as in reply to one message (Twilio, error 14109)
SILENT = "_s"  # the part of a query by which a turn of silence differs from any other; no address is written with it
_NOTHING = Outcome(b"")


class Followed(NamedTuple):
    """What came of a turn of silence; `request` is the one it was played as, None where nothing was due."""

    outcome: Outcome
    request: Request | None = None


def follow_silence(
    program: Program,
    key: str,
    at: datetime,
    session: Session | None,
    claim: Claim,
    recalled: Recalled = NOTHING_RECALLED,
    *,
    listening: bool = False,
) -> tuple[Followed, Session | None]:
    """What comes of the silence that is due in a conversation at a time (aware), and the session from then on.

    As in `respond_in_session`: with `needs` the turn is played again from its start once the effect is performed, and with
    `version` once that version is `recalled`; `claim` says who is at work. Where nothing is due the session stays as it is.
    """
    now = at.timestamp() + claim.waited
    if session is None:
        return Followed(_NOTHING), None
    at_work = any(one.owner == claim.owner for one in session.pending)
    if not session.due:  # no more, if it ends what was begun: STOP came meanwhile, for which nobody need wait
        left = tuple(one for one in session.pending if one.owner != claim.owner)
        return Followed(_NOTHING), replace(session, pending=left) if at_work else session
    # With results it was at work before: others have brought that to its end.
    if not at_work and (session.due > now or claim.results):
        return Followed(_NOTHING), session
    question = session.question
    if question is None or not question.wait:
        return Followed(_NOTHING), replace(session, due=NEVER)
    request = _request(key, question, at, session.facts)
    waiting = next((one for one in session.pending if same(one.request, request.fingerprint)), None)
    if busy := [one.until for one in session.pending if claim.must_wait(one, at.timestamp())]:
        return Followed(_NOTHING), replace(session, due=max(busy))
    if any(_answers(one, question) for one in session.pending):
        return Followed(_NOTHING), unfollowed(session)
    newest: Program | None = None
    if question.version != program.version:
        if question.version not in recalled.programs:
            return Followed(Outcome(b"", version=question.version), request), session
        asked = recalled.programs[question.version]
        if asked is None:
            return Followed(_NOTHING), unfollowed(session)
        program, newest = asked, program if recalled.follow else None
    request = with_entry(request, session.facts)
    results: Mapping[str, Result] = claim.known(waiting)
    while True:
        told = _Telling(key, session.turn + 1, results, listening=listening)
        memory = CallStack.of(session, session.facts, question.frame)
        needs = told.play(program, newest, request, memory, question)
        if needs is None:
            break
        abandoned = lost(waiting, needs, claim)
        if abandoned is None:
            taken = claim.taken(session, waiting, request.fingerprint, needs, at.timestamp())
            # Should this process be lost, another one looks after the conversation then.
            return Followed(Outcome(b"", needs=needs), request), replace(taken, due=taken.pending[-1].until)
        results = {**results, needs.place: abandoned}
    opened = told.opened
    if opened is None and not told.ended and (not question.frame or _number(question.frame) in memory.frames):
        opened = question.left_open(at.timestamp() + question.wait)
    after = Session(
        turn=session.turn + 1,
        variables=memory.frames[0].variables,
        entered=tuple(memory.frames[0].entered),
        questions=tuple(memory.frames[0].questions[-QUESTIONS_KEPT:]),
        facts=session.facts,
        replies=session.replies,
        expires=max(now + SESSION_SECONDS, opened.until if opened else 0.0),
        frames=memory.stored if len(memory.frames) > 1 else (),
        calls=memory.calls,
        pending=tuple(one for one in session.pending if one is not waiting),
        question=opened,
        due=opened.due if opened else NEVER,
    )
    outcome = told.outcome._replace(until=opened.until) if listening and opened is not None else told.outcome
    return Followed(outcome, request), after


def unfollowed(session: Session) -> Session:
    """The session in which nothing is due: the question stays open for the next message."""
    question = session.question
    return replace(session, due=NEVER, question=question.left_open(question.until) if question is not None else None)


def _request(key: str, question: Question, at: datetime, facts: Mapping[str, str]) -> Request:
    """The turn as a request at the question, between the numbers of the message before; its addresses are those of the public."""
    asked = {"_c": key, SILENT: f"{question.due:.6f}"}
    (flow, step, _), folder = question.place, question.folder
    params = {name: facts[name] for name in ("From", "To", "Direction") if name in facts}
    return Request(flow, step, at, params, asked, base=folder, folder=folder)


def _answers(pending: Pending, question: Question) -> bool:
    """Whether a turn that was never brought to its end is that of a message which came after the question."""
    return pending.request.startswith("m") and pending.until > question.until - 2 * question.wait


def _number(frame: str) -> int:
    return int(frame.removesuffix("p"))


class _Telling:
    """One playing of the turn: its documents one after another, with the texts in them.

    `opened` is the question that it leads to, `ended` says that the flow ends the conversation; `outcome` is what came of it, with all
    that was said as one document.
    """

    def __init__(self, key: str, number: int, results: Mapping[str, Result], *, listening: bool) -> None:
        self._key, self._number, self._results, self._listening = key, number, results, listening
        self._person, _, self._own = key.partition(">")
        self._texts = 0
        self._bodies: list[str] = []
        self._shown: list[str] = []
        self._cover = NOTHING_HIDDEN
        self._lines: list[tuple[str, Span]] = []
        self._trail: list[Event] = []
        self._troubles: list[Trouble] = []
        self._version = ""
        self.opened: Question | None = None
        self.ended = False

    @property
    def outcome(self) -> Outcome:
        """What came of it, once it is played to its end."""
        body, shown = _joined(self._bodies), _joined(self._shown)
        cover = self._cover._replace(body=None if shown == body else shown)
        trouble, also = (*self._troubles[:2], None, None)[:2]
        trail = tuple(self._trail)
        return Outcome(body, tuple(self._lines), trouble, also=also, trail=trail, played=self._version, cover=cover)

    def play(
        self, program: Program, newest: Program | None, request: Request, memory: CallStack, question: Question
    ) -> Needs | None:
        """Plays as far as the results go; what it needs to go on, None at the end."""
        journal = Journal(self._results, f"{self._key} {request.fingerprint}")
        turn = Turn(self._document(program, request, memory), newest, journal)
        turn.followed = question.followed
        outcome = help_out(turn, attempt(turn, partial(play_silence, turn, question)))
        for _ in range(DOCUMENTS):
            needs = outcome.needs or self._take(turn, outcome, journal)
            if needs is not None:
                return needs
            document = turn.document
            if not document.goes_on:
                return None
            followed, route = turn.followed, turn.route
            request = _next(document)
            turn = Turn(self._document(document.program, request, memory), route.newest, journal)
            turn.followed = followed
            outcome = help_out(turn, attempt(turn, partial(play, turn)))
        self._troubles.append(Trouble(f"more than {DOCUMENTS} documents follow one silence", None))
        return None

    def _document(self, program: Program, request: Request, memory: CallStack) -> Document:
        return Document(program, request, memory, self._number, self._key, listening=self._listening)

    def _take(self, turn: Turn, outcome: Outcome, journal: Journal) -> Needs | None:
        """Takes what a document says: the text that is to be sent now, None once all of them are."""
        document = turn.document
        answer = ElementTree.fromstring(document.text())
        trail = list(outcome.trail)
        for element in answer:
            if element.tag == "Redirect" and not document.goes_on:
                self._fail("a redirect to another server is not followed where nobody wrote", document.at)
            if element.tag != "Message":
                continue
            self._texts += 1
            if self._texts > TEXTS:
                self._fail(f"more than {TEXTS} messages follow one silence; the rest is not sent", document.at)
                break
            place = f"text#{self._texts}"
            reminder, result = self._reminder(element, f"{journal.key} {place}"), self._results.get(place)
            if result is None:
                return Needs(place, reminder)
            if result.problem:
                self._fail(f"the text is not sent: {result.problem}", document.at)
            if self._listening and document.at is not None:
                kind, at, line = reminder.spec.name, document.at, outcome.cover.mask(reminder.line)
                trail.append(Asked(kind, place, result.answer, result.problem, at, line=line, values=result.values))
        self._bodies.append(_inner(document.text().encode("utf-8", "replace")))
        shown, self._cover = outcome.cover.body, outcome.cover
        self._shown.append(_inner(shown) if shown is not None else self._bodies[-1])
        self._lines += outcome.lines
        self._trail += trail
        self._troubles += [each for each in (outcome.trouble, outcome.also) if each is not None]
        self._version = self._version or outcome.played
        self.opened, self.ended = turn.asked, turn.route.ended
        return None

    def _fail(self, message: str, span: Span | None) -> None:
        self._troubles.append(Trouble(message, span))

    def _reminder(self, message: ElementTree.Element, name: str) -> Reminder:
        """The text that a `<Message>` is (Twilio, TwiML <Message>: several bodies are joined)."""
        bodies = [part.text or "" for part in message.iter("Body")]
        media = tuple((part.text or "").strip() for part in message.iter("Media"))
        digest = blake2b(name.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
        to, from_ = message.get("to") or self._person, message.get("from") or self._own
        told = message.get("statusCallback") or message.get("action") or ""
        body = "".join([message.text or "", *bodies])
        return Reminder(to=to, body=body, media_url=media, from_=from_, key=digest, status_callback=told)


def _inner(body: bytes) -> str:
    """What stands in a document."""
    return body.decode().removeprefix(OPENING).removesuffix(CLOSING)


def _joined(pieces: list[str]) -> bytes:
    return f"{OPENING}{''.join(pieces)}{CLOSING}".encode("utf-8", "replace")


def _next(document: Document) -> Request:
    """The request for the document that goes on where one ends, as Twilio would make it."""
    before = document.request
    *_, last = ElementTree.fromstring(document.text()).iter("Redirect")
    path, _, query = (last.text or "").removeprefix(before.base).partition("?")
    flow, _, step = path.partition("/")
    asked = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name.startswith("_")}
    return Request(flow, step, before.at, before.params, asked, before.entry, before.base, folder=before.folder)
