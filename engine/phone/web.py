"""Carries requests over HTTP to any server, with the standard library."""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.phone.transport import Request, Response, Unreachable, origin, target

TIMEOUT = 15.0  # seconds; Twilio, "Webhooks: Connection overrides": all in all Twilio waits as long
LARGEST = 256 * 1024  # bytes of a body that are read: more than any document, and of a sound only its type counts


class OverHttp:
    """A transport that connects to the host of each address, and keeps the connections.

    `instead` leads an origin elsewhere: `{"https://clinic.example": "http://127.0.0.1:8000"}` rings a server under its
    public address, which it judges signatures by, before that address exists.
    """

    def __init__(self, instead: Mapping[str, str] | None = None, timeout: float = TIMEOUT) -> None:
        self._instead = {origin(urlsplit(there)): here for there, here in (instead or {}).items()}
        self._timeout = timeout
        self._kept: dict[str, http.client.HTTPConnection] = {}

    def __call__(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        place = self._instead.get(origin(parts), origin(parts))
        kept = self._kept.get(place)
        try:
            if kept is not None:
                try:
                    return self._ask(kept, request)
                except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                    kept.close()  # it had gone stale: a new one may do
            connection = self._kept[place] = self._connect(place)
            return self._ask(connection, request)
        except (OSError, http.client.HTTPException, UnicodeError) as fault:
            broken = self._kept.pop(place, None)
            if broken is not None:
                broken.close()
            raise _unreachable(fault, place) from fault

    def close(self) -> None:
        """Closes what is kept open."""
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()

    def _connect(self, place: str) -> http.client.HTTPConnection:
        parts = urlsplit(place)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname or "", parts.port, timeout=self._timeout)

    def _ask(self, connection: http.client.HTTPConnection, request: Request) -> Response:
        parts = urlsplit(request.url)
        headers = {"Host": parts.netloc.rpartition("@")[2], **dict(request.headers)}
        connection.response_class = _answer_until(time.monotonic() + self._timeout)
        if connection.sock is not None:
            connection.sock.settimeout(self._timeout)
        connection.request(request.method, target(parts), request.body or None, headers)
        answer = connection.getresponse()
        body = answer.read(LARGEST)
        missing = answer.length if len(body) < LARGEST else 0
        if not answer.isclosed():  # nobody waits for the rest
            answer.close()
            connection.close()
        if missing:
            raise http.client.IncompleteRead(body, missing)
        return Response(answer.status, tuple(answer.getheaders()), body)


class _Patient(io.RawIOBase):
    """What comes over a socket until a moment (`time.monotonic`): one that drips must not hold the telephone for ever."""

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection, self._until = connection, until
        self._raw = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _answer_until(until: float) -> type[http.client.HTTPResponse]:
    """An answer that must be there at a moment."""

    class Answer(http.client.HTTPResponse):
        def __init__(self, connection: socket.socket, *args: Any, **named: Any) -> None:
            super().__init__(connection, *args, **named)
            self.fp.close()
            self.fp = io.BufferedReader(_Patient(connection, until))

    return Answer


def _unreachable(fault: Exception, place: str) -> Unreachable:
    """Twilio's error for what went wrong (Twilio, Error and Warning Dictionary, 112xx)."""
    if isinstance(fault, ssl.SSLError):
        return Unreachable(11220, f"{place}: the TLS handshake failed ({fault})")
    if isinstance(fault, ConnectionRefusedError):
        return Unreachable(11202, f"{place} refuses the connection; is the server running?")
    if isinstance(fault, TimeoutError):
        return Unreachable(11203, f"{place} took too long to answer")
    if isinstance(fault, socket.gaierror | UnicodeError):  # a name that is none cannot even be looked up
        return Unreachable(11210, f"there is no host at {place}")
    if isinstance(fault, http.client.HTTPException):
        return Unreachable(11206, f"{place} does not answer in HTTP ({type(fault).__name__})")
    return Unreachable(11205, f"{place} cannot be reached ({fault})")


def over_http(instead: Mapping[str, str] | None = None, timeout: float = TIMEOUT) -> OverHttp:
    """A transport over HTTP (see OverHttp)."""
    return OverHttp(instead, timeout)
