"""What comes of a turn: it is played, and a fault of a step leads to the step for errors, or to an apology."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from engine.diagnostics.source import Span
from engine.grammar.channels import CHANNELS
from engine.grammar.templates import TemplateFault
from engine.program.writing import CLOSING, OPENING
from engine.runtime.document import LARGEST, Document
from engine.runtime.effects.journal import Needs
from engine.runtime.fault import Fault
from engine.runtime.hidden import NOTHING_HIDDEN, Cover, Hidden, Masked
from engine.runtime.machine import find_help, recover
from engine.runtime.trail import NO_TRAIL, Asked, Event, Failed, Logged, Trail, masked_event
from engine.runtime.turn import Turn


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of a step: what, and where it is written."""

    message: str
    span: Span | None
    cause: Exception | None = None


class Outcome(NamedTuple):  # made for each turn, in a third of a frozen dataclass's time
    """What came of a turn: the answer, and the lines that the flow logged.

    `trouble` is the fault if there was one, `also` that of the step for errors; `repeated` if the answer was given before.
    Where there is no answer yet, `needs` is what the turn asks of the world, or it `waits` for another process that asks it, or
    `version` is that of the flows whose open question the message answers. Where somebody listens,
    `trail` is what happened, and `played` the version of the flows that it happened in; `until` is when the question of a conversation
    ends that is open now (Unix time), 0 without one. `cover` is for who shows or keeps more of the turn than that: of what the flow
    marks as `secret` nothing else is told.
    """

    body: bytes
    lines: tuple[tuple[str, Span], ...] = ()
    trouble: Trouble | None = None
    repeated: bool = False
    also: Trouble | None = None
    needs: Needs | None = None
    waits: bool = False
    version: str = ""
    trail: Trail = NO_TRAIL
    played: str = ""
    until: float = 0.0
    cover: Cover = NOTHING_HIDDEN


def apology(channel: str = "voice") -> bytes:
    """What is said when nothing else can be."""
    return f"{OPENING}{CHANNELS[channel].apology}{CLOSING}".encode()


def help_out(turn: Turn, trouble: Trouble | None) -> Outcome:
    """The document of a turn that was played, perhaps into trouble."""
    document, second = turn.document, None
    if trouble is not None and turn.needs is None:
        _note(document, trouble)
        target = find_help(turn)
        if target is not None:
            second = attempt(turn, lambda: recover(turn, target))
            _note(document, second)
        if target is None or second is not None:
            turn.begin()  # nothing that was asked is asked any more
            return _told(document, Outcome(apology(document.channel), tuple(document.lines), trouble, also=second))
    if turn.needs is not None:
        return Outcome(b"", needs=turn.needs)
    return _told(document, Outcome(document.text().encode("utf-8", "replace"), tuple(document.lines), trouble))


def _note(document: Document, trouble: Trouble | None) -> None:
    if document.trail is not None and trouble is not None:
        document.trail.append(Failed(trouble.message, trouble.span))


def _told(document: Document, outcome: Outcome) -> Outcome:
    """The outcome with what listeners hear of it."""
    if document.trail is not None:
        outcome = outcome._replace(trail=tuple(document.trail), played=document.program.version)
    if document.hidden is None:
        return outcome
    return _covered(document, outcome, document.hidden)


def _covered(document: Document, outcome: Outcome, hidden: Hidden) -> Outcome:
    """The outcome of a turn as logs, listeners and records may have it; its `body` is for the caller alone."""
    return outcome._replace(
        lines=tuple((_line(hidden, text), span) for text, span in outcome.lines),
        trouble=_without(hidden, outcome.trouble),
        also=_without(hidden, outcome.also),
        trail=tuple(_event(hidden, event) for event in outcome.trail),
        cover=Cover(_shown(document, outcome.body), hidden.answers, hidden.mask),
    )


def _shown(document: Document, body: bytes) -> bytes | None:
    if not document.out:  # the apology
        return None
    text = document.shown().encode("utf-8", "replace")
    return None if text == body else text


def _line(hidden: Hidden, text: str) -> str:
    return hidden.mask(text) if isinstance(text, Masked) else hidden.mask_words(text)


def _without(hidden: Hidden, trouble: Trouble | None) -> Trouble | None:
    if trouble is None:
        return None
    message = hidden.mask_words(trouble.message)
    # A traceback tells what an exception says, and those behind it.
    cause = None if message != trouble.message else trouble.cause
    return replace(trouble, message=message, cause=cause)


def _event(hidden: Hidden, event: Event) -> Event:
    match event:
        case Logged(text=text, span=span):
            return Logged(_line(hidden, text), span)
        case Failed(message=message, span=span):
            return Failed(hidden.mask_words(message), span)
        case Asked():
            return masked_event(event, hidden.mask_words)
    return masked_event(event, hidden.mask)


def attempt(turn: Turn, play: Callable[[], None]) -> Trouble | None:
    """Plays; what went wrong, None if nothing did."""
    document = turn.document
    try:
        play()
        if document.length + len(OPENING) + len(CLOSING) > LARGEST:
            return Trouble("the TwiML of this step is larger than the 64 kB that Twilio takes", document.at)
    except TemplateFault as fault:
        return Trouble(fault.message, fault.span)
    except Fault as fault:
        return Trouble(fault.message, fault.span)
    except OverflowError as fault:  # of a value that a session is to keep
        return Trouble(str(fault), document.at)
    except Exception as fault:  # whatever happens, the caller hears words
        return Trouble(f"{type(fault).__name__}: {fault}", document.at, fault)
    return None
