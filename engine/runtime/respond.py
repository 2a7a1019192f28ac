"""From a program, a session and a turn to the answer: pure, with the clock in the turn."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from engine.diagnostics.source import Span
from engine.grammar.templates import TemplateFault
from engine.model.parts import Flow
from engine.program.program import Program
from engine.program.tracks import Ask
from engine.program.writing import CLOSING, OPENING
from engine.runtime.machine import Fault, Machine
from engine.runtime.page import Memory
from engine.runtime.results import gather_answer
from engine.runtime.scope import REMEMBERED
from engine.runtime.session import Session
from engine.runtime.turn import Turn

LARGEST = 64 * 1024  # bytes of TwiML that Twilio takes (error 11750)
READY = 20_000  # documents kept ready in a program
QUESTIONS_KEPT = 50  # answered questions that `back` can go through
REPLIES_KEPT = 4  # answers kept for requests that Twilio repeats
SESSION_SECONDS = 24 * 60 * 60  # callbacks may come long after a call; after a day it is forgotten

APOLOGY = {
    "voice": "<Say>We are sorry, something went wrong. Please try again later.</Say><Hangup />",
    "messaging": "<Message>We are sorry, something went wrong. Please try again later.</Message>",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of a step: what, and where it is written."""

    message: str
    span: Span | None
    cause: Exception | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a turn: the answer, the lines that the flow logged, and the fault if there was one; `repeated` if it was given before."""

    body: bytes
    lines: tuple[tuple[str, Span], ...] = ()
    trouble: Trouble | None = None
    repeated: bool = False


def respond(program: Program, turn: Turn, newest: Program | None = None) -> Outcome:
    """The answer of a flow that needs no session. What depends on nobody is made once and kept in the program."""
    key = None if turn.entry or newest else _ready_key(program, turn)
    if key is not None:
        ready = program.ready.get(key)
        if ready is not None:
            return Outcome(ready)
    machine = Machine(program, turn, None, 0, session_key(turn), newest)
    outcome = _play(machine)
    if key is not None and not machine.personal and outcome.trouble is None and len(program.ready) < READY:
        program.ready[key] = outcome.body
    return outcome


def respond_in_session(
    program: Program, turn: Turn, session: Session | None, newest: Program | None = None
) -> tuple[Outcome, Session | None]:
    """The answer of a flow that keeps a session, and the session as it is after the turn."""
    print_ = fingerprint(turn)
    if session is not None:
        for known, number, body in session.replies:
            # The first request of a call has no turn in its address: it is repeated only as long as nothing came after it.
            if known == print_ and ("_t" in turn.asked or turn.token or number == session.turn):
                return Outcome(body.encode(), repeated=True), session
    before = session or Session()
    facts = before.facts or {name: value for name, value in turn.params.items() if name in REMEMBERED}
    memory = Memory(dict(before.variables), list(before.entered), list(before.questions), facts)
    number = before.turn + 1
    machine = Machine(program, turn, memory, number, session_key(turn), newest)
    outcome = _play(machine)
    after = Session(
        turn=number,
        variables=memory.variables,
        entered=tuple(memory.entered),
        questions=tuple(memory.questions[-QUESTIONS_KEPT:]),
        facts=facts,
        replies=(*before.replies[1 - REPLIES_KEPT :], (print_, number, outcome.body.decode())),
        expires=turn.at.timestamp() + SESSION_SECONDS,
    )
    return outcome, after


def session_key(turn: Turn) -> str:
    """What the session of a turn is kept under: the call's SID, carried in `_c` on other legs; the pair of numbers of a message; or ""."""
    params = turn.params
    if "_c" in turn.asked:
        return turn.asked["_c"]
    if params.get("CallSid"):
        return params["CallSid"]
    if params.get("MessageSid") or params.get("SmsSid"):
        return f"{params.get('From', '')}>{params.get('To', '')}"
    return ""


