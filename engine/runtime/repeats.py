"""Knows a request that Twilio repeats, and keeps the answers that such a request gets again."""

import hashlib
import re
from collections.abc import Collection, Iterable
from itertools import chain
from urllib.parse import parse_qsl

from engine.program.writing import CLOSING, OPENING
from engine.runtime.channel import message_sid
from engine.runtime.session import Session
from engine.runtime.turn import Turn

SPOKEN_KEPT = 4  # answers that say something: Twilio repeats a request within a minute
SILENT_KEPT = 64  # empty answers, which callbacks get; many may come while another request is repeated
MESSAGES_KEPT = 32  # messages that are known by their SID; the text of their answers, in all:
TEXT_KEPT = 8_000  # characters, beside the latest SPOKEN_KEPT: of an older one only that it was answered
SENT = 24  # letters of the fingerprint of what was sent
SILENCE = OPENING + CLOSING
SAME = "_r"
"""The part of a query that holds the fingerprint of a turn that was cut off: the request with it is that turn once more."""

_PRINT = re.compile(f"(t[0-9a-f]{{{SENT}}}|m)?[0-9a-f]{{{SENT}}}")

Replies = tuple[tuple[str, int, str], ...]


def fingerprint(turn: Turn) -> str:
    """What tells a repeated request from a new one.

    A message is known by its SID alone, wherever it comes to and with whatever token. Anything else is known by where it was
    sent, with all that was sent, before it that with Twilio's token. The address counts beside the token: what is asked of
    another address is no repetition. What Twilio adds for a fallback address, ErrorCode and ErrorUrl, does not count, nor does
    the token with it, which is that of another request, nor what only the query of that address adds.
    """
    if SAME in turn.asked and _PRINT.fullmatch(turn.asked[SAME]):
        return turn.asked[SAME]
    if sid := message_sid(turn):
        return f"m{_hash(sid)}"
    if "ErrorUrl" in turn.params:
        return _digest(turn, *_sent(turn, ("ErrorCode", "ErrorUrl", *_added(turn))))
    digest = _digest(turn, *_sent(turn))
    return f"t{_digest(turn, turn.token)}{digest}" if turn.token else digest


def answered(session: Session, turn: Turn, print_: str) -> bytes | None:
    """The answer that this very request got before; None for a new one."""
    if not session.replies:
        return None
    for known, number, body in session.replies:
        if same(known, print_) and (_is_certain(known, print_) or "_t" in turn.asked or number == session.turn):
            # The first request of a call has no turn in its address: without a token it is repeated only as long as nothing
            # came after it.
            return (body or SILENCE).encode()
    return None


def same(known: str, print_: str) -> bool:
    """Whether two fingerprints are of one request; a token may come with one of the two only."""
    if known[0] == print_[0] == "t":
        return known[:-SENT] == print_[:-SENT]
    return known[-SENT:] == print_[-SENT:]


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


def _sent(turn: Turn, left_out: Collection[str] = ()) -> Iterable[str]:
    """Names and values of what was sent. The order does not count: with what is added for a fallback address it may be another."""
    sent = turn.params.items()
    return chain.from_iterable(sorted([pair for pair in sent if pair[0] not in left_out] if left_out else sent))


def _added(turn: Turn) -> set[str]:
    """The names that the query of a fallback address has, and that of the address that failed has not."""
    failed = turn.params["ErrorUrl"].partition("#")[0].partition("?")[2]
    return turn.entry.keys() - dict(parse_qsl(failed, keep_blank_values=True)).keys()


def _digest(turn: Turn, *sent: str) -> str:
    return _hash("\0".join((turn.flow, turn.step, *turn.asked, *turn.asked.values(), *sent)))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=SENT // 2).hexdigest()
