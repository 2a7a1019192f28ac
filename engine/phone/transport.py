"""What goes over the line: a request as Twilio makes it, and the answer of the server."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from socket import inet_aton
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, urlsplit, urlunsplit

if TYPE_CHECKING:
    from engine.phone.events import Logged, Reached

Pairs = tuple[tuple[str, str], ...]

FORM = "application/x-www-form-urlencoded; charset=utf-8"
_SAFE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Request:
    """A request to an absolute `url`. The `params` of a POST are its body; those of a GET already stand in the URL."""

    method: str
    url: str
    params: Pairs = ()
    headers: Pairs = ()

    @property
    def body(self) -> bytes:
        return encode(self.params).encode("ascii") if self.method == "POST" else b""


@dataclass(frozen=True, slots=True)
class Response:
    """The answer: `headers` in the order they came, names in any case.

    `reached` is what the server asked of the world for it, and what it logged, as far as it tells; `reports` what Twilio posts of that
    afterwards, each with its address.
    """

    status: int
    headers: Pairs = ()
    body: bytes = field(default=b"", repr=False)
    reached: "tuple[Reached | Logged, ...]" = ()
    reports: tuple[tuple[str, Pairs], ...] = ()

    def header(self, name: str) -> str:
        """The first value of a header, "" without one."""
        return next((value for key, value in self.headers if key.lower() == name), "")


class Unreachable(Exception):
    """No answer came; `code` is the error that Twilio would report."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


Transport = Callable[[Request], Response]
"""Carries a request to a server and gives its answer; raises Unreachable if there is none."""


def with_params(params: Pairs, others: Pairs) -> Pairs:
    """The parameters with others that win where both name the same one."""
    return tuple({**dict(params), **dict(others)}.items())


def encode(params: Pairs) -> str:
    """The parameters as a form, or as a query."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in params)


def params_of(query: str) -> dict[str, str]:
    """The parameters of a query, as `encode` writes it; those of a name that ends in `[]` under `Name[0]`, `Name[1]`, …"""
    params: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for name, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True, errors="replace"):
        bare = name.removesuffix("[]")
        params[f"{bare}[{counts[name]}]" if bare != name else name] = value
        counts[name] += 1
    return params


@lru_cache(maxsize=1024)  # the same numbers and states go along with every request
def _quoted(text: str) -> str:
    return quote_plus(text, errors="replace")  # half a letter (a lone surrogate) is none that could be sent


def origin(parts: SplitResult) -> str:
    """Scheme, host and port of an address, the port only where it is not the usual one."""
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


def ascii_url(url: str) -> str:
    """The address as it goes over the line: whatever is not ASCII in its path and query as UTF-8 in percent signs (RFC 3987, 3.1)."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    path, query = (quote(part, safe=_SAFE, errors="replace") for part in (parts.path, parts.query))
    return urlunsplit(parts._replace(path=path, query=query))


def target(parts: SplitResult) -> str:
    """The path and query that a request line asks for."""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@lru_cache(maxsize=256)
def is_private(host: str) -> bool:
    """Whether a host is this machine, or an address that means something else in each network."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        # As a resolver reads it: 127.1 and 0x7f000001 are this machine too.
        address = ip_address(host if ":" in host else inet_aton(host))
    except (OSError, ValueError, UnicodeError):
        return False
    return not (getattr(address, "ipv4_mapped", None) or address).is_global


def address_fault(url: str) -> str:
    """What is wrong with an absolute address for Twilio; "" for nothing (Twilio, TwiML, "Absolute and relative URLs")."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # a port that is none shows only when it is asked for
    except ValueError:
        return "the host or port is not valid"
    if parts.scheme not in ("http", "https"):
        return "it does not begin with https:// or http://"
    if not host:
        return "it has no host"
    if "_" in host:
        return "Twilio permits no underscore in a host name"
    return "it has a blank in it" if url.split() != [url] else ""
