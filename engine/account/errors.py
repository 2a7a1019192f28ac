"""What goes wrong with the account, in one sentence, and what to do about it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from traceback import walk_tb
from typing import Any, TypeVar

T = TypeVar("T")

TRIES = 4  # of a request that meets the rate limit
FIRST_PAUSE = 0.5  # seconds; each later one is twice as long

_VERIFY = "verify the number with `touchtone numbers verify NUMBER`, or upgrade the account"
_E164 = "write the number with its country, such as +15550101"
_OWN = "use a number of this account, or a verified one: `touchtone numbers list` shows them"
_COUNTRY = (
    "allow the country in Twilio's console: https://console.twilio.com/us1/develop/voice/settings/geo-permissions"
)
_SMS_COUNTRY = (
    "allow the country in Twilio's console: https://console.twilio.com/us1/develop/sms/settings/geo-permissions"
)
_REACHED = "Twilio asks this address: it must be public, and begin with https:// or http://"
_LATER = "wait a moment and try again, or ask for less at once"
_CARRIER = "nothing is wrong with the request: try again later, or another way"

FIXES: Mapping[int, str] = {
    # The account.
    10001: "the account is not active: look at https://console.twilio.com",
    10002: "a trial account cannot do this: upgrade it",
    20001: "check what was asked for; the page of the error says more",
    20003: "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN: they must be of the same account",
    20005: "the account is not active: look at https://console.twilio.com",
    20006: "these credentials may not do this: use the auth token, or a key of the type Main",
    20008: "test credentials cannot do this: use those of the account",
    20404: "check the SID: this account has no such thing",
    20429: _LATER,
    20500: "Twilio failed: try again later, and look at https://status.twilio.com",
    20503: "Twilio failed: try again later, and look at https://status.twilio.com",
    # Calls.
    13214: _OWN,
    13805: "a trial account calls for ten minutes at most: upgrade it",
    21201: "give the number to call",
    21203: _COUNTRY,
    21205: _REACHED,
    21206: "keys are 0-9, A-D, # and *; w waits half a second, W a second; 32 at most",
    21208: "a call rings for 600 seconds at most",
    21210: _OWN,
    21211: _E164,
    21212: _OWN,
    21213: "name the number to call from: --from, or TOUCHTONE_FROM",
    21214: "this number cannot be reached from here: check it, or call another",
    21215: _COUNTRY,
    21216: "this number is blocked: Twilio's support can say why",
    21217: _E164,
    21218: "check the SID of the TwiML App",
    21219: f"a trial account calls verified numbers only: {_VERIFY}",
    21220: "the call is not in progress: check its status",
    21234: "check the seconds of the machine detection",
    21262: "asynchronous machine detection needs a URL for its result: --answered-by FLOW/STEP",
    21263: "the machine detection is Enable or DetectMessageEnd",
    21264: _OWN,
    21266: "a number cannot call itself: name another one",
    21267: "a trial account cannot do this: upgrade it",
    # Messages.
    14111: f"a trial account texts verified numbers only: {_VERIFY}",
    21401: "this is not a phone number: check it",
    21408: _SMS_COUNTRY,
    21602: "write a text, or name a picture or a content template",
    21603: "name the number to text from: --from, TOUCHTONE_FROM, or a messaging service",
    21604: "give the number to text",
    21606: "use a number of this account that can send texts: `touchtone numbers list` shows them",
    21608: f"a trial account texts verified numbers only: {_VERIFY}",
    21609: _REACHED,
    21610: "this person wrote STOP to the number: only their START lets messages through again",
    21611: "more messages wait for this number than it can send: wait, or use a messaging service with more numbers",
    21612: "this number cannot text that one: use another number, or the same channel for both",
    21614: "this number cannot receive texts: it is not a mobile phone",
    21617: "write at most 1600 characters",
    21619: "write a text, or name a picture or a content template",
    21620: "a picture needs a public address, which begins with https:// or http://",
    21623: "send at most ten pictures",
    21635: "this number cannot receive texts: it is a landline",
    21654: "name the content template that the variables are for",
    21655: "check the SID of the content template, and that it is of this account",
    21656: 'check the content variables: a JSON object of texts, such as {"1": "Ann"}',
    21701: "check the SID of the messaging service",
    21703: "the messaging service has no number: add one in Twilio's console",
    21910: "write both with the same prefix, such as whatsapp:+15550100",
    # Numbers.
    21402: _REACHED,
    21404: "a trial account cannot do this: upgrade it",
    21405: "a fallback URL needs a URL of its own kind: set that too",
    21406: "a fallback URL needs a URL of its own kind: set that too",
    21421: "this phone number is not valid: choose another",
    21422: "this phone number is not available: choose another",
    21450: "this number is verified already: nothing to do",
    21451: "this area code has no numbers: choose another",
    21452: "no numbers are available: choose another area code",
    21454: "wait for 60 seconds at most before the call with the code",
    # What became of a message (Twilio, "Message delivery").
    30001: "too many messages are queued: send fewer at once",
    30002: "the account was suspended: see https://console.twilio.com",
    30003: "the phone is off or has no service: try again later",
    30004: "this person, or their carrier, blocks the number: text them from another, or call",
    30005: "check the number: it is not in use any more, or the phone cannot be reached",
    30006: "this number cannot receive texts: it is a landline, or its carrier is unreachable",
    30007: "the carrier takes this for spam: change the words, and register the number",
    30008: _CARRIER,
    30010: "the message costs more than its maximum price: raise it",
    30023: "the daily limit of this sender is reached: wait until tomorrow",
    30032: "register the toll-free number: https://www.twilio.com/docs/messaging/compliance/toll-free",
    30034: "register the number for A2P 10DLC: https://www.twilio.com/docs/messaging/compliance/a2p-10dlc",
    63003: "check the address of the person on that channel",
    63007: "this number is not registered with that channel: register it, or use another",
    63016: "outside of 24 hours after the person wrote, WhatsApp takes content templates only: --content-sid",
}
"""Twilio's code -> what to do. Each code has a page, https://www.twilio.com/docs/api/errors/21211."""

