"""Knows a request that Twilio repeats, and keeps the answers that such a request gets again."""

from engine.program.writing import CLOSING, OPENING
from engine.runtime.request import SENT, Request
from engine.runtime.session import Session

SPOKEN_KEPT = 4  # answers that say something: Twilio repeats a request within a minute
SILENT_KEPT = 64  # empty answers, which callbacks get; many may come while another request is repeated
MESSAGES_KEPT = 32  # messages that are known by their SID; the text of their answers, in all:
TEXT_KEPT = 8_000  # characters, beside the latest SPOKEN_KEPT: of an older one only that it was answered
SILENCE = OPENING + CLOSING

Replies = tuple[tuple[str, int, str], ...]


def answered(session: Session, request: Request, print_: str) -> bytes | None:
    """The answer that this very request got before; None for a new one."""
    if not session.replies:
        return None
    for known, number, body in session.replies:
        if same(known, print_) and (_is_certain(known, print_) or "_t" in request.asked or _is_latest(session, number)):
            # The first request of a call has no turn in its address: without a token it is repeated only as long as nothing
            # came after it.
            return (body or SILENCE).encode()
    return None


def same(known: str, print_: str) -> bool:
    """Whether two fingerprints are of one request; a token may come with one of the two only."""
    if known[0] == print_[0] == "t":
        return known[:-SENT] == print_[:-SENT]
    return known[-SENT:] == print_[-SENT:]


def _is_latest(session: Session, number: int) -> bool:
    """Whether nothing was said since a turn: what callbacks told in the meantime does not count."""
    return all(later <= number for _, later, body in session.replies if body)


def _is_certain(known: str, print_: str) -> bool:
    """Whether fingerprints that are the same are so by a token or a SID."""
    return known[0] == print_[0] and known[0] in "tm"


def kept(replies: Replies, print_: str, number: int, body: bytes) -> Replies:
    """The latest answers with a new one; an empty document is kept as ""."""
    text = body.decode()
    every = (*replies, (print_, number, "" if text == SILENCE else text))
    if len(every) <= SPOKEN_KEPT:
        return every
    others = [reply for reply in every if reply[0][0] != "m"]
    spoken = [reply for reply in others if reply[2]][-SPOKEN_KEPT:]
    silent = [reply for reply in others if not reply[2]][-SILENT_KEPT:]
    messages = [reply for reply in every if reply[0][0] == "m"][-MESSAGES_KEPT:]
    return (*silent, *_within(messages, max(1, SPOKEN_KEPT - len(spoken))), *spoken)


def _within(messages: list[tuple[str, int, str]], latest: int) -> list[tuple[str, int, str]]:
    """Answers to messages, oldest first: the `latest` as they are, the others without their text where there is no room for it."""
    older, room = [], TEXT_KEPT
    for print_, number, text in reversed(messages[:-latest]):
        room -= len(text)
        older.append((print_, number, text if room >= 0 else ""))
    return [*reversed(older), *messages[-latest:]]
