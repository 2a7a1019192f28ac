"""Carries requests to Twilio so that no answer takes longer, or more memory, than a good one may."""

import threading
import time
from typing import Any

from requests import PreparedRequest, ReadTimeout, RequestException, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ChunkedEncodingError, ContentDecodingError
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

LARGEST = 16 * 1024 * 1024  # bytes of an answer, unpacked: a page of a thousand phone numbers has about two million
_PIECE = 64 * 1024


class BoundedAdapter(HTTPAdapter):
    """An adapter of `requests` that ends what comes drop by drop, or without end.

    `seconds` is for a whole request, beyond them it raises ReadTimeout; `largest` are the bytes of its answer, beyond them it raises
    ContentDecodingError. `connections` are kept open to a host.
    """

    def __init__(self, seconds: float, largest: int = LARGEST, *, connections: int) -> None:
        super().__init__(pool_maxsize=connections)
        self._seconds, self._largest = seconds, largest

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """The answer, with its body. A thread waits for it: a server that sends its headers slowly cannot be ended otherwise."""
        until = time.monotonic() + self._seconds
        outcome: list[Response | BaseException] = []

        def ask() -> None:
            try:
                outcome.append(self._answer(request, until, args, options))
            except BaseException as error:
                outcome.append(error)

        asking = threading.Thread(target=ask, name="twilio request", daemon=True)
        asking.start()
        asking.join(self._seconds)
        if not outcome:
            raise ReadTimeout("the whole answer did not come in time", request=request)
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _answer(self, request: PreparedRequest, until: float, args: Any, options: Any) -> Response:
        response = super().send(request, *args, **{**options, "stream": True})
        try:
            pieces, size = [], 0
            while piece := response.raw.read1(_PIECE, decode_content=True):
                pieces.append(piece)
                size += len(piece)
                if size > self._largest:
                    raise ContentDecodingError("the answer is too long")
                if time.monotonic() > until:
                    raise ReadTimeout("the whole answer did not come in time", request=request)
        except BaseException as error:
            response.close()
            if isinstance(error, HTTPError) and not isinstance(error, RequestException):
                raise _told(error, request) from error
            raise
        response._content = b"".join(pieces)
        response._content_consumed = True
        return response


def _told(error: HTTPError, request: PreparedRequest) -> Exception:
    """What urllib3 raises within an answer, as `requests` would hand it on."""
    match error:
        case DecodeError():
            return ContentDecodingError(error)
        case ReadTimeoutError():
            return ReadTimeout(error, request=request)
    return ChunkedEncodingError(error)