_STATUSES: Mapping[int, str] = {401: FIXES[20003], 403: FIXES[20006], 404: FIXES[20404], 429: FIXES[20429]}
_NOT_TWILIO = "something between here and Twilio, such as a proxy, may answer in its place"
_LONGEST = 500  # characters of Twilio's own words that are repeated
_DEEPEST = 20  # exceptions that are looked through

# What urllib3 says of a connection that never came to be: nothing was sent over it.
_NEVER_SENT = ("ConnectTimeoutError", "NewConnectionError", "NameResolutionError", "ProxyError", "SSLError")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request to the account failed.

    `code` is Twilio's (0 where it gave none), `status` the HTTP status (0 where nothing was answered), `sentence` says what happened,
    `fix` what to do ("" where that is unknown). `unknown` if the request may have been carried out all the same.
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


def fix_at(api: str, problem: Problem) -> str:
    """What to do about a problem where `api`, the address of a stand-in, is asked in place of Twilio; "" for Twilio itself."""
    if api and not problem.status and not problem.unknown:
        return f"TOUCHTONE_TWILIO_API leads to {api}: start `touchtone standin`, or leave it out for Twilio itself"
    if api and problem.code == 20003:
        return (
            f"the stand-in at {api} has another account: write the TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN that it printed into .env, "
            "and start your server again"
        )
    return problem.fix


