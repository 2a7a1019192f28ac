"""What a flow needs of the world, told as values: the machine asks with one of these, the edge performs it and answers with a `Result`."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

DEFAULT_TIMEOUT = 4.0  # seconds for one try of a `request`; Twilio waits 15 for the whole turn


class Login(NamedTuple):
    """The name and password of a `request` (RFC 7617); its repr does not show them."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Login(…)"


class HttpCall(NamedTuple):
    """A `request`: `timeout` in seconds for one try; `retries` is None where the flow does not say.

    `key` is an idempotency key: the same when the turn is played again. `auth` is a login, or "twilio" for a signature.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    json: Any = None
    form: tuple[tuple[str, str], ...] | None = None
    has_json: bool = False
    timeout: float = DEFAULT_TIMEOUT
    retries: int | None = None
    key: str = ""
    auth: Login | Literal["twilio"] | None = None


class FunctionCall(NamedTuple):
    """A `run`: a function of the project's `functions.py` by name, with arguments by name."""

    name: str
    args: Mapping[str, Any]


class TextMessage(NamedTuple):
    """A `send`: one text message through the account; the numbers as Twilio writes them."""

    to: str
    body: str
    media_url: tuple[str, ...]
    from_: str
    key: str


Effect = HttpCall | FunctionCall | TextMessage


class Result(NamedTuple):
    """What came of an effect, as JSON can keep it.

    `answer` is what branches are asked: a status, "timeout" or "error" of a request; the value as text or "error" of a
    function; "sent" or "error" of a message. `values` has `body`, `status` and `headers` of a request, `value` of a
    function, `sid` of a message. `problem` is one sentence for the log when it failed, without a secret in it.
    """

    answer: str
    values: Mapping[str, Any]
    problem: str = ""
