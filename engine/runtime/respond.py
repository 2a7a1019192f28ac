"""From a program, a session and a turn to the answer: pure, with the clock in the turn."""

from collections.abc import Mapping
from functools import partial
from typing import cast

from msgspec.structs import replace

from engine.program.program import Program
from engine.program.writing import CLOSING, OPENING
from engine.runtime.call_stack import MARKS, QUESTIONS_KEPT, CallStack
from engine.runtime.conversing import NOTHING_RECALLED, Recalled, find_meaning, going_on, still_open
from engine.runtime.document import Document
from engine.runtime.effects.claim import NOBODY, SESSION_SECONDS, Claim, lost
from engine.runtime.effects.effect import Result
from engine.runtime.effects.journal import NO_RESULTS, Journal
from engine.runtime.facts import remembered, with_entry
from engine.runtime.hidden import NOTHING_HIDDEN, UNSEEN
from engine.runtime.machine import play
from engine.runtime.made_before import Key, Made, made, ready_key, ready_key_in_session
from engine.runtime.optout import left_to_twilio
from engine.runtime.outcome import Outcome, Trouble, attempt, help_out
from engine.runtime.repeats import answered, kept, same, sealed
from engine.runtime.request import Request
from engine.runtime.results import gather_answer
from engine.runtime.session import NEVER, Pending, Question, Session
from engine.runtime.trail import answered_with, for_any
from engine.runtime.turn import Turn


def respond(program: Program, request: Request, newest: Program | None = None, *, listening: bool = False) -> Outcome:
    """The answer of a flow that needs no session. What depends on nobody is made once and kept in the program.

    With `listening` it has its trail, also where it was kept.
    """
    if request.is_fresh:
        if (ignored := ignored_report(program, request)) is not None:
            return ignored
        if "Body" in request.params and (left := left_to_twilio(request)):
            return _left(program, request, left)
    key = None if request.entry or newest else ready_key(program, request)
    if listening and key is not None:
        key = (*key, listening)
    if key is not None:
        ready = program.ready.get(key)
        if ready is not None:
            return _answered(cast(Outcome, ready), request) if listening else cast(Outcome, ready)
    document = Document(program, request, key=request.session_key, listening=listening)
    outcome = _play(Turn(document, newest))
    if key is not None and not document.personal and outcome.trouble is None:
        kept = outcome._replace(trail=for_any(outcome.trail, document.answer)) if listening else outcome
        program.ready.keep(key, kept, kept.body)
    return outcome


def _answered(ready: Outcome, request: Request) -> Outcome:
    return ready._replace(trail=answered_with(ready.trail, gather_answer(request.params)))


