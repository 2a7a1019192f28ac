"""Asks an address on the internet, one request at a time: no redirect is followed, and nothing in somebody's own network is asked."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from engine.grammar.hosts import inward, judge

SECONDS = 10.0  # for a whole request
LARGEST = 64 * 1024  # bytes of an answer that are read
LOOPBACK = "a loopback address"
PORTS = {"http": 80, "https": 443}

Resolve = Any  # socket.getaddrinfo, or what a test puts in its place


class FetchError(Exception):
    """No answer: the text completes "https://example.com cannot be reached: ". `kind` is one of the words below."""

    NAME, PRIVATE, CONNECT, CERTIFICATE, TLS, TIMEOUT, BROKEN = (
        "name", "private", "connect", "certificate", "tls", "timeout", "broken",
    )  # fmt: skip

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: `headers` by their names in small letters, of several the last; `body` cut at LARGEST bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Exchange:
    """An answer whose body is read piece by piece."""

    def __init__(self, response: http.client.HTTPResponse, late: "_Late", seconds: float) -> None:
        self._response, self._late, self._seconds = response, late, seconds
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end and none behind it. Raises FetchError."""
        with _faults(self._seconds, self._late):
            piece = self._response.read(size)
            if self._late.passed:  # then it breaks off without an error
                raise TimeoutError
            return piece


@contextmanager
def opened(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] = MappingProxyType({}),
    body: bytes | None = None,
    seconds: float = SECONDS,
    whole: float = SECONDS,
    loopback: bool = False,
    context: ssl.SSLContext | None = None,
    resolve: Resolve = socket.getaddrinfo,
) -> Iterator[Exchange]:
    """The answer to a request; `seconds` is for each step of it, `whole` for all of it, however slowly it comes.

    With `loopback` this machine is asked too, where the address names it as such. Raises FetchError.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    with ExitStack() as stack:
        stack.callback(connection.close)
        raw = stack.enter_context(_connected(host, port, seconds, loopback, resolve))
        late = stack.enter_context(_Late(raw, whole))
        with _faults(seconds, late):
            connection.sock = raw
            if parts.scheme == "https":
                # The handshake takes the socket over: from then on the other one is closed at the end.
                context = context or ssl.create_default_context()
                connection.sock = stack.enter_context(context.wrap_socket(raw, server_hostname=host))
                late.watch(connection.sock)
            default = parts.port in (None, PORTS[parts.scheme])
            shown = f"[{host}]" if ":" in host else host
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            sent = {"Host": shown if default else f"{shown}:{port}", "Connection": "close", **headers}
            connection.request(method, path, body, sent)
            exchange = Exchange(stack.enter_context(connection.getresponse()), late, seconds)
        yield exchange


def fetch(method: str, url: str, *, seconds: float = SECONDS, **options: Any) -> Answer:
    """The whole answer within `seconds`; the options of `opened`. Raises FetchError."""
    with opened(method, url, seconds=seconds, whole=seconds, **options) as exchange:
        return Answer(exchange.status, exchange.headers, exchange.read(LARGEST))


class _Late:
    """Ends a connection after so many seconds: what waits for it gets an error."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection, self._timer = connection, threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self.passed = False

    def watch(self, connection: socket.socket) -> None:
        """Ends this one instead."""
        self._connection = connection

    def _end(self) -> None:
        self.passed = True
        with suppress(OSError, ValueError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "_Late":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


@contextmanager
def _faults(seconds: float, late: _Late) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise FetchError(FetchError.CERTIFICATE, f"its certificate is not accepted: {error.verify_message}") from None
    except ssl.SSLError as error:
        raise FetchError(FetchError.TLS, f"no TLS connection: {(error.reason or 'failed').lower()}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if late.passed or isinstance(error, TimeoutError):
            raise FetchError(FetchError.TIMEOUT, f"no answer within {seconds:g} s") from None
        words = getattr(error, "strerror", None) or "its answer is not HTTP"
        raise FetchError(FetchError.BROKEN, str(words).lower()) from None


def _connected(host: str, port: int, seconds: float, loopback: bool, resolve: Resolve) -> socket.socket:
    """A connection to the first address of a host that answers; what was judged is what is connected to."""
    named = inward(host)
    if named and not (loopback and named == LOOPBACK):
        raise FetchError(FetchError.PRIVATE, f"{host} is {named}")
    last = FetchError(FetchError.NAME, f"the name {host} is not known")
    for address in _addresses(host, port, resolve):
        if not named and (what := judge(ip_address(address.partition("%")[0]))):
            last = FetchError(FetchError.PRIVATE, f"{host} leads to {address}, {what}")
            continue
        try:
            return socket.create_connection((address, port), timeout=seconds)
        except TimeoutError:
            last = FetchError(FetchError.TIMEOUT, f"no connection within {seconds:g} s")
        except OSError as error:
            last = FetchError(FetchError.CONNECT, (error.strerror or "no connection").lower())
    raise last


def _addresses(host: str, port: int, resolve: Resolve) -> Sequence[str]:
    try:
        found = resolve(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
