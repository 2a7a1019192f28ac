"""What a program is told when its request fails (RFC 9457, "Problem Details for HTTP APIs")."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Meta

from engine.api.answers import Answer

MEDIA_TYPE = "application/problem+json"
NAMESPACE = "urn:touchtone:problem:"

# What a problem is called -> its title. The list is in docs/api.md.
TITLES: Mapping[str, str] = {
    "unauthorized": "A key is needed",
    "too-many-requests": "Too many requests",
    "not-found": "No such address",
    "method-not-allowed": "Method not allowed",
    "unsupported-media-type": "The body must be JSON",
    "body-too-large": "The body is too long",
    "body-too-late": "The body did not come",
    "invalid-json": "The body cannot be read",
    "invalid-body": "The body is not valid",
    "unknown-flow": "Unknown flow",
    "unknown-call": "Unknown call",
    "invalid-idempotency-key": "The Idempotency-Key is not valid",
    "idempotency-key-reused": "The Idempotency-Key belongs to another request",
    "request-in-progress": "The same request is under way",
    "outcome-unknown": "The outcome is not known",
    "not-begun": "The conversation did not begin",
    "call-ended": "The call is not in progress",
    "not-set-up": "The server is not set up for this",
    "account-error": "Twilio refused the request",
    "account-unreachable": "Twilio cannot be reached",
    "busy": "The server is busy",
    "failed": "The server failed",
}


class BodyError(msgspec.Struct, frozen=True):
    """What is wrong at one place of the body."""

    pointer: Annotated[str, Meta(description="JSON Pointer (RFC 6901) to the place", examples=["/variables/account"])]
    detail: str


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request failed, and what to do (RFC 9457)."""

    type: Annotated[str, Meta(description="What kind of problem it is", examples=[f"{NAMESPACE}unknown-flow"])]
    title: str
    status: int
    detail: Annotated[str, Meta(description="One sentence that says what happened")]
    instance: Annotated[str, Meta(description="The path of the request")] = ""
    code: Annotated[int, Meta(description="Twilio's error code, with a page on Twilio's site", examples=[21211])] = 0
    fix: Annotated[str, Meta(description="What to do about it")] = ""
    errors: Annotated[list[BodyError], Meta(description="Where in the body")] = []


class Problem(Exception):
    """A request that is answered with a problem: `name` is one of TITLES.

    `headers` are sent with it. `settled` says that the account was asked, so that the same request gets the same problem for its
    Idempotency-Key; otherwise nothing was done, and it may succeed later.
    """

    def __init__(
        self,
        status: int,
        name: str,
        detail: str,
        fix: str = "",
        *,
        code: int = 0,
        errors: tuple[BodyError, ...] = (),
        headers: Mapping[str, str] | None = None,
        settled: bool = False,
    ) -> None:
        super().__init__(status, name, detail)
        self.status, self.name, self.detail, self.fix, self.code = status, name, detail, fix, code
        self.errors, self.headers, self.settled = errors, dict(headers or {}), settled

    def answer(self, instance: str) -> Answer:
        """The answer that tells it; `instance` is the path of the request."""
        status = HTTPStatus(self.status)
        title = TITLES.get(self.name, status.phrase)
        details = ProblemDetails(
            NAMESPACE + self.name, title, self.status, self.detail, instance, self.code, self.fix, list(self.errors)
        )
        return Answer(self.status, msgspec.json.encode(details), self.headers, MEDIA_TYPE)


def invalid(pointer: str, detail: str, fix: str = "") -> Problem:
    """The body is not valid at one place (422)."""
    return Problem(422, "invalid-body", detail, fix, errors=(BodyError(pointer, detail),))


def unknown_call(sid: str) -> Problem:
    """The same for a call that is not there and for one that is not the key's: nothing tells them apart."""
    return Problem(404, "unknown-call", f"there is no call {sid} here", "check the SID, which begins with CA")
