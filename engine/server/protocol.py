"""The HTTP of uvicorn, with limits to what may come in before a request is known: in size and in time."""

import asyncio
import logging
from time import monotonic
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from engine.server.sparing import Sparing

HEAD_BYTES: Final = 64 * 1024  # of a request line and its headers; Twilio's are of some 2 kB
HEAD_SECONDS: Final = 15.0  # from the first byte of a head to its last: Twilio gives up a request after as many
IDLE_SECONDS: Final = 75.0  # that a connection may be open before its first byte, as between two requests
PIECE: Final = 16 * 1024  # bytes that are parsed before the size of a head is looked at
LINGER_SECONDS: Final = 2.0  # that a refused connection is still read from: closed at once, it would lose the answer
LINGER_BYTES: Final = 1024 * 1024

# A chunk of one byte comes with five more; what is said around a body beyond that, as in trailers, has a limit too.
_AROUND: Final = 8
_WITH_BODY: Final = (b"content-length", b"transfer-encoding")


class _Nowhere(list[tuple[bytes, bytes]]):
    """Takes the trailers of a chunked body, which mean nothing here (RFC 9110, 6.5.1)."""

    def append(self, _: tuple[bytes, bytes]) -> None:
        """Keeps nothing."""


_NOWHERE = _Nowhere()
_SPARING = Sparing(logging.getLogger("touchtone.server"), monotonic)


class _Log(logging.LoggerAdapter[logging.Logger]):
    """The log of uvicorn's connections, whose warnings are all caused by strangers."""

    level = logging.WARNING  # of which uvicorn asks

    def warning(self, msg: object, *args: object, **_: Any) -> None:
        """Writes a warning, but no flood of them."""
        _SPARING.warning(str(msg), *args)


_LOG = _Log(logging.getLogger("uvicorn.error"))


class Protocol(HttpToolsProtocol):
    """One connection.

    A head that reaches HEAD_BYTES is answered with 431, one that is not whole after HEAD_SECONDS with 408 (RFC 9110, 15.5.9;
    RFC 6585, 5), and the connection is closed. A connection that says nothing at all is closed after IDLE_SECONDS.
    """

    _head = 0  # bytes of a head that is not whole yet
    _begun = False  # whether there is one
    _around = 0  # bytes of the request beside its body, less what its chunks may take
    _refused = False
    _lingered = 0
    _in_body = False
    _timer: asyncio.TimerHandle | None = None
    _idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Waits for the first byte."""
        super().connection_made(transport)
        self.logger: Any = _LOG
        self._idle = self.loop.call_later(IDLE_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what came, in pieces, so that the size of a head is known before all of it was taken apart."""
        if self._refused:
            return self._discard(len(data))
        at, length = 0, len(data)
        while at < length:
            size = min(PIECE, HEAD_BYTES - self._head, length - at)
            super().data_received(data if size == length else data[at : at + size])
            at += size
            if self._refused or self.transport.is_closing():
                return
            if self._begun:
                self._head += size
                if self._head >= HEAD_BYTES:
                    return self._refuse(431, "The head of the request is longer than 64 kB")
            elif self._in_body:
                self._around += size
                if self._around > HEAD_BYTES:
                    return self._refuse(431, "There is more around the body of the request than 64 kB")
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._begun:
            if self._timer is None:
                self._timer = self.loop.call_later(HEAD_SECONDS, self._give_up)
        elif self.cycle is None or self.cycle.response_complete:
            self._idle = self.loop.call_later(IDLE_SECONDS, self.transport.close)  # blank lines, or the rest of a body

    def on_message_begin(self) -> None:
        """Notes that a head has begun."""
        self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Notes that a head is whole."""
        self._begun = False
        self._head = self._around = 0
        self._in_body = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.parser.should_upgrade() and any(name in _WITH_BODY and value != b"0" for name, value in self.headers):
            # The parser takes what follows for another protocol: the turn would be played without what was sent.
            return self._refuse(400, "A request with a body is not answered where it asks for another protocol")
        super().on_headers_complete()
        self.headers = _NOWHERE

    def on_body(self, body: bytes) -> None:
        """Allows what the chunk may have taken around it."""
        self._around -= (_AROUND + 1) * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Notes that a body is whole."""
        self._in_body = False
        super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Says nothing: whoever asks for another protocol is answered in this one."""

    def _give_up(self) -> None:
        self._refuse(408, f"The head of the request did not come within {HEAD_SECONDS:g} seconds")

    def _refuse(self, status: int, text: str) -> None:
        """Answers with a line of text, and closes once the other side has had the time to read it."""
        self._refused = True
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()  # an answer is under way
            return
        body = text.encode() + b"\n"
        head = [
            STATUS_LINE[status],
            *[b"%s: %s\r\n" % header for header in self.server_state.default_headers],
            b"content-type: text/plain; charset=utf-8\r\n",
            b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body),
        ]
        self.transport.write(b"".join(head) + body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _discard(self, size: int) -> None:
        self._lingered += size
        if self._lingered > LINGER_BYTES:
            self.transport.abort()

    def _stop_waiting(self) -> None:
        for timer in (self._timer, self._idle):
            if timer is not None:
                timer.cancel()
        self._timer = self._idle = None
