"""Answers that need no playing: which ones may be given again, and what they do to the session of whoever hears them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.program.place import Place
from engine.program.program import Program
from engine.program.tracks import Ask
from engine.runtime.call_stack import CallStack
from engine.runtime.document import DOCUMENT_CUT, Document
from engine.runtime.machine import times
from engine.runtime.request import NOTHING, Request
from engine.runtime.results import gather_answer
from engine.runtime.session import Session
from engine.runtime.trail import NO_TRAIL, Trail

Key = tuple[object, ...]

_NUMBER = 20  # digits that the number of a turn may have, amply
_PLAIN = (str, bool, int, float, type(None))  # values that nobody can change


class Made(NamedTuple):
    """An answer to a caller with a session, which is the same for all who ask under its key but for the number of the turn.

    `parts` is the TwiML around that number. After it the session has the flows `entered`, and `answered` behind its questions;
    `variables` are those of a session that had none, None where they stay as they are. `trail` is what happened, for who listens.
    """

    parts: tuple[str, ...]
    entered: tuple[str, ...]
    answered: tuple[Place, ...]
    variables: Mapping[str, Any] | None
    trail: Trail = NO_TRAIL


def ready_key(program: Program, request: Request) -> Key | None:
    """The key under which the answer may be kept ready; None if the answer that came in decides on more than an exit."""
    asked, base = request.asked, request.base
    if "_c" in asked:
        return None  # every call has its own
    place, channel = asked.get("_a"), request.channel_in(program.flows.get(request.flow))
    if place is None:
        return (
            channel,
            request.flow,
            request.step,
            asked.get("_i"),
            asked.get("_q"),
            asked.get("_n"),
            asked.get("_w"),
            base,
            request.folder,
        )
    spot = program.spot(Place(request.flow, request.step, place), channel)
    if spot is None:
        return None
    operation = spot[0].operations[spot[1]]
    if not isinstance(operation, Ask) or operation.answers.needs_scope:
        return None
    answer = gather_answer(request.params)
    chosen = operation.answers.hear(answer, _nothing).number if answer else -1
    return (operation, chosen, times(asked), base, request.folder)


def _nothing(_: str) -> Mapping[str, object]:
    return NOTHING


def ready_key_in_session(program: Program, request: Request, session: Session) -> Key | None:
    """The key where there is a session; None for a turn that needs more of it than which flows it has entered.

    A session that is new has nothing that could make a difference.
    """
    if session.frames or request.entry or request.channel != "voice" or "_f" in request.asked:
        return None
    key = ready_key(program, request)
    return (*key, session.entered, _is_new(session)) if key is not None else None


def _is_new(session: Session) -> bool:
    return not session.variables and not session.questions


def made(document: Document, memory: CallStack, session: Session) -> Made | None:
    """What is kept of an answer that was played in a session; None if it depends on the caller."""
    root, new = memory.frames[0], _is_new(session)
    if document.personal or document.lines or memory.calls != session.calls or (memory.looked and not new):
        return None
    if new and not all(isinstance(value, _PLAIN) for value in root.variables.values()):
        return None
    parts = tuple(document.unnumbered().split(document.number_hole))
    if document.length + _NUMBER * len(parts) > DOCUMENT_CUT:
        return None  # where it is cut depends on the number
    answered = tuple(root.questions[len(session.questions) :])
    return Made(parts, tuple(root.entered), answered, root.variables if new else None)
