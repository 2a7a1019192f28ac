"""Asks the account beside the event loop, and turns what goes wrong into problems."""

import asyncio
import threading
import time
from collections.abc import Callable
from random import random
from typing import Any, TypeVar

from engine.account.client import Credentials, open_client
from engine.account.errors import Problem as AccountProblem
from engine.account.errors import explain, retried
from engine.api.problems import Problem
from engine.runtime.effects.workers import Stuck, Workers
from engine.server.settings import Settings

T = TypeVar("T")

SECONDS = 20.0  # that the account may take in all, also when it has to be asked again
AT_ONCE = 16  # requests to it at a time
NOT_FOUND, NOT_IN_PROGRESS = 20404, 21220  # Twilio's codes


class AccountClient:
    """The account of the settings; it is opened when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self._credentials, self._api = Credentials.of(settings), settings.twilio_api
        self._workers = Workers(AT_ONCE, "api")
        self._client: Any = None
        self._opening = threading.Lock()

    async def ask(self, what: Callable[[Any], T], done: str = "") -> T:
        """What the account answers; `done` is what it would have done, for the case that the outcome is unknown, "" where it only tells. Raises
        Problem."""
        if not self._credentials.complete:
            raise Problem(
                503,
                "not-set-up",
                "this server has no Twilio account",
                "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN where it runs",
            )
        begun = False

        def work() -> T:
            nonlocal begun
            begun = True
            return retried(lambda: what(self._opened()), sleep=time.sleep, jitter=random)

        try:
            async with asyncio.timeout(SECONDS):
                return await self._workers.run(work)
        except TimeoutError:
            if not begun:  # and it is not done later: nobody waits for it any more
                raise Problem(503, "busy", "too many requests to Twilio are under way", "try again later") from None
            what_is_known = f": whether {done} is not known" if done else ""
            raise _problem(
                AccountProblem(0, 0, f"Twilio did not answer in time{what_is_known}", unknown=bool(done))
            ) from None
        except Stuck:
            raise Problem(503, "busy", "too many requests to Twilio have not returned", "try again later") from None
        except Exception as error:
            raise _problem(explain(error, done)) from None

    def _opened(self) -> Any:
        with self._opening:
            if self._client is None:
                self._client = open_client(self._credentials, api=self._api)
            return self._client


def _problem(found: AccountProblem) -> Problem:
    """A problem of the account as a program is told it."""
    more = {"fix": found.fix, "code": found.code}
    if found.unknown:
        return Problem(504, "outcome-unknown", found.sentence, "look into the log of the account", settled=True)
    if not found.status:
        return Problem(503, "account-unreachable", found.sentence, **more)  # type: ignore[arg-type]
    if found.status == 429:
        return Problem(429, "account-error", found.sentence, headers={"retry-after": "1"}, **more)  # type: ignore[arg-type]
    if found.code == NOT_IN_PROGRESS:
        return Problem(
            409, "call-ended", found.sentence, found.fix or "place a new call", code=found.code, settled=True
        )
    if found.status == 404:
        return Problem(404, "unknown-call", found.sentence, **more)  # type: ignore[arg-type]
    # What Twilio says of the server's own login, and its own faults, are none of the program's.
    status = 422 if 400 <= found.status < 500 and found.status not in (401, 403) else 502
    return Problem(status, "account-error", found.sentence, settled=True, **more)  # type: ignore[arg-type]
