"""Connections to the addresses that were judged, and to no others."""

import logging
import ssl
from collections.abc import Iterable

import httpcore2

from engine.runtime.effects.addresses import Guard

CONNECTIONS = 200  # at once, of the whole process
KEPT = 40  # that are kept for the next request
KEPT_SECONDS = 15.0
NEXT_ADDRESS = 1.0  # seconds after which the next address of a host is tried


class JudgedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to a host by the addresses that the guard lets through.

    The name is looked up once, and the connection made to the very address that was judged: a name server that answers
    otherwise the next time (DNS rebinding) changes nothing. TLS and `Host` speak of the name all the same.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard, self._inner = guard, httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A stream to the first address that answers; raises Failure where none may be asked, httpcore2.ConnectError where none does."""
        *first, last = await self._guard.find(host, port)
        for address in first:
            try:
                return await self._inner.connect_tcp(address, port, NEXT_ADDRESS, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        raise AssertionError("no flow names a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def open_pool(guard: Guard, trusted: ssl.SSLContext | None) -> httpcore2.AsyncConnectionPool:
    """The connections of a process; `trusted` says which certificates are, by default those of the system. No proxy is asked."""
    lines = logging.getLogger("httpcore2")
    if lines.level == logging.NOTSET:
        lines.setLevel(logging.INFO)  # below that it writes headers, which may hold secrets
    return httpcore2.AsyncConnectionPool(
        ssl_context=trusted or httpcore2.default_ssl_context(),
        max_connections=CONNECTIONS,
        max_keepalive_connections=KEPT,
        keepalive_expiry=KEPT_SECONDS,
        network_backend=JudgedBackend(guard),
    )
