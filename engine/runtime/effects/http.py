"""Performs requests: one client for the process, tries that are repeated with patience, and answers as values."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine.runtime.effects.addresses import Guard
from engine.runtime.effects.bodies import read_body
from engine.runtime.effects.effect import HttpCall, Result
from engine.runtime.effects.failure import Failure
from engine.runtime.scope import storable

if TYPE_CHECKING:  # its library takes a fifth of a second to import, and most servers never need it
    from engine.runtime.effects.exchange import Answer, Line

TURN_SECONDS = 10.0  # that a request may take with all its tries; Twilio waits 15 for the whole turn
LEAST_SECONDS = 0.2  # left for a try to be worth beginning
BACKOFF = 0.25  # seconds before the second try; twice as long before each further one
BUSY = frozenset((502, 503, 504))


class HttpClient:
    """Asks servers. What cannot be had from outside comes in: the clocks (`clock` monotonic, `wall` Unix time), `sleep`, `chance`.

    `guard` decides which hosts are asked, `trusted` which certificates are accepted; `token` signs what is signed as Twilio does.
    """

    def __init__(
        self,
        guard: Guard | None = None,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
        trusted: ssl.SSLContext | None = None,
        token: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._guard, self._trusted, self._token = guard or Guard(), trusted, token
        self._clock, self._wall, self._sleep, self._chance = clock, wall, sleep, chance
        self._line: Line | None = None
        self._opening: asyncio.Task[Line] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def perform(self, call: HttpCall, within: float = TURN_SECONDS) -> Result:
        """What came of a call, all its tries in `within` seconds; never raises but when it is cancelled.

        A try takes no longer than the call's `timeout`. A connection that fails and a server that is too busy are tried once
        more where that does no harm; as often as the call says, with whatever method and also after a timeout, if it says so.
        """
        until = self._clock() + within
        most = call.retries if call.retries is not None else int(call.repeatable)
        number = 0
        line = await self._opened()
        while True:
            outcome = await self._try(line, call, min(call.timeout, until - self._clock()))
            wait = self._patience(call, outcome, number) if number < most else None
            if wait is None or self._clock() + wait + LEAST_SECONDS > until:
                return _failed(outcome) if isinstance(outcome, Failure) else _answered(outcome)
            await self._sleep(wait)
            number += 1

    async def open(self) -> None:
        """Makes ready what the first request would have to wait for."""
        await self._opened()

    async def close(self) -> None:
        """Lets go of the connections."""
        line, self._line, self._opening = self._line, None, None
        if line is not None and self._loop is asyncio.get_running_loop():
            await line.close()

    async def _try(self, line: "Line", call: HttpCall, seconds: float) -> "Answer | Failure":
        try:
            async with asyncio.timeout(max(seconds, 0)):
                return await line.ask(call)
        except TimeoutError:
            problem = f"{_host(call.url)} did not answer within {max(seconds, 0):.3g} s"
            return Failure(problem, again=call.retries is not None, answer="timeout")
        except Failure as failure:
            return failure

    async def _opened(self) -> "Line":
        """The connections, which belong to the running loop. The library is imported aside: it takes time that others wait for."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._line, self._opening = loop, None, None
        if self._line is None:
            if self._opening is None:
                self._opening = loop.create_task(asyncio.to_thread(_open, self._guard, self._trusted, self._token))
            try:
                self._line = await asyncio.shield(self._opening)
            except Exception:
                self._opening = None
                raise
        return self._line

    def _patience(self, call: HttpCall, outcome: "Answer | Failure", number: int) -> float | None:
        """The seconds to wait before another try; None if there is to be none."""
        wait = float(BACKOFF * 2**number) * (0.5 + self._chance() / 2)
        if isinstance(outcome, Failure):
            return wait if outcome.again else None
        if outcome.status not in BUSY and outcome.status != 429:
            return None
        asked = self._retry_after(outcome.headers.get("retry-after", "").strip())
        if asked is None:
            return wait if outcome.status in BUSY else None
        return max(asked, wait)

    def _retry_after(self, text: str) -> float | None:
        """What `Retry-After` says (RFC 9110, 10.2.3), in seconds from now."""
        if text.isdecimal() and len(text) < 10:
            return float(text)
        try:
            return max(parsedate_to_datetime(text).timestamp() - self._wall(), 0.0)
        except (ValueError, OverflowError):
            return None


def _open(guard: Guard, trusted: ssl.SSLContext | None, token: str) -> "Line":
    from engine.runtime.effects.connecting import open_pool
    from engine.runtime.effects.exchange import Line

    return Line(open_pool(guard, trusted), token)


def _host(url: str) -> str:
    """The host of an address as a problem may name it: without what may be secret."""
    try:
        return urlsplit(url).hostname or "the server"
    except ValueError:
        return "the server"


def _failed(failure: Failure) -> Result:
    return Result(failure.answer, {"body": None, "status": 0, "headers": {}}, failure.problem)


def _answered(answer: "Answer") -> Result:
    values = {"body": None, "status": answer.status, "headers": dict(answer.headers)}
    try:
        values = storable(
            {**values, "body": read_body(answer.body, answer.headers.get("content-type", ""), answer.host)}
        )
    except OverflowError as error:
        return Result(
            "error", {**values, "headers": {}}, f"{answer.host} answered with more than a call can keep: {error}"
        )
    good = 200 <= answer.status < 300
    return Result(str(answer.status), values, "" if good else f"{answer.host} answered {answer.status}")
