"""Knows a request that Twilio repeats, and keeps the answers that such a request gets again."""

import hashlib

from engine.program.writing import CLOSING, OPENING
from engine.runtime.session import Session
from engine.runtime.turn import Turn

SPOKEN_KEPT = 4  # answers that say something: Twilio repeats a request within a minute
SILENT_KEPT = 64  # empty answers, which callbacks get; many may come while another request is repeated
SILENCE = OPENING + CLOSING

Replies = tuple[tuple[str, int, str], ...]


def fingerprint(turn: Turn) -> str:
    """What tells a repeated request from a new one: where it was sent, with Twilio's token, else with all that was sent.

    The address counts beside the token: what is asked of another address, as of a fallback, is no repetition.
    """
    if turn.token:
        return f"t{_digest(turn, turn.token)}"
    return _digest(turn, sorted(turn.params.items()))


def answered(session: Session, turn: Turn, print_: str) -> bytes | None:
    """The answer that this very request got before; None for a new one."""
    if not session.replies:
        return None
    found = _find(session, print_, bool(turn.token) or "_t" in turn.asked)
    if found is None and turn.token and any(known[0] != "t" for known, _, _ in session.replies):
        # The first request may have come without the token that its repetition carries.
        found = _find(session, _digest(turn, sorted(turn.params.items())), "_t" in turn.asked)
    return None if found is None else (found or SILENCE).encode()


def kept(replies: Replies, print_: str, number: int, body: bytes) -> Replies:
    """The latest answers with a new one; an empty document is kept as ""."""
    text = body.decode()
    every = (*replies, (print_, number, "" if text == SILENCE else text))
    if len(every) <= SPOKEN_KEPT:
        return every
    spoken = [reply for reply in every if reply[2]][-SPOKEN_KEPT:]
    silent = [reply for reply in every if not reply[2]][-SILENT_KEPT:]
    return (*silent, *spoken)


def _find(session: Session, print_: str, certain: bool) -> str | None:
    for known, number, body in session.replies:
        # The first request of a call has no turn in its address: it is repeated only as long as nothing came after it.
        if known == print_ and (certain or number == session.turn):
            return body
    return None


def _digest(turn: Turn, sent: object) -> str:
    asked = repr((turn.flow, turn.step, sorted(turn.asked.items()), sent))
    return hashlib.blake2b(asked.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