def respond_in_session(
    program: Program,
    request: Request,
    session: Session | None,
    newest: Program | None = None,
    claim: Claim | None = None,
    too_large: str = "",
    recalled: Recalled = NOTHING_RECALLED,
    *,
    listening: bool = False,
) -> tuple[Outcome, Session | None]:
    """The answer of a flow that keeps a session, and the session as it is after the turn.

    A turn that asks something of the world is played from its start with each answer, which `claim` holds: nothing but what
    the world answered is kept until it is at its end. `too_large` is why the session after this very turn could not be kept:
    then the call goes to the step for errors, with everything as it was before the turn. `recalled` are earlier versions of the
    flows: the open question of a conversation is judged by the one that asked it. With `listening` the outcome has its trail.
    """
    if (ignored := ignored_report(program, request)) is not None:
        return ignored, session
    print_ = request.fingerprint
    if session is not None:
        again = answered(session, request, print_)
        if again is not None:
            return Outcome(again.body, repeated=True, cover=UNSEEN if again.secret else NOTHING_HIDDEN), session
    now, key = request.at.timestamp(), request.session_key
    before, question = session or Session(), None
    message = _is_message(program, request)
    if message:
        meant = find_meaning(request, before, program, recalled, claim.waited if claim else 0.0)
        before, program, newest, question, version, left, waits = meant
        if waits or version:
            return Outcome(b"", waits=waits, version=version), session
        if left:
            outcome = _left(program, request, left)
            if left == "STOP":  # known from now on: delivered again later, it must not end what has begun since
                replies = kept(before.replies, print_, before.turn, outcome.body)
                return outcome, replace(before, replies=replies, expires=max(before.expires, now + SESSION_SECONDS))
            return outcome, before if session is not None else None
    waiting: Pending | None = None
    results: Mapping[str, Result] = NO_RESULTS
    if claim is not None or before.pending:
        at_work = claim or NOBODY
        waiting = next((one for one in before.pending if same(one.request, print_)), None)
        # A message waits for the answer to the one before it: who writes twice in a row means both. So does what a callback tells
        # a conversation: the message under way may begin it anew, and forget all that was known before.
        follows = message or (request.channel == "messaging" and "_c" in request.asked)
        first = before.pending if follows else () if waiting is None else (waiting,)
        if any(at_work.must_wait(one, now) for one in first):
            return Outcome(b"", waits=True), session
        results = at_work.known(waiting)
    facts = remembered(before.facts, request, key)
    request = with_entry(request, facts)
    number = before.turn + 1
    known: Key | None = None
    if (
        claim is None
        and newest is None
        and not (message or too_large or before.pending or before.question)
        and not (listening and MARKS in before.variables)
    ):
        known = ready_key_in_session(program, request, before)
        if listening and known is not None:
            known = (*known, len(str(number)))  # as long as its number is what the trail says was written
        ready: Made | None = program.ready.get(known) if known is not None else None
        if ready is not None:
            body = str(number).join(ready.parts).encode("utf-8", "replace")
            outcome = Outcome(body)
            if listening:
                trail = answered_with(ready.trail, gather_answer(request.params))
                outcome = outcome._replace(trail=trail, played=program.version)
            return outcome, Session(
                turn=number,
                variables=before.variables if ready.variables is None else ready.variables,
                entered=ready.entered,
                questions=(*before.questions, *ready.answered)[-QUESTIONS_KEPT:],
                facts=facts,
                replies=kept(before.replies, print_, number, body),
                expires=now + SESSION_SECONDS,
                calls=before.calls,
            )

    def begun() -> Turn:
        memory = CallStack.of(before, facts, question.frame if question else request.asked.get("_f", ""))
        document = Document(program, request, memory, number, key, listening=listening)
        return Turn(document, newest, Journal(results, f"{key} {print_}"))

    while True:
        turn = begun()
        outcome = _play(turn, question)
        if too_large:
            before_that, turn = turn.document, begun()
            if turn.document.trail is not None:
                turn.document.trail += before_that.trail or []
            outcome = help_out(turn, Trouble(too_large, before_that.at))
        needs = outcome.needs
        if needs is None:
            break
        if claim is None:
            return outcome, session  # whoever asks the world says first who it is
        abandoned = lost(waiting, needs, claim)
        if abandoned is None:
            return outcome, claim.taken(before, waiting, print_, needs, now)
        results = {**results, needs.place: abandoned}
    memory = turn.document.memory
    assert memory is not None, "it was made with one"
    if known is not None and outcome.trouble is None and (keep := made(turn.document, memory, before)) is not None:
        if listening:
            keep = keep._replace(trail=for_any(outcome.trail, turn.document.answer))
        program.ready.keep(known, keep, outcome.body)
    opened = turn.asked or (still_open(request, before) if question is None else None)
    if turn.document.goes_on and turn.document.channel == "messaging" and "_c" not in request.asked:
        opened = going_on(program, now)
    cover = outcome.cover
    seal = sealed(request, outcome.body) if cover.answers or cover.body is not None else ""
    after = Session(
        turn=number,
        due=opened.due if opened else NEVER,
        variables=memory.frames[0].variables,
        entered=tuple(memory.frames[0].entered),
        questions=tuple(memory.frames[0].questions[-QUESTIONS_KEPT:]),
        facts=facts,
        replies=kept(before.replies, print_, number, outcome.body, seal),
        expires=max(now + SESSION_SECONDS, opened.until if opened else 0.0),
        frames=memory.stored if len(memory.frames) > 1 else (),
        calls=memory.calls,
        pending=tuple(one for one in before.pending if one is not waiting) if before.pending else (),
        question=opened,
    )
    if listening and opened is not None:
        outcome = outcome._replace(until=opened.until)
    return outcome, after


def _is_message(program: Program, request: Request) -> bool:
    """Whether somebody wrote just now: only that can answer a question, or begin a conversation anew."""
    if not request.is_fresh or request.is_report or request.params.get("CallSid"):
        return False
    return request.channel_in(program.flows.get(request.flow)) == "messaging"


def ignored_report(program: Program, request: Request) -> Outcome | None:
    """No answer to a status report that came to nobody's turn, unless the flow is one for reports; None for everything else."""
    report = request.report
    if not report or program.for_reports(request.flow, request.step):
        return None
    flow = program.flows[request.flow]
    block = flow.steps.get(request.step or flow.start)
    if block is None:
        return None
    return Outcome(f"{OPENING}{CLOSING}".encode(), ((f"the status report {report} needs no answer", block.span),))


def _left(program: Program, request: Request, word: str) -> Outcome:
    """No answer: Twilio has its own to such a word, and sends none after a STOP (error 21610)."""
    flow = program.flows[request.flow]
    return Outcome(f"{OPENING}{CLOSING}".encode(), ((f"{word} is left to Twilio", flow.steps[flow.start].span),))


def _play(turn: Turn, question: Question | None = None) -> Outcome:
    """The document of a turn; after a fault that of `on_error`, and after another one the apology.

    `question` is the open one that the turn answers.
    """
    return help_out(turn, attempt(turn, partial(play, turn, question)))