def fingerprint(turn: Turn) -> str:
    """What tells a repeated request from a new one: Twilio's token, else all that was asked and sent."""
    if turn.token:
        return turn.token
    asked = (turn.flow, turn.step, sorted(turn.asked.items()), sorted(turn.params.items()))
    return hashlib.blake2b(repr(asked).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


def apology(channel: str = "voice") -> bytes:
    """What is said when nothing else can be."""
    return f"{OPENING}{APOLOGY.get(channel, APOLOGY['voice'])}{CLOSING}".encode()


def _play(machine: Machine) -> Outcome:
    """The document of a turn; after a fault that of `on_error`, and after another one the apology."""
    flow = machine.program.flows.get(machine.turn.flow)
    trouble = _attempt(machine, lambda: _begin(machine))
    if trouble is not None and flow is not None and flow.on_error is not None:
        target = flow.on_error
        second = _attempt(machine, lambda: machine.recover(target))
        if second is None:
            return Outcome(machine.document().encode("utf-8", "replace"), tuple(machine.lines), trouble)
    if trouble is not None:
        return Outcome(apology(_channel(flow)), tuple(machine.lines), trouble)
    return Outcome(machine.document().encode("utf-8", "replace"), tuple(machine.lines))


def _attempt(machine: Machine, play) -> Trouble | None:  # type: ignore[no-untyped-def]
    try:
        play()
        if machine.length > LARGEST // 4 and len(machine.document().encode("utf-8", "replace")) > LARGEST:
            return Trouble("the TwiML of this step is larger than the 64 kB that Twilio takes", machine.at)
    except TemplateFault as fault:
        return Trouble(fault.message, fault.span)
    except Fault as fault:
        return Trouble(fault.message, fault.span)
    except Exception as fault:  # whatever happens, the caller hears words
        return Trouble(f"{type(fault).__name__}: {fault}", machine.at, fault)
    return None


def _channel(flow: Flow | None) -> str:
    return flow.channel if flow else "voice"


def _again(asked: Mapping[str, str]) -> int:
    text = asked.get("_n", "0")
    return min(int(text), 1000) if text.isdecimal() and len(text) < 6 else 0


def _begin(machine: Machine) -> None:
    """Finds the place that the request asks for, and plays from it."""
    turn, asked = machine.turn, machine.turn.asked
    place = asked.get("_a") or asked.get("_q") or asked.get("_i")
    if "_w" in asked:
        machine.follow(asked["_w"], turn.flow)
        return
    if place is None:
        machine.enter(turn.flow, turn.step)
        return
    tracks = machine.program.tracks(turn.flow, turn.step)
    spot = tracks.places.get(place) if tracks else None
    if spot is None:
        raise Fault(f"the step `{turn.flow}/{turn.step}` has no place {place} any more", None)
    if "_a" in asked:
        machine.take_answer(*spot, _again(asked))
    elif "_q" in asked and isinstance(spot[0].operations[spot[1]], Ask):
        machine.ask_again(*spot, _again(asked))
    else:
        machine.go_on(*spot)


def _ready_key(program: Program, turn: Turn) -> object | None:
    """The key under which the answer may be kept ready; None if the answer that came in decides on more than an exit."""
    asked, base = turn.asked, turn.base
    place = asked.get("_a")
    if place is None:
        return (
            turn.flow,
            turn.step,
            asked.get("_i"),
            asked.get("_q"),
            asked.get("_n"),
            asked.get("_w"),
            asked.get("_c"),
            base,
        )
    tracks = program.tracks(turn.flow, turn.step)
    spot = tracks.places.get(place) if tracks else None
    if spot is None:
        return None
    operation = spot[0].operations[spot[1]]
    if not isinstance(operation, Ask) or operation.answers.needs_scope:
        return None
    answer = gather_answer(turn.params)
    chosen = operation.answers.choose(answer, {}) if answer else -1
    return (operation, chosen, _again(asked), asked.get("_c"), base)
