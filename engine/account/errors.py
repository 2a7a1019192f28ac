"""What goes wrong with the account, in one sentence, and what to do about it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

TRIES = 4  # of a request that meets the rate limit
FIRST_PAUSE = 0.5  # seconds; each later one is twice as long

FIXES: Mapping[int, str] = {
    20003: "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: they must be of the same account",
    20404: "check the SID: this account has no such thing",
    20429: "wait a moment and try again, or ask for less at once",
    21211: "write the number with its country, such as +15550101",
    21219: "a trial account calls verified numbers only: `touchtone numbers verify NUMBER`, or upgrade the account",
    21608: "a trial account texts verified numbers only: `touchtone numbers verify NUMBER`, or upgrade the account",
    21610: "this person wrote STOP to the number: only their START lets messages through again",
}
"""Twilio's code -> what to do. Each code has a page, https://www.twilio.com/docs/api/errors/21211."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request to the account failed.

    `code` is Twilio's (0 where it gave none), `status` the HTTP status (0 where nothing was answered), `sentence` says what happened,
    `fix` what to do ("" where nobody knows). `unknown` if the request may have been carried out all the same.
    """

    code: int
    status: int
    sentence: str
    fix: str = ""
    unknown: bool = False

    @property
    def text(self) -> str:
        """Both in one line."""
        return f"{self.sentence}; {self.fix}" if self.fix else self.sentence


def explain(error: Exception, done: str = "it is done") -> Problem:
    """What an exception of the `twilio` client, or of the network below it, means.

    `done` is what the request would have done, for the case that nobody knows: "the message is sent"; "" for one that only reads.
    Raises `error` itself if it is of neither. The sentence holds no address of the request and no secret.
    """
    from requests import ConnectTimeout, RequestException, Timeout
    from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

    if isinstance(error, TwilioRestException):
        return _answered(error.code, error.status, error.msg)
    if isinstance(error, TwilioServiceException):
        return _answered(error.code, error.status, error.detail or error.title)
    if isinstance(error, TwilioException) and (answer := _page(error)) is not None:
        return _answered(*answer)
    unknown = f": whether {done} is not known" if done else ""
    if isinstance(error, TwilioException | ValueError):
        return Problem(0, 0, f"Twilio's answer cannot be read{unknown}", unknown=bool(done))
    if isinstance(error, Timeout) and not isinstance(error, ConnectTimeout):
        return Problem(0, 0, f"Twilio did not answer in time{unknown}", unknown=bool(done))
    if isinstance(error, RequestException | OSError):  # its own words hold the address, and may hold more
        return Problem(
            0,
            0,
            f"Twilio cannot be reached: {type(error).__name__}",
            "check the connection to the network, and try again",
        )
    raise error


def retried(ask: Callable[[], T], *, sleep: Callable[[float], None], jitter: Callable[[], float]) -> T:
    """What `ask` returns; while Twilio says that it is asked too often (429), asks again after a pause that doubles.

    `sleep` waits for seconds; `jitter` gives numbers from 0 to 1, so that many clients do not come back at once. Raises what the last
    try raised, and anything but a 429 at once.
    """
    from twilio.base.exceptions import TwilioException

    for number in range(TRIES):
        try:
            return ask()
        except TwilioException as error:
            if (_page(error) or (0, getattr(error, "status", 0)))[1] != 429 or number == TRIES - 1:
                raise
        sleep(FIRST_PAUSE * 2**number * (0.5 + jitter()))
    raise AssertionError("the last try returns or raises")


def _page(error: Exception) -> tuple[int | None, int, str] | None:
    """Code, status and message of the answer to a request for a list: the library keeps it as an argument of its exception, unread."""
    from twilio.http.response import Response

    answer = next((one for one in error.args if isinstance(one, Response)), None)
    if answer is None:
        return None
    try:
        told = json.loads(answer.text)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    code, message = told.get("code"), told.get("message")
    return (code if isinstance(code, int) else None, answer.status_code, message if isinstance(message, str) else "")


def _answered(code: int | None, status: int, said: str) -> Problem:
    """An error that Twilio answered with."""
    words = re.sub(r"^Unable to \w+ record(: )?", "", " ".join((said or "").split()), count=1)
    # Where Twilio gave no code, the library puts the status in its place.
    known = code if code and code != status else 0
    what = f"Twilio error {known}" if known else f"Twilio answered {status}"
    return Problem(known, status, f"{what}: {words}" if words else what, FIXES.get(known, ""))
