"""One answer to the same request, however often it comes (draft-ietf-httpapi-idempotency-key-header-07)."""

import asyncio
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from secrets import token_hex

import msgspec

from engine.api.answers import Answer
from engine.api.problems import Problem
from engine.runtime.stores import StoreError
from engine.runtime.stores.records import Records

log = logging.getLogger("touchtone.server")

LIFE = 86400.0  # seconds for which an answer is kept
UNDER_WAY = 30.0  # seconds after which a request without an answer was cut off: no answer takes so long
LONGEST = 255  # characters of a key
_QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE = re.compile(r"[\x21\x23-\x7e]+")


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a request: `print` tells it from others, `until` is when one without an answer counts as cut off (Unix time).

    `owner` is who is at work on it; `status` 0 until there is an answer.
    """

    print: str
    owner: str
    until: float
    status: int = 0
    headers: dict[str, str] = {}
    body: bytes = b""
    media_type: str = ""


class Once:
    """The answers that are kept; `clock` gives the Unix time in seconds."""

    def __init__(self, records: Callable[[], Records], clock: Callable[[], float]) -> None:
        self._records, self._clock = records, clock

    async def answer(self, who: str, key: str, what: bytes, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of `work`, or what it was the first time for the Idempotency-Key of the key named `who`.

        Where `work` raises Problem, nothing was done, and nothing is kept.
        `what` are the bytes that make the request. Raises Problem: 422 for another request with the same Idempotency-Key, 409 while
        the first is under way, and 409 after it was cut off, since its outcome is then unknown.
        """
        name = f"once:{who}:{hashlib.sha256(key.encode()).hexdigest()}"
        mine = Kept(hashlib.sha256(what).hexdigest(), token_hex(8), self._clock() + UNDER_WAY)
        found = await self._records().change(name, lambda kept: _begin(kept, mine), LIFE)
        if found is not None:
            return self._again(found, mine)
        try:
            answer = await work()
        except Problem:
            await self._keep(name, mine, None)
            raise
        try:
            await asyncio.shield(self._keep(name, mine, answer))
        except StoreError as fault:  # it is done all the same; a repeated request hears that the outcome is unknown
            log.error("an answer of the API is not kept for its Idempotency-Key: %s", fault)
        return answer

    def _again(self, found: Kept, mine: Kept) -> Answer:
        """The answer that was given before."""
        if found.print != mine.print:
            raise Problem(
                422,
                "idempotency-key-reused",
                "this Idempotency-Key came with another request before",
                "use a new key for each request, and the same one only to repeat it",
            )
        if found.status:
            return Answer(found.status, found.body, found.headers, found.media_type)
        if found.until > self._clock():
            raise Problem(
                409,
                "request-in-progress",
                "the first request with this Idempotency-Key is under way",
                "repeat it in a moment",
                headers={"retry-after": "1"},
            )
        raise Problem(
            409,
            "outcome-unknown",
            "the first request with this Idempotency-Key was cut off: whether it was carried out is not known",
            "look into the log of the account, and use a new key to do it again",
        )

    async def _keep(self, name: str, mine: Kept, answer: Answer | None) -> None:
        """Keeps the answer, or forgets the request if there is none."""
        after = None
        if answer is not None:
            after = msgspec.json.encode(
                msgspec.structs.replace(
                    mine,
                    status=answer.status,
                    headers=dict(answer.headers),
                    body=answer.body,
                    media_type=answer.media_type,
                )
            )

        def change(kept: bytes | None) -> tuple[None, bytes | None]:
            return None, after if kept is None or _read(kept).owner == mine.owner else kept

        await self._records().change(name, change, LIFE)


def idempotency_key(header: str) -> str:
    """The key of a header, a quoted string (RFC 9651) or the same without quotes; raises Problem (400)."""
    quoted = _QUOTED.fullmatch(header)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else header
    if not 1 <= len(key) <= LONGEST or not (quoted or _BARE.fullmatch(key)):
        raise Problem(
            400,
            "invalid-idempotency-key",
            "the Idempotency-Key cannot be read",
            f'write one to {LONGEST} plain characters between quotes, such as "8e03978e-40d5-43dd-bc93-6894a57f9324"',
        )
    return key


def _begin(kept: bytes | None, mine: Kept) -> tuple[Kept | None, bytes]:
    """What is kept already, None if this is the first."""
    if kept is not None:
        return _read(kept), kept
    return None, msgspec.json.encode(mine)


def _read(kept: bytes) -> Kept:
    return msgspec.json.decode(kept, type=Kept)
