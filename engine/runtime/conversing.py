"""Finds what a message means in its conversation: the answer to the open question, or a new beginning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from engine.program.place import Place
from engine.program.program import Program
from engine.runtime.optout import left_to_twilio
from engine.runtime.request import Request
from engine.runtime.session import Question, Session

FETCH_SECONDS = 10.0  # within which Twilio asks for the next document of an answer


@dataclass(frozen=True, slots=True)
class Recalled:
    """The versions that were looked up because questions of theirs are open; None are those that are not kept any more.

    With `follow` a conversation goes on in the newest version from the next step it enters.
    """

    programs: Mapping[str, Program | None] = field(default_factory=dict)
    follow: bool = False


class Meant(NamedTuple):
    """How a message finds its conversation: `session` and `program` are those to play it with, `newest` as in `Route`.

    `question` is the one that the message answers; `version` that of a program that must be found first. `left` is the word
    that Twilio answers by itself; `waits` says that the answer to an earlier message is still being written.
    """

    session: Session
    program: Program
    newest: Program | None
    question: Question | None = None
    version: str = ""
    left: str = ""
    waits: bool = False


NOTHING_RECALLED = Recalled()


def find_meaning(request: Request, session: Session, program: Program, recalled: Recalled, waited: float) -> Meant:
    """What a message means to its session; `waited` are the seconds that it has waited for another."""
    question, now = session.question, request.at.timestamp()
    if left := left_to_twilio(request):
        return Meant(begun_anew(session) if left == "STOP" else session, program, None, left=left)
    if question is None or question.until <= now or request.is_outbound:
        return Meant(begun_anew(session), program, None)
    if goes_on(question):
        busy = question.until > now + waited
        return Meant(session if busy else begun_anew(session), program, None, waits=busy)
    if question.version == program.version:
        return Meant(session, program, None, question)
    if question.version not in recalled.programs:
        return Meant(session, program, None, version=question.version)
    asked = recalled.programs[question.version]
    if asked is None:
        return Meant(begun_anew(session), program, None)
    return Meant(session, asked, program if recalled.follow else None, question)


def begun_anew(session: Session) -> Session:
    """A session without what was said: only what tells repeated requests from new ones is kept, and what is under way."""
    return Session(
        turn=session.turn,
        replies=session.replies,
        expires=session.expires,
        calls=session.calls,
        pending=session.pending,
    )


def going_on(program: Program, now: float) -> Question:
    """No question, but a note in its place: the answer goes on in another document, which Twilio is about to ask for."""
    return Question(Place("", ""), 0, "", program.version, now + FETCH_SECONDS)


def goes_on(question: Question | None) -> bool:
    """Whether it is that note."""
    return question is not None and not question.place.flow


def still_open(request: Request, session: Session) -> Question | None:
    """The question that a turn leaves as it is: a callback every one; the next document of an answer was what the note is for."""
    return None if goes_on(session.question) and "_c" not in request.asked else session.question
