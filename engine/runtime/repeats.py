"""Knows a request that Twilio repeats, and keeps the answers that such a request gets again."""

import hashlib
from base64 import b64decode, b64encode
from typing import NamedTuple

from engine.program.writing import CLOSING, OPENING
from engine.runtime.hidden import FACTS
from engine.runtime.request import SENT, Request
from engine.runtime.session import Session

SPOKEN_KEPT = 4  # answers that say something: Twilio repeats a request within a minute
SILENT_KEPT = 64  # empty answers, which callbacks get; many may come while another request is repeated
MESSAGES_KEPT = 32  # messages that are known by their SID; the text of their answers, in all:
TEXT_KEPT = 8_000  # characters, beside the latest SPOKEN_KEPT: of an older one only that it was answered
SILENCE = OPENING + CLOSING
SEALED = "\0"
"""What an answer begins with that is kept sealed: no TwiML does."""
_CHECK = 8  # bytes that tell whether it was opened

Replies = tuple[tuple[str, int, str], ...]


class Again(NamedTuple):
    """An answer that is given again; `secret` where what came in or the answer itself is."""

    body: bytes
    secret: bool = False


def answered(session: Session, request: Request, print_: str) -> Again | None:
    """The answer that this very request got before; None for a new one."""
    if not session.replies:
        return None
    for known, number, body in session.replies:
        if same(known, print_) and (_is_certain(known, print_) or "_t" in request.asked or _is_latest(session, number)):
            # The first request of a call has no turn in its address: without a token it is repeated only as long as nothing
            # came after it.
            if not body.startswith(SEALED):
                return Again((body or SILENCE).encode())
            opened = _opened(body, request)
            return None if opened is None else Again(opened, secret=True)
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


def sealed(request: Request, body: bytes) -> str:
    """An answer with something secret in it, as it is kept: to be read only with what the person answered, which the repeated request
    brings again.
    """
    key = _key(request)
    return SEALED + b64encode(_check(key, body) + _turned(key, body)).decode()


def _opened(text: str, request: Request) -> bytes | None:
    """The answer that was sealed; None where the request does not bring what it was sealed with."""
    key, kept = _key(request), b64decode(text.removeprefix(SEALED))
    body = _turned(key, kept[_CHECK:])
    return body if _check(key, body) == kept[:_CHECK] else None


def _key(request: Request) -> bytes:
    """What an answer is sealed with: what the person answered, and in which call. What a fallback address adds does not count."""
    told = sorted(
        f"{name}={value}"
        for name, value in request.params.items()
        if (name not in FACTS and name != "ErrorUrl" and name not in request.entry) or name in ("CallSid", "MessageSid")
    )
    return hashlib.blake2b("\0".join(told).encode("utf-8", "backslashreplace"), person=b"touchtone reply").digest()


def _check(key: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_CHECK, key=key).digest()


def _turned(key: bytes, text: bytes) -> bytes:
    """The text with those bits turned that follow from the key; once more, it is the text again."""
    stream = hashlib.shake_256(key).digest(len(text))
    return (int.from_bytes(text) ^ int.from_bytes(stream)).to_bytes(len(text))


def kept(replies: Replies, print_: str, number: int, body: bytes, seal: str = "") -> Replies:
    """The latest answers with a new one; an empty document is kept as "", and one that is sealed as `seal`."""
    text = seal or body.decode()
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
