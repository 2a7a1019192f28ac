"""Which servers the stand-in asks: those of this machine, and those that it was told it may ask."""

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from engine.phone.transport import Request, Response, Unreachable, origin
from engine.phone.web import TIMEOUT, OverHttp


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: localhost, 127.0.0.0/8, ::1."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Reach:
    """The servers that may be asked. `allowed` are origins such as `https://clinic.example` or addresses at them; `instead` leads an
    origin elsewhere, such as a public address to a local server.

    Every request is signed with the account's token. Programs with that token may order a call to any address, and documents may lead
    anywhere: the stand-in asks only the machine that it runs on, and what its user named, so that it signs nothing for others.
    """

    def __init__(
        self, allowed: Collection[str] = (), instead: Mapping[str, str] | None = None, *, seconds: float = TIMEOUT
    ) -> None:
        self._instead = {origin(urlsplit(there)): here for there, here in (instead or {}).items()}
        self._allowed = {origin(urlsplit(url)) for url in allowed} | self._instead.keys()
        self._seconds = seconds
        self.closed = False

    def open(self) -> "Connections":
        """Connections of its own for one call or conversation: a thread has its own."""
        return Connections(self, OverHttp(self._instead, self._seconds))

    def fault(self, url: str) -> str:
        """Why an address is not asked; "" if it is."""
        parts = urlsplit(url)
        if self.closed:
            return "the stand-in stops"
        if is_loopback(parts.hostname or "") or origin(parts) in self._allowed:
            return ""
        return (
            f"{origin(parts)} is not on this machine: the stand-in asks it if you start it with --allow {origin(parts)}"
        )


class Connections:
    """A transport that asks what may be asked."""

    def __init__(self, reach: Reach, over: OverHttp) -> None:
        self._reach, self._over = reach, over

    def __call__(self, request: Request) -> Response:
        if fault := self._reach.fault(request.url):
            raise Unreachable(11205, fault)
        return self._over(request)

    def close(self) -> None:
        """Closes what is kept open."""
        self._over.close()
