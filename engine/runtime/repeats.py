"""Knows a request that Twilio repeats, and keeps the answers that such a request gets again."""

import hashlib

from engine.program.writing import CLOSING, OPENING
from engine.runtime.session import Session
from engine.runtime.turn import Turn

SPOKEN_KEPT = 4  # answers that say something: Twilio repeats a request within a minute
SILENT_KEPT = 64  # empty answers, which callbacks get; many may come while another request is repeated
SENT = 24  # letters of the fingerprint of what was sent
SILENCE = OPENING + CLOSING

Replies = tuple[tuple[str, int, str], ...]


def fingerprint(turn: Turn) -> str:
    """What tells a repeated request from a new one: where it was sent with all that was sent, before it that with Twilio's token.

    The address counts beside the token: what is asked of another address, as of a fallback, is no repetition.
    """
    sent = _digest(turn, *turn.params, *turn.params.values())
    return f"t{_digest(turn, turn.token)}{sent}" if turn.token else sent


def answered(session: Session, turn: Turn, print_: str) -> bytes | None:
    """The answer that this very request got before; None for a new one."""
    if not session.replies:
        return None
    for known, number, body in session.replies:
        if same(known, print_) and (known[0] == print_[0] == "t" or "_t" in turn.asked or number == session.turn):
            # The first request of a call has no turn in its address: without a token it is repeated only as long as nothing
            # came after it.
            return (body or SILENCE).encode()
    return None


def same(known: str, print_: str) -> bool:
    """Whether two fingerprints are of one request; a token may come with one of the two only."""
    if known[0] == print_[0] == "t":
        return known[:-SENT] == print_[:-SENT]
    return known[-SENT:] == print_[-SENT:]


def kept(replies: Replies, print_: str, number: int, body: bytes) -> Replies:
    """The latest answers with a new one; an empty document is kept as ""."""
    text = body.decode()
    every = (*replies, (print_, number, "" if text == SILENCE else text))
    if len(every) <= SPOKEN_KEPT:
        return every
    spoken = [reply for reply in every if reply[2]][-SPOKEN_KEPT:]
    silent = [reply for reply in every if not reply[2]][-SILENT_KEPT:]
    return (*silent, *spoken)


def _digest(turn: Turn, *sent: str) -> str:
    # A request that is sent again comes letter for letter, so names and values are taken as they stand.
    text = "\0".join((turn.flow, turn.step, *turn.asked, *turn.asked.values(), *sent))
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=SENT // 2).hexdigest()
