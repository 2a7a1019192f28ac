"""What a flow needs of the world, told as values: the machine asks with one of these, the edge performs it and answers with a `Result`."""

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlencode

from engine.grammar.verbs.request import REQUEST
from engine.grammar.verbs.run import RUN
from engine.grammar.verbs.send import SEND
from engine.grammar.verbs.spec import VerbSpec

DEFAULT_TIMEOUT = 4.0  # seconds for one try of a `request`; Twilio waits 15 for the whole turn


REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE"))  # RFC 9110, 9.2.2: the same as done once


class Effect(Protocol):
    """Something to be done in the world, and the words for it."""

    @property
    def spec(self) -> VerbSpec:
        """The verb that asks for it."""

    @property
    def line(self) -> str:
        """All of it in one line, secrets included."""

    @property
    def nobody(self) -> str:
        """Why it comes to nothing where nobody performs it, in a sentence."""

    @property
    def repeatable(self) -> bool:
        """Whether it may be done twice."""


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

    @property
    def spec(self) -> VerbSpec:
        """`request`."""
        return REQUEST

    @property
    def line(self) -> str:
        """`POST https://example.com/orders {"id": 1}`."""
        query = urlencode(self.params, errors="replace")
        url = f"{self.url}{'&' if '?' in self.url else '?'}{query}" if query else self.url
        body = _json(self.json) if self.has_json else urlencode(self.form or (), errors="replace")
        return f"{self.method} {url} {body}".rstrip()

    @property
    def nobody(self) -> str:
        """Why it is not made."""
        return "this server makes no requests"

    @property
    def repeatable(self) -> bool:
        """Whether its method says that twice is as good as once."""
        return self.method.upper() in REPEATABLE


class FunctionCall(NamedTuple):
    """A `run`: a function of the project's `functions.py` by name, with arguments by name."""

    name: str
    args: Mapping[str, Any]

    @property
    def spec(self) -> VerbSpec:
        """`run`."""
        return RUN

    @property
    def line(self) -> str:
        """`lookup {"number": "1"}`."""
        return f"{self.name} {_json(dict(self.args))}"

    @property
    def nobody(self) -> str:
        """Why it is not called."""
        return "this project has no functions: they stand in `functions.py` beside the flows"

    @property
    def repeatable(self) -> bool:
        """Nobody knows what a function does."""
        return False


class TextMessage(NamedTuple):
    """A `send`: one text message through the account; the numbers as Twilio writes them.

    `from_` may be "" (see `engine.account.messages`). `content_sid` names a content template, whose places `content_variables`
    fill, a JSON object as text. `status_callback` is a URL.
    """

    to: str
    body: str
    media_url: tuple[str, ...]
    from_: str
    key: str
    content_sid: str = ""
    content_variables: str = ""
    messaging_service_sid: str = ""
    status_callback: str = ""

    @property
    def spec(self) -> VerbSpec:
        """`send`."""
        return SEND

    @property
    def line(self) -> str:
        """`+15550111: Hello`; of a content template `+15550111: template HX… {"1": "Ann"}`."""
        template = f"template {self.content_sid} {self.content_variables}".rstrip() if self.content_sid else ""
        return " ".join(part for part in (f"{self.to}:", self.body, template, *self.media_url) if part)

    @property
    def nobody(self) -> str:
        """Why it is not sent."""
        return "no account is set that texts could be sent with: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"

    @property
    def repeatable(self) -> bool:
        """A second one would be read twice."""
        return False


class Reminder(TextMessage):
    """A text that a conversation sends by itself when nobody answers it, in place of the reply to a message."""

    __slots__ = ()


class Result(NamedTuple):
    """What came of an effect, as JSON can keep it.

    `answer` is what branches are asked: a status, "timeout" or "error" of a request; the value as text or "error" of a
    function; "sent" or "error" of a message. `values` has `body`, `status` and `headers` of a request, `value` of a
    function, `sid` of a message. `problem` is one sentence for the log when it failed, without a secret in it.
    """

    answer: str
    values: Mapping[str, Any]
    problem: str = ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