def explain(error: Exception, done: str = "") -> Problem:
    """What an exception of the `twilio` client, or of the network below it, means.

    `done` is what the request would have done, for the case that the outcome is unknown: "the message is sent"; "" of one that only asks. Raises
    `error` itself if it is of neither. The sentence holds no address of the request and no secret.
    """
    from requests import ConnectTimeout, RequestException, Timeout
    from requests.exceptions import ContentDecodingError
    from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException

    if isinstance(error, TwilioRestException):
        return _answered(error.code, error.status, error.msg, done)
    if isinstance(error, TwilioServiceException):
        return _answered(error.code, error.status, error.detail or error.title, done)
    if isinstance(error, TwilioException) and (answer := _page(error)) is not None:
        return _answered(*answer, done)
    if isinstance(error, UnicodeEncodeError):
        return Problem(
            0, 0, "the request cannot be written", "check the login and the texts for characters that nobody types"
        )
    if isinstance(error, ContentDecodingError | TwilioException | ValueError) or _unread(error):
        return _unknown(0, "Twilio's answer cannot be read", done, fix=_NOT_TWILIO)
    if isinstance(error, Timeout) and not isinstance(error, ConnectTimeout):
        return _unknown(0, "Twilio did not answer in time", done)
    if isinstance(error, RequestException | OSError):  # its own words hold the address, and may hold more
        if _was_sent(error):
            return _unknown(0, "the connection to Twilio broke", done)
        return Problem(
            0, 0, f"Twilio cannot be reached: {_reason(error)}", "check the connection to the network, and try again"
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


def sid_of(resource: Any) -> str:
    """The SID in an answer of the `twilio` library; raises ValueError for what is none: it goes into addresses, and onto the screen."""
    sid = resource.sid
    if not (isinstance(sid, str) and re.fullmatch(r"\w{2,64}", sid, re.ASCII)):
        raise ValueError("the answer has no SID")
    return sid


def told(code: int) -> str:
    """What to do about an error that Twilio reported later for a call or a message; "" where that is unknown."""
    return FIXES.get(code, "")


def _unread(error: Exception) -> bool:
    """Whether the library stumbled over an answer that is not of Twilio's shape, such as a list in place of an object."""
    if not isinstance(error, TypeError | AttributeError | LookupError | ArithmeticError | RecursionError):
        return False
    return any(str(frame.f_globals.get("__name__")).startswith("twilio.") for frame, _ in walk_tb(error.__traceback__))


def _was_sent(error: Exception) -> bool:
    """Whether the request may have reached Twilio before the connection broke (`requests` hands on what urllib3 raises)."""
    from requests import ConnectionError as NotConnected
    from requests import RequestException
    from requests import exceptions as of

    never = (
        of.ConnectTimeout,
        of.ProxyError,
        of.SSLError,
        of.InvalidURL,
        of.MissingSchema,
        of.InvalidSchema,
        of.InvalidHeader,
    )
    if isinstance(error, never) or not isinstance(error, RequestException):
        return False
    return not isinstance(error, NotConnected) or not any(
        type(cause).__name__ in _NEVER_SENT for cause in _causes(error)
    )


def _reason(error: Exception) -> str:
    """Why no connection came to be, in words that hold no address."""
    if "certificate bundle" in str(error):
        return "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names no file of certificates"
    for cause in _causes(error):
        match type(cause).__name__:
            case "NameResolutionError":
                return "its name is not found"
            case "ConnectTimeoutError":
                return "it does not answer"
            case "ProxyError":
                return "the proxy refuses the connection"
            case "SSLError":
                return "its certificate is not accepted"
            case "NewConnectionError":
                return "the connection is refused" if "refused" in str(cause).lower() else "no connection"
    return type(error).__name__


def _causes(error: BaseException) -> list[BaseException]:
    """An exception, and what it was made of."""
    found: list[BaseException] = [error]
    for one in found:
        more = (getattr(one, "reason", None), *one.args, one.__cause__, one.__context__)
        found += [each for each in more if isinstance(each, BaseException) and each not in found]
        if len(found) > _DEEPEST:
            break
    return found


def _unknown(status: int, sentence: str, done: str, code: int = 0, fix: str = "") -> Problem:
    """What leaves open whether the request was carried out, if it would have done something."""
    fix = fix or (FIXES[20500] if status else "check the connection to the network, and try again")
    if not done:
        return Problem(code, status, sentence, fix)
    return Problem(code, status, f"{sentence}: whether {done} is not known", unknown=True)


def _answered(code: int | None, status: int, said: str, done: str) -> Problem:
    """An error that Twilio answered with. After a failure on its side, how far it had come is unknown."""
    words = re.sub(r"^Unable to \w+ record(: )?", "", " ".join(str(said or "").split()), count=1)[:_LONGEST]
    # Where Twilio gave no code, the library puts the status in its place.
    known = code if isinstance(code, int) and code != status else 0
    status = status if isinstance(status, int) else 0
    what = f"Twilio error {known}" if known else f"Twilio answered {status}"
    sentence = f"{what}: {words}" if words else what
    if status >= 500:
        return _unknown(status, sentence, done, known)
    return Problem(known, status, sentence, FIXES.get(known, _STATUSES.get(status, "")))
